import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres.errors.ts';
import { codeOf, reasonOf } from './fs-tools.ts';
import { passwordPath } from './password-file.ts';
import { choosePort, keepPort } from './port.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import { firstComplaint, isAboutDamage, isAboutPort } from './server-log.ts';
import { spawnServer, type ServerProcess } from './server-process.ts';
import { signIn } from './sql-check.ts';

/** What {@link launchServer} needs. */
export interface Launch {
  dataDir: string;
  clusterDir: string;
  binaries: Binaries;
  account: Account | undefined;
  password: string;
  database: string;
  settings: Readonly<Record<string, string>>;
  startTimeoutMs: number;
  stopTimeoutMs: number;
  onNotice: (line: string) => void;
}

const MAX_PORT_TRIES = 5;
const POLL_MS = 10;

async function complaint(server: ServerProcess, clusterDir: string): Promise<EmbeddedPostgresError | 'port'> {
  const lines = await server.lastLines();
  if (isAboutPort(lines)) return 'port';
  const quote = firstComplaint(lines);
  if (isAboutDamage(lines)) {
    return new EmbeddedPostgresError(
      'DATA_DIR_CORRUPT',
      `The data in ${clusterDir} is damaged; PostgreSQL says: ${quote}. Restore it from a backup, or move it away to begin with an empty database.`,
    );
  }
  return new EmbeddedPostgresError(
    'START_FAILED',
    `PostgreSQL could not start on ${clusterDir}; it says: ${quote}. Mend that, or set DATABASE_URL to a PostgreSQL server of your own.`,
  );
}

/** Waits until the server has written that it is ready, which is what PostgreSQL's own tools wait for. */
async function waitUntilReady(server: ServerProcess, launch: Launch, deadline: number): Promise<boolean> {
  let gone = false;
  void server.exited.then(() => {
    gone = true;
  });
  while (performance.now() < deadline) {
    if (gone) {
      const error = await complaint(server, launch.clusterDir);
      if (error === 'port') return false;
      throw error;
    }
    const file = await readPostmasterFile(launch.clusterDir);
    if (file?.pid === server.pid && file.status === 'ready') return true;
    await Promise.race([server.exited, delay(POLL_MS)]);
  }
  throw timedOut(launch);
}

function timedOut(launch: Launch): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'START_TIMED_OUT',
    `PostgreSQL on ${launch.clusterDir} was not ready within ${launch.startTimeoutMs} ms. Raise startTimeoutMs, for after a crash it first has to recover its data.`,
  );
}

async function prove(port: number, launch: Launch, deadline: number): Promise<void> {
  try {
    await signIn(port, launch.password, launch.database, Math.max(1, deadline - performance.now()));
  } catch (error) {
    const path = passwordPath(launch.dataDir);
    const refused = codeOf(error) === '28P01';
    const message = refused
      ? `PostgreSQL does not accept the password in ${path}. Put the right one back, or delete the file: the next start sets a new password.`
      : `PostgreSQL started on port ${port} but cannot be used: ${reasonOf(error)}. Look at what is wrong with it, or set DATABASE_URL to a PostgreSQL server of your own.`;
    throw new EmbeddedPostgresError('START_FAILED', message, { cause: error });
  }
}

/**
 * Starts a server on a cluster and waits until its database can be used.
 * @throws EmbeddedPostgresError when it cannot be used; no server is left running then
 */
export async function launchServer(launch: Launch): Promise<{ server: ServerProcess; port: number }> {
  const deadline = performance.now() + launch.startTimeoutMs;
  for (let attempt = 0; attempt < MAX_PORT_TRIES; attempt += 1) {
    const port = await choosePort(launch.dataDir);
    const server = await spawnServer({ ...launch, postgres: launch.binaries.postgres, port });
    try {
      if (!(await waitUntilReady(server, launch, deadline))) continue;
      await prove(port, launch, deadline);
      await keepPort(launch.dataDir, port);
      return { server, port };
    } catch (error) {
      await server.stop(launch.stopTimeoutMs);
      throw error;
    }
  }
  throw new EmbeddedPostgresError(
    'PORT_UNAVAILABLE',
    `Each of ${MAX_PORT_TRIES} ports that were free on 127.0.0.1 was taken before PostgreSQL could listen on it. Start again, or set DATABASE_URL to a PostgreSQL server of your own.`,
  );
}
