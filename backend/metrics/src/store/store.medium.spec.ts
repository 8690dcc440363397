import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { DataSource } from 'typeorm';
import { MetricsHealth } from '../metrics.health.ts';
import type { MetricsApp } from '../testing/metrics-app.ts';
import { until, useMetricsSuite } from '../testing/metrics-suite.ts';
import { Partitions } from './partitions.ts';
import { TABLES } from './tiers.ts';

const NOW = '2026-01-02T12:30:00.000Z';
const HOUR = 3_600_000;

const suite = useMetricsSuite();
const { running } = suite;

function start(options: Parameters<typeof suite.start>[0] = {}, clock = new FakeClock(NOW)) {
  return suite.start(
    { metrics: [{ name: 'level', kind: 'gauge', labels: ['host'] }], ...options },
    { clock },
  );
}

async function partitions(): Promise<string[]> {
  const rows = await suite.database.dataSource.query<{ name: string }[]>(
    `select relname as name from pg_class where relname like 'metric_point_p%' and relkind = 'r' order by 1`,
  );
  return rows.map(({ name }) => name.replace('metric_point_p', ''));
}

async function stored(): Promise<number[]> {
  const rows = await suite.database.dataSource.query<{ value: number }[]>(
    'select value from fleetdeck.metric_point order by value',
  );
  return rows.map(({ value }) => value);
}

describe('writing', () => {
  it('happens each second, in one statement for all points', async () => {
    const { aggregator, timers, sql } = await start();
    for (let i = 0; i < 100; i += 1) aggregator.record('level', i, { host: String(i % 7) });
    expect(await stored()).toEqual([]);
    timers.advance(1000);
    await until(() => aggregator.stats().bufferedPoints === 0);
    expect(await stored()).toHaveLength(100);
    expect(sql.count('insert into fleetdeck.metric_point ')).toBe(1);
  });

  it('happens a last time when the application closes', async () => {
    const { aggregator, app } = await start();
    aggregator.record('level', 7);
    await app.close();
    expect(await stored()).toEqual([7]);
  });

  it('takes late points as long as it may: those older than single points are kept go to the roll-ups alone', async () => {
    const { aggregator, app } = await start();
    const now = Date.parse(NOW);
    aggregator.record('level', 1, {}, now - 26 * HOUR);
    aggregator.record('level', 2, {}, now - 26 * HOUR - 1);
    aggregator.record('level', 3, {}, now + 300_000);
    aggregator.record('level', 4, {}, now + 300_001);
    expect(aggregator.stats().droppedPoints).toEqual({ late: 1, future: 1 });
    await app.close();
    expect(await stored()).toEqual([3]);
    const rolledUp = await suite.database.dataSource.query<{ value: number }[]>(
      'select last_value as value from fleetdeck.metric_rollup_1m order by at',
    );
    expect(rolledUp.map(({ value }) => value)).toEqual([1, 3]);
  });

  it('makes a partition again that another replica dropped meanwhile', async () => {
    const { aggregator, timers } = await start();
    aggregator.record('level', 1);
    await aggregator.getMetrics({ metricName: 'level', timeWindow: '1m', aggregation: 'last' });
    await suite.database.dataSource.query('drop table fleetdeck.metric_point_p2026010212');
    aggregator.record('level', 2);
    timers.advance(1000);
    await until(() => aggregator.stats().flushLagMs === 0 || aggregator.stats().bufferedPoints === 1);
    await until(() => {
      timers.advance(1000);
      return aggregator.stats().bufferedPoints === 0;
    });
    expect(await stored()).toEqual([2]);
  });
});

