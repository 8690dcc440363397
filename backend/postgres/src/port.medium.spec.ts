import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { choosePort, isPortFree, keepPort } from './port.ts';
import { freshFolder, removeFolders } from './testing/folders.ts';

afterEach(removeFolders);

describe('the port of a server', () => {
  it('is free, and below the range of outgoing connections', async () => {
    const port = await choosePort(await freshFolder());
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThanOrEqual(32_767);
    expect(await isPortFree(port)).toBe(true);
  });

  it('is that of the last start when it is free, else another one', async () => {
    const dataDir = await freshFolder();
    await keepPort(dataDir, 45_678);
    expect(await choosePort(dataDir, () => Promise.resolve(true))).toBe(45_678);
    expect(await choosePort(dataDir, (port) => Promise.resolve(port !== 45_678))).not.toBe(45_678);
  });

  it('is kept for the user alone, and written only when it changes', async () => {
    const dataDir = await freshFolder();
    const path = join(dataDir, 'postgres-port');
    await keepPort(dataDir, 20_001);
    const { mode, ino } = await stat(path);
    expect(mode & 0o777).toBe(0o600);
    await keepPort(dataDir, 20_001);
    expect((await stat(path)).ino).toBe(ino);
    await keepPort(dataDir, 20_002);
    expect(await readFile(path, 'utf8')).toBe('20002\n');
  });

  it('is another one when the file holds no usable port', async () => {
    const dataDir = await freshFolder();
    for (const text of ['', 'x', '80', '70000', '20000.5']) {
      await writeFile(join(dataDir, 'postgres-port'), text);
      expect(await choosePort(dataDir, () => Promise.resolve(true))).toBeGreaterThanOrEqual(20_000);
    }
  });

  it('is refused in a sentence when none is free', async () => {
    await expect(choosePort(await freshFolder(), () => Promise.resolve(false))).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringMatching(/^No free port for PostgreSQL was found on 127\.0\.0\.1 .*DATABASE_URL/),
    });
  });

  it('is not free while somebody listens on it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(await isPortFree((server.address() as AddressInfo).port)).toBe(false);
    server.close();
  });
});
