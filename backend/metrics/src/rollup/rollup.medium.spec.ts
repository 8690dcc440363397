import { describe, expect, it } from '@jest/globals';
import type { MetricAggregation, MetricLive } from '@fleetdeck/dto';
import type { Lease } from '@fleetdeck/kernel';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { Sketch } from '../sketch/sketch.ts';
import type { MetricsApp } from '../testing/metrics-app.ts';
import { until, useMetricsSuite } from '../testing/metrics-suite.ts';

const NOON = Date.parse('2026-01-02T12:00:00.000Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const iso = (ms: number) => new Date(ms).toISOString();

const suite = useMetricsSuite();
const { running } = suite;

function start(clock: FakeClock, lease?: Lease) {
  return suite.start(
    {
      metrics: [
        { name: 'took', kind: 'distribution', labels: ['host'] },
        { name: 'jobs', kind: 'counter', labels: ['host'] },
        { name: 'often', kind: 'gauge', raw: false },
        { name: 'many', kind: 'counter', raw: false },
      ],
    },
    { clock, ...(lease ? { lease } : {}) },
  );
}

async function rows(table: string): Promise<{ at: number; points: number; sketch: Buffer | null }[]> {
  const found = await suite.database.dataSource.query<{ at: Date; points: string; sketch: Buffer | null }[]>(
    `select at, points, sketch from fleetdeck.${table} order by at`,
  );
  return found.map(({ at, points, sketch }) => ({ at: at.getTime(), points: Number(points), sketch }));
}

async function mark(tier: '1h' | '1d'): Promise<number | null> {
  const [row] = await suite.database.dataSource.query<{ rolled_to: Date | null }[]>(
    'select rolled_to from fleetdeck.metric_tier where tier = $1',
    [tier],
  );
  return row?.rolled_to?.getTime() ?? null;
}

/** Lets time pass a minute at a time, writing and looking after the tables as it goes. */
async function pass(app: MetricsApp, minutes: number, each: (minute: number) => void = () => undefined) {
  for (let minute = 0; minute < minutes; minute += 1) {
    each(minute);
    await app.aggregator.getMetrics({ metricName: 'took', timeWindow: '1m', aggregation: 'count' });
    app.timers.advance(MINUTE);
    await until(() => Promise.resolve(app.aggregator.stats().bufferedPoints === 0));
  }
}

async function ask(
  app: MetricsApp,
  metricName: string,
  aggregation: MetricAggregation,
  from: number,
  to: number,
) {
  const [result] = await app.aggregator.getMetrics({
    metricName,
    aggregation,
    timeWindow: '1h',
    from: iso(from),
    to: iso(to),
  });
  return result?.points.map(({ value }) => value);
}

describe('minutes', () => {
  it('are rolled up once they are over, in one row a series, and read from there', async () => {
    const clock = new FakeClock(iso(NOON));
    const app = await start(clock);
    await pass(app, 3, (minute) => {
      for (let i = 0; i < 40; i += 1) app.aggregator.record('took', i + minute * 100, { host: 'a' });
    });
    await until(async () => {
      app.timers.advance(3000);
      return (await rows('metric_rollup_1m')).length === 3;
    });
    const [first] = await rows('metric_rollup_1m');
    expect(first).toMatchObject({ at: NOON, points: 40 });
    const windows = app.publisher.published.flatMap(({ data }) => (data as MetricLive).window ?? []);
    expect(windows.find(({ start }) => start === iso(NOON))).toMatchObject({
      points: 40,
      min: 0,
      max: 39,
      increase: null,
    });
    expect(Sketch.decode(first?.sketch ?? Buffer.alloc(0)).max).toBe(39);
    // Without the single points the answer is the same.
    await suite.database.dataSource.query('delete from fleetdeck.metric_point');
    clock.advance(2000);
    expect(await ask(app, 'took', 'count', NOON, NOON + HOUR)).toEqual([120]);
    expect(await ask(app, 'took', 'max', NOON, NOON + HOUR)).toEqual([239]);
  });

  it('of many series are written in lots, of which all count or none', async () => {
    const clock = new FakeClock(iso(NOON));
    const app = await start(clock);
    for (let i = 0; i < 700; i += 1) app.aggregator.record('took', i, { host: String(i) });
    await app.aggregator.getMetrics({ metricName: 'took', timeWindow: '1m', aggregation: 'count' });
    let lots = 0;
    app.sql.beforeStatement = (statement) => {
      if (!statement.includes('insert into fleetdeck.metric_rollup_1m')) return;
      lots += 1;
      if (lots === 2) throw Object.assign(new Error('the disk is full'), { code: '53100' });
    };
    clock.advance(MINUTE);
    await until(() => {
      app.timers.advance(1000);
      return lots >= 2;
    });
    expect(await rows('metric_rollup_1m')).toEqual([]);
    await until(async () => {
      app.timers.advance(1000);
      return (await rows('metric_rollup_1m')).length === 700;
    });
    expect(lots).toBe(4);
    expect(await ask(app, 'took', 'count', NOON, NOON + HOUR)).toEqual([700]);
  });

  it('that are still open at the end are rolled up as the application closes', async () => {
    const app = await start(new FakeClock(iso(NOON)));
    app.aggregator.record('took', 5);
    await running.pop()?.close();
    expect(await rows('metric_rollup_1m')).toMatchObject([{ at: NOON, points: 1 }]);
  });

  it('of several processes are merged by whoever reads', async () => {
    const clock = new FakeClock(iso(NOON));
    const apps = [await start(clock), await start(clock)];
    for (const [i, app] of apps.entries()) {
      for (let n = 0; n < 50; n += 1) app.aggregator.record('took', i * 50 + n, { host: 'a' });
      await app.aggregator.getMetrics({ metricName: 'took', timeWindow: '1m', aggregation: 'count' });
    }
    clock.advance(MINUTE + 5000);
    for (const app of apps) app.timers.advance(1000);
    await until(async () => (await rows('metric_rollup_1m')).length === 2);
    const [p50] = (await ask(apps[0] as MetricsApp, 'took', 'p50', NOON, NOON + HOUR)) ?? [];
    expect(Math.abs((p50 ?? 0) / 49 - 1)).toBeLessThanOrEqual(0.01);
  });

  it('of a metric that keeps no single points are written with each write, the open one too', async () => {
    const app = await start(new FakeClock(iso(NOON + 30_000)));
    for (const value of [1, 2, 3]) app.aggregator.record('often', value);
    const [sum] = await app.aggregator.getMetrics({
      metricName: 'often',
      timeWindow: '1m',
      aggregation: ['sum', 'last'],
    });
    expect(sum?.points[0]?.value).toBe(6);
    const [{ n }] = (await suite.database.dataSource.query<{ n: number }[]>(
      'select count(*)::integer as n from fleetdeck.metric_point',
    )) as [{ n: number }];
    expect(n).toBe(0);
  });

  it('that get no answer hold up no later points, and are counted once though they come through in the end', async () => {
    const clock = new FakeClock(iso(NOON));
    const app = await start(clock);
    let release: () => void = () => undefined;
    let hung = false;
    app.sql.beforeStatement = (statement) => {
      if (hung || !statement.includes('set rolled_to')) return;
      hung = true;
      return new Promise((resolve) => (release = resolve));
    };
    app.aggregator.record('took', 1, { host: 'a' });
    await app.aggregator.getMetrics({ metricName: 'took', timeWindow: '1m', aggregation: 'count' });
    clock.advance(MINUTE + 3000);
    app.aggregator.record('took', 2, { host: 'a' });
    await until(() => {
      app.timers.advance(1000);
      return hung;
    });
    app.aggregator.record('took', 3, { host: 'a' });
    await until(() => {
      app.timers.advance(1000);
      return app.aggregator.stats().writtenPoints === 3;
    });
    release();
    await until(() => app.sql.pending === 0);
    await until(async () => {
      app.timers.advance(MINUTE);
      return (await rows('metric_rollup_1m')).length > 0;
    });
    expect(await ask(app, 'took', 'count', NOON, NOON + HOUR)).toEqual([3]);
  });
});

describe('a process whose first write gets no answer', () => {
  it('begins again, and writes everything once', async () => {
    const clock = new FakeClock(iso(NOON));
    const app = await start(clock);
    let hung = false;
    app.sql.beforeStatement = (statement) => {
      if (hung || !statement.includes('insert into fleetdeck.metric_writer')) return;
      hung = true;
      return new Promise<never>(() => undefined);
    };
    app.aggregator.record('took', 1, { host: 'a' });
    await until(() => {
      app.timers.advance(1000);
      return app.aggregator.stats().writtenPoints === 1;
    });
    expect(hung).toBe(true);
    expect(await ask(app, 'took', 'count', NOON, NOON + HOUR)).toEqual([1]);
  });
});

describe('hours and days', () => {
  it('are summed up once all writers are past them, and a late point repairs every tier and the cached answer', async () => {
    const clock = new FakeClock(iso(NOON - 13 * HOUR));
    const app = await start(clock);
    for (let hour = -13; hour < 0; hour += 1) {
      for (let i = 0; i < 20; i += 1) {
        app.aggregator.record('took', 100 + i, { host: 'a' });
        app.aggregator.increment('jobs', 2, { host: 'a' });
      }
      await app.aggregator.getMetrics({ metricName: 'took', timeWindow: '1m', aggregation: 'count' });
      clock.advance(HOUR);
      app.timers.advance(1000);
      await until(() => Promise.resolve(app.aggregator.stats().bufferedPoints === 0));
    }
    clock.advance(MINUTE);
    await until(async () => {
      app.timers.advance(MINUTE);
      return (await mark('1h')) === NOON && (await mark('1d')) === NOON - 12 * HOUR;
    });
    expect(await rows('metric_rollup_1h')).toHaveLength(26);
    expect(await rows('metric_rollup_1d')).toMatchObject([
      { at: NOON - 36 * HOUR },
      { at: NOON - 36 * HOUR },
    ]);
    const day = () => ask(app, 'took', 'count', NOON - 13 * HOUR, NOON);
    expect(await day()).toEqual(Array.from({ length: 13 }, () => 20));
    // Each of these increments is in a rate, the first ones of the process too.
    const perSecond = await ask(app, 'jobs', 'ratePerSecond', NOON - 13 * HOUR, NOON);
    expect(perSecond?.reduce<number>((sum, rate) => sum + (rate ?? 0) * 3600, 0)).toBeCloseTo(13 * 40, 6);

    const late = { name: 'took', value: 9999, labels: { host: 'a' }, at: iso(NOON - 12.5 * HOUR) };
    await app.aggregator.addPoints([late]);
    expect((await day())?.slice(0, 2)).toEqual([21, 20]);
    const [daily] = await app.aggregator.getMetrics({
      metricName: 'took',
      timeWindow: '1d',
      aggregation: 'max',
      from: iso(NOON - 36 * HOUR),
      to: iso(NOON - 12 * HOUR),
    });
    expect(daily?.points[0]?.value).toBe(9999);
  });

  it('hear in another process of what was repaired in this one', async () => {
    const clock = new FakeClock(iso(NOON + 5 * MINUTE));
    const [here, there] = [await start(clock), await start(clock)];
    here.aggregator.record('took', 1, {}, NOON);
    await here.aggregator.getMetrics({ metricName: 'took', timeWindow: '5m', aggregation: 'count' });
    const count = async () =>
      (
        await there.aggregator.getMetrics({
          metricName: 'took',
          aggregation: 'count',
          timeWindow: '1m',
          from: iso(NOON),
          to: iso(NOON + MINUTE),
        })
      )[0]?.points[0]?.value;
    expect(await count()).toBe(1);
    await here.aggregator.addPoints([{ name: 'took', value: 2, at: iso(NOON + 1) }]);
    // It holds for 30 s otherwise.
    clock.advance(1999);
    expect(await count()).toBe(1);
    clock.advance(1);
    expect(await count()).toBe(2);
  });

  it('are looked after by whoever holds the lease, where there is one', async () => {
    let grant: () => void = () => undefined;
    const lease: Lease = {
      hold: (_name, work, stop) =>
        new Promise((resolve, reject) => {
          grant = () => void work(stop, 1).then(resolve, reject);
          stop.addEventListener('abort', () => resolve());
        }),
    };
    const clock = new FakeClock(iso(NOON));
    const app = await start(clock, lease);
    app.aggregator.record('took', 1);
    await pass(app, 1);
    clock.advance(2 * HOUR);
    app.timers.advance(MINUTE);
    await pass(app, 2);
    expect(await mark('1h')).toBeNull();
    grant();
    await until(async () => {
      app.timers.advance(MINUTE);
      return (await mark('1h')) !== null;
    });
  });
});

describe('a process that is killed', () => {
  it('loses only what it had not written: its open minutes are rolled up from the table', async () => {
    const clock = new FakeClock(iso(NOON));
    const dying = await start(clock);
    for (let i = 0; i < 30; i += 1) dying.aggregator.record('took', i, { host: 'a' });
    dying.aggregator.increment('jobs', 7);
    await dying.aggregator.getMetrics({ metricName: 'took', timeWindow: '1m', aggregation: 'count' });
    dying.sql.away = true;
    running.splice(0);
    const heir = await start(clock);
    // Until it is taken for dead its points are read singly.
    clock.advance(MINUTE);
    expect(await ask(heir, 'took', 'count', NOON, NOON + HOUR)).toEqual([30]);
    await until(async () => {
      heir.timers.advance(MINUTE);
      return (await rows('metric_rollup_1m')).length === 2;
    });
    await suite.database.dataSource.query('delete from fleetdeck.metric_point');
    clock.advance(5000);
    expect(await ask(heir, 'took', 'count', NOON, NOON + HOUR)).toEqual([30]);
    expect(await ask(heir, 'jobs', 'ratePerMinute', NOON, NOON + HOUR)).not.toEqual([null]);
    const writers = await suite.database.dataSource.query<{ ended: boolean }[]>(
      'select ended from fleetdeck.metric_writer',
    );
    expect(writers).toEqual([{ ended: true }]);

    // The dead one was only away: what it still writes is in the answer once, and nothing twice.
    dying.sql.away = false;
    dying.aggregator.record('took', 99, { host: 'a' });
    await dying.close();
    clock.advance(5000);
    expect(await ask(heir, 'took', 'count', NOON, NOON + HOUR)).toEqual([31]);
  });
});

describe('rates that are a lower bound', () => {
  const total = (app: MetricsApp, value: number, at: number, metric = 'jobs') =>
    app.aggregator.recordTotal(metric, value, metric === 'jobs' ? { host: 'a' } : {}, at);
  const bounds = async (
    app: MetricsApp,
    timeWindow: '1m' | '1h' | '1d',
    from: number,
    to: number,
    name = 'jobs',
  ) => {
    const span = { from: iso(from), to: iso(to) };
    const [result] = await app.aggregator.getMetrics({
      ...{ metricName: name, aggregation: 'ratePerSecond', timeWindow, ...span },
    });
    return result?.points.map(({ value, lowerBound }) => (value === null ? null : lowerBound === true));
  };
  const write = (app: MetricsApp) =>
    app.aggregator.getMetrics({ metricName: 'took', timeWindow: '1m', aggregation: 'count' });

  it('say so from every tier, also after the single points are gone, and by late points', async () => {
    const clock = new FakeClock(iso(NOON - 14 * HOUR));
    const app = await start(clock);
    // Known from before the span; falls in the third hour.
    for (let hour = -14; hour < 0; hour += 1) {
      const at = clock.now();
      total(app, hour === -12 ? 3 : 100 * (hour + 20), at);
      total(app, hour === -12 ? 4 : 100 * (hour + 20) + 1, at + 4 * MINUTE);
      await write(app);
      clock.advance(HOUR);
      app.timers.advance(1000);
      await until(() => app.aggregator.stats().bufferedPoints === 0);
    }
    clock.advance(MINUTE);
    await until(async () => {
      app.timers.advance(MINUTE);
      return (await mark('1h')) === NOON && (await mark('1d')) === NOON - 12 * HOUR;
    });
    await suite.database.dataSource.query('delete from fleetdeck.metric_point');
    clock.advance(2000);
    const hours = await bounds(app, '1h', NOON - 14 * HOUR, NOON);
    expect(hours).toEqual([true, false, true, ...Array.from({ length: 11 }, () => false)]);
    expect(await bounds(app, '1m', NOON - 12 * HOUR, NOON - 12 * HOUR + 5 * MINUTE)).toEqual([
      ...[true, null, null, null, false],
    ]);
    expect(await bounds(app, '1d', NOON - 36 * HOUR, NOON - 12 * HOUR)).toEqual([true]);
    await suite.database.dataSource.query('update fleetdeck.metric_rollup_1d set restarts = null');
    clock.advance(900_000);
    expect(await bounds(app, '1d', NOON - 36 * HOUR, NOON - 12 * HOUR)).toEqual([false]);
    // The first total that this node sees of another series lies in the day that is over.
    await app.aggregator.addPoints([
      { name: 'jobs', value: 5, labels: { host: 'b' }, at: iso(NOON - 12.5 * HOUR) },
    ]);
    expect(await bounds(app, '1d', NOON - 36 * HOUR, NOON - 12 * HOUR)).toEqual([true]);
  });

  it('say so of a metric that keeps no single points', async () => {
    const app = await start(new FakeClock(iso(NOON)));
    total(app, 5, NOON - 3 * MINUTE, 'many');
    total(app, 9, NOON - 2 * MINUTE, 'many');
    total(app, 1, NOON - MINUTE, 'many');
    await write(app);
    expect(await bounds(app, '1m', NOON - 3 * MINUTE, NOON, 'many')).toEqual([null, false, true]);
  });

  it('say so when the recording process was started again, of the minute in which it goes on', async () => {
    const clock = new FakeClock(iso(NOON));
    const before = await start(clock);
    total(before, 100, NOON);
    total(before, 200, NOON + 30_000);
    clock.advance(31_000);
    await write(before);
    await running.pop()?.close();
    clock.advance(MINUTE);
    const after = await start(clock);
    total(after, 300, NOON + MINUTE + 10_000);
    total(after, 400, NOON + MINUTE + 20_000);
    await write(after);
    clock.advance(2 * MINUTE);
    total(after, 500, NOON + 2 * MINUTE + 20_000);
    await write(after);
    expect(await bounds(after, '1m', NOON, NOON + 3 * MINUTE)).toEqual([true, true, false]);
  });

  it('say so of what a killed process had open, and of minutes of several nodes made one row', async () => {
    const clock = new FakeClock(iso(NOON));
    const dying = await start(clock);
    total(dying, 100, NOON);
    total(dying, 5, NOON + 1000);
    await write(dying);
    dying.sql.away = true;
    running.splice(0);
    const heir = await start(clock);
    total(heir, 6, NOON + 2000);
    total(heir, 7, NOON + 3000);
    await write(heir);
    clock.advance(MINUTE);
    await until(async () => {
      heir.timers.advance(MINUTE);
      const found = await suite.database.dataSource.query<{ restarts: number }[]>(
        'select restarts from fleetdeck.metric_rollup_1m',
      );
      return found.length === 1 && found[0]?.restarts === 3;
    });
    await suite.database.dataSource.query('delete from fleetdeck.metric_point');
    clock.advance(5000);
    expect(await bounds(heir, '1m', NOON, NOON + MINUTE)).toEqual([true]);
    dying.sql.away = false;
    await dying.close();
  });
});
