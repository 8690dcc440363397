import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { migrateFleetdeck } from '@fleetdeck/kernel';
import { createTestDatabase, type TestDatabase } from '@fleetdeck/kernel/testing';
import { MetricsAggregator, metricsMigrations, MetricsModule } from '@fleetdeck/metrics';
import { createClient } from 'redis';
import { findRedis } from '../../../../tools/requirements.mjs';
import { startRedis } from '../testing/redis-server.ts';
import { SharedAnswers } from './shared-answers.ts';

Logger.overrideLogger(false);

const redisServer = findRedis();
const HOUR = 3_600_000;

// Without a redis-server the closing summary of all tests says so, and FLEETDECK_REQUIRE=redis makes it a failure.
(redisServer === null ? describe.skip : describe)('answers that two replicas share over one Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let database: TestDatabase;
  const apps: INestApplicationContext[] = [];
  /** Questions to PostgreSQL about values. */
  let asked = 0;

  beforeAll(async () => {
    redis = await startRedis(redisServer ?? '');
    database = await createTestDatabase();
    await migrateFleetdeck(database.dataSource, [metricsMigrations]);
    const { dataSource } = database;
    const query = dataSource.query.bind(dataSource);
    dataSource.query = ((statement: string, parameters?: unknown[]) => {
      // Not those of roll-ups and maintenance, which come when they are due.
      if (/\bgrp\b/.test(statement)) asked += 1;
      return query(statement, parameters);
    }) as typeof dataSource.query;
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });
  afterAll(async () => {
    await redis.stop();
    await database.drop();
  });

  async function start(): Promise<MetricsAggregator> {
    const answers = new SharedAnswers(redis.url);
    @Module({
      imports: [
        MetricsModule.forRoot({
          dataSource: database.dataSource,
          http: false,
          metrics: [{ name: 'level', kind: 'gauge' }],
          cacheStore: answers.store,
        }),
      ],
      providers: [{ provide: SharedAnswers, useValue: answers }],
    })
    class Replica {}
    const app = await NestFactory.createApplicationContext(Replica, { logger: false });
    apps.push(app);
    return app.get(MetricsAggregator);
  }

  it('are found once, change with a late point of either replica, and do without Redis', async () => {
    const one = await start();
    const two = await start();
    const from = Math.floor(Date.now() / HOUR) * HOUR - 3 * HOUR;
    const question = {
      ...({ metricName: 'level', timeWindow: '1h', aggregation: 'max' } as const),
      ...{ from: new Date(from).toISOString(), to: new Date(from + HOUR).toISOString() },
    };
    const ask = async (replica: MetricsAggregator) => {
      const before = asked;
      const [result] = await replica.getMetrics(question);
      return { value: result?.points[0]?.value, questions: asked - before };
    };
    one.record('level', 1);
    expect(await ask(one)).toEqual({ value: null, questions: 1 });
    await stored(redis.url);
    expect(await ask(two)).toEqual({ value: null, questions: 0 });

    two.record('level', 7, {}, from + 2000);
    for (const replica of [two, one]) await until(async () => (await ask(replica)).value === 7);

    await redis.stop();
    two.record('level', 9, {}, from + 3000);
    for (const replica of [two, one]) await until(async () => (await ask(replica)).value === 9);
  });
});

/** Answers reach Redis after they were given. */
async function stored(url: string): Promise<void> {
  const client = createClient({ url });
  await client.connect();
  await until(async () => (await client.dbSize()) > 0).finally(() => client.destroy());
}

/** Points are written each second, and other replicas hear of it by asking. */
async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 2000; tries += 1) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('It did not come about.');
}
