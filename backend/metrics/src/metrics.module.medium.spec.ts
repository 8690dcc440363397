import { describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { MetricPointsAccepted, MetricQueryAnswer, MetricRecentAnswer } from '@fleetdeck/dto';
import { METRIC_QUERY, METRIC_SINK, migrateFleetdeck, type MetricDeclaration } from '@fleetdeck/kernel';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { DataSource } from 'typeorm';
import { metricsMigrations } from './migrations/metrics-migrations.ts';
import { MetricsAggregator } from './metrics.aggregator.ts';
import { MetricsHealth } from './metrics.health.ts';
import { MetricsModule } from './metrics.module.ts';
import { asProblem } from './testing/metrics-app.ts';
import { until, useMetricsSuite } from './testing/metrics-suite.ts';

const NOW = '2026-01-01T12:00:30.000Z';
const CPU: MetricDeclaration = {
  name: 'cpu',
  kind: 'gauge',
  unit: '%',
  labels: ['host'],
  expectedEveryMs: 1000,
};

const suite = useMetricsSuite();

function start(
  options: Parameters<typeof suite.start>[0] = { metrics: [CPU] },
  parts: Parameters<typeof suite.start>[1] = {},
) {
  return suite.start(options, { clock: new FakeClock(NOW), ...parts });
}

describe('the HTTP routes', () => {
  it('answer 401 to nobody and 403 to a viewer who sends points', async () => {
    const { http } = await start();
    const body = { points: [{ name: 'cpu', value: 1 }] };
    expect((await http('api/v1/metrics/names')).status).toBe(401);
    expect((await http('api/v1/metrics/points', { body })).status).toBe(401);
    const refused = await http('api/v1/metrics/points', { role: 'viewer', body });
    expect(refused.status).toBe(403);
    expect(asProblem(refused).code).toBe('FORBIDDEN');
  });

  it('take points and answer for the trailing window, also right after an answer that was shared', async () => {
    const { http, publisher } = await start();
    const ask = () =>
      http('api/v1/metrics/query?metricName=cpu&timeWindow=1m&aggregation=avg&labels=host:a', {
        role: 'viewer',
      });
    expect(((await ask()).json as MetricQueryAnswer).results[0]?.points[0]?.value).toBeNull();
    const sent = await http('api/v1/metrics/points', {
      role: 'operator',
      body: {
        points: [
          { name: 'cpu', value: 10, labels: { host: 'a' }, at: '2026-01-01T12:00:00Z' },
          { name: 'cpu', value: 30, labels: { host: 'a' } },
          { name: 'cpu', value: 999, labels: { host: 'b' } },
        ],
      },
    });
    expect(sent).toEqual({ status: 202, json: { accepted: 3, rejected: [], rejectedCount: 0 } });
    expect(await ask()).toEqual({
      status: 200,
      json: {
        results: [
          {
            metricName: 'cpu',
            aggregation: 'avg',
            unit: '%',
            labels: { host: 'a' },
            points: [{ start: '2026-01-01T11:59:30.000Z', value: 20, coverage: 2 / 60 }],
            asOf: NOW,
            position: { epoch: 'fake', offset: 2 },
          },
        ],
      },
    });
    expect(publisher.published).toEqual([
      {
        topic: 'metrics.cpu',
        data: { metricName: 'cpu', labels: { host: 'a' }, value: 10, at: '2026-01-01T12:00:00.000Z' },
      },
      { topic: 'metrics.cpu', data: { metricName: 'cpu', labels: { host: 'b' }, value: 999, at: NOW } },
    ]);
  });

  it('say of a rate that it is a lower bound after a counter fell', async () => {
    const { http } = await start({ metrics: [{ name: 'hits', kind: 'counter' }] });
    const points = [100, 103, 1].map((value, i) => ({ name: 'hits', value, at: `2026-01-01T12:00:0${i}Z` }));
    await http('api/v1/metrics/points', { role: 'operator', body: { points } });
    const { json } = await http(
      'api/v1/metrics/query?metricName=hits&timeWindow=1m&aggregation=ratePerMinute&from=2026-01-01T12:00:00Z&to=2026-01-01T12:01:00Z',
      { role: 'viewer' },
    );
    expect((json as MetricQueryAnswer).results[0]?.points).toEqual([
      { start: '2026-01-01T12:00:00.000Z', value: 8, coverage: null, lowerBound: true },
    ]);
  });

  it('list the declared metrics by name', async () => {
    const { http } = await start({ metrics: [{ name: 'z', kind: 'counter' }, CPU] });
    expect((await http('api/v1/metrics/names', { role: 'viewer' })).json).toEqual({
      metrics: [
        { ...CPU, help: '', goodDirection: 'none' },
        {
          name: 'z',
          kind: 'counter',
          unit: '',
          help: '',
          labels: [],
          expectedEveryMs: null,
          goodDirection: 'none',
        },
      ],
    });
  });

  it('answer recent values of several metrics, leaving out names that nobody knows', async () => {
    const { http, aggregator, sql } = await start({ metrics: [CPU, { name: 'hits', kind: 'counter' }] });
    for (let second = 0; second < 30; second += 1) {
      const at = Date.parse('2026-01-01T12:00:00Z') + second * 1000;
      aggregator.record('cpu', second, { host: 'a' }, at);
      aggregator.record('hits', second * 7, undefined, at);
    }
    const answer = await http('api/v1/metrics/recent?metricName=hits,cpu,nobody&spanSeconds=30&maxPoints=3', {
      role: 'viewer',
    });
    const { metrics, stepMs, asOf } = answer.json as MetricRecentAnswer;
    expect({ stepMs, asOf }).toEqual({ stepMs: 10_000, asOf: NOW });
    expect(metrics.map(({ metric, position }) => [metric.name, position?.offset])).toEqual([
      ['cpu', 1],
      ['hits', 1],
    ]);
    expect(metrics[0]?.series).toEqual([
      {
        labels: { host: 'a' },
        last: { value: 29, at: '2026-01-01T12:00:29.000Z' },
        points: [
          { start: '2026-01-01T12:00:10.000Z', value: 14.5, coverage: 1 },
          { start: '2026-01-01T12:00:20.000Z', value: 24.5, coverage: 1 },
          { start: '2026-01-01T12:00:30.000Z', value: null, coverage: null },
        ],
      },
    ]);
    expect(metrics[1]?.series[0]?.points.map(({ value }) => value)).toEqual([7, 7, null]);
    expect(sql.count('array_agg(b.received)')).toBe(1);
  });

  it.each([
    ['query?metricName=cpv&timeWindow=1m&aggregation=avg', 404, 'UNKNOWN_METRIC', 'did you mean "cpu"?'],
    ['query?metricName=cpu&timeWindow=2m&aggregation=avg', 400, 'INVALID_INPUT', 'timeWindow'],
    ['query?metricName=cpu&timeWindow=1m&aggregation=p0', 400, 'INVALID_INPUT', 'aggregation'],
    ['query?metricName=cpu&timeWindow=1m&aggregation=avg&labels=zone:x', 400, 'INVALID_INPUT', '"zone"'],
    ['query?metricName=cpu&timeWindow=1m&aggregation=avg&groupBy=zone', 400, 'INVALID_INPUT', '"zone"'],
    [
      'query?metricName=cpu&timeWindow=1m&aggregation=avg&labels=host:a,host:b',
      400,
      'INVALID_INPUT',
      'two values',
    ],
    ['query?metricName=cpu&timeWindow=1m&aggregation=ratePerSecond', 400, 'INVALID_INPUT', 'gauge'],
    [
      'query?metricName=cpu&timeWindow=1m&aggregation=avg&from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z',
      400,
      'INVALID_INPUT',
      '1500',
    ],
    ['recent?metricName=cpu&maxPoints=1', 400, 'INVALID_INPUT', 'maxPoints'],
  ])('refuse %s', async (path, status, code, words) => {
    const { http } = await start();
    const answer = await http(`api/v1/metrics/${path}`, { role: 'viewer' });
    expect({ status: answer.status, code: asProblem(answer).code }).toEqual({ status, code });
    expect(asProblem(answer).detail).toContain(words);
    expect(asProblem(answer).fields?.map(({ field }) => field)).toEqual([expect.any(String)]);
  });

  it('keep the right points of a mixed batch and list the others by their index', async () => {
    const { http, aggregator } = await start();
    const wrong = [
      { name: 'cpuu', value: 1 },
      { name: 'cpu', value: 1, labels: { zone: 'x' } },
      { name: 'cpu', value: 1, at: '2026-01-01T12:06:00Z' },
      { name: 'cpu', value: 1, at: '2025-12-31T09:00:00Z' },
      { name: 'cpu', value: 1, at: '2016-01-01T12:00:00Z' },
      { name: 'cpu', value: null },
      {
        name: 'cpu',
        value: 1,
        labels: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`l${i}`, ''])),
      },
    ];
    const expected = [
      'points[1].name is "cpuu", which nobody declared (did you mean "cpu"?)',
      'points[2].labels must not have the label "zone"; the metric declares host',
      'points[3].at must not lie more than 5 minutes in the future',
      'points[4].at must not be older than 26 hours, which is how late a point may come',
      'points[5].at must not be older than 26 hours, which is how late a point may come',
      'points[6].value must be a finite number',
      'points[7].labels must have at most 20 labels',
    ];
    const body = { points: [{ name: 'cpu', value: 7 }, ...wrong, { name: 'cpu', value: 8 }] };
    const answer = await http('api/v1/metrics/points', { role: 'operator', body });
    expect(answer.status).toBe(202);
    const taken = answer.json as MetricPointsAccepted;
    expect([taken.accepted, taken.rejectedCount]).toEqual([2, 7]);
    expect(taken.rejected.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(taken.rejected.map(({ field, message }) => `${field} ${message}`)).toEqual(expected);
    const [sum] = await aggregator.getMetrics({ metricName: 'cpu', timeWindow: '1h', aggregation: 'sum' });
    expect(sum?.points[0]?.value).toBe(15);
  });

  it.each([
    [[{ name: 'cpuu', value: 1 }], 'points[0].name'],
    [[{ name: 'cpu' }], 'points[0].value'],
    [[{ name: 'cpu', value: 1, at: '2016-01-01T00:00:00Z' }], 'points[0].at'],
    [[{ name: 'cpu', value: 1, at: '2036-01-01T00:00:00Z' }], 'points[0].at'],
    [[], 'points'],
  ])('refuse %j, of which nothing can be taken, naming the field', async (points, field) => {
    const { http } = await start();
    const answer = await http('api/v1/metrics/points', { role: 'operator', body: { points } });
    expect([answer.status, asProblem(answer).code]).toEqual([400, 'INVALID_INPUT']);
    expect(asProblem(answer).fields?.[0]?.field).toBe(field);
  });

  it('say 503 while the database is away and 503 once the module is closed', async () => {
    const { http, sql, aggregator } = await start();
    sql.away = true;
    const body = { points: [{ name: 'cpu', value: 1 }] };
    const away = await http('api/v1/metrics/points', { role: 'operator', body });
    expect([away.status, asProblem(away).code]).toEqual([503, 'DATABASE_UNAVAILABLE']);
    sql.away = false;
    await aggregator.beforeApplicationShutdown();
    const closed = await http('api/v1/metrics/points', { role: 'operator', body });
    expect([closed.status, asProblem(closed).code]).toEqual([503, 'SHUTTING_DOWN']);
  });

  it('stand under the prefix they are given, or nowhere', async () => {
    const { http } = await start({ metrics: [CPU], http: { prefix: 'ops/m' } });
    expect((await http('ops/m/names', { role: 'viewer' })).status).toBe(200);
    await suite.running.pop()?.close();
    const none = await start({ metrics: [CPU], http: false });
    expect((await none.http('api/v1/metrics/names', { role: 'viewer' })).status).toBe(404);
  });
});

