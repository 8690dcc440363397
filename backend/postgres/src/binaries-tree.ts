import { randomUUID } from 'node:crypto';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readFile,
  readlink,
  readdir,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { codeOf, orAbsent, syncFolder } from './fs-tools.ts';

const ABANDONED_AFTER_MS = 10 * 60_000;

/** One entry of a folder of programs. */
export interface TreeEntry {
  /** Relative to the folder. */
  path: string;
  kind: 'file' | 'folder' | 'link';
  size: number;
  mode: number;
  uid: number;
  gid: number;
}

/** Every entry below a folder, a folder before what it holds. */
export async function listTree(root: string): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  for (const found of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(found.parentPath, found.name);
    const { size, mode, uid, gid } = await lstat(path);
    const kind = found.isSymbolicLink() ? 'link' : found.isDirectory() ? 'folder' : 'file';
    entries.push({ path: relative(root, path), kind, size, mode, uid, gid });
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Makes the links between the shared libraries. A package archive cannot hold links, so the package brings a list of
 * them, and a script that npm may have been told not to run.
 */
export async function makeMissingLinks(packageDir: string): Promise<void> {
  const list = await orAbsent(readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8'));
  if (list === undefined) return;
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(packageDir, target);
    if ((await orAbsent(lstat(path))) !== undefined) continue;
    try {
      await symlink(relative(dirname(path), join(packageDir, source)), path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

async function copyInto(packageDir: string, partial: string): Promise<void> {
  const from = join(packageDir, 'native');
  const to = join(partial, 'native');
  for (const folder of [partial, to]) await mkdir(folder);
  for (const entry of await listTree(from)) {
    const path = join(to, entry.path);
    if (entry.kind === 'folder') await mkdir(path);
    else if (entry.kind === 'link') await symlink(await readlink(join(from, entry.path)), path);
    else await copyFile(join(from, entry.path), path);
    // Neither the checkout's modes nor the umask decide who may run the copy; nobody but its owner may change it.
    if (entry.kind !== 'link') {
      await chmod(path, entry.kind === 'folder' || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644);
    }
  }
  await makeMissingLinks(partial);
  for (const folder of [partial, to]) await chmod(folder, 0o755);
}

/** Copies whose maker died. One that is still being made is younger. */
async function removeAbandoned(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const found = await orAbsent(lstat(join(folder, name)));
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/**
 * Copies the programs of a package. The copy appears under its name whole or not at all, also when several processes
 * make it at once; a bad one that is in its place is moved out of the way.
 * @param isGood asked about a copy that somebody else put in place meanwhile
 */
export async function copyTree(
  packageDir: string,
  target: string,
  isGood: (copy: string) => Promise<boolean>,
): Promise<void> {
  const folder = dirname(target);
  const first = await mkdir(folder, { recursive: true, mode: 0o711 });
  if (first !== undefined) await chmod(folder, 0o711);
  const prefix = `.${basename(target)}-`;
  await removeAbandoned(folder, prefix);
  const partial = join(folder, `${prefix}${randomUUID()}`);
  const aside = `${partial}-replaced`;
  try {
    await copyInto(packageDir, partial);
    if ((await orAbsent(lstat(target))) !== undefined && !(await isGood(target))) await rename(target, aside);
    try {
      await rename(partial, target);
    } catch (error) {
      if (!(await isGood(target))) throw error;
    }
    await syncFolder(folder);
  } finally {
    for (const left of [partial, aside]) await rm(left, { recursive: true, force: true });
  }
}
