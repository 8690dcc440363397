import { describe, expect, it } from '@jest/globals';
import type { MetricQuery } from '@fleetdeck/dto';
import { messageOf } from '@fleetdeck/kernel';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { resolveMetricsOptions } from '../metrics.options.ts';
import { ManualTimers } from '../testing/manual-timers.ts';
import { systemTimers, withDeadline } from '../timers.ts';
import { Gate } from './gate.ts';
import { parseMetricQuery } from './parse-query.ts';
import { alignedGrid, coverageOf, elapsedMs, endOf, recentGrid, trailingGrid } from './time-grid.ts';

const T = Date.parse('2026-01-01T00:00:00Z');

describe('time grids', () => {
  it('are aligned in UTC and cover the whole span', () => {
    expect(alignedGrid(T + 1, T + 60_001, 60_000)).toMatchObject({ startMs: T, count: 2 });
    expect(alignedGrid(T, T + 60_000, 60_000)).toMatchObject({ startMs: T, count: 1 });
    expect(alignedGrid(T + 3_600_000, T + 86_400_000, 86_400_000)).toMatchObject({ startMs: T, count: 1 });
    expect(alignedGrid(-1, 1, 60_000)).toMatchObject({ startMs: -60_000, count: 2 });
  });

  it('of recent values hold now in the last bucket, and never more buckets than asked for', () => {
    for (const [span, most] of [
      [300, 60],
      [10, 300],
      [86_400, 7],
      [61, 60],
    ] as const) {
      const asOf = T + 12_345;
      const grid = recentGrid(asOf, span, most);
      expect(grid.count).toBeLessThanOrEqual(most);
      expect(grid.startMs % grid.widthMs).toBe(0);
      expect(endOf(grid)).toBeGreaterThan(asOf);
      expect(endOf(grid) - grid.widthMs).toBeLessThanOrEqual(asOf);
      expect(grid.count * grid.widthMs).toBeGreaterThanOrEqual(span * 1000);
    }
  });

  it('know how much of a bucket has passed', () => {
    const grid = alignedGrid(T, T + 180_000, 60_000);
    expect([0, 1, 2].map((bucket) => elapsedMs(grid, bucket, T + 90_000))).toEqual([60_000, 30_000, 0]);
    expect(elapsedMs(trailingGrid(T, 60_000), 0, T)).toBe(60_000);
  });
});

describe('coverageOf', () => {
  it.each([
    [3, 1, 60_000, null, null],
    [3, 1, 60_000, 10_000, 0.5],
    [9, 1, 60_000, 10_000, 1],
    [6, 2, 60_000, 10_000, 0.5],
    [0, 1, 60_000, 10_000, 0],
    [0, 1, 9999, 10_000, null],
    [1, 1, 9999, 10_000, 1],
  ])(
    '%j points of %j series over %j ms, one due every %j ms, is %j',
    (received, series, elapsed, every, coverage) => {
      expect(coverageOf(received, series, elapsed, every)).toBe(coverage);
    },
  );
});

describe('parseMetricQuery', () => {
  const query: MetricQuery = { metricName: 'x', timeWindow: '1m', aggregation: 'avg' };

  it('gives equal questions the same key', () => {
    const one = parseMetricQuery({ ...query, labels: { a: '1', b: '2' }, groupBy: ['z', 'y', 'z'] });
    const two = parseMetricQuery({ ...query, labels: { b: '2', a: '1' }, groupBy: ['y', 'z'] });
    expect(one.key).toBe(two.key);
    expect(parseMetricQuery(query).key).not.toBe(parseMetricQuery({ ...query, timeWindow: '5m' }).key);
    expect(parseMetricQuery(query).key).not.toBe(parseMetricQuery({ ...query, aggregation: 'p95' }).key);
  });

  it.each([
    [{ metricName: 7 }, 'metricName'],
    [{ timeWindow: '2m' }, 'timeWindow'],
    [{ aggregation: 'p100' }, 'aggregation'],
    [{ aggregation: [] }, 'aggregation'],
    [{ aggregation: ['avg', 'mode'] }, 'aggregation'],
    [{ aggregation: Array.from({ length: 11 }, (_, i) => `p${i + 1}`) }, 'aggregation'],
    [{ labels: { 'a-b': '1' } }, 'labels'],
    [{ groupBy: 'host' }, 'groupBy'],
    [{ groupBy: ['a', 'b', 'c', 'd', 'e', 'f'] }, 'groupBy'],
    [{ from: '2026-01-01T00:00:00Z' }, 'to'],
    [{ to: '2026-01-01T00:00:00Z' }, 'from'],
    [{ from: 'yesterday', to: '2026-01-01T00:00:00Z' }, 'from'],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-01-01T01:00:00' }, 'to'],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'from'],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-01-02T01:00:01Z' }, 'from'],
    [{ from: '0001-01-01T00:00:00Z', to: '0001-01-01T00:01:00Z' }, 'from'],
    [{ from: '1969-12-31T23:59:59Z', to: '1970-01-01T00:00:01Z' }, 'from'],
    [{ from: '9999-12-31T23:59:00Z', to: '9999-12-31T23:59:01-12:00' }, 'to'],
  ])('refuses %j, naming %s', (wrong, field) => {
    let thrown: unknown;
    try {
      parseMetricQuery({ ...query, ...wrong } as MetricQuery);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'INVALID_INPUT', fields: [{ field }] });
  });

  it.each([
    ['1970-01-01T00:00:00Z', '1970-01-01T00:01:00Z'],
    ['9999-12-31T23:59:00Z', '9999-12-31T23:59:59.999Z'],
  ])('takes a span from %s to %s', (from, to) => {
    expect(parseMetricQuery({ ...query, from, to }).grid?.count).toBe(1);
  });

  it('takes exactly 1500 buckets', () => {
    const { grid } = parseMetricQuery({ ...query, from: '2026-01-01T00:00:00Z', to: '2026-01-02T01:00:00Z' });
    expect(grid?.count).toBe(1500);
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function deadlines() {
  const timers = new ManualTimers(new FakeClock());
  const late = (begun: boolean) => new Error(begun ? 'late, begun' : 'late, not begun');
  return { timers, deadline: { ms: 100, timers, late } };
}

describe('Gate', () => {
  it('lets through as many as it may, in order, and turns away what is too much', async () => {
    const gate = new Gate(2, 1);
    const { deadline, timers } = deadlines();
    const finish: (() => void)[] = [];
    const began: number[] = [];
    const work = (n: number) =>
      gate.run(() => {
        began.push(n);
        return new Promise<void>((resolve) => finish.push(resolve));
      }, deadline);
    const runs = [work(1), work(2), work(3)];
    await expect(work(4)).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 1 });
    await turn();
    expect(began).toEqual([1, 2]);
    finish.shift()?.();
    await runs[0];
    await turn();
    expect(began).toEqual([1, 2, 3]);
    for (const end of finish) end();
    await Promise.all(runs);
    await expect(gate.run(() => Promise.reject(new Error('fails')), deadline)).rejects.toThrow('fails');
    await expect(gate.run(() => Promise.resolve('free again'), deadline)).resolves.toBe('free again');
    expect(timers.size).toBe(0);
  });

  it('never begins what was given up while it waited, and says whether it had begun', async () => {
    const gate = new Gate(1, 5);
    const { deadline, timers } = deadlines();
    let finish: () => void = () => undefined;
    const began: number[] = [];
    const work = (n: number) =>
      gate.run(() => {
        began.push(n);
        return new Promise<void>((resolve) => (finish = resolve));
      }, deadline);
    const runs = [work(1), work(2)].map((run) => run.catch(messageOf));
    timers.advance(100);
    expect(await Promise.all(runs)).toEqual(['late, begun', 'late, not begun']);
    const third = work(3);
    finish();
    await turn();
    expect(began).toEqual([1, 3]);
    finish();
    await third;
  });
});

