import type { Series } from '../registry/series.ts';
import { TIER_MS, windowStart } from '../store/tiers.ts';
import { WindowTotals } from './window-totals.ts';

/** One row of the minute tier before it is written. */
export interface MinuteRow {
  readonly series: Series;
  /** Begin of the minute, in milliseconds since the epoch. */
  readonly at: number;
  readonly totals: WindowTotals;
}

/** The minutes of this process that are not rolled up yet. */
export class OpenWindows {
  private readonly minutes = new Map<number, Map<Series, WindowTotals>>();

  add(
    series: Series,
    value: number,
    at: number,
    increase: number | null,
    increaseMs: number | null,
    restarts: number | null = null,
  ): void {
    const minute = windowStart(at, TIER_MS['1m']);
    let open = this.minutes.get(minute);
    if (!open) {
      open = new Map();
      this.minutes.set(minute, open);
    }
    let totals = open.get(series);
    if (!totals) {
      totals = new WindowTotals(series.metric.descriptor.kind !== 'counter');
      open.set(series, totals);
    }
    totals.add(value, at, increase, increaseMs, restarts);
  }

  /** The rows of all minutes that end at or before a time. */
  rowsBefore(time: number): MinuteRow[] {
    const rows: MinuteRow[] = [];
    for (const [at, open] of this.minutes) {
      if (at + TIER_MS['1m'] > time) continue;
      for (const [series, totals] of open) rows.push({ series, at, totals });
    }
    return rows;
  }

  /** Forgets them. */
  dropBefore(time: number): void {
    for (const at of this.minutes.keys()) if (at + TIER_MS['1m'] <= time) this.minutes.delete(at);
  }
}
