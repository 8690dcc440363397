import { ValueList } from '../sketch/value-list.ts';

/** What is known of one series in one window: everything exactly but the quantiles. */
export class WindowTotals {
  points = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;
  lastValue = 0;
  lastAt = -Infinity;
  /** How much a counter rose; `null` when no point told. */
  increase: number | null = null;
  /** The time over which it rose, in milliseconds, negative as that of its points. */
  increaseMs: number | null = null;
  /** How many of a counter's totals began anew, so that `increase` is a lower bound; `null` when none did. */
  restarts: number | null = null;
  private readonly values: ValueList | null;

  /** @param sketched whether quantiles will be asked for; those of a counter's totals mean nothing */
  constructor(sketched: boolean) {
    this.values = sketched ? new ValueList() : null;
  }

  add(
    value: number,
    at: number,
    increase: number | null,
    increaseMs: number | null,
    restarts: number | null = null,
  ): void {
    this.points += 1;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (at > this.lastAt || (at === this.lastAt && value > this.lastValue)) {
      this.lastAt = at;
      this.lastValue = value;
    }
    if (increase !== null) {
      this.increase = (this.increase ?? 0) + increase;
      this.increaseMs = (this.increaseMs ?? 0) + (increaseMs ?? 0);
    }
    if (restarts !== null) this.restarts = (this.restarts ?? 0) + restarts;
    this.values?.add(value);
  }

  /** The bytes of the sketch of its values; `null` when it has none. */
  encode(): Uint8Array | null {
    return this.values?.encode() ?? null;
  }
}
