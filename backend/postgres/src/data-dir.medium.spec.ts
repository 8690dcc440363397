import { chmod, chown, mkdir, readdir, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defaultDataDir, prepareDataDir } from './data-dir.ts';
import { freshFolder, removeFolders } from './testing/folders.ts';

const uid = process.getuid?.();
const stranger = { uid: 54321, gid: 54321 };

afterEach(removeFolders);

describe('the default data folder', () => {
  it('is .fleetdeck in the checkout for a plain user', async () => {
    const checkout = await freshFolder();
    expect(defaultDataDir(checkout, { uid: 1000, env: {} })).toBe(
      join(await realpath(checkout), '.fleetdeck'),
    );
  });

  it('is one of its own for every checkout that root starts from, by its real path', async () => {
    const parent = await freshFolder();
    for (const name of ['a b', 'c']) await mkdir(join(parent, name));
    await symlink(join(parent, 'c'), join(parent, 'link'));
    const [blank, plain, linked] = ['a b', 'c', 'link'].map((name) =>
      defaultDataDir(join(parent, name), { uid: 0, env: {} }),
    );
    expect(blank).toMatch(/^\/var\/lib\/fleetdeck\/a-b-[0-9a-f]{8}$/);
    expect(plain).toMatch(/^\/var\/lib\/fleetdeck\/c-[0-9a-f]{8}$/);
    expect(linked).toBe(plain);
    expect(basename(defaultDataDir('/', { uid: 0, env: {} }))).toMatch(/^root-[0-9a-f]{8}$/);
  });

  it('is what FLEETDECK_DATA_DIR says, unless that is empty', () => {
    expect(defaultDataDir('/', { uid: 0, env: { FLEETDECK_DATA_DIR: '/srv/x' } })).toBe('/srv/x');
    expect(defaultDataDir('/', { uid: 0, env: { FLEETDECK_DATA_DIR: 'x' } })).toBe(resolve('x'));
    expect(defaultDataDir('/', { uid: 1, env: { FLEETDECK_DATA_DIR: '' } })).toBe('/.fleetdeck');
  });
});

describe('preparing the data folder', () => {
  it('makes it with its parents, closed to everybody else', async () => {
    const parent = await realpath(await freshFolder());
    const made = await prepareDataDir(join(parent, 'a', 'b'), undefined, uid);
    expect(made).toBe(join(parent, 'a', 'b'));
    expect((await stat(made)).mode & 0o777).toBe(0o700);
    expect(await readdir(made)).toEqual([]);
  });

  it('lets the account of the server pass it and the parents made for it, whatever the umask', async () => {
    const parent = await freshFolder();
    const umask = process.umask(0o077);
    try {
      const made = await prepareDataDir(join(parent, 'a', 'b'), stranger, uid);
      expect((await stat(made)).mode & 0o777).toBe(0o711);
      expect((await stat(join(parent, 'a'))).mode & 0o777).toBe(0o711);
      expect((await stat(parent)).mode & 0o777).toBe(0o711);
    } finally {
      process.umask(umask);
    }
  });

  it('opens a closed folder to the account only when nothing else lies in it', async () => {
    const parent = await freshFolder();
    const dataDir = join(parent, 'data');
    await mkdir(dataDir, { mode: 0o700 });
    await writeFile(join(dataDir, 'postgres-port'), '1');
    await prepareDataDir(dataDir, stranger, uid);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o711);
    await chmod(dataDir, 0o700);
    await writeFile(join(dataDir, 'diary'), '');
    await expect(prepareDataDir(dataDir, stranger, uid)).rejects.toMatchObject({
      code: 'DATA_DIR_NOT_REACHABLE',
    });
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  });

  it('refuses one under a parent that the account cannot pass, names the parent and leaves nothing behind', async () => {
    const parent = join(await realpath(await freshFolder()), 'private');
    await mkdir(parent, { mode: 0o700 });
    await expect(prepareDataDir(join(parent, 'x', 'y'), stranger, uid)).rejects.toMatchObject({
      code: 'DATA_DIR_NOT_REACHABLE',
      message: `Started by root, PostgreSQL runs as user 54321, which cannot enter ${parent} on the way to the data folder ${join(parent, 'x', 'y')}. Set FLEETDECK_DATA_DIR to a folder that everyone can pass, such as /var/lib/fleetdeck/data, or run "chmod o+x ${parent}".`,
    });
    expect(await readdir(parent)).toEqual([]);
  });

  it('refuses a file in its place, or in that of a parent', async () => {
    const file = join(await freshFolder(), 'file');
    await writeFile(file, '');
    for (const dataDir of [file, join(file, 'x')]) {
      for (const account of [undefined, stranger]) {
        await expect(prepareDataDir(dataDir, account, uid)).rejects.toMatchObject({
          code: 'DATA_DIR_NOT_WRITABLE',
          message: `The data folder ${dataDir} cannot be written: a file stands where a folder is needed. Make it a folder that this user may write, or set FLEETDECK_DATA_DIR to another folder.`,
        });
      }
    }
  });

  it('refuses a folder that everybody may write, and one of another user', async () => {
    const dataDir = await freshFolder();
    // Only root can give a folder away; a plain user asks in the name of another one.
    if (uid === 0) await chown(dataDir, 54321, 54321);
    await expect(prepareDataDir(dataDir, undefined, 54322)).rejects.toMatchObject({
      code: 'DATA_DIR_UNSAFE',
      message: expect.stringMatching(
        /belongs to user \d+, and this process runs as user 54322\. Run the service as/,
      ),
    });
    if (uid === 0) await chown(dataDir, 0, 0);
    await chmod(dataDir, 0o1777);
    await expect(prepareDataDir(dataDir, undefined, uid)).rejects.toMatchObject({
      code: 'DATA_DIR_UNSAFE',
      message: expect.stringMatching(
        /^Everyone on this machine may write the data folder .*\/fleetdeck, or run/,
      ),
    });
  });
});
