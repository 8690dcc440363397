/** A moment that charts point at together. */
export interface Crosshair {
  /** The moment in ms since 1970; `null` while nobody points at one. */
  get: () => number | null;
  set: (at: number | null) => void;
  subscribe: (listener: () => void) => () => void;
}

/** Makes a {@link Crosshair} that points nowhere. */
export function createCrosshair(): Crosshair {
  const listeners = new Set<() => void>();
  let moment: number | null = null;
  return {
    get: () => moment,
    set: (at) => {
      if (at === moment) return;
      moment = at;
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The one that the charts of a page share. */
export const pageCrosshair = createCrosshair();

/** The index of the moment that is nearest to `at`; -1 where there is none, or where `at` lies outside of them. */
export function nearest(times: readonly number[], at: number | null): number {
  const [first, last] = [times[0], times.at(-1)];
  if (at === null || first === undefined || last === undefined) return -1;
  // Another chart may begin or end half a step sooner than this one.
  const slack = times.length > 1 ? (last - first) / (times.length - 1) : 0;
  if (at < first - slack || at > last + slack) return -1;
  let low = 0;
  let high = times.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  return at - (times[low] ?? 0) <= (times[high] ?? 0) - at ? low : high;
}
