/** A level from which on a raw value means something. */
export interface MetricThreshold {
  /** Any status word. */
  status: string;
  /** From this value up. */
  above?: number;
  /** From this value down. */
  below?: number;
  /** Once there, it holds until the value is back past this one. @default the level itself */
  recover?: number;
}

/** The threshold that a value is in, and its place in the list; `null` for none. */
export interface Reached {
  index: number;
  threshold: MetricThreshold;
}

function within({ above, below, recover }: MetricThreshold, value: number, held: boolean): boolean {
  const high = held ? Math.min(recover ?? Infinity, above ?? Infinity) : above;
  const low = held ? Math.max(recover ?? -Infinity, below ?? -Infinity) : below;
  return (
    (above !== undefined && value >= (high ?? above)) || (below !== undefined && value <= (low ?? below))
  );
}

/**
 * The last threshold of the list that a value is in. One that held before holds until its `recover` is passed, and so
 * do those before it, so that a value on the edge of two does not jump to none.
 */
export function reach(
  thresholds: readonly MetricThreshold[],
  value: number,
  before: number | null,
): Reached | null {
  for (let index = thresholds.length - 1; index >= 0; index -= 1) {
    const threshold = thresholds[index];
    if (threshold && within(threshold, value, before !== null && index <= before))
      return { index, threshold };
  }
  return null;
}
