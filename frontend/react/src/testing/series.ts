import type { SparkPoint } from '../components/metrics-card/sparkline.ts';

/** A stream of numbers between 0 and 1 that is the same on every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What {@link walk} takes. */
export interface WalkOptions {
  seed: number;
  from: number;
  to: number;
  /** How far a step may go, as a part of the whole way. @default 0.08 */
  roughness?: number;
  count?: number;
  /** End of the last step, ms since 1970. */
  end?: number;
  stepMs?: number;
}

/** A made-up series that wanders from one value to another. */
export function walk({
  seed,
  from,
  to,
  roughness = 0.08,
  count = 60,
  end = Date.parse('2026-01-15T14:07:10.000Z'),
  stepMs = 5000,
}: WalkOptions): SparkPoint[] {
  const next = seeded(seed);
  const size = Math.max(Math.abs(to - from), Math.abs(to) * 0.3);
  let drift = 0;
  return Array.from({ length: count }, (_, index) => {
    drift = drift * 0.8 + (next() - 0.5) * 2 * roughness * size;
    const value = from + ((to - from) * index) / (count - 1) + (index === count - 1 ? 0 : drift);
    return {
      start: new Date(end - (count - index) * stepMs).toISOString(),
      value: Math.max(0, Math.round(value * 100) / 100),
    };
  });
}
