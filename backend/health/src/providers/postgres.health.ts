import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';

/** What {@link postgresHealth} needs of a connection: a TypeORM `DataSource` has it, so has a `pg.Pool`. */
export interface Queryable {
  query(sql: string): Promise<unknown>;
}

/** Options of {@link postgresHealth}. */
export interface PostgresHealthOptions extends HealthCheckOptions {
  /** @default 'postgres' */
  name?: string;
}

interface PoolFigures {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
}

/**
 * Asks PostgreSQL for an answer: `critical` when none comes, `degraded` when it takes over 250 ms, until it takes
 * under 150 ms again. Shows the figures of the connection pool where it finds one. At most one connection is in use.
 */
export function postgresHealth(
  dataSource: Queryable,
  { name = 'postgres', ...options }: PostgresHealthOptions = {},
): HealthCheckContributor {
  return {
    healthName: name,
    healthOptions: { latency: { degradedAboveMs: 250, recoverBelowMs: 150 }, ...options },
    async checkHealth() {
      await dataSource.query('select 1');
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
