import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@fleetdeck/kernel/testing';
import { startMetrics, type MetricsApp } from './metrics-app.ts';

/** The PostgreSQL of a spec file, and the applications that its tests start on it. */
export interface MetricsSuite {
  readonly database: TestDatabase;
  /** Applications that are closed after the test. One that is taken out is the test's own to close. */
  readonly running: MetricsApp[];
  /** Starts an application; the options are those of {@link startMetrics}. */
  start(
    options?: Parameters<typeof startMetrics>[1],
    parts?: Parameters<typeof startMetrics>[2],
  ): Promise<MetricsApp>;
}

/** Makes a database for the spec file that calls it. After each test the applications are closed and it is emptied. */
export function useMetricsSuite(): MetricsSuite {
  let database: TestDatabase;
  const running: MetricsApp[] = [];
  const started: MetricsApp[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    for (const app of running.splice(0)) {
      // Time that ran ahead of the database leaves writes to be tried again, for which closing would wait by a clock
      // that nobody moves any more.
      await until(() => {
        if (app.aggregator.stats().bufferedPoints === 0) return true;
        app.timers.advance(100);
        return false;
      });
      await app.close();
    }
    // What took longer than a deadline that had passed at once still goes on, and would hold the tables.
    await until(() => started.every(({ sql }) => sql.pending === 0));
    started.length = 0;
    await database.dataSource.query('drop schema if exists fleetdeck cascade');
  });
  afterAll(() => database.drop());
  return {
    get database() {
      return database;
    },
    running,
    async start(options, parts) {
      const app = await startMetrics(database, options, parts);
      running.push(app);
      started.push(app);
      return app;
    },
  };
}

/** Asks again until the database has done its part; fails when it does not. */
export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 4000; i += 1) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('It did not come about.');
}