describe('the module', () => {
  it('takes undeclared names as gauges when it may, and learns their labels', async () => {
    const { http, aggregator } = await start({ undeclared: 'gauge', maxUndeclaredMetrics: 1 });
    aggregator.record('fresh', 1, { a: '1' });
    aggregator.record('fresh', 3, { b: '1' });
    aggregator.record('one_too_many', 1);
    const answer = await http('api/v1/metrics/query?metricName=fresh&timeWindow=1m&aggregation=sum', {
      role: 'viewer',
    });
    expect((answer.json as MetricQueryAnswer).results[0]?.points[0]?.value).toBe(4);
    expect((await aggregator.names()).map(({ name, kind, labels }) => [name, kind, labels])).toEqual([
      ['fresh', 'gauge', ['a', 'b']],
    ]);
    expect(aggregator.stats().droppedPoints).toEqual({ undeclared: 1 });
  });

  it('knows after a restart, and on another replica, what was declared before', async () => {
    const first = await start();
    first.aggregator.record('cpu', 42, { host: 'a' });
    await first.close();
    const second = await start({});
    expect((await second.aggregator.names()).map(({ name, unit }) => [name, unit])).toEqual([['cpu', '%']]);
    const [last] = await second.aggregator.getMetrics({
      metricName: 'cpu',
      timeWindow: '1m',
      aggregation: 'last',
    });
    expect(last?.points[0]?.value).toBe(42);
    await suite.start({ metrics: [{ name: 'late', kind: 'gauge' }] }, { clock: second.clock });
    second.clock.advance(1000);
    await expect(
      second.aggregator.getMetrics({ metricName: 'late', timeWindow: '1m', aggregation: 'last' }),
    ).resolves.toHaveLength(1);
  });

  it('refuses to start when another program declared the metric with another kind', async () => {
    await (await start()).close();
    await expect(start({ metrics: [{ name: 'cpu', kind: 'counter' }] })).rejects.toThrow(
      'Metric "cpu" is declared as a counter, but was declared as a gauge before.',
    );
  });

  it('lets a declaration replace what was taken as a gauge', async () => {
    const first = await start({ undeclared: 'gauge' });
    first.aggregator.record('hits', 1);
    await first.close();
    const second = await start({ metrics: [{ name: 'hits', kind: 'counter' }] });
    expect((await second.aggregator.names())[0]?.kind).toBe('counter');
  });

  it('logs a conflict that comes up later and goes by what the database says', async () => {
    const { aggregator } = await start({});
    // The newest application's logger takes the lines of all.
    const other = await suite.start({ metrics: [{ name: 'x', kind: 'counter' }] });
    await other.close();
    aggregator.declare([{ name: 'x', kind: 'gauge' }]);
    aggregator.record('x', 1);
    await aggregator.getMetrics({ metricName: 'x', timeWindow: '1m', aggregation: 'last' });
    expect(other.lines.join('\n')).toContain(
      'Metric "x" is declared as a gauge, but was declared as a counter before.',
    );
    expect((await aggregator.names())[0]?.kind).toBe('counter');
  });

  it('takes the declarations of feature modules', async () => {
    const { aggregator } = await start(
      {},
      {
        features: [MetricsModule.forFeature([CPU]), MetricsModule.forFeature([{ name: 'b', kind: 'gauge' }])],
      },
    );
    expect((await aggregator.names()).map(({ name }) => name)).toEqual(['b', 'cpu']);
  });

  it('says what is missing when forFeature stands alone', async () => {
    const testing = await Test.createTestingModule({ imports: [MetricsModule.forFeature([CPU])] })
      .setLogger(false as never)
      .compile();
    await expect(testing.createNestApplication().init()).rejects.toThrow('without MetricsModule.forRoot');
  });

  it('says what to do when its tables are missing', async () => {
    await expect(start({ metrics: [CPU] }, { migrate: false })).rejects.toThrow('call migrateFleetdeck');
  });

  it('answers from what an earlier version of its tables holds, and says nothing of bounds that it did not note', async () => {
    const { dataSource } = suite.database;
    const migrations = metricsMigrations.migrations.slice(0, 4);
    await migrateFleetdeck(dataSource, [{ module: 'metrics', migrations }]);
    for (const statement of [
      `create table fleetdeck.metric_point_p2026010112 partition of fleetdeck.metric_point
         for values from ('2026-01-01T12:00:00Z') to ('2026-01-01T13:00:00Z')`,
      `insert into fleetdeck.metric (name, kind, unit, help, labels, good_direction, declared)
         values ('hits', 'counter', '', '', '{}', 'none', true)`,
      `insert into fleetdeck.metric_series (metric, labels, labels_hash, last_seen_at)
         values ('hits', '{}', 'h', '${NOW}')`,
      `insert into fleetdeck.metric_point (series_id, at, value, increase, increase_ms)
         select id, '2026-01-01T12:00:10Z', 5, 5, -1000 from fleetdeck.metric_series`,
    ]) {
      await dataSource.query(statement);
    }
    const { aggregator } = await start({ metrics: [{ name: 'hits', kind: 'counter' }] });
    const [result] = await aggregator.getMetrics({
      ...{ metricName: 'hits', timeWindow: '1m', aggregation: 'ratePerMinute' },
    });
    expect(result?.points).toEqual([{ start: '2026-01-01T11:59:30.000Z', value: 5, coverage: null }]);
  });

  it("finds the application's DataSource, does without the ports, and fills its own", async () => {
    await migrateFleetdeck(suite.database.dataSource, [metricsMigrations]);
    @Module({ providers: [{ provide: DataSource, useValue: suite.database.dataSource }] })
    class StoryModule {}
    const lines: string[] = [];
    const note = (line: unknown) => void lines.push(String(line));
    const testing = await Test.createTestingModule({
      imports: [
        StoryModule,
        MetricsModule.forRootAsync({ useFactory: () => ({ metrics: [CPU] }), http: false }),
      ],
    })
      .setLogger({ log: note, warn: note, error: note })
      .compile();
    const app = testing.createNestApplication();
    await app.init();
    const sink = app.get<MetricsAggregator>(METRIC_SINK);
    expect(app.get(METRIC_QUERY)).toBe(sink);
    sink.record('cpu', 5);
    const [last] = await sink.getMetrics({ metricName: 'cpu', timeWindow: '1m', aggregation: 'last' });
    expect(last).toMatchObject({ points: [{ value: 5 }], position: null });
    expect(lines.join('\n')).toContain('No Publisher is installed');
    await app.close();
    sink.record('cpu', 6);
    expect(sink.stats().droppedPoints).toEqual({ closed: 1 });
  });

  it('says what to give it when there is no DataSource', async () => {
    const testing = await Test.createTestingModule({ imports: [MetricsModule.forRoot({})] })
      .setLogger(false as never)
      .compile();
    await expect(testing.createNestApplication().init()).rejects.toThrow('MetricsModule found no DataSource');
  });

  it('shows in health which step of maintenance has been failing for minutes', async () => {
    const { app, aggregator, sql, timers, lines } = await start();
    const failures = () => lines.filter((line) => line.includes('failed at forgetting unused series')).length;
    sql.beforeStatement = (statement) => {
      if (statement.startsWith('delete from fleetdeck.metric_series')) throw new Error('no');
    };
    for (let minutes = 0; minutes < 7; minutes += 1) {
      const before = failures();
      timers.advance(1000);
      await until(() => failures() > before || (timers.advance(1000), false));
    }
    expect(aggregator.stats().maintenanceFailing?.step).toBe('forgetting unused series');
    expect(await app.get(MetricsHealth).checkHealth()).toMatchObject({
      status: 'degraded',
      reason: expect.stringMatching(
        /^Maintenance .* has been failing for \d+ min at forgetting unused series\.$/,
      ),
    });
  });

  it('shows in health what was dropped and that points wait', async () => {
    const { app, aggregator, sql, timers } = await start();
    const health = app.get(MetricsHealth);
    const check = () => health.checkHealth();
    expect(await check()).toMatchObject({ status: 'healthy', details: { bufferedPoints: 0 } });
    aggregator.record('cpu', Number.NaN);
    expect(await check()).toMatchObject({
      status: 'degraded',
      reason: 'Points were dropped in the last minute (so far notFinite: 1).',
    });
    timers.advance(60_000);
    expect((await check()).status).toBe('healthy');
    sql.away = true;
    aggregator.record('cpu', 1);
    timers.advance(11_000);
    expect(await check()).toMatchObject({
      status: 'degraded',
      reason: '1 points have been waiting for the database for 11 s.',
      details: { bufferedPoints: 1, flushLagSeconds: 11 },
    });
    sql.away = false;
  });
});
