import { describe, expect, it } from '@jest/globals';
import { FakePublisher } from '@fleetdeck/kernel/testing';
import type { MetricLive } from '@fleetdeck/dto';
import { MetricEntry } from '../registry/series.ts';
import { WindowTotals } from '../rollup/window-totals.ts';
import { ManualTimers } from '../testing/manual-timers.ts';
import { SteppedClock } from '../testing/stepped-clock.ts';
import { counterSteps } from './counter-steps.ts';
import { LiveValues } from './live-values.ts';

function setUp() {
  const clock = new SteppedClock('1970-01-01T00:00:00.000Z');
  const timers = new ManualTimers(clock);
  const publisher = new FakePublisher();
  const lines: string[] = [];
  const live = new LiveValues(
    () => publisher,
    clock,
    timers,
    (line) => lines.push(line),
  );
  const metric = new MetricEntry(
    {
      name: 'x',
      kind: 'gauge',
      unit: '',
      help: '',
      labels: [],
      expectedEveryMs: null,
      goodDirection: 'none',
    },
    false,
    false,
  );
  const values = () => publisher.published.map(({ data }) => (data as { value: number }).value);
  return { clock, timers, publisher, lines, live, metric, values, series: metric.seriesOf({}, 10) };
}

describe('LiveValues', () => {
  it('publishes the first value at once, then the newest each quarter of a second', () => {
    const { clock, timers, live, series, values } = setUp();
    for (let i = 0; i <= 25; i += 1) {
      live.note(series, i, clock.now());
      timers.advance(25);
    }
    expect(values()).toEqual([0, 9, 19]);
    timers.advance(250);
    expect(values()).toEqual([0, 9, 19, 25]);
    expect(timers.size).toBe(0);
  });

  it('spaces each series by itself', () => {
    const { timers, live, metric, publisher } = setUp();
    const [a, b] = [metric.seriesOf({ s: 'a' }, 10), metric.seriesOf({ s: 'b' }, 10)];
    live.note(a, 1, 0);
    timers.advance(150);
    live.note(b, 2, 150);
    live.note(a, 3, 150);
    live.note(b, 4, 150);
    timers.advance(100);
    expect(publisher.published).toHaveLength(3);
    timers.advance(150);
    expect(publisher.published.map(({ topic, data }) => [topic, data])).toEqual([
      ['metrics.x', { metricName: 'x', labels: { s: 'a' }, value: 1, at: '1970-01-01T00:00:00.000Z' }],
      ['metrics.x', { metricName: 'x', labels: { s: 'b' }, value: 2, at: '1970-01-01T00:00:00.150Z' }],
      ['metrics.x', { metricName: 'x', labels: { s: 'a' }, value: 3, at: '1970-01-01T00:00:00.150Z' }],
      ['metrics.x', { metricName: 'x', labels: { s: 'b' }, value: 4, at: '1970-01-01T00:00:00.150Z' }],
    ]);
  });

  it('does not let a late value replace a newer one', () => {
    const { timers, live, series, values } = setUp();
    timers.advance(1000);
    live.note(series, 1, 1000);
    live.note(series, 2, 999);
    timers.advance(5000);
    expect(values()).toEqual([1]);
  });

  it('goes on with what is recorded after the clock was set back', () => {
    const { clock, timers, live, series, values } = setUp();
    timers.advance(7_200_000);
    live.note(series, 1, clock.now());
    clock.setBack(3_600_000);
    for (let i = 2; i <= 4; i += 1) {
      timers.advance(1000);
      live.note(series, i, clock.now() - 10);
    }
    expect(values()).toEqual([1, 2, 3, 4]);
    expect(series.liveValue).toBe(4);
  });

  it('takes a time in the future for now, so that it hides nothing that is recorded after it', () => {
    const { clock, timers, live, series, publisher } = setUp();
    live.note(series, 1, 299_000);
    timers.advance(1000);
    live.note(series, 2, clock.now());
    expect(publisher.published.map(({ data }) => data)).toMatchObject([
      { value: 1, at: '1970-01-01T00:00:00.000Z' },
      { value: 2, at: '1970-01-01T00:00:01.000Z' },
    ]);
  });

  it('does not publish a point of the past as the value of now, nor its closed minute without one', () => {
    const { clock, timers, live, series, values, publisher } = setUp();
    timers.advance(100 * 3_600_000);
    live.note(series, 1, clock.now() - 300_001);
    live.noteClosed([{ series, at: 0, totals: new WindowTotals(true) }]);
    timers.advance(1000);
    expect(values()).toEqual([]);
    live.note(series, 2, clock.now() - 300_000);
    expect(publisher.published).toMatchObject([{ data: { value: 2, window: { points: 0 } } }]);
  });

  it('publishes what it holds back when it closes, and leaves no timer', () => {
    const { timers, live, series, values } = setUp();
    live.note(series, 1, 0);
    live.note(series, 2, 1);
    live.close();
    expect(values()).toEqual([1, 2]);
    expect(timers.size).toBe(0);
  });

  it('tells of a closed minute with the value it rests on, and from then on with each', () => {
    const { timers, live, series, publisher } = setUp();
    live.note(series, 5, 59_000);
    const totals = new WindowTotals(true);
    totals.add(3, 58_000, null, null);
    totals.add(5, 59_000, null, null);
    timers.advance(62_000);
    live.noteClosed([{ series, at: 0, totals }]);
    timers.advance(1000);
    live.note(series, 6, 63_000);
    const window = {
      start: '1970-01-01T00:00:00.000Z',
      closedAt: '1970-01-01T00:01:02.000Z',
      points: 2,
      sum: 8,
      min: 3,
      max: 5,
      increase: null,
      increaseMs: null,
    };
    expect(publisher.published.map(({ data }) => data)).toMatchObject([
      { value: 5 },
      { value: 5, window },
      { value: 6, window },
    ]);
    expect(publisher.published[0]?.data).not.toHaveProperty('window');
    live.noteClosed([{ series, at: -60_000, totals }]);
    expect(series.liveWindow).toEqual(window);
  });

  /** The last window that a node publishes which got these totals, one a second from `from`. */
  function windowOf(kind: 'foreign' | 'own', points: readonly (readonly [at: number, total: number])[]) {
    const { live, timers, publisher, clock } = setUp();
    const descriptor = { name: 'n', kind: 'counter', unit: '', help: '', labels: [] } as const;
    const metric = new MetricEntry(
      { ...descriptor, labels: [], expectedEveryMs: null, goodDirection: 'none' },
      false,
      false,
    );
    const series = metric.seriesOf({}, 10);
    const batch = {
      series: points.map(() => series),
      at: points.map(([at]) => at),
      values: points.map(([, total]) => total),
      ...(kind === 'own' ? { increases: points.map(() => 1) } : {}),
    };
    const steps = counterSteps(batch);
    const totals = new WindowTotals(false);
    points.forEach(([at, total], i) =>
      totals.add(total, at, steps?.increase[i] ?? null, steps?.increaseMs[i] ?? null),
    );
    timers.advance(62_000);
    live.note(series, 60, clock.now());
    live.noteClosed([{ series, at: 0, totals }]);
    timers.advance(1000);
    const { window } = publisher.published.at(-1)?.data as MetricLive;
    return { increase: window?.increase ?? Number.NaN, increaseMs: window?.increaseMs ?? Number.NaN };
  }

  it('tells over which time a counter rose, so that the minutes of nodes that share its totals add up to what it rose by', () => {
    const totals = Array.from({ length: 60 }, (_, second) => [second * 1000, second] as const);
    const nodes = [
      windowOf(
        'foreign',
        totals.filter((_, i) => i % 2 === 0),
      ),
      windowOf(
        'foreign',
        totals.filter((_, i) => i % 2 === 1),
      ),
    ];
    const sum = (field: 'increase' | 'increaseMs') => nodes.reduce((all, node) => all + node[field], 0);
    expect(nodes).toEqual([
      { increase: 58, increaseMs: 58_000 },
      { increase: 58, increaseMs: 58_000 },
    ]);
    expect((sum('increase') * 60_000) / Math.max(60_000, sum('increaseMs'))).toBe(60);
    // What each counted itself does not overlap.
    expect(windowOf('own', totals)).toEqual({ increase: 60, increaseMs: 0 });
  });

  it('says of a closed minute in which a total began anew that its increase is a lower bound', () => {
    const { live, metric } = setUp();
    const windowOf = (name: string, increase: number | null, restarts: number | null) => {
      const series = metric.seriesOf({ s: name }, 10);
      const totals = new WindowTotals(false);
      totals.add(5, 0, increase, increase === null ? null : -1000, restarts);
      live.noteClosed([{ series, at: 0, totals }]);
      return series.liveWindow;
    };
    expect(windowOf('fell', 5, 1)).toMatchObject({ increase: 5, lowerBound: true });
    expect(windowOf('rose', 5, null)).not.toHaveProperty('lowerBound');
    expect(windowOf('first', null, 1)).not.toHaveProperty('lowerBound');
  });

  it('holds each series back no longer than its own spacing, however long another one waits', () => {
    const { timers, live, metric, values } = setUp();
    const [a, b] = [metric.seriesOf({ s: 'a' }, 10), metric.seriesOf({ s: 'b' }, 10)];
    live.note(b, 1, 0);
    timers.advance(100);
    live.note(a, 2, 100);
    live.note(a, 3, 110);
    live.note(b, 4, 120);
    timers.advance(150);
    expect(values()).toEqual([1, 2, 4]);
    timers.advance(100);
    expect(values()).toEqual([1, 2, 4, 3]);
    expect(timers.size).toBe(0);
  });

  it('keeps whoever records many series at once waiting for a hundred of them, and publishes the others soon after', () => {
    const { timers, live, metric, values } = setUp();
    for (let i = 0; i < 150; i += 1) live.note(metric.seriesOf({ s: String(i) }, 1000), i, 0);
    expect(values()).toHaveLength(100);
    timers.advance(20);
    expect(values()).toEqual(Array.from({ length: 150 }, (_, i) => i));
  });

  it('tells of many closed minutes for a few milliseconds at a time, so that nothing waits for them', () => {
    const { clock, timers, live, metric, publisher } = setUp();
    const all = Array.from({ length: 30 }, (_, i) => metric.seriesOf({ s: String(i) }, 2000));
    for (const series of all) live.note(series, 1, 0);
    timers.advance(62_000);
    publisher.published.length = 0;
    const totals = new WindowTotals(true);
    totals.add(1, 0, null, null);
    const publish = publisher.publish.bind(publisher);
    publisher.publish = (...message) => {
      publish(...message);
      clock.advance(1);
    };
    live.noteClosed(all.map((series) => ({ series, at: 0, totals })));
    expect(publisher.published).toHaveLength(0);
    const lots = new Set<number>();
    for (let i = 0; i < 200; i += 1) {
      timers.advance(1);
      lots.add(publisher.published.length);
    }
    expect([...lots]).toEqual([0, 8, 16, 24, 30]);
    expect(timers.size).toBe(0);
  });

  it('names the process in what it counted itself, since others may count in the same series', () => {
    const { live, series, metric, publisher } = setUp();
    const own = metric.seriesOf({ s: 'own' }, 10);
    own.ownPointAt = 0;
    live.note(series, 1, 0);
    live.note(own, 1, 0);
    const nodes = publisher.published.map(({ data }) => (data as MetricLive).node);
    expect(nodes).toEqual([undefined, expect.stringMatching(/^[0-9a-f]{8}$/)]);
  });

  it('says nothing of minutes that close after it did', () => {
    const { timers, live, series } = setUp();
    live.close();
    live.noteClosed([{ series, at: 0, totals: new WindowTotals(true) }]);
    expect([series.liveWindow, timers.size]).toEqual([null, 0]);
  });

  it('says once that a topic cannot be published, and goes on', () => {
    const { timers, live, series, lines, publisher } = setUp();
    publisher.publish = () => {
      throw new Error('There is no topic "metrics.x".');
    };
    live.note(series, 1, 0);
    timers.advance(1000);
    live.note(series, 2, 1000);
    expect(lines).toEqual([
      'Live values cannot be published: There is no topic "metrics.x". Give topics "metrics.*" a policy.',
    ]);
  });
});
