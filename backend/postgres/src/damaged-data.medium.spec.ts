import { chmod, chown, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startChild } from './testing/child.ts';
import { freshFolder, removeFolders } from './testing/folders.ts';
import { query, startServer, stopServers } from './testing/servers.ts';

jest.setTimeout(120_000);

/** Made once: every test mends what it damaged. */
let dataDir: string;
let cluster: string;

beforeAll(async () => {
  dataDir = join(await freshFolder(), 'data');
  cluster = join(dataDir, 'postgres');
  await startServer({ dataDir });
  await stopServers();
});

afterEach(async () => {
  // What follows is due to its own damage only.
  const { url } = await startServer({ dataDir });
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await stopServers();
});

afterAll(removeFolders);

async function refusal(): Promise<{ code: string; message: string }> {
  try {
    await startServer({ dataDir });
  } catch (error) {
    expect(await readdir(dataDir)).not.toContain('owner.json');
    return error as { code: string; message: string };
  }
  throw new Error('the server started');
}

const MEND = 'Restore it from a backup, or move it away to begin with an empty database.';

describe('data that cannot be started', () => {
  it('is named when PG_VERSION is missing or holds no version', async () => {
    await rm(join(cluster, 'PG_VERSION'));
    expect(await refusal()).toMatchObject({
      code: 'DATA_DIR_CORRUPT',
      message: `${cluster} is not a complete PostgreSQL data folder: the file PG_VERSION is missing. ${MEND}`,
    });
    await writeFile(join(cluster, 'PG_VERSION'), '\0\0');
    expect(await refusal()).toMatchObject({
      code: 'DATA_DIR_CORRUPT',
      message: `${cluster} is not a complete PostgreSQL data folder: the file PG_VERSION holds no version. ${MEND}`,
    });
    await writeFile(join(cluster, 'PG_VERSION'), '18\n');
  });

  it('is named when another major version wrote it', async () => {
    await writeFile(join(cluster, 'PG_VERSION'), '17\n');
    expect(await refusal()).toMatchObject({
      code: 'DATA_DIR_OTHER_MAJOR',
      message: `The data in ${cluster} was written by PostgreSQL 17; this version runs 18. Dump it with PostgreSQL 17 and restore it, or set FLEETDECK_DATA_DIR to another folder.`,
    });
    await writeFile(join(cluster, 'PG_VERSION'), '18\n');
  });

  it('is named when pg_control is cut short, is garbage or is missing, in the words of PostgreSQL', async () => {
    const control = join(cluster, 'global', 'pg_control');
    const good = await readFile(control);
    await truncate(control, 100);
    expect(await refusal()).toMatchObject({
      code: 'DATA_DIR_CORRUPT',
      message: `The data in ${cluster} is damaged; PostgreSQL says: could not read file "global/pg_control": read 100 of 296. ${MEND}`,
    });
    await writeFile(control, Buffer.alloc(8192, 'garbage'));
    expect(await refusal()).toMatchObject({
      code: 'DATA_DIR_CORRUPT',
      message: `The data in ${cluster} is damaged; PostgreSQL says: database files are incompatible with server. ${MEND}`,
    });
    await rename(control, `${control}.away`);
    const missing = await refusal();
    expect(missing.code).toBe('DATA_DIR_CORRUPT');
    expect(missing.message).toMatch(/could not find the database system|could not open file/);
    await rename(`${control}.away`, control);
    await writeFile(control, good);
  });

  it('is named when the log to recover from is gone', async () => {
    const wal = join(cluster, 'pg_wal');
    const segments = (await readdir(wal)).filter((name) => /^[0-9A-F]{24}$/.test(name));
    for (const name of segments) await rename(join(wal, name), join(dataDir, name));
    expect(await refusal()).toMatchObject({
      code: 'DATA_DIR_CORRUPT',
      message: expect.stringMatching(/PostgreSQL says: could not locate a valid checkpoint record/),
    });
    for (const name of segments) await rename(join(dataDir, name), join(wal, name));
  });

  it('is named when a file stands in its place', async () => {
    await rename(cluster, `${cluster}.away`);
    await writeFile(cluster, '');
    expect(await refusal()).toMatchObject({
      code: 'DATA_DIR_CORRUPT',
      message: expect.stringContaining('it is a file'),
    });
    await rm(cluster);
    await rename(`${cluster}.away`, cluster);
  });

  it('is not what permissions are called that PostgreSQL refuses', async () => {
    await chmod(cluster, 0o777);
    expect(await refusal()).toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('has invalid permissions'),
    });
    await chmod(cluster, 0o700);
  });

  it('begins anew when its folder is empty', async () => {
    const empty = await freshFolder();
    await mkdir(join(empty, 'postgres'));
    const { url } = await startServer({ dataDir: empty });
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('is named when its folder belongs to another user than the one the server runs as', async () => {
    // Only root can give it away; for a plain user the folder around it says the same.
    if (process.getuid?.() === 0) await chown(cluster, 54321, 54321);
    else await chmod(dataDir, 0o500);
    const { code, message } = await refusal();
    expect(code).toBe('DATA_DIR_NOT_WRITABLE');
    expect(message).toMatch(
      /belongs to user 54321, but PostgreSQL would run as user 65534|permission denied/,
    );
    if (process.getuid?.() === 0) await chown(cluster, 65534, 65534);
    await chmod(dataDir, 0o711);
  });

  it('cannot be made in a folder that the user may not write', async () => {
    const closed = await freshFolder();
    await chmod(closed, 0o555);
    const uid = process.getuid?.() === 0 ? 65534 : undefined;
    const answer = await startChild({ uid, options: { dataDir: closed } }).started;
    expect(answer).toEqual({
      name: 'EmbeddedPostgresError',
      code: 'DATA_DIR_NOT_WRITABLE',
      message: `The data folder ${closed} cannot be written: permission denied. Make it a folder that this user may write, or set FLEETDECK_DATA_DIR to another folder.`,
    });
    await chmod(closed, 0o700);
  });
});