describe('points that are waited for', () => {
  it('are written again after a collision with another replica, and not after anything else', async () => {
    const { aggregator, sql } = await start();
    const real = sql.query;
    let code = '40P01';
    Object.assign(sql, {
      query: (statement: string, parameters?: unknown[]) => {
        if (!statement.includes('insert into fleetdeck.metric_point ') || code === '')
          return real(statement, parameters);
        const failure = Object.assign(new Error(code), { code });
        code = '';
        return Promise.reject(failure);
      },
    });
    expect(await aggregator.addPoints([{ name: 'level', value: 1 }])).toMatchObject({ accepted: 1 });
    code = '53100';
    await expect(aggregator.addPoints([{ name: 'level', value: 2 }])).rejects.toThrow('53100');
    expect(await stored()).toEqual([1]);
  });

  it('are given up on when the database says nothing', async () => {
    const { aggregator, sql, timers } = await start();
    const real = sql.query;
    let asked = false;
    Object.assign(sql, {
      query: (statement: string, parameters?: unknown[]) => {
        if (!statement.includes('insert into fleetdeck.metric_point ')) return real(statement, parameters);
        asked = true;
        return new Promise(() => undefined);
      },
    });
    const silent = aggregator.addPoints([{ name: 'level', value: 1 }]);
    const outcome = expect(silent).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await until(() => asked);
    timers.advance(10_000);
    await outcome;
  });
});

