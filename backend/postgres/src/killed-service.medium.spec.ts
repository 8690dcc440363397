import { chown, cp, mkdir, readdir, readFile, rm, watch, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startChild, type ChildAnswer } from './testing/child.ts';
import { freshCheckout, freshFolder, removeFolders } from './testing/folders.ts';
import { FAST, query, startServer, stopServers } from './testing/servers.ts';

jest.setTimeout(120_000);

const orphans = new Set<number>();

afterEach(async () => {
  await stopServers();
  for (const pid of orphans) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      continue;
    }
  }
  orphans.clear();
});

/** Made once, and started anew by the tests that need no first start. */
let usual: string;

beforeAll(async () => {
  usual = join(await freshFolder(), 'data');
});

afterAll(removeFolders);

/** A server whose service was killed. */
async function orphan(): Promise<{ dataDir: string; cluster: string; answer: ChildAnswer }> {
  const dataDir = usual;
  const child = startChild({ options: { dataDir, settings: FAST } });
  const answer = await child.started;
  orphans.add(answer.pid);
  await query(answer.url, 'CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer');
  await child.kill();
  return { dataDir, cluster: join(dataDir, 'postgres'), answer };
}

describe('a server that a killed service left running', () => {
  it('is taken over with its data, still works without its old log reader, and is stopped by its new owner', async () => {
    const { dataDir, answer } = await orphan();
    const said: string[] = [];
    const server = await startServer({ dataDir, log: (message) => said.push(message) });
    expect(server).toMatchObject({ adopted: true, pid: answer.pid, port: answer.port, url: answer.url });
    expect(said).toEqual([
      `adopted the PostgreSQL server (process ${answer.pid}) that a killed service left running`,
    ]);
    await expect(query(server.url, 'SELECT nothing')).rejects.toMatchObject({ code: '42703' });
    expect(await query(server.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await server.stop();
    expect(await server.exited).toEqual({ expected: true, code: null, signal: null });
    const next = await startServer({ dataDir });
    expect(next).toMatchObject({ adopted: false });
    expect(await query(next.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('tells its new owner when it dies by itself', async () => {
    const { dataDir, answer } = await orphan();
    const server = await startServer({ dataDir });
    process.kill(answer.pid, 'SIGQUIT');
    expect(await server.exited).toEqual({ expected: false, code: null, signal: null });
    await server.stop();
  });

  it('is refused as long as another living service has taken it over', async () => {
    const { dataDir, answer } = await orphan();
    const other = startChild({ options: { dataDir } });
    expect(await other.started).toMatchObject({ adopted: true, pid: answer.pid });
    await expect(startServer({ dataDir })).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringMatching(
        new RegExp(`^Another Fleetdeck service \\(process ${other.pid}\\) is using `),
      ),
    });
    expect(await other.stop()).toEqual({ stopped: true });
  });

  it('is not taken over when the password is not its own or is lost, and the sentence says how to stop it', async () => {
    const { dataDir, answer } = await orphan();
    const file = join(dataDir, 'postgres-password');
    await writeFile(file, 'another');
    await expect(startServer({ dataDir })).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringMatching(
        new RegExp(`it does not let us in with the password of ${file} .*"kill -INT ${answer.pid}"`),
      ),
    });
    await rm(file);
    await expect(startServer({ dataDir })).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringContaining(`the password in ${file} is lost`),
    });
    expect(await query(answer.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('is not taken over when its start time or its port is not the one written down', async () => {
    const { dataDir, cluster } = await orphan();
    const file = join(cluster, 'postmaster.pid');
    const lines = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, lines.with(2, '1000').join('\n'));
    await expect(startServer({ dataDir })).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringContaining('its start time is not the one written there'),
    });
    await writeFile(file, lines.with(3, '').join('\n'));
    await expect(startServer({ dataDir })).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringContaining('it has not said on which port it listens'),
    });
  });

  it('is not taken over when its port is answered by a server of another folder with the same password', async () => {
    const { dataDir, cluster } = await orphan();
    const other = join(await freshFolder(), 'data');
    await mkdir(other);
    await cp(join(dataDir, 'postgres-password'), join(other, 'postgres-password'));
    const elsewhere = await startServer({ dataDir: other });
    const file = join(cluster, 'postmaster.pid');
    const lines = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, lines.with(3, String(elsewhere.port)).join('\n'));
    await expect(startServer({ dataDir })).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringContaining(`port ${elsewhere.port} serves ${join(other, 'postgres')}`),
    });
  });

  it('is not taken over by the owner of a copy of its folder', async () => {
    const { dataDir, cluster, answer } = await orphan();
    const copied = join(await freshFolder(), 'data');
    await cp(dataDir, copied, { recursive: true, preserveTimestamps: true });
    if (process.getuid?.() === 0) await chown(join(copied, 'postgres'), 65534, 65534);
    await rm(join(copied, 'owner.json'));
    await expect(startServer({ dataDir: copied })).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringContaining(`that server's folder is ${cluster}`),
    });
    expect(await query(answer.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });
});

