import { describe, expect, it } from '@jest/globals';
import { MetricEntry } from './series.ts';

const descriptor = {
  name: 'x',
  kind: 'gauge',
  unit: '',
  help: '',
  labels: [] as string[],
  expectedEveryMs: null,
  goodDirection: 'none',
} as const;

describe('the series of a metric', () => {
  it('are the same object for the same labels, and the other one beyond the cap', () => {
    const metric = new MetricEntry(descriptor, false, false);
    const first = metric.seriesOf({ a: '1', b: '2' }, 2);
    expect(metric.seriesOf({ b: '2', a: '1' }, 2)).toBe(first);
    metric.seriesOf({}, 2);
    expect(metric.seriesOf({ c: '3' }, 2)).toBe(metric.other);
    expect(metric.other).toMatchObject({ labels: { other: 'true' }, overflowed: true });
    expect(metric.seriesOf({ a: '1', b: '2' }, 2)).toBe(first);
  });

  it('teach an undeclared metric its labels, at most 20, and a declared one none', () => {
    const undeclared = new MetricEntry(descriptor, false, false);
    undeclared.dirty = false;
    undeclared.seriesOf({ b: '1', a: '1' }, 100);
    expect(undeclared.descriptor.labels).toEqual(['a', 'b']);
    expect(undeclared.dirty).toBe(true);
    undeclared.seriesOf(Object.fromEntries(Array.from({ length: 19 }, (_, i) => [`l${i}`, ''])), 100);
    expect(undeclared.descriptor.labels).toEqual(['a', 'b']);
    const declared = new MetricEntry({ ...descriptor, labels: ['a'] }, true, true);
    declared.seriesOf({ z: '1' }, 100);
    expect(declared.descriptor.labels).toEqual(['a']);
  });

  it('are forgotten when nobody recorded them since, which makes room', () => {
    const metric = new MetricEntry(descriptor, false, false);
    metric.seriesOf({ a: '1' }, 2).recordedAt = 10;
    metric.seriesOf({ a: '2' }, 2).recordedAt = 20;
    metric.forgetIdle(20);
    expect(metric.seriesOf({ a: '3' }, 2)).not.toBe(metric.other);
    expect(metric.seriesOf({ a: '4' }, 2)).toBe(metric.other);
  });
});
