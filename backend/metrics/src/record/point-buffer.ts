import type { Series } from '../registry/series.ts';

/** Points that are written together. */
export interface PointBatch {
  readonly series: readonly Series[];
  /** When they were measured, in milliseconds since the epoch. */
  readonly at: readonly number[];
  readonly values: readonly number[];
  /** What own counters rose by; NaN where only the total is known. Left out when no point has it. */
  readonly increases?: readonly number[];
}

/** Points on their way to the database, oldest first, in a ring of fixed size. */
export class PointBuffer {
  private readonly series: (Series | undefined)[];
  private readonly at: Float64Array;
  private readonly values: Float64Array;
  private readonly increases: Float64Array;
  private head = 0;
  private count = 0;

  constructor(private readonly capacity: number) {
    this.series = new Array<Series | undefined>(capacity);
    this.at = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
    this.increases = new Float64Array(capacity);
  }

  get length(): number {
    return this.count;
  }

  /**
   * Adds a point. Gives back `false` when the oldest one had to go for it.
   * @param increase what an own counter rose by; NaN when only the total is known
   */
  push(series: Series, value: number, at: number, increase = Number.NaN): boolean {
    const full = this.count === this.capacity;
    if (full) this.head = (this.head + 1) % this.capacity;
    else this.count += 1;
    let slot = this.head + this.count - 1;
    if (slot >= this.capacity) slot -= this.capacity;
    this.series[slot] = series;
    this.at[slot] = at;
    this.values[slot] = value;
    this.increases[slot] = increase;
    return !full;
  }

  /** Takes out the oldest points, at most `most`. */
  take(most: number): PointBatch {
    const count = Math.min(most, this.count);
    const series: Series[] = [];
    const at: number[] = [];
    const values: number[] = [];
    const increases: number[] = [];
    for (let i = 0; i < count; i += 1) {
      series.push(this.series[this.head] as Series);
      at.push(this.at[this.head] as number);
      values.push(this.values[this.head] as number);
      increases.push(this.increases[this.head] as number);
      // Held no longer than needed: a forgotten series can be collected.
      this.series[this.head] = undefined;
      this.head = (this.head + 1) % this.capacity;
    }
    this.count -= count;
    return { series, at, values, increases };
  }
}
