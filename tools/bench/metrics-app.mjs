// What the benches of @fleetdeck/metrics share: a PostgreSQL of their own, the built module, and the noise check.
import 'reflect-metadata';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BIN, ROOT, run } from '../run.mjs';
import { makeDataDir } from '../service.mjs';
import { median, Unmeasurable } from './results.mjs';

const require = createRequire(join(ROOT, 'backend/service/package.json'));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);

/** Settings for both sides: what a small production server has, but for work that would fall on one side by chance. */
const SETTINGS = { shared_buffers: '2GB', max_wal_size: '4GB', jit: 'off', autovacuum: 'off' };
/** For reads of what need not survive, so that it is loaded sooner. */
const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off' };

/**
 * Builds the module, starts a PostgreSQL and an application with nothing but the module.
 * @param {{ options: object, clock?: object, connections?: string, durable?: boolean }} setup `connections` are options of
 *   each connection; without `durable` a crash of the machine loses what was written
 */
export async function startMetricsApp({ options, clock, connections = '', durable = true }) {
  if (
    (await run([
      BIN.tsc,
      '-b',
      'backend/metrics/tsconfig.build.json',
      'backend/postgres/tsconfig.build.json',
    ])) !== 0
  ) {
    throw new Unmeasurable('the metrics module does not build');
  }
  const { startEmbeddedPostgres } = await import(join(ROOT, 'backend/postgres/dist/index.js'));
  const { metricsMigrations, MetricsAggregator, MetricsModule, Sketch } = await import(
    join(ROOT, 'backend/metrics/dist/index.js')
  );
  const { CLOCK, migrateFleetdeck } = await import(join(ROOT, 'backend/kernel/dist/index.js'));
  const { DataSource } = await load('typeorm');
  const { Module } = await load('@nestjs/common');
  const { NestFactory } = await load('@nestjs/core');
  const { default: pg } = await load('pg');
  const dataDir = await makeDataDir();
  const postgres = await startEmbeddedPostgres({
    dataDir,
    settings: { ...SETTINGS, ...(durable ? {} : NOT_DURABLE) },
  });
  const dataSource = new DataSource({ type: 'postgres', url: postgres.url, extra: { options: connections } });
  await dataSource.initialize();
  await migrateFleetdeck(dataSource, [metricsMigrations]);
  class PortsModule {}
  class BenchModule {}
  const providers = clock ? [{ provide: CLOCK, useValue: clock }] : [];
  const ports = { module: PortsModule, global: true, providers, exports: clock ? [CLOCK] : [] };
  const modules = [ports, MetricsModule.forRoot({ dataSource, http: false, ...options })];
  Module({ imports: modules })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error', 'warn'] });
  const client = new pg.Client({ connectionString: postgres.url, options: connections });
  await client.connect();
  return {
    aggregator: app.get(MetricsAggregator),
    dataSource,
    client,
    Sketch,
    async stop() {
      await client.end();
      await app.close();
      await dataSource.destroy();
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Milliseconds that work takes, the middle of some runs. */
export async function timeOf(work, runs) {
  const times = [];
  for (let i = 0; i < runs; i += 1) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return median(times);
}
