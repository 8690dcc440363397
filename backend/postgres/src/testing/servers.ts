import pg from 'pg';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from '../embedded-postgres.options.ts';
import { startEmbeddedPostgres } from '../embedded-postgres.ts';

const running: EmbeddedPostgres[] = [];

/** Settings that spare the disk: the data of these servers is thrown away. */
export const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Starts a server that {@link stopServers} stops, whatever becomes of the test. */
export async function startServer(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ settings: FAST, ...options });
  running.push(server);
  return server;
}

/** Stops what {@link startServer} started. */
export async function stopServers(): Promise<void> {
  for (const server of running.splice(0)) await server.stop();
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
