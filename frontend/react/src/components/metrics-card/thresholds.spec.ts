import { describe, expect, it } from '@jest/globals';
import { reach, type MetricThreshold, type Reached } from './thresholds.ts';

const latency: readonly MetricThreshold[] = [
  { status: 'degraded', above: 600, recover: 500 },
  { status: 'critical', above: 900, recover: 800 },
];
const run = (thresholds: readonly MetricThreshold[], values: readonly number[]): (string | undefined)[] => {
  let before: Reached | null = null;
  return values.map((value) => {
    const reached: Reached | null = reach(thresholds, value, before);
    before = reached;
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
    // Also where it skips the levels of the lesser one and is above its recovery only.
    expect(run(latency, [950, 550, 480])).toEqual(['critical', 'degraded', undefined]);
  });

  it('reach downwards as well, and without a recovery at the level itself', () => {
    expect(run([{ status: 'critical', below: 10, recover: 20 }], [10, 15, 21, 11])).toEqual([
      ...['critical', 'critical', undefined, undefined],
    ]);
    expect(run([{ status: 'degraded', above: 5 }], [5, 4.9])).toEqual(['degraded', undefined]);
  });

  it('recover only on the side that was reached, and say which that is', () => {
    const both = [{ status: 'degraded', above: 80, below: 20, recover: 70 }];
    expect(run(both, [85, 75, 50, 75])).toEqual(['degraded', 'degraded', undefined, undefined]);
    const low = reach(both, 15, null);
    expect(low?.side).toBe('below');
    expect(reach(both, 75, low)).toBeNull();
    expect(reach(both, 80, low)?.side).toBe('above');
  });

  it('take no notice of a recovery that is past their level or is no number', () => {
    for (const recover of [700, NaN])
      expect(run([{ status: 'degraded', above: 600, recover }], [600, 599, 650])).toEqual([
        ...['degraded', undefined, 'degraded'],
      ]);
  });

  it('of a value outside both of them reach nothing', () => {
    const before = reach(latency, 950, null);
    expect(reach(latency, NaN, before)).toBeNull();
    expect(reach([], 5, null)).toBeNull();
  });
});
