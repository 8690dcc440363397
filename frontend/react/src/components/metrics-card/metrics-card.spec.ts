import { describe, expect, it } from '@jest/globals';
import { sparkPath, sparkSummary, type SparkPoint } from './sparkline.ts';
import { trendOf } from './trend.ts';

const line = (...values: (number | null)[]): SparkPoint[] =>
  values.map((value, index) => ({ start: new Date(index * 1000).toISOString(), value }));

describe('sparkPath', () => {
  it('runs from the left edge to the right one, the largest value on top', () => {
    expect(sparkPath(line(0, 10, 5))).toEqual({ line: 'M4 36L120 4L236 20', last: 'M236 20h0' });
  });

  it('leaves a gap where a value is missing', () => {
    const { line: path } = sparkPath(line(1, 2, null, null, 3, 4));
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path.match(/L/g)).toHaveLength(2);
  });

  it('draws a value alone between gaps as a dot', () => {
    expect(sparkPath(line(1, null, 2, null, 3, 4)).line).toMatch(/M4 36h0M96\.8 25\.3h0M189\.6/);
  });

  it('marks no newest value when that one is missing', () => {
    expect(sparkPath(line(1, 2, null)).last).toBe('');
  });

  it.each([
    ['values that are all the same', line(7, 7, 7), 'M4 20L120 20L236 20'],
    ['zeros', line(0, 0), 'M4 20L236 20'],
    ['a single value', line(3), 'M4 20h0'],
    ['nothing', line(), ''],
    ['only gaps', line(null, null), ''],
  ])('draws %s', (_what, points, path) => {
    expect(sparkPath(points).line).toBe(path);
  });

  it('never writes what is no number', () => {
    const points = line(NaN, Infinity, -Infinity, 1, Number.MAX_VALUE, -Number.MAX_VALUE, 2);
    const { line: path, last } = sparkPath(points);
    expect(path + last).not.toMatch(/NaN|Infinity/);
    expect(path).not.toBe('');
  });
});

describe('sparkSummary', () => {
  it.each([
    ['rising', line(1, 2, 3, 4, 5, 6)],
    ['falling', line(6, 5, 4, 3, 2, 1)],
    ['steady', line(5, 1, 9, 9, 1, 5)],
    ['steady', line(4, 4)],
  ])('calls the course %s', (course, points) => {
    expect(sparkSummary(points)?.course).toBe(course);
  });

  it('tells least, greatest and newest value', () => {
    expect(sparkSummary(line(20, 12, null, 40, 37))).toMatchObject({ min: 12, max: 40, now: 37 });
  });

  it('tells them of very many values', () => {
    const many = Array.from({ length: 200_000 }, (_, value) => ({
      start: '2026-01-15T14:00:00.000Z',
      value,
    }));
    expect(sparkSummary(many)).toMatchObject({ min: 0, max: 199_999, now: 199_999 });
  });

  it('does not pass an older value off as the newest', () => {
    expect(sparkSummary(line(20, 12, null))?.now).toBeNull();
  });

  it('sums up more values than a call takes arguments', () => {
    const many = Array.from({ length: 200_000 }, (_, value) => ({ start: '', value }));
    expect(sparkSummary(many)).toMatchObject({ min: 0, max: 199_999, course: 'rising' });
  });

  it('has nothing to say without a value', () => {
    expect(sparkSummary(line(null, NaN))).toBeNull();
  });
});

describe('trendOf', () => {
  it.each([
    [842, 597, 'down', 'up', 'worse'],
    [842, 597, 'up', 'up', 'better'],
    [842, 597, 'none', 'up', 'neutral'],
    [31, 55, 'down', 'down', 'better'],
    [31, 55, 'up', 'down', 'worse'],
  ] as const)(
    'from %d, before %d, good is %s: goes %s, which is %s',
    (value, baseline, good, direction, verdict) => {
      expect(trendOf(value, baseline, good)).toMatchObject({
        direction,
        verdict,
        change: { kind: 'percent' },
      });
    },
  );

  it('has no percentage from zero', () => {
    expect(trendOf(3, 0, 'down')).toEqual({
      direction: 'up',
      verdict: 'worse',
      change: { kind: 'fromZero' },
    });
    expect(trendOf(0, 0, 'down').direction).toBe('flat');
  });

  it('goes to zero by 100 %', () => {
    expect(trendOf(0, 5, 'down').change).toEqual({ kind: 'percent', amount: 1 });
  });

  it('writes large rises as a factor', () => {
    expect(trendOf(36, 3, 'down').change).toEqual({ kind: 'times', amount: 12 });
    expect(trendOf(29, 3, 'down').change.kind).toBe('percent');
  });

  it('measures by the size of a negative value', () => {
    expect(trendOf(-5, -10, 'none')).toMatchObject({
      direction: 'up',
      change: { kind: 'percent', amount: 0.5 },
    });
    expect(trendOf(-100, 5, 'none')).toMatchObject({
      direction: 'down',
      change: { kind: 'percent', amount: 21 },
    });
  });

  it('says nothing of a change that nobody would see', () => {
    expect(trendOf(10_001, 10_000, 'down').direction).toBe('flat');
  });
});
