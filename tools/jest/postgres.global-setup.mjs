// One real PostgreSQL for all test files of a Jest run; each file makes a database of its own in it.
// FLEETDECK_TEST_DATABASE_URL, when set, names a server to use instead.
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../ts-loader.mjs';

const PREFIX = 'fleetdeck-test-';
const MAX_ABANDONED = 20;
const QUIET_MS = 60_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
// Nothing here has to survive a crash of the machine.
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };

/** Stops and removes the servers of runs that were killed; the launcher itself refuses those of living runs. */
async function removeAbandoned(startEmbeddedPostgres) {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const name of names.slice(0, MAX_ABANDONED)) {
    const dataDir = join(tmpdir(), name);
    try {
      const { uid, mtimeMs } = await stat(dataDir);
      // A run that is just starting or ending does not own its folder, but has changed it a moment ago.
      if (uid !== process.getuid?.() || Date.now() - mtimeMs < QUIET_MS) continue;
      const abandoned = await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
      await abandoned.stop();
      await rm(dataDir, { recursive: true, force: true });
    } catch (error) {
      if (error?.code === undefined) throw error;
    }
  }
}

export default async function startTestPostgres() {
  if (process.env.FLEETDECK_TEST_DATABASE_URL) return;
  const { startEmbeddedPostgres } = await import('../../backend/postgres/src/index.ts');
  await removeAbandoned(startEmbeddedPostgres);
  const dataDir = await mkdtemp(join(tmpdir(), PREFIX));
  // Run as root, the server has an unprivileged account of its own, which has to pass this folder.
  await chmod(dataDir, 0o711);
  const postgres = await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
  const stop = async () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const onSignal = (signal) => {
    void stop().finally(() => process.kill(process.pid, signal));
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  process.env.FLEETDECK_TEST_DATABASE_URL = postgres.url;
  globalThis.__fleetdeckStopTestPostgres = stop;
}
