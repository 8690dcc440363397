import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres.errors.ts';
import { orAbsent, writeFileAtomically } from './fs-tools.ts';

/** Below the range from which systems take the ports of outgoing connections, which come and go. */
const LOWEST = 20_000;
const HIGHEST = 32_767;
const MAX_TRIES = 50;

function portPath(dataDir: string): string {
  return join(dataDir, 'postgres-port');
}

/** Whether a server could listen on this port of 127.0.0.1 right now. */
export async function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * The port of the last start when it is free, so that clients and bookmarks keep working, else another free one.
 * @param isFree what a test replaces
 * @throws EmbeddedPostgresError `PORT_UNAVAILABLE`
 */
export async function choosePort(
  dataDir: string,
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Promise<number> {
  const kept = Number(await orAbsent(readFile(portPath(dataDir), 'utf8')));
  if (Number.isInteger(kept) && kept >= 1024 && kept <= 65_535 && (await isFree(kept))) return kept;
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (await isFree(port)) return port;
  }
  throw new EmbeddedPostgresError(
    'PORT_UNAVAILABLE',
    `No free port for PostgreSQL was found on 127.0.0.1 between ${LOWEST} and ${HIGHEST} in ${MAX_TRIES} tries. See that programs may listen on 127.0.0.1, or set DATABASE_URL to a PostgreSQL server of your own.`,
  );
}

/** Remembers the port for the next start. */
export async function keepPort(dataDir: string, port: number): Promise<void> {
  const kept = await orAbsent(readFile(portPath(dataDir), 'utf8'));
  if (Number(kept) !== port) await writeFileAtomically(portPath(dataDir), `${port}\n`, 0o600);
}
