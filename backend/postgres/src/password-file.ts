import { randomBytes } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres.errors.ts';
import { orAbsent, writeFileAtomically } from './fs-tools.ts';

const PASSWORD_BYTES = 32;

/** Where the password of a data folder is kept. */
export function passwordPath(dataDir: string): string {
  return join(dataDir, 'postgres-password');
}

/**
 * The password of a data folder, `undefined` when there is none yet.
 * @throws EmbeddedPostgresError `DATA_DIR_UNSAFE` when others can read or replace the file
 */
export async function readPassword(dataDir: string): Promise<string | undefined> {
  const path = passwordPath(dataDir);
  const found = await orAbsent(lstat(path));
  if (found === undefined) return undefined;
  const uid = process.getuid?.();
  if (!found.isFile() || (found.mode & 0o077) !== 0 || (uid !== undefined && found.uid !== uid)) {
    throw new EmbeddedPostgresError(
      'DATA_DIR_UNSAFE',
      `Others may read or replace the password file ${path}. Run "chmod 600 ${path}" as its owner, or delete it: the next start sets a new password.`,
    );
  }
  const password = (await readFile(path, 'utf8')).trim();
  return password === '' ? undefined : password;
}

/** Makes a random password and keeps it, readable by the calling user only. */
export async function makePassword(dataDir: string): Promise<string> {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  await writeFileAtomically(passwordPath(dataDir), `${password}\n`, 0o600);
  return password;
}
