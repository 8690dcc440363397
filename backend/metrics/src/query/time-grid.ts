/** Evenly spaced buckets of time. All times in milliseconds since the epoch. */
export interface TimeGrid {
  /** Begin of the first bucket, inclusive. */
  readonly startMs: number;
  readonly widthMs: number;
  readonly count: number;
  /** Begin of the first bucket as it is shown. */
  readonly shownStartMs: number;
}

/** One bucket: the window that ends now, now included. */
export function trailingGrid(asOf: number, widthMs: number): TimeGrid {
  return { startMs: asOf - widthMs + 1, widthMs, count: 1, shownStartMs: asOf - widthMs };
}

/** Whole buckets, aligned in UTC, that together cover a span. */
export function alignedGrid(from: number, to: number, widthMs: number): TimeGrid {
  const startMs = Math.floor(from / widthMs) * widthMs;
  return { startMs, widthMs, count: Math.ceil((to - startMs) / widthMs), shownStartMs: startMs };
}

/** Buckets of whole seconds, or of multiples of `stepSeconds`, aligned in UTC, the last one holding now. */
export function recentGrid(asOf: number, spanSeconds: number, maxPoints: number, stepSeconds = 1): TimeGrid {
  const widthMs = Math.ceil(spanSeconds / maxPoints / stepSeconds) * stepSeconds * 1000;
  const count = Math.ceil((spanSeconds * 1000) / widthMs);
  const startMs = (Math.floor(asOf / widthMs) - count + 1) * widthMs;
  return { startMs, widthMs, count, shownStartMs: startMs };
}

/** End of the last bucket, exclusive. */
export function endOf(grid: TimeGrid): number {
  return grid.startMs + grid.widthMs * grid.count;
}

/** The hour before a span: of a series that was seen in it points are due, though it fell silent since. */
export function hourBefore({ startMs }: TimeGrid): TimeGrid {
  const from = startMs - 3_600_000;
  return { startMs: from, widthMs: 3_600_000, count: 1, shownStartMs: from };
}

/** How much of a bucket has passed. */
export function elapsedMs(grid: TimeGrid, bucket: number, asOf: number): number {
  const start = grid.shownStartMs + bucket * grid.widthMs;
  return Math.min(grid.widthMs, Math.max(0, asOf - start));
}

/**
 * Points received of points that were due, 0 to 1. `null` when no interval is declared, or nothing was due yet.
 * @param series how many series should each have sent a point every `expectedEveryMs`
 */
export function coverageOf(
  received: number,
  series: number,
  elapsed: number,
  expectedEveryMs: number | null,
): number | null {
  if (expectedEveryMs === null) return null;
  const expected = series * Math.floor(elapsed / expectedEveryMs);
  if (expected > 0) return Math.min(1, received / expected);
  return received > 0 ? 1 : null;
}