describe('while the database is away', () => {
  it('nothing is lost within the bound, and what is beyond it is counted', async () => {
    const { aggregator, timers, sql, lines } = await start({ maxBufferedPoints: 50 });
    sql.away = true;
    for (let second = 0; second < 60; second += 1) {
      aggregator.record('level', second);
      timers.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect(
      aggregator.getMetrics({ metricName: 'level', timeWindow: '1m', aggregation: 'last' }),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const { bufferedPoints, droppedPoints } = aggregator.stats();
    expect(bufferedPoints + (droppedPoints.full ?? 0)).toBe(60);
    expect(droppedPoints.full).toBeGreaterThan(0);
    sql.away = false;
    await until(() => {
      timers.advance(1000);
      return aggregator.stats().bufferedPoints === 0;
    });
    const values = await stored();
    expect(values).toHaveLength(bufferedPoints);
    expect(values.at(-1)).toBe(59);
    expect(lines.filter((line) => line.includes('kept and tried again'))).toHaveLength(1);
    expect(lines).toContain('Points are being written again.');
  });

  it('a real one that refuses connections loses no point', async () => {
    const admin = new DataSource({ type: 'postgres', url: process.env['FLEETDECK_TEST_DATABASE_URL'] ?? '' });
    await admin.initialize();
    const name = new URL(suite.database.url).pathname.slice(1);
    const { aggregator, timers } = await start();
    aggregator.record('level', 1);
    await admin.query(`alter database ${name} allow_connections false`);
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    for (let second = 2; second <= 20; second += 1) {
      aggregator.record('level', second);
      timers.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(aggregator.stats().bufferedPoints).toBe(20);
    expect(aggregator.stats().flushLagMs).toBeGreaterThanOrEqual(18_000);
    await admin.query(`alter database ${name} allow_connections true`);
    await until(() => {
      timers.advance(1000);
      return aggregator.stats().bufferedPoints === 0;
    });
    expect(await stored()).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    await admin.destroy();
  });

  it('a write whose answer was lost is not done twice', async () => {
    const { aggregator, timers, sql } = await start();
    const real = sql.query;
    let lost = 0;
    Object.assign(sql, {
      query: async (statement: string, parameters?: unknown[]) => {
        const answer: unknown = await real(statement, parameters);
        if (statement.includes('insert into fleetdeck.metric_point ') && lost === 0) {
          lost += 1;
          throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
        }
        return answer;
      },
    });
    aggregator.record('level', 5);
    timers.advance(1000);
    await until(() => {
      timers.advance(1000);
      return aggregator.stats().bufferedPoints === 0;
    });
    expect(lost).toBe(1);
    expect(await stored()).toEqual([5]);
  });

  it('a write whose answer was lost is not done twice when its session was left meanwhile', async () => {
    const { aggregator, timers, sql } = await start();
    const real = sql.query;
    let lost = 0;
    Object.assign(sql, {
      query: async (statement: string, parameters?: unknown[]) => {
        const answer: unknown = await real(statement, parameters);
        if (statement.includes('insert into fleetdeck.metric_point ') && lost < 2) {
          lost += 1;
          throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
        }
        return answer;
      },
    });
    aggregator.record('level', 5);
    timers.advance(1000);
    await until(() => lost === 1);
    // Whether these are written, only the database knows: the session ends, so that they are rolled up from the table.
    await expect(aggregator.addPoints([{ name: 'level', value: 6 }])).rejects.toThrow('ECONNRESET');
    await until(() => {
      timers.advance(1000);
      return aggregator.stats().bufferedPoints === 0;
    });
    expect(await stored()).toEqual([5, 6]);
  });

  it('the application starts all the same, and closes within its deadline, counting what it could not write', async () => {
    const away = () =>
      Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    const { aggregator, timers, lines } = await start({ dataSource: { query: away, transaction: away } });
    expect(lines.join('\n')).toContain('The database does not answer yet');
    aggregator.record('level', 1);
    const began = timers.now();
    let closed = false;
    const closing = running
      .pop()
      ?.close()
      .then(() => {
        closed = true;
      });
    await until(() => {
      timers.advance(100);
      return closed;
    });
    await closing;
    expect(timers.now() - began).toBeLessThanOrEqual(5000 + 200);
    expect(aggregator.stats().droppedPoints).toEqual({ closed: 1 });
  });
});

describe('retention', () => {
  it('makes partitions ahead and drops those past it, however often and from how many replicas', async () => {
    const clock = new FakeClock(NOW);
    const first = await start({ retentionHours: { raw: 2 } }, clock);
    const second = await start({ retentionHours: { raw: 2 } }, clock);
    first.aggregator.record('level', 1, {}, clock.now() - 2 * HOUR);
    first.aggregator.record('level', 2);
    await first.aggregator.getMetrics({ metricName: 'level', timeWindow: '1m', aggregation: 'last' });
    expect(await partitions()).toEqual(['2026010210', '2026010212', '2026010213', '2026010214']);
    clock.advance(HOUR);
    first.timers.advance(0);
    second.timers.advance(0);
    await until(async () => !(await partitions()).includes('2026010210'));
    await until(async () => (await partitions()).includes('2026010215'));
    expect(await stored()).toEqual([2]);
    clock.advance(3 * HOUR);
    await until(async () => {
      for (const { timers } of [first, second]) timers.advance(60_000);
      return !(await partitions()).includes('2026010213');
    });
    expect(await stored()).toEqual([]);
  });

  it('drops a partition as soon as all of it is past its time, and not before', async () => {
    await start();
    const hours = new Partitions(() => suite.database.dataSource, TABLES.raw);
    const ten = Date.parse('2026-01-02T10:00:00.000Z');
    await hours.ensure([ten, ten + HOUR]);
    await hours.dropBefore(ten + HOUR - 1);
    expect(await partitions()).toContain('2026010210');
    await hours.dropBefore(ten + HOUR);
    expect(await partitions()).not.toContain('2026010210');
    expect(await partitions()).toContain('2026010211');
  });

  it('drops the oldest single points first when the tables take more disk than they may, and health says so', async () => {
    const clock = new FakeClock(NOW);
    const { app, aggregator, timers } = await start(
      { maxDiskMegabytes: 64, retentionHours: { raw: 24 } },
      clock,
    );
    const name = { metricName: 'level', timeWindow: '1m', aggregation: 'last' } as const;
    aggregator.record('level', 1, {}, clock.now() - 2 * HOUR);
    aggregator.record('level', 2, {}, clock.now() - HOUR);
    aggregator.record('level', 3);
    await aggregator.getMetrics(name);
    await suite.database.dataSource.query(
      `insert into fleetdeck.metric_point (series_id, at, value)
       select 1, $1::timestamptz, n from generate_series(1, 1300000) n`,
      [new Date(clock.now() - 2 * HOUR).toISOString()],
    );
    timers.advance(60_000);
    await until(() => aggregator.stats().diskCutShort);
    expect(await partitions()).not.toContain('2026010210');
    expect(await partitions()).toContain('2026010212');
    expect(await stored()).toContain(3);
    expect(aggregator.stats().diskBytes).toBeGreaterThan(0);
    expect(await app.get(MetricsHealth).checkHealth()).toMatchObject({
      status: 'degraded',
      reason: expect.stringContaining('maxDiskMegabytes'),
    });
  });

  it('forgets series whose last point is gone', async () => {
    const clock = new FakeClock(NOW);
    const { aggregator, timers, sql } = await start(
      { retentionHours: { raw: 1, '1m': 1, '1h': 1, '1d': 1 } },
      clock,
    );
    aggregator.record('level', 1, { host: 'gone' });
    aggregator.record('level', 1, { host: 'stays' });
    for (let hour = 0; hour < 6; hour += 1) {
      clock.advance(HOUR);
      aggregator.record('level', 1, { host: 'stays' });
      await aggregator.getMetrics({ metricName: 'level', timeWindow: '1m', aggregation: 'last' });
    }
    timers.advance(60_000);
    await until(() => sql.count('delete from fleetdeck.metric_series') > 0);
    await until(async () => {
      const rows = await suite.database.dataSource.query<{ host: string }[]>(
        `select labels ->> 'host' as host from fleetdeck.metric_series order by 1`,
      );
      return rows.length === 1 && rows[0]?.host === 'stays';
    });
  });
});

describe('names of metrics', () => {
  const brief = { undeclared: 'gauge', retentionHours: { raw: 1, '1m': 1, '1h': 1, '1d': 1 } } as const;
  const names = async ({ aggregator }: MetricsApp) => (await aggregator.names()).map(({ name }) => name);

  /** Lets an hour pass, at the end of which the application looks after its tables. */
  async function passHour({ clock, timers, sql, aggregator }: MetricsApp): Promise<void> {
    clock.advance(HOUR - 60_000);
    const runs = () => sql.count('delete from fleetdeck.metric_writer');
    const before = runs();
    await until(() => {
      timers.advance(1000);
      return runs() > before && aggregator.stats().bufferedPoints === 0;
    });
  }

  it('that nobody declares are forgotten with their last point; declared and recorded ones stay', async () => {
    const clock = new FakeClock(NOW);
    const former = await start(
      { metrics: [{ name: 'former', kind: 'counter' }], ...brief },
      new FakeClock(NOW),
    );
    running.splice(running.indexOf(former), 1);
    await former.close();
    const app = await start(brief, clock);
    app.aggregator.record('odd', 1);
    app.aggregator.record('even', 1);
    await app.aggregator.getMetrics({ metricName: 'odd', timeWindow: '1m', aggregation: 'last' });
    expect(await names(app)).toEqual(['even', 'former', 'level', 'odd']);
    for (let i = 0; i < 7; i += 1) {
      app.aggregator.record('even', 1);
      await passHour(app);
    }
    expect(await names(app)).toEqual(['even', 'level']);
    await expect(
      app.aggregator.getMetrics({ metricName: 'odd', timeWindow: '1m', aggregation: 'last' }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_METRIC' });
  });

  it('that were forgotten come back with the next point, also in a process that has not heard of it', async () => {
    const clock = new FakeClock(NOW);
    const app = await start(brief, clock);
    await app.aggregator.addPoints([{ name: 'level', value: 1 }]);
    await suite.database.dataSource.query('delete from fleetdeck.metric_series');
    await suite.database.dataSource.query('delete from fleetdeck.metric');
    app.aggregator.record('level', 2, { host: 'a' });
    app.timers.advance(1000);
    await until(() => app.aggregator.stats().bufferedPoints === 0);
    expect(app.aggregator.stats().droppedPoints).toEqual({});
    const [last] = await app.aggregator.getMetrics({
      ...{ metricName: 'level', timeWindow: '1m', aggregation: 'last' },
      labels: { host: 'a' },
    });
    expect(last?.points[0]?.value).toBe(2);
  });
});

describe('two aggregators on one database', () => {
  it('write the same series at the same time and both see all of it', async () => {
    const clock = new FakeClock(NOW);
    const apps = [await start({}, clock), await start({}, clock)];
    for (let round = 0; round < 5; round += 1) {
      for (const { aggregator } of apps) {
        for (let i = 0; i < 200; i += 1) aggregator.record('level', 1, { host: `h${i}` });
      }
      await Promise.all(
        apps.map(({ aggregator }) =>
          aggregator.addPoints([{ name: 'level', value: 1, labels: { host: 'h0' } }]),
        ),
      );
      await Promise.all(
        apps.map(({ aggregator }) =>
          aggregator.getMetrics({ metricName: 'level', timeWindow: '1m', aggregation: 'count' }),
        ),
      );
      clock.advance(1000);
    }
    for (const { aggregator } of apps) {
      const [count] = await aggregator.getMetrics({
        metricName: 'level',
        timeWindow: '5m',
        aggregation: 'count',
      });
      expect(count?.points[0]?.value).toBe(2010);
    }
    const [series] = await suite.database.dataSource.query<{ n: number }[]>(
      'select count(*)::integer as n from fleetdeck.metric_series',
    );
    expect(series?.n).toBe(200);
  });
});

describe('cardinality', () => {
  it('lets go of series that have been silent for three hours, so that label sets may come and go', async () => {
    const clock = new FakeClock(NOW);
    const { aggregator } = await start({ maxSeriesPerMetric: 2 }, clock);
    const send = (host: string) => aggregator.addPoints([{ name: 'level', value: 1, labels: { host } }]);
    const fresh = () => start({ maxSeriesPerMetric: 2 }, clock);
    await send('pod-1');
    await send('pod-2');
    clock.advance(3 * HOUR - 1000);
    await (await fresh()).aggregator.addPoints([{ name: 'level', value: 1, labels: { host: 'pod-3' } }]);
    clock.advance(1001);
    await (await fresh()).aggregator.addPoints([{ name: 'level', value: 1, labels: { host: 'pod-4' } }]);
    const hosts = await suite.database.dataSource.query<{ host: string | null }[]>(
      `select labels ->> 'host' as host from fleetdeck.metric_series order by 1`,
    );
    expect(hosts.map(({ host }) => host)).toEqual(['pod-1', 'pod-2', 'pod-4', null]);
  });

  it('sends what is beyond the cap to one counted series, over replicas and restarts', async () => {
    const clock = new FakeClock(NOW);
    const first = await start({ maxSeriesPerMetric: 3 }, clock);
    for (let i = 0; i < 5; i += 1) first.aggregator.record('level', 1, { host: `a${i}` });
    const groups = async (app: MetricsApp) =>
      (
        await app.aggregator.getMetrics({
          metricName: 'level',
          timeWindow: '1m',
          aggregation: 'count',
          groupBy: ['host', 'other'],
        })
      ).map(({ labels, points }) => [labels, points[0]?.value]);
    expect(await groups(first)).toEqual([
      [{ host: 'a0' }, 1],
      [{ host: 'a1' }, 1],
      [{ host: 'a2' }, 1],
      [{ other: 'true' }, 2],
    ]);
    expect(first.aggregator.stats().overflowedPoints).toBe(2);
    const health = first.app.get(MetricsHealth);
    expect(await health.checkHealth()).toMatchObject({
      status: 'degraded',
      reason: 'A metric has too many series, so points of further label sets go to its series "other".',
      details: { overflowedPoints: 2 },
    });

    const second = await start({ maxSeriesPerMetric: 3 }, clock);
    await second.aggregator.addPoints([
      { name: 'level', value: 1, labels: { host: 'b' } },
      { name: 'level', value: 1, labels: { host: 'a0' } },
    ]);
    expect(await groups(second)).toEqual([
      [{ host: 'a0' }, 2],
      [{ host: 'a1' }, 1],
      [{ host: 'a2' }, 1],
      [{ other: 'true' }, 3],
    ]);
    expect(second.aggregator.stats().overflowedPoints).toBe(1);
    expect(second.aggregator.stats().sinceOverflowMs).toBe(0);
    expect(second.lines.join('\n')).toContain('Metric "level" has more than 3 series');
    clock.advance(60_000);
    expect((await health.checkHealth()).status).toBe('healthy');
  });
});
