/** Bounds of the wait before a further attempt, in milliseconds. */
export interface BackoffBounds {
  minMs: number;
  maxMs: number;
}

/** The longest wait that a service may ask for. */
const LONGEST_HINT_MS = 300_000;

/**
 * How long to wait before attempt number `attempt` (from 0): anything between the least wait and a ceiling that
 * doubles each time, so that clients which lost the same service do not come back together.
 */
export function backoffMs(attempt: number, { minMs, maxMs }: BackoffBounds, random: () => number): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt + 1, 30));
  return Math.round(minMs + random() * Math.max(0, ceiling - minMs));
}

/** The wait that the service asked for, or one of our own when it asked for none. */
export function waitMs(
  hintMs: number | null | undefined,
  attempt: number,
  bounds: BackoffBounds,
  random: () => number,
): number {
  if (!hintMs || !(hintMs > 0)) return backoffMs(attempt, bounds, random);
  // Never sooner than asked, and a little apart: many clients may have been told the same.
  return Math.min(LONGEST_HINT_MS, Math.round(hintMs + random() * bounds.minMs));
}
