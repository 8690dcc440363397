import { beforeEach, describe, expect, it } from '@jest/globals';
import type { MetricAggregation, MetricQuery } from '@fleetdeck/dto';
import { FakeClock } from '@fleetdeck/kernel/testing';
import type { MetricsApp } from '../testing/metrics-app.ts';
import { until, useMetricsSuite } from '../testing/metrics-suite.ts';

const NOON = Date.parse('2026-01-01T12:00:00.000Z');
const minute = (n: number) => NOON + n * 60_000;
const iso = (ms: number) => new Date(ms).toISOString();

const suite = useMetricsSuite();
let running: MetricsApp;

beforeEach(async () => {
  running = await suite.start(
    {
      metrics: [
        { name: 'level', kind: 'gauge', labels: ['host', 'zone'], expectedEveryMs: 10_000 },
        { name: 'total', kind: 'counter', labels: ['host'], expectedEveryMs: 10_000 },
        { name: 'took', kind: 'distribution', unit: 'ms', labels: ['host'] },
      ],
    },
    { clock: new FakeClock(iso(minute(10) + 30_000)) },
  );
});

const record = (name: string, value: number, at: number, host?: string, zone?: string) =>
  running.aggregator.record(name, value, { ...(host ? { host } : {}), ...(zone ? { zone } : {}) }, at);

async function ask(query: Partial<MetricQuery> & Pick<MetricQuery, 'metricName' | 'aggregation'>) {
  return running.aggregator.getMetrics({ timeWindow: '1m', ...query });
}

async function values(metricName: string, aggregation: MetricAggregation, from: number, to: number) {
  const [result] = await ask({ metricName, aggregation, from: iso(from), to: iso(to) });
  return result?.points.map(({ value }) => value);
}

describe('buckets', () => {
  it('are whole, aligned in UTC, all there, and null where no point fell', async () => {
    record('level', 1, minute(0));
    record('level', 3, minute(1) - 1);
    record('level', 7, minute(2));
    const [result] = await ask({
      metricName: 'level',
      aggregation: 'avg',
      from: iso(minute(0) + 12_345),
      to: iso(minute(2) + 1),
    });
    expect(result?.points).toEqual([
      { start: iso(minute(0)), value: 2, coverage: 2 / 6 },
      { start: iso(minute(1)), value: null, coverage: 0 },
      { start: iso(minute(2)), value: 7, coverage: 1 / 6 },
    ]);
  });

  it('count only what has passed of the open one, and nothing of one that lies ahead', async () => {
    for (let at = minute(10); at < minute(10) + 30_000; at += 10_000) record('level', 1, at);
    const [result] = await ask({
      metricName: 'level',
      aggregation: 'sum',
      from: iso(minute(10)),
      to: iso(minute(12)),
    });
    expect(result?.points).toEqual([
      { start: iso(minute(10)), value: 3, coverage: 1 },
      { start: iso(minute(11)), value: null, coverage: null },
    ]);
  });

  it('are one for the trailing window, which holds this very moment and not its beginning', async () => {
    const now = running.clock.now();
    record('level', 100, now - 60_000);
    record('level', 1, now - 59_999);
    record('level', 2, now);
    const [result] = await ask({ metricName: 'level', aggregation: 'sum' });
    expect(result?.points).toEqual([{ start: iso(now - 60_000), value: 3, coverage: 2 / 6 }]);
  });

  it('expect of each series that takes part its own points', async () => {
    for (let at = minute(0); at < minute(1); at += 10_000) record('level', 1, at, 'a');
    record('level', 1, minute(0), 'b');
    const [result] = await ask({
      metricName: 'level',
      aggregation: 'count',
      from: iso(minute(0)),
      to: iso(minute(1)),
    });
    expect(result?.points[0]).toEqual({ start: iso(minute(0)), value: 7, coverage: 7 / 12 });
  });
});

