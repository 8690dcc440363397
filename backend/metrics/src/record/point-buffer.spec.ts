import { describe, expect, it } from '@jest/globals';
import type { Series } from '../registry/series.ts';
import { PointBuffer } from './point-buffer.ts';

const series = { canonical: '{}' } as Series;

describe('PointBuffer', () => {
  it('gives points out in the order in which they came, around its end', () => {
    const buffer = new PointBuffer(3);
    const out: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      expect(buffer.push(series, i, i * 10)).toBe(true);
      if (i % 2 === 1) out.push(...buffer.take(2).values);
    }
    expect(out).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(buffer.length).toBe(0);
    expect(buffer.take(5)).toEqual({ series: [], at: [], values: [], increases: [] });
  });

  it('drops the oldest when it is full, and says so', () => {
    const buffer = new PointBuffer(3);
    const kept = [1, 2, 3, 4, 5].map((value) => buffer.push(series, value, value * 10));
    expect(kept).toEqual([true, true, true, false, false]);
    expect(buffer.length).toBe(3);
    expect(buffer.take(2)).toEqual({
      series: [series, series],
      at: [30, 40],
      values: [3, 4],
      increases: [NaN, NaN],
    });
    expect(buffer.take(2).values).toEqual([5]);
  });
});
