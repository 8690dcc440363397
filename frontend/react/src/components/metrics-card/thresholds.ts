/** A level from which on a raw value means something. */
export interface MetricThreshold {
  /** Any status word. */
  status: string;
  /** From this value up. */
  above?: number;
  /** From this value down. */
  below?: number;
  /**
   * Once there, it holds until the value is back past this one. It belongs to the side that was reached, and is ignored
   * where it lies beyond that level: two sides that recover at different values are two thresholds. @default the level itself
   */
  recover?: number;
}

/** The threshold that a value is in, and its place in the list; `null` for none. */
export interface Reached {
  index: number;
  threshold: MetricThreshold;
  /** Which of its levels the value is past. */
  side: 'above' | 'below';
}

function sideOf(
  { above = NaN, below = NaN, recover = NaN }: MetricThreshold,
  value: number,
  held: Reached['side'] | undefined,
): Reached['side'] | null {
  // Comparisons with NaN are false: what is not given is not reached, and no recovery moves no level.
  if (value >= (held === 'above' && recover < above ? recover : above)) return 'above';
  return value <= (held === 'below' && recover > below ? recover : below) ? 'below' : null;
}

/**
 * The last threshold of the list that a value is in. One that held before holds until its `recover` is passed, and so
 * do those before it, so that a value on the edge of two does not jump to none.
 */
export function reach(
  thresholds: readonly MetricThreshold[],
  value: number,
  before: Pick<Reached, 'index' | 'side'> | null,
): Reached | null {
  for (let index = thresholds.length - 1; index >= 0; index -= 1) {
    const threshold = thresholds[index];
    const side =
      threshold && sideOf(threshold, value, before && index <= before.index ? before.side : undefined);
    if (threshold && side) return { index, threshold, side };
  }
  return null;
}