describe('Gate, when work never ends', () => {
  it('gives its place to others a minute after it was given up, but never has more than so many begun', async () => {
    const gate = new Gate(1, 5, 2);
    const { deadline, timers } = deadlines();
    const finish: (() => void)[] = [];
    const hang = async () => {
      const run = gate.run(() => new Promise<void>((resolve) => finish.push(resolve)), deadline);
      const said = run.catch(messageOf);
      await turn();
      timers.advance(100);
      return said;
    };
    const answer = () => gate.run(() => Promise.resolve('answer'), deadline).catch(messageOf);
    expect(await hang()).toBe('late, begun');
    timers.advance(59_950);
    const waiting = answer();
    timers.advance(50);
    expect(await waiting).toBe('answer');
    expect(await hang()).toBe('late, begun');
    timers.advance(60_000);
    expect(await hang()).toBe('late, not begun');
    finish.shift()?.();
    await turn();
    expect(await answer()).toBe('answer');
    finish.shift()?.();
    await turn();
    expect(timers.size).toBe(0);
  });
});

describe('deadlines and timers', () => {
  it('reject late work and leave no timer behind punctual work', async () => {
    const timers = new ManualTimers(new FakeClock());
    const late = withDeadline(new Promise(() => undefined), 100, timers, () => new Error('late'));
    timers.advance(100);
    await expect(late).rejects.toThrow('late');
    await expect(withDeadline(Promise.resolve(1), 100, timers, () => new Error('late'))).resolves.toBe(1);
    expect(timers.size).toBe(0);
  });

  it("the machine's own fire, or are cancelled", async () => {
    const cancelled = systemTimers.after(0, () => {
      throw new Error('was cancelled');
    });
    cancelled();
    await new Promise<void>((resolve) => {
      systemTimers.after(1, resolve);
      // An unreferenced timer alone would not keep the process waiting.
      setTimeout(() => undefined, 50);
    });
  });
});

describe('the options', () => {
  it.each([
    [{ flushIntervalMs: 0 }, 'flushIntervalMs is 0; it must be a whole number from 10 to 60000'],
    [{ maxBufferedPoints: 1.5 }, 'maxBufferedPoints is 1.5'],
    [{ maxLateHours: -1 }, 'maxLateHours is -1'],
    [{ retentionHours: { '1h': 0.5 } }, 'retentionHours["1h"] is 0.5'],
  ])('refuse %j', (options, words) => {
    expect(() => resolveMetricsOptions(options)).toThrow(words);
  });

  it('have their defaults', () => {
    expect(resolveMetricsOptions({})).toEqual({
      metrics: [],
      undeclared: 'refuse',
      maxUndeclaredMetrics: 1000,
      flushIntervalMs: 1000,
      maxBufferedPoints: 50_000,
      maxSeriesPerMetric: 1000,
      retentionHours: { raw: 1, '1m': 336, '1h': 4320, '1d': 17_520 },
      maxLateHours: 26,
      maxDiskMegabytes: 20_480,
      maxCachedAnswers: 500,
      queryTimeoutMs: 10_000,
    });
  });
});
