import { systemClock, type Clock } from '@fleetdeck/kernel';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { requireMethod } from './given.ts';
import { REMOTE } from './remote.ts';

/** What {@link postgresHealth} needs of a connection: a TypeORM `DataSource` has it, so has a `pg.Pool`. */
export interface Queryable {
  query(sql: string): Promise<unknown>;
}

/** Options of {@link postgresHealth}. */
export interface PostgresHealthOptions extends HealthCheckOptions {
  /** @default 'postgres' */
  name?: string;
}

/** Recent queries without an answer beyond which no further one is begun. */
const MAX_WAITING = 2;
/** After so long a query waits on a connection that is most likely gone, and says nothing of a new one. */
const FORGOTTEN_AFTER_MS = 30_000;
/** The most queries that wait at all, so that forgotten connections do not use up the pool. */
const MAX_HELD = 5;

interface PoolFigures {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
}

/**
 * Asks PostgreSQL for an answer: `critical` when none comes, `degraded` when it takes over 250 ms, until it takes
 * under 150 ms again. Shows the figures of the connection pool where it finds one. One connection is in use, and a
 * second one only while the first has not answered in time: a connection that a firewall forgot says nothing of others.
 * A query without an answer for 30 s makes room for another, until five wait.
 * Two bad or two good answers in a row count by default, not one.
 *
 * @throws FleetdeckError `INVALID_INPUT` when `dataSource` is missing or no connection
 */
export function postgresHealth(
  dataSource: Queryable,
  { name = 'postgres', ...options }: PostgresHealthOptions = {},
  clock: Pick<Clock, 'monotonicMs'> = systemClock,
): HealthCheckContributor {
  requireMethod(
    'postgresHealth',
    'dataSource',
    dataSource,
    'query',
    'Give it a TypeORM DataSource or a pg.Pool; in forRootAsync() name it in inject.',
  );
  const waiting = new Set<{ begun: number }>();
  return {
    healthName: name,
    healthOptions: { ...REMOTE, latency: { degradedAboveMs: 250, recoverBelowMs: 150 }, ...options },
    async checkHealth(signal) {
      const begun = clock.monotonicMs();
      const recent = [...waiting].filter((one) => begun - one.begun < FORGOTTEN_AFTER_MS);
      if (recent.length >= MAX_WAITING || waiting.size >= MAX_HELD) {
        throw new Error('Earlier queries are still waiting for an answer.');
      }
      const query = { begun };
      waiting.add(query);
      const answered = ask(dataSource).finally(() => waiting.delete(query));
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

/** Async, so that a query that throws before it returns rejects as every other. */
async function ask(dataSource: Queryable): Promise<void> {
  await dataSource.query('select 1');
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
