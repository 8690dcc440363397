import { realpath } from 'node:fs/promises';
import { serverAccount } from './account.ts';
import { adoptOrphan } from './adopt.ts';
import { binariesCopyDir, findBinaries } from './binaries.ts';
import {
  clusterPath,
  createCluster,
  inspectCluster,
  removePartialClusters,
  resetPassword,
} from './cluster.ts';
import { prepareDataDir } from './data-dir.ts';
import { EmbeddedPostgresError } from './embedded-postgres.errors.ts';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.options.ts';
import { reasonOf } from './fs-tools.ts';
import { launchServer } from './launch.ts';
import { takeOwnership, type Ownership } from './owner-file.ts';
import { makePassword, readPassword } from './password-file.ts';
import type { ServerProcess } from './server-process.ts';
import { serverUrl } from './sql-check.ts';

type Settled = Required<Omit<EmbeddedPostgresOptions, 'checkoutDir'>> & { checkoutDir: string | undefined };

/** What every client reads the same way from an address, and PostgreSQL does not cut. */
const DATABASE_NAME = /^[A-Za-z_][\w-]{0,62}$/;
const OURS = [
  'listen_addresses',
  'port',
  'unix_socket_directories',
  'data_directory',
  'hba_file',
  'config_file',
];

function invalid(message: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError('INVALID_OPTION', message);
}

function checkTimeout(name: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) {
    throw invalid(`${name} is ${value}; give a number of milliseconds above 0.`);
  }
}

/** Fills in the defaults and refuses what could not work, before anything is touched. */
export function settleOptions(options: EmbeddedPostgresOptions): Settled {
  const settled: Settled = {
    dataDir: options.dataDir,
    checkoutDir: options.checkoutDir,
    startTimeoutMs: options.startTimeoutMs ?? 30_000,
    stopTimeoutMs: options.stopTimeoutMs ?? 10_000,
    database: options.database ?? 'fleetdeck',
    settings: options.settings ?? {},
    onNotice: (line) => options.onNotice?.(line),
    log: (message) => options.log?.(message),
  };
  if (settled.dataDir === '') throw invalid('dataDir is empty; name the folder that holds the data.');
  checkTimeout('startTimeoutMs', settled.startTimeoutMs);
  checkTimeout('stopTimeoutMs', settled.stopTimeoutMs);
  if (!DATABASE_NAME.test(settled.database)) {
    throw invalid(
      `database "${settled.database}" is no name; give 1 to 63 letters, digits, "_" or "-", a letter first.`,
    );
  }
  for (const [name, value] of Object.entries(settled.settings)) {
    if (!/^[A-Za-z_][\w.]*$/.test(name) || value.includes('\0')) {
      throw invalid(`settings holds "${name}", which is no setting of PostgreSQL; leave it out.`);
    }
    if (OURS.includes(name.toLowerCase())) {
      throw invalid(`settings holds "${name}", about which the launcher decides; leave it out.`);
    }
  }
  return settled;
}

async function run(
  dataDir: string,
  options: Settled,
): Promise<{ server: ServerProcess; port: number; password: string }> {
  const { database, startTimeoutMs: timeoutMs, log } = options;
  const account = serverAccount(process.getuid?.());
  const removed = await removePartialClusters(dataDir);
  if (removed > 0) log(`removed what an interrupted first start left in ${dataDir}`);
  const copyDir = binariesCopyDir(account, dataDir);
  const binaries = await findBinaries({ account, copyDir, checkoutDir: options.checkoutDir, timeoutMs, log });
  const path = clusterPath(dataDir);
  const exists = await inspectCluster(path, binaries.major, account?.uid ?? process.getuid?.());
  const clusterDir = exists ? await realpath(path) : path;
  let password = await readPassword(dataDir);
  if (exists) {
    const orphan = await adoptOrphan(clusterDir, { dataDir, password, database, timeoutMs });
    if (orphan !== undefined && password !== undefined) {
      log(`adopted the PostgreSQL server (process ${orphan.server.pid}) that a killed service left running`);
      return { ...orphan, password };
    }
  }
  const needsPassword = password === undefined;
  password ??= await makePassword(dataDir);
  const cluster = { dataDir, binaries, account, password, timeoutMs };
  if (!exists) await createCluster({ ...cluster, durable: options.settings['fsync'] !== 'off' });
  else if (needsPassword) {
    log(`the password file of ${dataDir} was lost; setting a new password`);
    await resetPassword(cluster);
  }
  const launched = await launchServer({ ...cluster, ...options, dataDir, clusterDir });
  return { ...launched, password };
}

async function release(ownership: Ownership, server: ServerProcess, timeoutMs: number): Promise<void> {
  try {
    await server.stop(timeoutMs);
  } finally {
    await ownership.release();
  }
}

async function start(dataDir: string, options: Settled, ownership: Ownership): Promise<EmbeddedPostgres> {
  const { server, port, password } = await run(dataDir, options);
  let stopped: Promise<void> | undefined;
  return {
    url: serverUrl(port, password, options.database),
    port,
    pid: server.pid,
    adopted: server.adopted,
    dataDir,
    exited: server.exited,
    stop: () => (stopped ??= release(ownership, server, options.stopTimeoutMs)),
  };
}

/**
 * Starts a PostgreSQL server of one's own on a free port of 127.0.0.1, or takes over the one that a killed service
 * left running on the same data. Its data is kept from start to start; the first start makes an empty database.
 *
 * @throws EmbeddedPostgresError with a message for a person and a code that tells what is wrong
 * @example
 * const postgres = await startEmbeddedPostgres({ dataDir: defaultDataDir(process.cwd()) });
 * const pool = new Pool({ connectionString: postgres.url });
 * // ...
 * await postgres.stop();
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const settled = settleOptions(options);
  const uid = process.getuid?.();
  const dataDir = await prepareDataDir(settled.dataDir, serverAccount(uid), uid);
  let ownership: Ownership | undefined;
  try {
    ownership = await takeOwnership(dataDir);
    return await start(dataDir, settled, ownership);
  } catch (error) {
    await ownership?.release();
    if (error instanceof EmbeddedPostgresError) throw error;
    throw new EmbeddedPostgresError(
      'START_FAILED',
      `The embedded PostgreSQL in ${dataDir} could not be started: ${reasonOf(error)}. Mend that, or set DATABASE_URL to a PostgreSQL server of your own.`,
      { cause: error },
    );
  }
}
