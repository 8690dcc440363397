import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The numeric user and group that PostgreSQL runs as. */
export interface Account {
  uid: number;
  gid: number;
}

/** The customary ids of `nobody`: no user has to be created for them. */
const UNPRIVILEGED: Account = { uid: 65534, gid: 65534 };

/**
 * PostgreSQL refuses to run as root, so root hands it to an unprivileged account.
 * @returns `undefined` when the server runs as the calling user itself
 */
export function serverAccount(uid: number | undefined): Account | undefined {
  return uid === 0 ? UNPRIVILEGED : undefined;
}

/** What {@link mayUse} needs to know about a file. */
export interface FileMode {
  uid: number;
  gid: number;
  mode: number;
}

/** Whether the permission bits give the account all of `bits` (4 read, 2 write, 1 run or pass). */
export function mayUse(account: Account, file: FileMode, bits: number): boolean {
  const shift = file.uid === account.uid ? 6 : file.gid === account.gid ? 3 : 0;
  return ((file.mode >> shift) & bits) === bits;
}

/**
 * The outermost folder, of `path` and its parents, that the account cannot pass.
 * @param path an existing folder with symbolic links already resolved
 */
export async function firstClosedFolder(account: Account, path: string): Promise<string | undefined> {
  const folders = [path];
  while (dirname(folders[0] as string) !== folders[0]) folders.unshift(dirname(folders[0] as string));
  for (const folder of folders) {
    const found = await stat(folder);
    if (found.isDirectory() && !mayUse(account, found, 1)) return folder;
  }
  return undefined;
}
