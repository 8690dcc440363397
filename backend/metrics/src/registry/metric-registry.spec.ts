import { describe, expect, it } from '@jest/globals';
import type { MetricDeclaration } from '@fleetdeck/kernel';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { HOUR_MS } from '../store/tiers.ts';
import { MetricRegistry } from './metric-registry.ts';

const registry = () =>
  new MetricRegistry(
    () => Promise.reject(new Error('not asked for')),
    new FakeClock(),
    2,
    () => undefined,
  );

describe('a declaration', () => {
  it.each([
    [{ name: '1x', kind: 'gauge' }, 'its name must match'],
    [{ name: 'x'.repeat(201), kind: 'gauge' }, 'at most 200 characters'],
    [{ name: 'x', kind: 'level' }, 'its kind must be one of gauge, counter, distribution'],
    [{ name: 'x', kind: 'gauge', goodDirection: 'left' }, 'its goodDirection must be one of up, down, none'],
    [{ name: 'x', kind: 'gauge', labels: ['a-b'] }, 'label "a-b" must match'],
    [
      { name: 'x', kind: 'gauge', labels: Array.from({ length: 21 }, (_, i) => `l${i}`) },
      'at most 20 labels',
    ],
    [{ name: 'x', kind: 'gauge', expectedEveryMs: 0 }, 'expectedEveryMs must be'],
    [{ name: 'x', kind: 'gauge', expectedEveryMs: Infinity }, 'expectedEveryMs must be'],
  ])('such as %j is refused', (declaration, words) => {
    expect(() => registry().declare([declaration as MetricDeclaration])).toThrow(words);
  });

  it('may come again with another unit, not with another kind', () => {
    const metrics = registry();
    metrics.declare([{ name: 'x', kind: 'gauge' }]);
    metrics.declare([{ name: 'x', kind: 'gauge', unit: '%' }]);
    expect(metrics.list().map(({ unit }) => unit)).toEqual(['%']);
    expect(() => metrics.declare([{ name: 'x', kind: 'counter' }])).toThrow(
      'Metric "x" is declared as a counter, but was declared as a gauge before.',
    );
  });
});

describe('an undeclared name', () => {
  it('is adopted as a gauge while there is room and it can be a name', () => {
    const metrics = registry();
    expect(metrics.adopt('not a name')).toBeNull();
    expect(metrics.adopt('x'.repeat(201))).toBeNull();
    expect(metrics.adopt('a')?.descriptor).toMatchObject({ name: 'a', kind: 'gauge' });
    expect(metrics.adopt('b')?.declared).toBe(false);
    expect(metrics.adopt('c')).toBeNull();
  });

  it('names its neighbours, or says that there are none', () => {
    const metrics = registry();
    expect(metrics.hint('cpu')).toBe(' (none is declared yet)');
    metrics.declare([{ name: 'cpu', kind: 'gauge' }]);
    expect(metrics.hint('cpv')).toBe(' (did you mean "cpu"?)');
    expect(metrics.hint('entirely_different')).toBe('');
  });
});

describe('the series that a process knows', () => {
  it.each([
    { every: 'no interval', expectedEveryMs: null, hours: 2 },
    { every: 'a second', expectedEveryMs: 1000, hours: 2 },
    { every: 'three hours', expectedEveryMs: 3 * HOUR_MS, hours: 9 },
    { every: 'a month', expectedEveryMs: 720 * HOUR_MS, hours: 72 },
  ])('are forgotten $hours h after the last point, when $every is declared', ({ expectedEveryMs, hours }) => {
    const metrics = registry();
    metrics.declare([{ name: 'jobs_done', kind: 'counter', expectedEveryMs }]);
    const entry = metrics.get('jobs_done');
    const series = entry?.seriesOf({}, 10);
    if (series) series.recordedAt = 0;
    metrics.forgetIdle(hours * HOUR_MS);
    expect(entry?.seriesOf({}, 10)).toBe(series);
    metrics.forgetIdle(hours * HOUR_MS + 1);
    expect(entry?.seriesOf({}, 10)).not.toBe(series);
  });
});
