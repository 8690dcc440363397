import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { freshFolder, removeFolders } from './testing/folders.ts';
import { FAST, query, startServer, stopServers } from './testing/servers.ts';

jest.setTimeout(120_000);

/** Made once, and started anew by every test: making a cluster takes longer than all the rest. */
let dataDir: string;

beforeAll(async () => {
  dataDir = join(await freshFolder(), 'data');
});

afterEach(stopServers);
afterAll(removeFolders);

describe('an embedded server', () => {
  it('listens on 127.0.0.1 only, and on no socket file', async () => {
    const { url, port } = await startServer({ dataDir });
    expect(url).toMatch(new RegExp(`^postgres://fleetdeck:[\\w-]{43}@127\\.0\\.0\\.1:${port}/fleetdeck$`));
    expect(await query(url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(url, 'SHOW unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
    const [failure] = (await once(connect({ host: '127.0.0.2', port }), 'error')) as [NodeJS.ErrnoException];
    expect(failure.code).toMatch(/^(ECONNREFUSED|EADDRNOTAVAIL|ETIMEDOUT)$/);
  });

  it('is PostgreSQL 18 with UTF-8, the C locale and the time zone UTC', async () => {
    const { url } = await startServer({ dataDir });
    const facts = await query(
      url,
      `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, datctype, current_setting('timezone') AS zone,
              current_setting('server_version_num')::int / 10000 AS major
         FROM pg_database WHERE datname = current_database()`,
    );
    expect(facts).toEqual([{ encoding: 'UTF8', datcollate: 'C', datctype: 'C', zone: 'UTC', major: 18 }]);
  });

  it('lets nobody in without the password, which is in a file for the user alone and nowhere else', async () => {
    const heard: string[] = [];
    const hear = (line: string): number => heard.push(line);
    const server = await startServer({ dataDir, onNotice: hear, log: hear });
    const password = new URL(server.url).password;
    const file = join(dataDir, 'postgres-password');
    expect((await readFile(file, 'utf8')).trim()).toBe(password);
    expect((await lstat(file)).mode & 0o777).toBe(0o600);
    const wrong = server.url.replace(password, 'wrong');
    await expect(query(wrong, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await expect(query(server.url.replace(`:${password}`, ''), 'SELECT 1')).rejects.toBeDefined();
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-p', String(server.pid), '-o', 'command=']);
    expect(stdout).toContain(`${dataDir}/postgres`);
    expect(stdout).not.toContain(password);
    expect(heard.join('\n')).not.toContain(password);
    expect(
      await query(server.url, 'SELECT left(rolpassword, 13) AS kind FROM pg_authid WHERE rolcanlogin'),
    ).toEqual([{ kind: 'SCRAM-SHA-256' }]);
    expect((await readdir(dataDir)).sort()).toEqual([
      'owner.json',
      'postgres',
      'postgres-password',
      'postgres-port',
    ]);
  });

  it('runs as an unprivileged user that owns the data, when root starts it', async () => {
    const { pid } = await startServer({ dataDir });
    const uid = process.getuid?.() === 0 ? 65534 : process.getuid?.();
    const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'uid=']);
    expect(Number(stdout)).toBe(uid);
    const cluster = await stat(join(dataDir, 'postgres'));
    expect({ uid: cluster.uid, mode: cluster.mode & 0o777 }).toEqual({ uid, mode: 0o700 });
    expect((await stat(dataDir)).uid).toBe(process.getuid?.());
  });

  it('is in a process group of its own, so that Ctrl-C in the terminal does not reach it', async () => {
    const { pid } = await startServer({ dataDir });
    const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'pgid=']);
    expect(Number(stdout)).toBe(pid);
  });

  it('keeps its data, its password and its port from start to start', async () => {
    const first = await startServer({ dataDir });
    await query(first.url, 'CREATE TABLE kept_6 AS SELECT 42 AS answer');
    await first.stop();
    const second = await startServer({ dataDir });
    expect(second.url).toBe(first.url);
    expect(second).toMatchObject({ adopted: false, port: first.port });
    expect(await query(second.url, 'SELECT answer FROM kept_6')).toEqual([{ answer: 42 }]);
  });

  it('takes another port when its last one is taken', async () => {
    const first = await startServer({ dataDir });
    await first.stop();
    const stranger = createServer().listen(first.port, '127.0.0.1');
    await once(stranger, 'listening');
    const second = await startServer({ dataDir });
    expect(second.port).not.toBe(first.port);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    stranger.close();
  });

  it('makes the database that is asked for, whatever its name, and keeps the others', async () => {
    const name = 'Mixed-case_2';
    await (await startServer({ dataDir, database: 'one' })).stop();
    const { url } = await startServer({ dataDir, database: name });
    const names = await query(url, 'SELECT datname, datname = current_database() AS ours FROM pg_database');
    expect(names).toContainEqual({ datname: 'one', ours: false });
    expect(names).toContainEqual({ datname: name, ours: true });
  });

  it('has the settings that are asked for, and tells its log line by line', async () => {
    const heard: string[] = [];
    const { url } = await startServer({
      dataDir,
      settings: { ...FAST, work_mem: '7MB' },
      onNotice: (line) => heard.push(line),
    });
    expect(await query(url, 'SHOW work_mem')).toEqual([{ work_mem: '7MB' }]);
    await expect(query(url, 'SELECT nothing')).rejects.toMatchObject({ code: '42703' });
    expect(heard.some((line) => /ready to accept connections/.test(line))).toBe(true);
  });

  it('is refused to a second start on its folder', async () => {
    await startServer({ dataDir });
    await expect(startServer({ dataDir })).rejects.toMatchObject({
      name: 'EmbeddedPostgresError',
      code: 'DATA_DIR_IN_USE',
      message: `Another Fleetdeck service (process ${process.pid}) is using ${dataDir}. Stop it, or set FLEETDECK_DATA_DIR to another folder.`,
    });
  });

  it('gets a new password when the file with it is lost', async () => {
    const first = await startServer({ dataDir });
    await query(first.url, 'CREATE TABLE kept_11 AS SELECT 42 AS answer');
    await first.stop();
    await rm(join(dataDir, 'postgres-password'));
    const said: string[] = [];
    const second = await startServer({ dataDir, log: (message) => said.push(message) });
    expect(second.url).not.toBe(first.url);
    expect(await query(second.url, 'SELECT answer FROM kept_11')).toEqual([{ answer: 42 }]);
    expect(said).toEqual([expect.stringContaining('setting a new password')]);
  });

  it('is stopped again when the file holds another password, or can be read by others', async () => {
    await (await startServer({ dataDir })).stop();
    const file = join(dataDir, 'postgres-password');
    await writeFile(file, 'another');
    await expect(startServer({ dataDir })).rejects.toMatchObject({
      code: 'START_FAILED',
      message: `PostgreSQL does not accept the password in ${file}. Put the right one back, or delete the file: the next start sets a new password.`,
    });
    await rm(file);
    await writeFile(file, 'another', { mode: 0o644 });
    await expect(startServer({ dataDir })).rejects.toMatchObject({ code: 'DATA_DIR_UNSAFE' });
    await rm(file);
    await (await startServer({ dataDir })).stop();
    expect(await readdir(dataDir)).not.toContain('owner.json');
  });
});

describe('stopping', () => {
  it('ends open sessions, gives the folder back, and does no more when asked again', async () => {
    const server = await startServer({ dataDir });
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN');
    const ended = new Promise((resolve) => client.once('end', resolve));
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    await ended;
    expect(await server.exited).toEqual({ expected: true, code: 0, signal: null });
    expect(await readdir(dataDir)).not.toContain('owner.json');
    await expect(query(server.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends a server that does not listen to the polite signals, and nothing committed is lost', async () => {
    const server = await startServer({ dataDir, stopTimeoutMs: 100, settings: {} });
    await query(server.url, 'CREATE TABLE kept_14 AS SELECT 42 AS answer');
    process.kill(server.pid, 'SIGSTOP');
    await server.stop();
    expect(await server.exited).toEqual({ expected: true, code: null, signal: 'SIGKILL' });
    const next = await startServer({ dataDir });
    expect(await query(next.url, 'SELECT answer FROM kept_14')).toEqual([{ answer: 42 }]);
  });

  it('is told apart from a death that nobody asked for, after which it still gives the folder back', async () => {
    const server = await startServer({ dataDir });
    process.kill(server.pid, 'SIGQUIT');
    expect(await server.exited).toMatchObject({ expected: false });
    await server.stop();
    expect(await readdir(dataDir)).not.toContain('owner.json');
    const next = await startServer({ dataDir });
    expect(next.adopted).toBe(false);
  });
});
