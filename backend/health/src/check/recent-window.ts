/** The newest values of a row; the oldest give way. */
export class RecentWindow<T> {
  private readonly values: T[] = [];

  /** @param size how many are kept, at least 1 */
  constructor(readonly size: number) {}

  add(value: T): void {
    this.values.push(value);
    if (this.values.length > this.size) this.values.shift();
  }

  /** Oldest first. */
  toArray(): readonly T[] {
    return this.values;
  }
}

/** The middle of some numbers, of an even count the lesser of the two in the middle; `NaN` of none. */
export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? NaN;
}
