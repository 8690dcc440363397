import { describe, expect, it } from '@jest/globals';
import {
  isMetricAggregation,
  LABEL_NAME_PATTERN,
  METRIC_NAME_PATTERN,
  METRIC_WINDOW_MS,
  METRIC_WINDOWS,
  quantileOf,
} from './metrics.ts';

describe('quantileOf', () => {
  it.each([
    ['p50', 0.5],
    ['p5', 0.05],
    ['p99', 0.99],
    ['p99.9', 0.999],
    ['p0.0001', 0.000001],
  ])('reads %s as %d', (word, quantile) => {
    expect(quantileOf(word)).toBeCloseTo(quantile, 12);
  });

  it.each(['p0', 'p00', 'p0.0', 'p100', 'p99.', 'p99.12345', 'p-5', 'p', 'P95', 'avg', '95', 'p95 '])(
    'finds no quantile in %p',
    (word) => {
      expect(quantileOf(word)).toBeNull();
    },
  );
});

describe('isMetricAggregation', () => {
  it.each(['avg', 'min', 'max', 'sum', 'count', 'last', 'ratePerSecond', 'ratePerMinute', 'p95'])(
    'accepts %s',
    (word) => {
      expect(isMetricAggregation(word)).toBe(true);
    },
  );

  it.each([['median'], ['p0'], [''], [95], [null], [undefined]])('refuses %p', (word) => {
    expect(isMetricAggregation(word)).toBe(false);
  });
});

describe('names and windows', () => {
  it('take metric names of the Prometheus data model', () => {
    expect(['cpu_seconds', ':job:rate', '_x', 'A1'].every((name) => METRIC_NAME_PATTERN.test(name))).toBe(
      true,
    );
    expect(['', '1st', 'a-b', 'a b', 'a\n', 'ä'].some((name) => METRIC_NAME_PATTERN.test(name))).toBe(false);
  });

  it('take label names without a colon, and none that an object would lose', () => {
    expect(['host', '_x', '__proto', '__proto__s'].every((name) => LABEL_NAME_PATTERN.test(name))).toBe(true);
    expect(['', 'a:b', '1st', 'host\n', '__proto__'].some((name) => LABEL_NAME_PATTERN.test(name))).toBe(
      false,
    );
  });

  it('list the windows from narrow to wide', () => {
    const widths = METRIC_WINDOWS.map((window) => METRIC_WINDOW_MS[window]);
    expect(widths).toEqual([60_000, 300_000, 3_600_000, 86_400_000]);
  });
});
