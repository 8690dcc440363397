import { TIER_MS, windowStart, type StoredKind, type Tier } from '../store/tiers.ts';
import type { Marks } from './marks.ts';
import { endOf, type TimeGrid } from './time-grid.ts';

/** A part of a span and where its answer comes from. */
export interface Segment {
  readonly from: StoredKind;
  /** Inclusive. */
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
}

/** What a plan depends on beside the buckets. */
export interface PlanGround {
  readonly marks: Marks;
  /** Since when single points are there; infinite for a metric that keeps none. */
  readonly rawSince: number;
}

const COARSEST_FIRST: readonly Tier[] = ['1d', '1h', '1m'];

/**
 * Cuts a span into the coarsest tiers that fit its buckets and are complete, with finer ones at the edges. Where
 * single points are gone, an edge within a minute is left out: the window then begins at the next full minute.
 */
export function planSegments(grid: TimeGrid, { marks, rawSince }: PlanGround): Segment[] {
  const segments: Segment[] = [];
  // What single points do not reach back to, only minutes can answer.
  const rawMinute = rawSince === Infinity ? Infinity : Math.ceil(rawSince / TIER_MS['1m']) * TIER_MS['1m'];
  const limits: Record<Tier, number> = {
    '1m': Math.max(marks.minutes, rawMinute),
    '1h': marks.hours,
    '1d': marks.days,
  };
  const cover = (start: number, end: number, level: number): void => {
    if (start >= end) return;
    const tier = COARSEST_FIRST[level];
    if (tier === undefined) {
      const from = Math.max(start, rawSince);
      if (from < end) segments.push({ from: 'raw', startMs: from, endMs: end });
      return;
    }
    const width = TIER_MS[tier];
    const first = Math.ceil(start / width) * width;
    // Without single points the minute that is open now is answered as a whole.
    const wholeTo = rawSince === Infinity && tier === '1m' ? Math.ceil(end / width) * width : end;
    const last = windowStart(Math.min(wholeTo, limits[tier]), width);
    if (width > grid.widthMs || first >= last) {
      cover(start, end, level + 1);
      return;
    }
    cover(start, first, level + 1);
    segments.push({ from: tier, startMs: first, endMs: last });
    cover(last, end, level + 1);
  };
  cover(grid.startMs, endOf(grid), 0);
  return segments;
}
