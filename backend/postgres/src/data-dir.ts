import { createHash, randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { chmod, mkdir, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { firstClosedFolder, mayUse, type Account } from './account.ts';
import { EmbeddedPostgresError } from './embedded-postgres.errors.ts';
import { codeOf, reasonOf } from './fs-tools.ts';

/** Where root keeps data folders and the copy of the binaries. */
export const SYSTEM_DIR = '/var/lib/fleetdeck';

/** Our own entries in a data folder; a folder that holds nothing else was made for this launcher. */
const OWN_ENTRY = /^(postgres(-password|-port|\.init-.*)?|owner\.json.*)$/;

/**
 * The data folder of a checkout, when nobody names one.
 *
 * `FLEETDECK_DATA_DIR` wins. Root gets `/var/lib/fleetdeck/<name>-<8 hex digits of the real path>`, because the
 * unprivileged account that PostgreSQL runs as may not be able to enter the checkout; everybody else gets
 * `<checkout>/.fleetdeck`.
 *
 * @param checkoutDir the existing folder the service was started from
 * @param caller the calling user and environment, by default those of this process
 * @example
 * defaultDataDir('/home/ada/fleetdeck', { uid: 1000, env: {} }); // '/home/ada/fleetdeck/.fleetdeck'
 */
export function defaultDataDir(
  checkoutDir: string,
  caller: { uid: number | undefined; env: Readonly<Record<string, string | undefined>> } = {
    uid: process.getuid?.(),
    env: process.env,
  },
): string {
  const named = caller.env['FLEETDECK_DATA_DIR'];
  if (named !== undefined && named !== '') return resolve(named);
  const real = realpathSync(checkoutDir);
  if (caller.uid !== 0) return join(real, '.fleetdeck');
  const name = basename(real).replace(/[^A-Za-z0-9._-]/g, '-');
  const digest = createHash('sha256').update(real).digest('hex').slice(0, 8);
  return join(SYSTEM_DIR, `${name === '' ? 'root' : name}-${digest}`);
}

function unwritable(dataDir: string, error: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'DATA_DIR_NOT_WRITABLE',
    `The data folder ${dataDir} cannot be written: ${reasonOf(error)}. Make it a folder that this user may write, or set FLEETDECK_DATA_DIR to another folder.`,
    { cause: error },
  );
}

async function refuseClosedParent(account: Account, existing: string, dataDir: string): Promise<void> {
  const closed = await firstClosedFolder(account, existing);
  if (closed === undefined) return;
  throw new EmbeddedPostgresError(
    'DATA_DIR_NOT_REACHABLE',
    `Started by root, PostgreSQL runs as user ${account.uid}, which cannot enter ${closed} on the way to the data folder ${dataDir}. Set FLEETDECK_DATA_DIR to a folder that everyone can pass, such as ${SYSTEM_DIR}/data, or run "chmod o+x ${closed}".`,
  );
}

/** The deepest folder above `path` that is there already; whether `path` itself is does not matter. */
async function existingParent(path: string): Promise<string> {
  try {
    return await realpath(dirname(path));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    return existingParent(dirname(path));
  }
}

async function makeFolder(dataDir: string, account: Account | undefined): Promise<void> {
  const first = await mkdir(dataDir, { recursive: true, mode: account ? 0o711 : 0o700 });
  if (first === undefined || account === undefined) return;
  // The umask of root may have closed the folders just made to the account that has to pass them.
  for (let folder = dataDir; folder.length >= first.length; folder = dirname(folder)) {
    await chmod(folder, 0o711);
  }
}

async function refuseUnsafe(dataDir: string, uid: number | undefined): Promise<void> {
  const found = await stat(dataDir);
  if (uid !== undefined && found.uid !== uid && found.uid !== 0) {
    throw new EmbeddedPostgresError(
      'DATA_DIR_UNSAFE',
      `The data folder ${dataDir} belongs to user ${found.uid}, and this process runs as user ${uid}. Run the service as user ${found.uid}, or set FLEETDECK_DATA_DIR to another folder.`,
    );
  }
  if ((found.mode & 0o002) !== 0) {
    throw new EmbeddedPostgresError(
      'DATA_DIR_UNSAFE',
      `Everyone on this machine may write the data folder ${dataDir}. Set FLEETDECK_DATA_DIR to a folder inside it, such as ${join(dataDir, 'fleetdeck')}, or run "chmod o-w ${dataDir}".`,
    );
  }
}

async function probe(dataDir: string): Promise<void> {
  const file = join(dataDir, `owner.json.probe-${randomUUID()}`);
  await writeFile(file, '', { flag: 'wx', mode: 0o600 });
  await rm(file);
}

/**
 * Makes the data folder, or checks the one that is there: ours, writable, safe and within the account's reach.
 * @returns its path with symbolic links resolved
 * @throws EmbeddedPostgresError with a `DATA_DIR_*` code
 */
export async function prepareDataDir(
  dataDir: string,
  account: Account | undefined,
  uid: number | undefined,
): Promise<string> {
  const path = resolve(dataDir);
  try {
    // Asked before anything is made, so that a refusal leaves nothing behind.
    if (account !== undefined) await refuseClosedParent(account, await existingParent(path), path);
    await makeFolder(path, account);
    const real = await realpath(path);
    await refuseUnsafe(real, uid);
    await probe(real);
    if (account !== undefined && !mayUse(account, await stat(real), 1)) {
      const foreign = (await readdir(real)).find((name) => !OWN_ENTRY.test(name));
      if (foreign === undefined) await chmod(real, 0o711);
      await refuseClosedParent(account, real, path);
    }
    return real;
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    throw unwritable(path, error);
  }
}
