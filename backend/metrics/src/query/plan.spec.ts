import { describe, expect, it } from '@jest/globals';
import { planSegments } from './plan.ts';
import { alignedGrid, trailingGrid } from './time-grid.ts';

const DAY = Date.parse('2026-03-03T00:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = DAY + 30 * HOUR + 17 * MINUTE + 5_000;

const GROUND = {
  marks: { minutes: DAY + 30 * HOUR + 17 * MINUTE, hours: DAY + 30 * HOUR, days: DAY + 24 * HOUR },
  rawSince: NOW - HOUR,
};
const told = (segments: ReturnType<typeof planSegments>) =>
  segments.map(({ from, startMs, endMs }) => [from, (startMs - DAY) / MINUTE, (endMs - DAY) / MINUTE]);

describe('planSegments', () => {
  it('answers whole days that are over from the tier of days', () => {
    const grid = alignedGrid(DAY, DAY + 24 * HOUR, 24 * HOUR);
    expect(told(planSegments(grid, GROUND))).toEqual([['1d', 0, 1440]]);
  });

  it('answers a day that is open from hours, then minutes, then single points', () => {
    const grid = alignedGrid(DAY + 24 * HOUR, DAY + 48 * HOUR, 24 * HOUR);
    expect(told(planSegments(grid, GROUND))).toEqual([
      ['1h', 1440, 1800],
      ['1m', 1800, 1817],
      ['raw', 1817, 2880],
    ]);
  });

  it('answers a window that ends now with minutes at both edges, beginning at a full one where points are gone', () => {
    const segments = planSegments(trailingGrid(NOW, 24 * HOUR), GROUND);
    expect(told(segments).map(([from]) => from)).toEqual(['1m', '1h', '1m', 'raw']);
    expect(told(segments)[0]).toEqual(['1m', 378, 420]);
    expect(segments.at(-1)?.endMs).toBe(NOW + 1);
  });

  it('never takes a tier that is coarser than the buckets', () => {
    const grid = alignedGrid(DAY, DAY + 2 * HOUR, 5 * MINUTE);
    expect(told(planSegments(grid, GROUND))).toEqual([['1m', 0, 120]]);
  });

  it('covers every moment once, with no tier beyond its mark', () => {
    const segments = planSegments(trailingGrid(NOW, HOUR), { ...GROUND, rawSince: NOW - 2 * HOUR });
    segments.reduce(
      (end, segment) => {
        expect(segment.startMs).toBe(end);
        return segment.endMs;
      },
      NOW - HOUR + 1,
    );
    expect(segments.at(-1)?.endMs).toBe(NOW + 1);
  });

  it('answers from minutes alone where no single points are kept, the open one too', () => {
    const segments = planSegments(trailingGrid(NOW, 5 * MINUTE), { ...GROUND, rawSince: Infinity });
    expect(told(segments)).toEqual([['1m', 1813, 1818]]);
  });

  it('answers from minutes what single points do not reach back to, however far behind a writer is', () => {
    const marks = { ...GROUND.marks, minutes: NOW - 3 * HOUR };
    const segments = planSegments(trailingGrid(NOW, 5 * HOUR), { ...GROUND, marks });
    const raw = segments.find(({ from }) => from === 'raw');
    // Up to there the hours and minutes reach, whatever the mark says.
    expect(raw?.startMs).toBeGreaterThanOrEqual(GROUND.rawSince);
    const covered = segments.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
    expect(5 * HOUR - covered).toBeLessThanOrEqual(MINUTE);
  });
});
