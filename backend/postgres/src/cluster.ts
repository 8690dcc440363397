import { randomUUID } from 'node:crypto';
import { chown, mkdir, open, readFile, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres.errors.ts';
import { orAbsent, syncFolder } from './fs-tools.ts';
import { runProgram, type ProgramEnd } from './run-program.ts';
import { firstComplaint } from './server-log.ts';

/** The superuser of an embedded server, and the one whose password is kept. */
export const SUPERUSER = 'fleetdeck';

const PARTIAL_PREFIX = 'postgres.init-';

/** The folder of PostgreSQL's own files inside a data folder. */
export function clusterPath(dataDir: string): string {
  return join(dataDir, 'postgres');
}

function corrupt(clusterDir: string, what: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'DATA_DIR_CORRUPT',
    `${clusterDir} is not a complete PostgreSQL data folder: ${what}. Restore it from a backup, or move it away to begin with an empty database.`,
  );
}

/**
 * Looks at a cluster before a server is started on it.
 * @returns whether there is one
 * @throws EmbeddedPostgresError when there is one that must not or cannot be started
 */
export async function inspectCluster(
  clusterDir: string,
  major: number,
  uid: number | undefined,
): Promise<boolean> {
  const found = await orAbsent(stat(clusterDir));
  if (found === undefined) return false;
  if (!found.isDirectory()) throw corrupt(clusterDir, 'it is a file');
  const entries = await readdir(clusterDir);
  if (entries.length === 0) {
    await rmdir(clusterDir);
    return false;
  }
  if (!entries.includes('PG_VERSION')) throw corrupt(clusterDir, 'the file PG_VERSION is missing');
  const version = (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8')).trim();
  if (!/^\d+(\.\d+)?$/.test(version)) throw corrupt(clusterDir, 'the file PG_VERSION holds no version');
  if (version !== String(major)) {
    throw new EmbeddedPostgresError(
      'DATA_DIR_OTHER_MAJOR',
      `The data in ${clusterDir} was written by PostgreSQL ${version}; this version runs ${major}. Dump it with PostgreSQL ${version} and restore it, or set FLEETDECK_DATA_DIR to another folder.`,
    );
  }
  if (uid !== undefined && found.uid !== uid) {
    throw new EmbeddedPostgresError(
      'DATA_DIR_NOT_WRITABLE',
      `${clusterDir} belongs to user ${found.uid}, but PostgreSQL would run as user ${uid}. Run "chown -R ${uid} ${clusterDir}", or set FLEETDECK_DATA_DIR to another folder.`,
    );
  }
  return true;
}

/** Removes what starts that were killed in the middle of {@link createCluster} left behind. */
export async function removePartialClusters(dataDir: string): Promise<number> {
  const names = (await readdir(dataDir)).filter((name) => name.startsWith(PARTIAL_PREFIX));
  for (const name of names) {
    // The initdb of a killed start may still be writing, hence the retries.
    await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
  return names.length;
}

function failed(what: string, end: ProgramEnd, timeoutMs: number): EmbeddedPostgresError {
  if (end.timedOut) {
    return new EmbeddedPostgresError(
      'START_TIMED_OUT',
      `PostgreSQL could not ${what} within ${timeoutMs} ms. Raise startTimeoutMs, or see what keeps the disk busy.`,
    );
  }
  return new EmbeddedPostgresError(
    'START_FAILED',
    `PostgreSQL could not ${what}: ${firstComplaint(end.stderr.split('\n'))}. Mend that, or set DATABASE_URL to a PostgreSQL server of your own.`,
  );
}

async function writeOwned(path: string, content: string, account: Account | undefined): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    if (account !== undefined) await handle.chown(account.uid, account.gid);
  } finally {
    await handle.close();
  }
}

/** What {@link createCluster} needs. */
export interface NewCluster {
  dataDir: string;
  binaries: Binaries;
  account: Account | undefined;
  password: string;
  timeoutMs: number;
  /** `false` spares the wait for the disk, for data that nobody will miss. */
  durable: boolean;
}

/** Makes an empty cluster. It appears under its name when it is complete, or not at all. */
export async function createCluster(cluster: NewCluster): Promise<void> {
  const { dataDir, binaries, account, timeoutMs } = cluster;
  const partial = join(dataDir, `${PARTIAL_PREFIX}${randomUUID()}`);
  const passwordFile = `${partial}.password`;
  try {
    await writeOwned(passwordFile, `${cluster.password}\n`, account);
    await mkdir(partial, { mode: 0o700 });
    if (account !== undefined) await chown(partial, account.uid, account.gid);
    const args = [`--pgdata=${partial}`, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`];
    args.push('--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions');
    if (!cluster.durable) args.push('--no-sync');
    const end = await runProgram(binaries.initdb, { args, account, timeoutMs });
    if (end.code !== 0) throw failed('make its data folder', end, timeoutMs);
    await rename(partial, clusterPath(dataDir));
    if (cluster.durable) await syncFolder(dataDir);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(partial, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/**
 * Sets the superuser's password on a cluster that no server runs on, through PostgreSQL's single-user mode: the way
 * back for someone whose password file is lost. The password goes through standard input, not the command line.
 */
export async function resetPassword(cluster: Omit<NewCluster, 'durable'>): Promise<void> {
  const { binaries, account, timeoutMs } = cluster;
  const end = await runProgram(binaries.postgres, {
    args: [
      '--single',
      '-j',
      '-D',
      clusterPath(cluster.dataDir),
      '-c',
      'log_min_error_statement=panic',
      'postgres',
    ],
    account,
    timeoutMs,
    input: `ALTER ROLE "${SUPERUSER}" PASSWORD '${cluster.password}';\n\n`,
  });
  if (end.code !== 0 || /\b(ERROR|FATAL|PANIC):/.test(end.stderr)) {
    throw failed('set a new password', end, timeoutMs);
  }
}