describe('coverage of several series', () => {
  const coverage = async (query: Partial<MetricQuery> = {}) =>
    (await ask({ metricName: 'level', aggregation: 'avg', ...query })).map(({ points }) =>
      points.map((bucket) => bucket.coverage),
    );
  const everyTenSeconds = (from: number, to: number, host: string, zone?: string) => {
    for (let at = from; at < to; at += 10_000) record('level', 1, at, host, zone);
  };

  it('expects points of a series that fell silent up to an hour before the window', async () => {
    const now = running.clock.now();
    everyTenSeconds(now - 50_000, now + 1, 'a', 'x');
    record('level', 1, now - 75_000, 'b', 'x');
    expect(await coverage()).toEqual([[0.5]]);
    expect(await coverage({ groupBy: ['zone'] })).toEqual([[0.5]]);
    expect(await coverage({ groupBy: ['host'] })).toEqual([[1]]);
    expect(await coverage({ from: iso(minute(10)), to: iso(minute(11)) })).toEqual([[0.5]]);
  });

  it('forgets a series that was silent for the whole hour before', async () => {
    const now = running.clock.now();
    everyTenSeconds(now - 50_000, now + 1, 'a');
    record('level', 1, now - 3_661_000, 'b');
    expect(await coverage()).toEqual([[1]]);
  });

  it('knows of series that were silent since from the roll-ups as well', async () => {
    const now = running.clock.now();
    record('level', 1, now - 1_800_000, 'b');
    expect(await coverage()).toEqual([[0]]);
    await suite.database.dataSource.query('delete from fleetdeck.metric_point');
    running.clock.advance(1000);
    const later = running.clock.now();
    everyTenSeconds(later - 50_000, later + 1, 'a');
    expect(await coverage()).toEqual([[0.5]]);
  });

  it('is not raised by a series that sends more often than is due', async () => {
    const now = running.clock.now();
    for (let at = now - 55_000; at <= now; at += 5000) record('level', 1, at, 'a');
    record('level', 1, now - 75_000, 'b');
    expect(await coverage()).toEqual([[0.5]]);
  });
});

