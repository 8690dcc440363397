import { realpath, rm } from 'node:fs/promises';
import { EmbeddedPostgresError } from './embedded-postgres.errors.ts';
import { reasonOf } from './fs-tools.ts';
import { passwordPath } from './password-file.ts';
import { postmasterPath, readPostmasterFile, type PostmasterFile } from './postmaster-file.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';
import { adoptServer, type ServerProcess } from './server-process.ts';
import { signIn } from './sql-check.ts';

/** The server notes its time a moment after the system has noted the process, and in whole seconds. */
const START_TOLERANCE_MS = 10_000;

/** What a `postmaster.pid` that lies in a cluster is worth. */
export type Leftover = 'dead' | 'orphan' | 'other-folder' | 'other-start';

/**
 * Compares what a `postmaster.pid` says with the process that has this number now.
 * @param dataDir the folder that the file names, with symbolic links resolved
 */
export function judgeLeftover(
  file: PostmasterFile,
  dataDir: string,
  clusterDir: string,
  identity: ProcessIdentity | undefined,
): Leftover {
  if (identity === undefined) return 'dead';
  const sameStart = Math.abs(identity.startedAtMs - file.startedAtSeconds * 1000) <= START_TOLERANCE_MS;
  if (!sameStart) return identity.name.startsWith('postgres') ? 'other-start' : 'dead';
  return dataDir === clusterDir ? 'orphan' : 'other-folder';
}

function inUse(clusterDir: string, file: PostmasterFile, why: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'DATA_DIR_IN_USE',
    `A PostgreSQL server (process ${file.pid}) seems to use ${clusterDir}, but ${why}. If it is a server of this folder, stop it with "kill -INT ${file.pid}"; if not, delete ${postmasterPath(clusterDir)}. Then start again.`,
  );
}

async function checkOrphan(
  file: PostmasterFile,
  clusterDir: string,
  access: { dataDir: string; password: string | undefined; database: string; timeoutMs: number },
): Promise<void> {
  if (file.port === undefined) throw inUse(clusterDir, file, 'it has not said on which port it listens');
  if (access.password === undefined) {
    throw inUse(clusterDir, file, `the password in ${passwordPath(access.dataDir)} is lost`);
  }
  let servedDir: string;
  try {
    const facts = await signIn(file.port, access.password, access.database, access.timeoutMs);
    servedDir = await realpath(facts.dataDir);
  } catch (error) {
    throw inUse(
      clusterDir,
      file,
      `it does not let us in with the password of ${passwordPath(access.dataDir)} (${reasonOf(error)})`,
    );
  }
  if (servedDir !== clusterDir) throw inUse(clusterDir, file, `port ${file.port} serves ${servedDir}`);
}

/**
 * Takes over the server that a killed service left running on this cluster. The caller owns the data folder.
 * @returns the server and its port; `undefined` when none is left, and then nothing keeps a new one from starting
 * @throws EmbeddedPostgresError `DATA_DIR_IN_USE` when a process is there that cannot be shown to be that server
 */
export async function adoptOrphan(
  clusterDir: string,
  access: { dataDir: string; password: string | undefined; database: string; timeoutMs: number },
): Promise<{ server: ServerProcess; port: number } | undefined> {
  const file = await readPostmasterFile(clusterDir);
  if (file === undefined) return undefined;
  const identity = await identifyProcess(file.pid);
  const named = await realpath(file.dataDir).catch(() => file.dataDir);
  switch (judgeLeftover(file, named, clusterDir, identity)) {
    case 'dead':
      // PostgreSQL itself only looks whether the number is taken, and would refuse to start for a stranger's sake.
      // That no server's memory is still attached to the folder it checks in another way as well.
      await rm(postmasterPath(clusterDir), { force: true });
      return undefined;
    case 'other-folder':
      throw inUse(clusterDir, file, `that server's folder is ${file.dataDir}`);
    case 'other-start':
      throw inUse(clusterDir, file, 'its start time is not the one written there');
    case 'orphan':
      await checkOrphan(file, clusterDir, access);
      return { server: adoptServer(identity as ProcessIdentity), port: file.port as number };
  }
}
