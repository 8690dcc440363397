import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { requireMethod } from './given.ts';

/** What {@link postgresHealth} needs of a connection: a TypeORM `DataSource` has it, so has a `pg.Pool`. */
export interface Queryable {
  query(sql: string): Promise<unknown>;
}

/** Options of {@link postgresHealth}. */
export interface PostgresHealthOptions extends HealthCheckOptions {
  /** @default 'postgres' */
  name?: string;
}

/** Queries without an answer beyond which no further one is begun. */
const MAX_WAITING = 2;

interface PoolFigures {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
}

/**
 * Asks PostgreSQL for an answer: `critical` when none comes, `degraded` when it takes over 250 ms, until it takes
 * under 150 ms again. Shows the figures of the connection pool where it finds one. One connection is in use, and a
 * second one only while the first has not answered in time: a connection that a firewall forgot says nothing of others.
 *
 * @throws FleetdeckError `INVALID_INPUT` when `dataSource` is missing or no connection
 */
export function postgresHealth(
  dataSource: Queryable,
  { name = 'postgres', ...options }: PostgresHealthOptions = {},
): HealthCheckContributor {
  requireMethod(
    'postgresHealth',
    'dataSource',
    dataSource,
    'query',
    'Give it a TypeORM DataSource or a pg.Pool; in forRootAsync() name it in inject.',
  );
  let waiting = 0;
  return {
    healthName: name,
    healthOptions: { latency: { degradedAboveMs: 250, recoverBelowMs: 150 }, ...options },
    async checkHealth(signal) {
      if (waiting >= MAX_WAITING) throw new Error('Earlier queries are still waiting for an answer.');
      waiting += 1;
      const answered = dataSource.query('select 1').finally(() => (waiting -= 1));
      await Promise.race([answered, aborted(signal)]);
      const pool = poolOf(dataSource);
      if (!pool) return { status: 'healthy' };
      return {
        status: 'healthy',
        details: {
          poolConnections: pool.totalCount,
          poolIdle: pool.idleCount,
          poolWaiting: pool.waitingCount,
        },
      };
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** A pool is the object itself, or TypeORM's `driver.master`. */
function poolOf(dataSource: Queryable): PoolFigures | null {
  const { driver } = dataSource as { driver?: { master?: unknown } };
  for (const candidate of [dataSource, driver?.master] as (Partial<PoolFigures> | undefined)[]) {
    if (
      typeof candidate?.totalCount === 'number' &&
      typeof candidate.idleCount === 'number' &&
      typeof candidate.waitingCount === 'number'
    ) {
      return candidate as PoolFigures;
    }
  }
  return null;
}
