import { describe, expect, it } from '@jest/globals';
import { reach, type MetricThreshold } from './thresholds.ts';

const latency: readonly MetricThreshold[] = [
  { status: 'degraded', above: 600, recover: 500 },
  { status: 'critical', above: 900, recover: 800 },
];
const run = (thresholds: readonly MetricThreshold[], values: readonly number[]): (string | undefined)[] => {
  let before: number | null = null;
  return values.map((value) => {
    const reached = reach(thresholds, value, before);
    before = reached?.index ?? null;
    return reached?.threshold.status;
  });
};

describe('thresholds', () => {
  it('colour from the level on and hold until the value is back past its recovery', () => {
    expect(run(latency, [599, 600, 550, 501, 499, 550])).toEqual([
      ...[undefined, 'degraded', 'degraded', 'degraded', undefined, undefined],
    ]);
  });

  it('fall from the worse to the lesser one, not to none', () => {
    expect(run(latency, [950, 850, 799, 550, 480])).toEqual([
      ...['critical', 'critical', 'degraded', 'degraded', undefined],
    ]);
  });

  it('reach downwards as well, and without a recovery at the level itself', () => {
    expect(run([{ status: 'critical', below: 10, recover: 20 }], [10, 15, 21, 11])).toEqual([
      ...['critical', 'critical', undefined, undefined],
    ]);
    expect(run([{ status: 'degraded', above: 5 }], [5, 4.9])).toEqual(['degraded', undefined]);
  });

  it('of a value outside both of them reach nothing', () => {
    expect(reach(latency, NaN, 1)).toBeNull();
    expect(reach([], 5, null)).toBeNull();
  });
});
