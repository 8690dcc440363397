import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, afterAll, describe, expect, it, jest } from '@jest/globals';
import { runProgram } from './run-program.ts';
import { spawnServer } from './server-process.ts';
import { fakeCheckout, freshFolder, removeFolders } from './testing/folders.ts';
import { startServer, stopServers } from './testing/servers.ts';

jest.setTimeout(120_000);

const SAYS_VERSION = 'if [ "$1" = --version ]; then echo "postgres (PostgreSQL) 18.4"; exit; fi';

afterAll(removeFolders);

/** Starts with programs that do what a script says. */
async function startWith(script: string, dataDir: string, startTimeoutMs = 20_000): Promise<unknown> {
  const { checkoutDir } = await fakeCheckout(`${SAYS_VERSION}\n${script}`);
  return startServer({ dataDir, checkoutDir, startTimeoutMs, stopTimeoutMs: 2_000 });
}

describe('a first start', () => {
  it('that does not make its folder in time says so and leaves nothing half done', async () => {
    const dataDir = join(await freshFolder(), 'data');
    await expect(startWith('sleep 60', dataDir, 300)).rejects.toMatchObject({
      code: 'START_TIMED_OUT',
      message:
        'PostgreSQL could not make its data folder within 300 ms. Raise startTimeoutMs, or see what keeps the disk busy.',
    });
    expect(await readdir(dataDir)).toEqual(['postgres-password']);
  });

  it('that fails quotes what initdb says and leaves nothing half done', async () => {
    const dataDir = join(await freshFolder(), 'data');
    const script = 'echo "creating directory"; echo "initdb: error: could not look up user ID 7" >&2; exit 1';
    await expect(startWith(script, dataDir)).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('could not make its data folder: could not look up user ID 7. '),
    });
    expect(await readdir(dataDir)).toEqual(['postgres-password']);
  });
});

describe('the password of a new cluster', () => {
  it('goes through a file that the account alone can read, and that is removed', async () => {
    const dataDir = join(await freshFolder(), 'data');
    const script = `
for argument in "$@"; do case "$argument" in --pwfile=*) file="\${argument#--pwfile=}";; esac; done
echo "initdb: error: $(ls -ln "$file") holds $(cat "$file") and $*" >&2; exit 1`;
    const { message } = (await startWith(script, dataDir).catch((error: unknown) => error)) as Error;
    const password = (await readFile(join(dataDir, 'postgres-password'), 'utf8')).trim();
    expect(message).toMatch(new RegExp(`-rw------- .* holds ${password} and `));
    expect(message.split(' and --')[1]).not.toContain(password);
    expect(await readdir(dataDir)).toEqual(['postgres-password']);
  });
});

describe('a server', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = join(await freshFolder(), 'data');
    await startServer({ dataDir });
    await stopServers();
  });

  afterEach(async () => {
    expect(await readdir(dataDir)).not.toContain('owner.json');
  });

  it('that is not ready in time is stopped, and the sentence says what to raise', async () => {
    await expect(startWith('exec sleep 60', dataDir, 300)).rejects.toMatchObject({
      code: 'START_TIMED_OUT',
      message: `PostgreSQL on ${dataDir}/postgres was not ready within 300 ms. Raise startTimeoutMs, for after a crash it first has to recover its data.`,
    });
  });

  it('that gives up is quoted', async () => {
    const script = 'echo "2026-11-22 UTC [1] FATAL:  could not map anonymous memory." >&2; exit 1';
    await expect(startWith(script, dataDir)).rejects.toMatchObject({
      code: 'START_FAILED',
      message: `PostgreSQL could not start on ${dataDir}/postgres; it says: could not map anonymous memory. Mend that, or set DATABASE_URL to a PostgreSQL server of your own.`,
    });
  });

  it('whose port is taken again and again is given up after five ports', async () => {
    const script = `echo start >> "$2/tries"; echo "[1] FATAL:  could not create any TCP/IP sockets" >&2; exit 1`;
    await expect(startWith(script, dataDir)).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringMatching(/^Each of 5 ports .* was taken before PostgreSQL could listen on it\. /),
    });
  });

  it('that says it is ready but answers nobody is stopped', async () => {
    const script = `printf '%s\\n%s\\n1\\n1\\n\\n127.0.0.1\\n1\\nready\\n' $$ "$2" > "$2/postmaster.pid"; exec sleep 60`;
    await expect(startWith(script, dataDir, 500)).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringMatching(
        /^PostgreSQL started on port \d+ but cannot be used: nobody listens there\. /,
      ),
    });
  });

  it('that the system cannot start at all is a sentence as well', async () => {
    const clusterDir = join(dataDir, 'postgres');
    const start = { clusterDir, account: undefined, port: 20_000, settings: {}, onNotice: () => undefined };
    await expect(spawnServer({ ...start, postgres: '/no/such/postgres' })).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringMatching(
        /^PostgreSQL could not be started: no such file, or no such program to run it\. See that user of this process may run/,
      ),
    });
  });
});

describe('a program', () => {
  const run = { args: [], account: undefined, timeoutMs: 5_000 };

  it('that cannot be started is an answer, not an error', async () => {
    expect(await runProgram('/no/such/program', run)).toMatchObject({
      code: undefined,
      stderr: 'no such file, or no such program to run it',
    });
    expect(await runProgram('/bin/sh', { ...run, args: ['\0'] })).toMatchObject({ code: undefined });
  });

  it('that does not read its input, or is killed, is no error either', async () => {
    expect(
      await runProgram('/bin/sh', { ...run, args: ['-c', 'exit 3'], input: 'x'.repeat(1e6) }),
    ).toMatchObject({
      code: 3,
      timedOut: false,
    });
    expect(await runProgram('/bin/sh', { ...run, args: ['-c', 'kill -9 $$'] })).toMatchObject({
      code: undefined,
    });
  });

  it('gets neither the secrets nor the PostgreSQL variables of the service', async () => {
    process.env['PGDATA'] = '/elsewhere';
    process.env['FLEETDECK_JWT_SECRET'] = 'secret';
    try {
      const { stdout } = await runProgram('/bin/sh', { ...run, args: ['-c', 'env'] });
      expect(stdout).toMatch(/^LC_ALL=C$/m);
      expect(stdout).not.toMatch(/PGDATA|SECRET/);
    } finally {
      delete process.env['PGDATA'];
      delete process.env['FLEETDECK_JWT_SECRET'];
    }
  });
});