describe('aggregations', () => {
  it.each<[MetricAggregation, number]>([
    ['avg', 4],
    ['min', 1],
    ['max', 9],
    ['sum', 12],
    ['count', 3],
    ['last', 9],
    ['p50', 2],
    ['ratePerSecond', 3 / 60],
    ['ratePerMinute', 3],
  ])('%s of the values 1, 2 and 9 of a distribution', async (aggregation, expected) => {
    record('took', 9, minute(0) + 300, 'b');
    record('took', 1, minute(0) + 100, 'a');
    record('took', 2, minute(0) + 200, 'a');
    const [value] = (await values('took', aggregation, minute(0), minute(1))) ?? [];
    // Percentiles come from sketches, everything else is exact.
    const tolerance = aggregation.startsWith('p') ? 0.01 * expected : 0;
    expect(Math.abs((value ?? NaN) - expected)).toBeLessThanOrEqual(tolerance);
  });

  it('give the percentiles of the raw values over all series, not an average of percentiles', async () => {
    let seed = 7;
    for (let i = 0; i < 3000; i += 1) {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      record('took', Math.exp(seed / 2 ** 29), minute(0) + (i % 60_000), i % 10 === 0 ? 'slow' : 'quick');
    }
    for (const [aggregation, quantile] of [
      ['p50', 0.5],
      ['p95', 0.95],
      ['p99.9', 0.999],
    ] as const) {
      const got = await values('took', aggregation, minute(0), minute(1));
      const [row] = await suite.database.dataSource.query<{ value: number }[]>(
        `select value from fleetdeck.metric_point order by value offset floor($1::double precision * 2999) limit 1`,
        [quantile],
      );
      expect(Math.abs((got?.[0] ?? 0) / (row?.value ?? 0) - 1)).toBeLessThanOrEqual(0.01);
    }
  });

  it('say which limit values beyond a float hit', async () => {
    record('level', 1.7e308, minute(0));
    record('level', 1.7e308, minute(0) + 1);
    await expect(values('level', 'sum', minute(0), minute(1))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });
});

describe('percentiles', () => {
  it.each([
    ['is damaged', 'set_byte(sketch, length(sketch) - 1, get_byte(sketch, length(sketch) - 1) # 1)'],
    ['was lost', 'null'],
  ])('are unknown in the bucket whose sketch %s, and nothing else is', async (_what, sketch) => {
    for (const [host, n] of [
      ['a', 0],
      ['b', 0],
      ['a', 1],
      ['a', 2],
    ] as const)
      record('took', 7, minute(n), host);
    await ask({ metricName: 'took', aggregation: 'count' });
    const { dataSource } = suite.database;
    await dataSource.query('delete from fleetdeck.metric_point');
    await dataSource.query(
      `update fleetdeck.metric_rollup_1m set sketch = ${sketch} where at = '${iso(minute(0))}' and series_id =
         (select id from fleetdeck.metric_series where labels->>'host' = 'b')`,
    );
    const results = await ask({
      ...{ metricName: 'took', aggregation: ['p50', 'avg', 'count'] },
      ...{ from: iso(minute(0)), to: iso(minute(3)) },
    });
    expect(results.map(({ points }) => points.map(({ value }) => value))).toEqual([
      [null, 7, 7],
      [7, 7, 7],
      [2, 1, 1],
    ]);
  });
});

describe('series that have been silent for long', () => {
  it('are not read for a span in which they cannot have a point, though they are kept', async () => {
    const now = running.clock.now();
    record('level', 1, now, 'living');
    record('level', 2, now - 40_000, 'silent');
    record('level', 4, now - 26 * 3_600_000, 'silent');
    const sum = async (query: Partial<MetricQuery> = {}) =>
      (await ask({ metricName: 'level', aggregation: 'sum', ...query }))[0]?.points[0]?.value;
    const recent = async () =>
      (await running.aggregator.recent({ metricNames: ['level'] })).metrics[0]?.series.map(
        ({ labels }) => labels,
      );
    expect(await sum()).toBe(3);
    expect(await recent()).toEqual([{ host: 'living' }, { host: 'silent' }]);
    // It cannot have a point of now: what is read shows that it is left out.
    await suite.database.dataSource.query(
      `update fleetdeck.metric_series set last_seen_at = '${iso(now - 24 * 3_600_000)}' where labels->>'host' = 'silent'`,
    );
    running.clock.advance(2000);
    expect(await sum()).toBe(1);
    expect(await recent()).toEqual([{ host: 'living' }]);
    const before = {
      from: iso(now - 27 * 3_600_000),
      to: iso(now - 25 * 3_600_000),
      timeWindow: '1d' as const,
    };
    expect(await sum(before)).toBe(4);
  });
});

describe('rates of a counter', () => {
  it('sum the increases of each series, from the last value before the span, and start over after a reset', async () => {
    // a: 100 before, +20, +30, reset to 5 (+5), +10; b: first seen in the span, so nothing is known of its first value.
    record('total', 100, minute(0) - 10_000, 'a');
    record('total', 120, minute(0) + 10_000, 'a');
    record('total', 150, minute(0) + 50_000, 'a');
    record('total', 5, minute(1) + 10_000, 'a');
    record('total', 15, minute(1) + 20_000, 'a');
    record('total', 1000, minute(0) + 5000, 'b');
    record('total', 1006, minute(1) + 5000, 'b');
    expect(await values('total', 'ratePerMinute', minute(0), minute(3))).toEqual([50, 15 + 6, null]);
    expect(await values('total', 'ratePerSecond', minute(0), minute(1))).toEqual([50 / 60]);
  });

  it('say that they are a lower bound where a total fell, or was the first that was seen', async () => {
    record('total', 100, minute(0) - 10_000, 'a');
    record('total', 120, minute(0) + 10_000, 'a');
    record('total', 5, minute(1) + 10_000, 'a');
    record('total', 1000, minute(2) + 5000, 'b');
    record('total', 9, minute(2) + 10_000, 'a');
    record('total', 10, minute(3) + 10_000, 'a');
    const span = { from: iso(minute(0)), to: iso(minute(4)) };
    const bounds = async (query: Partial<MetricQuery>) =>
      (await ask({ metricName: 'total', aggregation: 'ratePerSecond', ...span, ...query })).map(
        ({ points }) => points.map(({ lowerBound }) => lowerBound),
      );
    expect(await bounds({})).toEqual([[undefined, true, true, undefined]]);
    expect(await bounds({ aggregation: 'ratePerMinute', labels: { host: 'a' } })).toEqual([
      [undefined, true, undefined, undefined],
    ]);
    // b has no rate of which something could be said.
    expect(await bounds({ groupBy: ['host'] })).toEqual([
      [undefined, true, undefined, undefined],
      [undefined, undefined, undefined, undefined],
    ]);
    expect(await bounds({ aggregation: ['last', 'count'] })).toEqual(
      Array.from({ length: 2 }, () => Array.from({ length: 4 }, () => undefined)),
    );
  });

  it('of the trailing window are a lower bound for as long as the reset is in it', async () => {
    const now = running.clock.now();
    record('total', 100, now - 70_000, 'a');
    record('total', 5, now - 30_000, 'a');
    record('total', 6, now, 'a');
    const bound = async () =>
      (await ask({ metricName: 'total', aggregation: 'ratePerSecond' }))[0]?.points[0]?.lowerBound;
    expect(await bound()).toBe(true);
    running.clock.advance(30_000);
    expect(await bound()).toBeUndefined();
  });

  it('of what this process counts itself are no lower bound', async () => {
    running.aggregator.increment('total', 5, { host: 'a' });
    const [result] = await ask({ metricName: 'total', aggregation: 'ratePerSecond' });
    expect(result?.points[0]).not.toHaveProperty('lowerBound');
  });

  it('are a lower bound after a late reset also where the answer was kept', async () => {
    const span = { from: iso(minute(0)), to: iso(minute(1)) };
    const bound = async () =>
      (await ask({ metricName: 'total', aggregation: 'ratePerSecond', ...span }))[0]?.points[0]?.lowerBound;
    record('total', 100, minute(0) - 10_000, 'a');
    record('total', 120, minute(0) + 10_000, 'a');
    expect(await bound()).toBeUndefined();
    await running.aggregator.addPoints([
      { name: 'total', value: 7, labels: { host: 'a' }, at: iso(minute(0) + 20_000) },
    ]);
    expect(await bound()).toBe(true);
  });

  it('is null where no increase can be told', async () => {
    record('total', 100, minute(0));
    expect(await values('total', 'ratePerMinute', minute(0), minute(1))).toEqual([null]);
    expect(await values('total', 'count', minute(0), minute(1))).toEqual([1]);
  });

  it('takes values of one millisecond as rising, not as a reset', async () => {
    record('total', 6, minute(0) + 1);
    record('total', 5, minute(0) + 1);
    record('total', 4, minute(0));
    expect(await values('total', 'ratePerMinute', minute(0), minute(1))).toEqual([2]);
  });

  it('is not blown up in a bucket that has only begun', async () => {
    running.clock.advance(29_900 - 30_000 + 30_200);
    const now = running.clock.now();
    expect(now - minute(11)).toBe(100);
    record('total', 0, now - 10_000);
    record('total', 10, now);
    expect((await values('total', 'ratePerSecond', minute(11), minute(12)))?.[0]).toBeCloseTo(1, 5);
  });

  it('after a gap are over all the time that the increases cover, of each series on its own', async () => {
    const now = running.clock.now();
    // a: 100 a second through a gap of 30 minutes; b: 1 a second without a gap.
    const put = (at: number) => record('total', (at - now) / 10 + 1e6, at, 'a');
    for (const ago of [1_830_000, 1_815_000, 15_000, 0]) put(now - ago);
    for (let ago = 90_000; ago >= 0; ago -= 15_000) record('total', 1000 - ago / 1000, now - ago, 'b');
    const rate = async (query: Partial<MetricQuery>) =>
      (await ask({ metricName: 'total', aggregation: 'ratePerSecond', ...query }))[0]?.points[0]?.value;
    expect(await rate({ labels: { host: 'a' } })).toBeCloseTo(100, 9);
    expect(await rate({ labels: { host: 'a' }, timeWindow: '5m' })).toBeCloseTo(100, 9);
    expect(await rate({ labels: { host: 'b' } })).toBeCloseTo(1, 9);
    expect(await rate({})).toBeCloseTo(101, 9);
    expect(await rate({ from: iso(minute(10)), to: iso(minute(11)), labels: { host: 'a' } })).toBeCloseTo(
      100,
      9,
    );
  });

  it('after a gap are the same from roll-ups', async () => {
    record('total', 0, minute(-60), 'a');
    record('total', 360_000, minute(0), 'a');
    record('total', 363_000, minute(0) + 30_000, 'a');
    const span = [minute(0), minute(1)] as const;
    expect((await values('total', 'ratePerSecond', ...span))?.[0]).toBeCloseTo(100, 9);
    await suite.database.dataSource.query('delete from fleetdeck.metric_point');
    running.clock.advance(31_000);
    expect((await values('total', 'ratePerSecond', ...span))?.[0]).toBeCloseTo(100, 9);
  });

  it('of totals that came through two processes are not doubled', async () => {
    const other = await suite.start(
      { metrics: [{ name: 'total', kind: 'counter', labels: ['host'], expectedEveryMs: 10_000 }] },
      { clock: running.clock, migrate: false },
    );
    const now = running.clock.now();
    for (let i = 0; i <= 40; i += 1) {
      const { aggregator } = i % 2 ? other : running;
      aggregator.record('total', i * 300, { host: 'a' }, now - 120_000 + i * 3000);
    }
    await other.aggregator.getMetrics({ metricName: 'total', timeWindow: '5m', aggregation: 'count' });
    const [result] = await ask({ metricName: 'total', aggregation: 'ratePerSecond' });
    expect(result?.points[0]?.value).toBeCloseTo(100, 9);
  });

  it('of an own counter are what was counted in the bucket, however long it stood still before', async () => {
    running.aggregator.increment('total', 1, { host: 'a' });
    await ask({ metricName: 'total', aggregation: 'count' });
    running.clock.advance(120_000);
    running.aggregator.increment('total', 60, { host: 'a' });
    const [result] = await ask({ metricName: 'total', aggregation: 'ratePerSecond' });
    expect(result?.points[0]?.value).toBe(1);
  });

  it('counts an empty trailing window as unknown', async () => {
    const [result] = await ask({ metricName: 'total', aggregation: 'ratePerSecond' });
    expect(result?.points[0]?.value).toBeNull();
  });
});

describe('labels and groups', () => {
  it('narrow the answer to series that carry all of them', async () => {
    record('level', 1, minute(0), 'a', 'x');
    record('level', 2, minute(0), 'a', 'y');
    record('level', 4, minute(0), 'b', 'x');
    const sum = async (labels: Record<string, string>) =>
      (
        await ask({
          metricName: 'level',
          aggregation: 'sum',
          labels,
          from: iso(minute(0)),
          to: iso(minute(1)),
        })
      )[0]?.points[0]?.value;
    expect(await sum({ host: 'a' })).toBe(3);
    expect(await sum({ host: 'a', zone: 'y' })).toBe(2);
    expect(await sum({ host: 'c' })).toBeNull();
  });

  it('give one answer for each combination, without the labels that a series does not have', async () => {
    record('level', 1, minute(0), 'b');
    record('level', 2, minute(0), 'a', 'x');
    record('level', 4, minute(1), 'a', 'x');
    record('level', 8, minute(0), 'a', 'y');
    const results = await ask({
      metricName: 'level',
      aggregation: 'sum',
      groupBy: ['zone', 'host'],
      from: iso(minute(0)),
      to: iso(minute(2)),
    });
    expect(results.map(({ labels, points }) => [labels, points.map(({ value }) => value)])).toEqual([
      [{ host: 'a', zone: 'x' }, [2, 4]],
      [{ host: 'a', zone: 'y' }, [8, null]],
      [{ host: 'b' }, [1, null]],
    ]);
    expect(await ask({ metricName: 'level', aggregation: 'sum', groupBy: ['host'] })).toEqual([]);
  });

  it('are refused beyond 200 groups', async () => {
    for (let i = 0; i <= 200; i += 1) record('level', i, minute(0), `host-${i}`);
    const grouped = { metricName: 'level', aggregation: 'sum' as const, groupBy: ['host'] };
    const span = { from: iso(minute(0)), to: iso(minute(1)) };
    await expect(ask({ ...grouped, ...span })).rejects.toThrow('more than 200 groups');
    const wide = { from: iso(minute(-1400)), to: iso(minute(1)) };
    await expect(ask({ ...grouped, ...wide })).rejects.toThrow('more than 42 groups');
    const question = { ...grouped, ...span, timeWindow: '1m' as const };
    expect(await running.aggregator.getMetrics(question, { maxGroups: 1000 })).toHaveLength(201);
  });
});

describe('equal questions', () => {
  const reads = () => running.sql.count('n (id, grp)');

  it('are one read when a hundred come at once, and for a second after', async () => {
    record('level', 1, running.clock.now());
    const ask100 = () =>
      Promise.all(Array.from({ length: 100 }, () => ask({ metricName: 'level', aggregation: 'avg' })));
    await ask100();
    await ask100();
    expect(reads()).toBe(1);
    running.clock.advance(1000);
    await ask100();
    expect(reads()).toBe(2);
  });

  it('do not keep an answer up to now that was read just before a point of now was written', async () => {
    record('level', 1, running.clock.now());
    await ask({ metricName: 'level', aggregation: 'max' });
    const real = running.sql.query;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let isRead = false;
    Object.assign(running.sql, {
      query: async (statement: string, parameters?: unknown[]) => {
        const answer: unknown = await real(statement, parameters);
        if (!statement.includes('n (id, grp)') || isRead) return answer;
        isRead = true;
        await released;
        return answer;
      },
    });
    const before = ask({ metricName: 'level', aggregation: 'count' });
    // It is asked as of later than it was called.
    running.clock.advance(500);
    await until(() => isRead);
    await running.aggregator.addPoints([{ name: 'level', value: 2, at: iso(running.clock.now() - 100) }]);
    release();
    expect((await before)[0]?.points[0]?.value).toBe(1);
    const [after] = await ask({ metricName: 'level', aggregation: 'count' });
    expect(after?.points[0]?.value).toBe(2);
  });

  it('about a window that is over are kept for a second only while another process may still write to it', async () => {
    const { aggregator: other } = await suite.start({}, { clock: running.clock, migrate: false });
    const point = (value: number) => {
      other.record('level', value, { host: 'b' }, minute(11) - 1000);
      return other.getMetrics({ metricName: 'level', timeWindow: '1m', aggregation: 'count' });
    };
    await point(1);
    running.clock.advance(31_000);
    const count = async () =>
      (
        await ask({
          ...{ metricName: 'level', aggregation: 'count', labels: { host: 'b' } },
          ...{ from: iso(minute(10)), to: iso(minute(11)) },
        })
      )[0]?.points[0]?.value;
    expect(await count()).toBe(1);
    await point(2);
    running.clock.advance(1000);
    expect(await count()).toBe(2);
  });

  it('about windows that are over are one read until a late point changes them, and only then', async () => {
    record('level', 1, minute(0));
    record('level', 1, running.clock.now());
    await ask({ metricName: 'level', aggregation: 'avg' });
    const before = reads();
    const span = { from: iso(minute(0)), to: iso(minute(1)) };
    const ask10 = () =>
      Promise.all(
        Array.from({ length: 10 }, () => ask({ metricName: 'level', aggregation: 'avg', ...span })),
      );
    await ask10();
    running.clock.advance(29_000);
    await ask10();
    expect(reads() - before).toBe(1);
    await running.aggregator.addPoints([{ name: 'level', value: 9, at: iso(minute(1)) }]);
    await ask10();
    expect(reads() - before).toBe(1);
    await running.aggregator.addPoints([{ name: 'level', value: 3, at: iso(minute(0) + 1) }]);
    const [result] = await ask({ metricName: 'level', aggregation: 'avg', ...span });
    expect(result?.points[0]?.value).toBe(2);
    expect(reads() - before).toBe(2);
  });
});

describe('what is buffered', () => {
  it('comes with no position when it could not be written, since the topic is then ahead of the answer', async () => {
    record('level', 1, running.clock.now());
    const [before] = await ask({ metricName: 'level', aggregation: 'last' });
    expect(before?.position).toEqual({ epoch: 'fake', offset: 1 });
    const real = running.sql.query;
    Object.assign(running.sql, {
      query: (statement: string, parameters?: unknown[]) =>
        statement.includes('insert into fleetdeck.metric_point ')
          ? Promise.reject(Object.assign(new Error('disk full'), { code: '53100' }))
          : real(statement, parameters),
    });
    record('level', 2, running.clock.now());
    const [after] = await ask({ metricName: 'level', aggregation: 'max' });
    expect(after).toMatchObject({ position: null, points: [{ value: 1 }] });
    Object.assign(running.sql, { query: real });
  });
});

describe('recent values', () => {
  it('of a counter are its slope, through a reset, with the value before the span', async () => {
    const now = running.clock.now();
    const values = [10, 20, 40, 5, 15];
    values.forEach((value, i) => record('total', value, now - 40_000 + i * 10_000));
    const { metrics } = await running.aggregator.recent({
      metricNames: ['total'],
      spanSeconds: 30,
      maxPoints: 3,
    });
    expect(metrics[0]?.series[0]?.points.map(({ value }) => value)).toEqual([2, 0.5, 1]);
    expect(metrics[0]?.series[0]?.last).toEqual({ value: 15, at: iso(now) });
  });

  it('of a counter say where they are a lower bound', async () => {
    const now = running.clock.now();
    const values = [10, 20, 40, 5, 15];
    values.forEach((value, i) => record('total', value, now - 40_000 + i * 10_000));
    const { metrics } = await running.aggregator.recent({
      ...{ metricNames: ['total'], spanSeconds: 30, maxPoints: 3 },
    });
    expect(metrics[0]?.series[0]?.points.map(({ lowerBound }) => lowerBound)).toEqual([
      undefined,
      true,
      undefined,
    ]);
  });

  /** Two processes count 3 and 5 a second in one series, in minute 11. */
  async function countTwice(recent: { metricNames: string[]; spanSeconds: number; maxPoints: number }) {
    const other = await suite.start({}, { clock: running.clock, migrate: false });
    running.clock.advance(30_000);
    for (let second = 0; second < 60; second += 1) {
      running.aggregator.increment('total', 3, { host: 'a' });
      other.aggregator.increment('total', 5, { host: 'a' });
      await Promise.all([running, other].map(({ aggregator }) => aggregator.recent(recent)));
      running.clock.advance(1000);
    }
    return other;
  }

  async function slopes(recent: { metricNames: string[]; spanSeconds: number; maxPoints: number }) {
    const [series] = (await running.aggregator.recent(recent)).metrics[0]?.series ?? [];
    return { values: series?.points.flatMap(({ value }) => value ?? []), at: series?.last?.at ?? '' };
  }

  it('of a counter that two processes count are the sum of both', async () => {
    const recent = { metricNames: ['total'], spanSeconds: 30, maxPoints: 3 };
    await countTwice(recent);
    expect((await slopes(recent)).values).toEqual([8, 8]);
  });

  it('of a counter that two processes count are the sum of both from roll-ups too', async () => {
    const recent = { metricNames: ['total'], spanSeconds: 3600, maxPoints: 3 };
    const other = await countTwice(recent);
    await until(async () => {
      for (const { timers } of [running, other]) timers.advance(1000);
      const rows = await suite.database.dataSource.query<unknown[]>(
        'select from fleetdeck.metric_rollup_1m where at = $1::timestamptz',
        [iso(minute(11))],
      );
      return rows.length === 2;
    });
    await suite.database.dataSource.query('delete from fleetdeck.metric_point');
    // They still say that they stand still, which is time in which nothing was counted.
    const { values = [], at } = await slopes(recent);
    expect(values).toHaveLength(1);
    expect(Math.abs(480 / (values[0] ?? 0) - (Date.parse(at) - minute(11)) / 1000)).toBeLessThan(2);
  });

  it('are the newest ones in memory while the database is away, which the answer says', async () => {
    const recent = { metricNames: ['level', 'took'], spanSeconds: 30, maxPoints: 3 };
    record('level', 7, minute(10), 'a');
    record('level', 9, minute(10) + 20_000, 'a');
    running.sql.away = true;
    const { problem, metrics, asOf } = await running.aggregator.recent(recent);
    expect(problem).toContain('The database does not answer');
    expect(asOf).toBe(iso(running.clock.now()));
    expect(metrics.map(({ series, position }) => [series, position])).toEqual([
      [[{ labels: { host: 'a' }, points: [], last: { value: 9, at: iso(minute(10) + 20_000) } }], null],
      [[], null],
    ]);
    await expect(running.aggregator.recent({ metricNames: ['took'] })).rejects.toThrow('ECONNREFUSED');
    running.clock.advance(60_000);
    await expect(running.aggregator.recent(recent)).rejects.toThrow('ECONNREFUSED');
    running.sql.away = false;
    await until(async () => {
      running.timers.advance(1000);
      return (await running.aggregator.recent({ ...recent, spanSeconds: 3000 })).problem === undefined;
    });
  });

  it('leave out a metric nobody knows and show one that is silent without series', async () => {
    const { metrics } = await running.aggregator.recent({ metricNames: ['nobody', 'level', 'level'] });
    expect(metrics.map(({ metric, series }) => [metric.name, series])).toEqual([['level', []]]);
    expect((await running.aggregator.recent({ metricNames: ['nobody'] })).metrics).toEqual([]);
  });

  it.each([
    [{ metricNames: [] }, 'metricNames'],
    [{ metricNames: Array.from({ length: 51 }, (_, i) => `m${i}`) }, 'metricNames'],
    [{ metricNames: ['level'], spanSeconds: 9 }, 'spanSeconds'],
    [{ metricNames: ['level'], maxPoints: 301 }, 'maxPoints'],
  ])('are refused for %j', async (query, field) => {
    await expect(running.aggregator.recent(query)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field }],
    });
  });

  it('are refused for more series than an answer can carry', async () => {
    for (let i = 0; i <= 200; i += 1) record('level', i, running.clock.now(), `host-${i}`);
    await expect(
      running.aggregator.recent({ metricNames: ['level'], spanSeconds: 3000, maxPoints: 300 }),
    ).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

describe('questions that come in reserved places', () => {
  it('are answered though all other places and the queue before them are taken', async () => {
    record('level', 1, running.clock.now());
    const question = { metricName: 'level', timeWindow: '1m', aggregation: 'last' } as const;
    await ask(question);
    running.clock.advance(1000);
    let hung = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    running.sql.beforeStatement = (statement) => {
      if (!statement.startsWith('/* fleetdeck-metrics') || hung === 4) return;
      hung += 1;
      return released;
    };
    const storm = Promise.allSettled(
      Array.from({ length: 110 }, (_, i) => ask({ ...question, aggregation: `p50.${i}` as 'p50' })),
    );
    await until(() => hung === 4);
    const [result] = await running.aggregator.getMetrics(question, { reserved: true });
    expect(result?.points[0]?.value).toBe(1);
    expect(hung).toBe(4);
    release();
    await storm;
  });
});

describe('deadlines', () => {
  it('end a read that the database takes too long for', async () => {
    record('level', 1, running.clock.now());
    const blocker = suite.database.dataSource.createQueryRunner();
    await blocker.connect();
    await ask({ metricName: 'level', aggregation: 'max' });
    await blocker.query('begin');
    await blocker.query('lock table fleetdeck.metric_series in access exclusive mode');
    const slow = await suite.start({ queryTimeoutMs: 50 }, { clock: running.clock, migrate: false });
    const waiting = async () => {
      const rows = await suite.database.dataSource.query<unknown[]>(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like '/* fleetdeck-metrics%'
         and datname = current_database()`,
      );
      return rows.length;
    };
    const until = async (count: number) => {
      while ((await waiting()) !== count) await new Promise((resolve) => setTimeout(resolve, 2));
    };
    const read = slow.aggregator.getMetrics({ metricName: 'level', timeWindow: '1h', aggregation: 'avg' });
    const outcome = expect(read).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await until(1);
    slow.timers.advance(50);
    await outcome;
    // The statement itself has ended too, so that it does not keep a connection.
    await until(0);
    await blocker.query('rollback');
    await blocker.release();
  });
});
