import { DataSource } from 'typeorm';
import { messageOf } from '@fleetdeck/kernel';
import { startEmbeddedPostgres } from '@fleetdeck/postgres';
import { StartError } from '../start-error.ts';

/** The service's database, opened. */
export interface OpenDatabase {
  dataSource: DataSource;
  /** Whether the service started the server itself. */
  embedded: boolean;
  /** Closes the connections, then stops the server if it is the service's own. */
  close(): Promise<void>;
}

const POOL_SIZE = 20;

/**
 * Connects to `databaseUrl`, or starts the embedded PostgreSQL in `dataDir` and connects to that.
 * @throws StartError, or the embedded server's own error: each says in a sentence what is wrong and what to do
 */
export async function openDatabase(
  databaseUrl: string | null,
  dataDir: string,
  onExit: (sentence: string) => void,
  onNotice: (line: string) => void,
): Promise<OpenDatabase> {
  if (databaseUrl !== null) {
    const dataSource = await connect(databaseUrl);
    return { dataSource, embedded: false, close: () => dataSource.destroy() };
  }
  const server = await startEmbeddedPostgres({ dataDir, onNotice, log: onNotice });
  void server.exited.then(({ expected }) => {
    if (!expected)
      onExit('The embedded PostgreSQL has ended unexpectedly; its data is kept. Start the service again.');
  });
  try {
    const dataSource = await connect(server.url);
    return {
      dataSource,
      embedded: true,
      async close() {
        await dataSource.destroy();
        await server.stop();
      },
    };
  } catch (thrown) {
    await server.stop();
    throw thrown;
  }
}

async function connect(url: string): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    applicationName: 'fleetdeck',
    poolSize: POOL_SIZE,
    connectTimeoutMS: 5_000,
    // A lost connection is the pool's to replace; without a listener Node would end the process.
    poolErrorHandler: () => undefined,
    // No `query_timeout`: TypeORM gives the connection back as if it were well, and the next query waits behind the dead one.
    extra: {
      statement_timeout: 30_000,
      idle_in_transaction_session_timeout: 60_000,
      // A firewall forgets connections in silence; so asked, an idle one that is gone is noticed and replaced.
      keepAlive: true,
      keepAliveInitialDelayMillis: 30_000,
    },
  });
  try {
    return await dataSource.initialize();
  } catch (thrown) {
    throw new StartError(sentenceOf(thrown, new URL(url)), { cause: thrown });
  }
}

function sentenceOf(thrown: unknown, url: URL): string {
  const where = `${url.hostname}:${url.port || '5432'}`;
  const database = decodeURIComponent(url.pathname.slice(1));
  const said = messageOf(thrown);
  switch (codeOf(thrown)) {
    case 'ECONNREFUSED':
      return `DATABASE_URL: nothing listens on ${where}. Start PostgreSQL there, or unset DATABASE_URL to use the embedded one.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `DATABASE_URL: there is no host named "${url.hostname}". Mend the address, or unset DATABASE_URL to use the embedded PostgreSQL.`;
    case '28P01':
    case '28000':
      return `DATABASE_URL: PostgreSQL on ${where} refuses user "${decodeURIComponent(url.username)}": ${said}. Mend the user or the password.`;
    case '3D000':
      return `DATABASE_URL: PostgreSQL on ${where} has no database "${database}". Create it, or name another.`;
    default:
      return `DATABASE_URL: PostgreSQL on ${where} cannot be used: ${said}.`;
  }
}

// A connection to a name with several addresses fails with an AggregateError that has no message of its own.
function codeOf(thrown: unknown): unknown {
  const { code, errors } = thrown as { code?: unknown; errors?: { code?: unknown }[] };
  return code ?? errors?.[0]?.code;
}
