import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { SUPERUSER } from './cluster.ts';
import { codeOf } from './fs-tools.ts';

const RETRY_MS = 50;
const QUERY_TIMEOUT_MS = 30_000;
/** The server is there but still starting: refused connections and PostgreSQL's `cannot_connect_now`. */
const NOT_YET = ['ECONNREFUSED', 'ECONNRESET', '57P03'];

/** The address of a server, with its password. */
export function serverUrl(port: number, password: string, database: string): string {
  return `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

async function connect(url: string, deadline: number): Promise<pg.Client> {
  for (;;) {
    const left = deadline - performance.now();
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: Math.max(1, left),
      query_timeout: QUERY_TIMEOUT_MS,
    });
    // A connection that breaks also sends an event, which would end the process if nobody listened.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!NOT_YET.includes(codeOf(error) ?? '') || left < RETRY_MS * 2) throw error;
      await delay(RETRY_MS * (0.5 + Math.random()));
    }
  }
}

/** What a server says about itself to who knows its password. */
export interface ServerFacts {
  dataDir: string;
}

/**
 * Signs in to a server with our password, and makes the database if it is not there yet.
 * @param timeoutMs how long the server may take to accept connections
 * @throws the error of `pg`; its `code` is `28P01` when the password is not this server's
 */
export async function signIn(
  port: number,
  password: string,
  database: string,
  timeoutMs: number,
): Promise<ServerFacts> {
  const client = await connect(serverUrl(port, password, 'postgres'), performance.now() + timeoutMs);
  try {
    const facts = await client.query<{ dataDir: string; known: boolean }>(
      `SELECT current_setting('data_directory') AS "dataDir",
              EXISTS (SELECT FROM pg_database WHERE datname = $1) AS known`,
      [database],
    );
    const { dataDir, known } = facts.rows[0] as { dataDir: string; known: boolean };
    if (!known) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
    return { dataDir };
  } finally {
    await client.end();
  }
}