describe('a postmaster.pid without a server', () => {
  it('keeps nobody from starting, also when another program has the number by now', async () => {
    const dataDir = usual;
    const cluster = join(dataDir, 'postgres');
    await (await startServer({ dataDir })).stop();
    for (const pid of [2 ** 22 - 1, process.pid]) {
      await writeFile(
        join(cluster, 'postmaster.pid'),
        `${pid}\n${cluster}\n1000\n20000\n\n127.0.0.1\n1 1\nready\n`,
      );
      const server = await startServer({ dataDir });
      expect(server.adopted).toBe(false);
      await server.stop();
    }
  });
});

describe('a first start', () => {
  it('that is killed in the middle leaves nothing half done for the next one', async () => {
    const dataDir = await freshFolder();
    const child = startChild({ options: { dataDir } });
    for await (const { filename } of watch(dataDir)) {
      if (filename?.startsWith('postgres.init-') === true && !filename.endsWith('.password')) break;
    }
    await child.kill();
    await expect(child.started).rejects.toThrow('without an answer');
    const before = await readdir(dataDir);
    expect(before.some((name) => name.startsWith('postgres.init-'))).toBe(true);
    expect(before).not.toContain('postgres');
    const server = await startServer({ dataDir });
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await readdir(dataDir)).sort()).toEqual([
      'owner.json',
      'postgres',
      'postgres-password',
      'postgres-port',
    ]);
  });

  it('of two services at once is that of exactly one', async () => {
    const dataDir = join(await freshFolder(), 'data');
    const startAt = Date.now() + 2_000;
    const children = [0, 1].map(() => startChild({ startAt, options: { dataDir, settings: FAST } }));
    const answers = await Promise.all(children.map((child) => child.started));
    const loser = answers.findIndex((answer) => answer.code !== undefined);
    const winner = 1 - loser;
    expect(answers[winner]).toMatchObject({ adopted: false });
    expect(answers[loser]).toEqual({
      name: 'EmbeddedPostgresError',
      code: 'DATA_DIR_IN_USE',
      message: `Another Fleetdeck service (process ${children[winner]?.pid}) is using ${dataDir}. Stop it, or set FLEETDECK_DATA_DIR to another folder.`,
    });
    expect(await children[winner]?.stop()).toEqual({ stopped: true });
  });

  it('of a plain user works, also where the install script of the binaries did not run', async () => {
    const root = process.getuid?.() === 0;
    const folder = await freshFolder();
    const { checkoutDir, packageDir } = await freshCheckout();
    if (root) {
      await chown(folder, 65534, 65534);
      // It may read the binaries but not link their libraries in place, so it copies them to its data.
    }
    const dataDir = join(folder, 'data');
    const child = startChild({
      uid: root ? 65534 : undefined,
      options: { dataDir, checkoutDir, settings: FAST },
    });
    const answer = await child.started;
    expect(answer).toMatchObject({ adopted: false, dataDir });
    expect(await query(answer.url, 'SELECT current_database() AS name')).toEqual([{ name: 'fleetdeck' }]);
    expect(await child.stop()).toEqual({ stopped: true });
    const copied = (await readdir(dataDir)).filter((name) => name.startsWith('postgresql-'));
    expect(copied).toHaveLength(root ? 1 : 0);
    expect(await readdir(join(packageDir, 'native', 'lib'))).toContain('libpq.so.5.18');
  });
});
