import type { Series } from '../registry/series.ts';
import type { PointBatch } from './point-buffer.ts';

/** How much the counters of a batch rose, point by point; `null` for a batch without a counter. */
export interface CounterSteps {
  readonly increase: (number | null)[];
  /**
   * The time since the total before, in milliseconds. Negative where the increase is what two totals differ by, and may
   * have come at any moment in between; else it was counted here and is all of this moment.
   */
  readonly increaseMs: (number | null)[];
  /**
   * 1 for a total that began anew: the first one that this process saw, or one below that before it. What was counted
   * up to it is not known, or not all of it. `null` for all else.
   */
  readonly restarts: (number | null)[];
  /** Whether there is one that began anew. */
  readonly restarted: boolean;
  /**
   * Puts back what the series knew before, for a batch that was certainly not written. A series that has gone on since
   * stays: what it rose by meanwhile would be counted twice.
   */
  undo(): void;
}

/**
 * Tells what the totals of counters rose by. A total below the one before it is a reset: the counter began again at
 * 0, so the new total is the increase. The first total of a series in this process tells nothing, nor does one that
 * is older than the newest: what it rose by is part of the newest one's increase. Nothing is extrapolated, so the
 * sum of the increases is a lower bound.
 */
export function counterSteps(batch: PointBatch): CounterSteps | null {
  const perSeries = new Map<Series, number[]>();
  batch.series.forEach((series, i) => {
    if (series.metric.descriptor.kind !== 'counter') return;
    const places = perSeries.get(series);
    if (places) places.push(i);
    else perSeries.set(series, [i]);
  });
  if (perSeries.size === 0) return null;
  const increase = new Array<number | null>(batch.at.length).fill(null);
  const increaseMs = new Array<number | null>(batch.at.length).fill(null);
  const restarts = new Array<number | null>(batch.at.length).fill(null);
  const moves: { series: Series; before: CounterMark; after: CounterMark }[] = [];
  for (const [series, places] of perSeries) {
    const before = markOf(series);
    const at = (i: number) => batch.at[i] as number;
    const value = (i: number) => batch.values[i] as number;
    places.sort((a, b) => at(a) - at(b) || value(a) - value(b));
    for (const i of places) {
      const own = batch.increases?.[i];
      if (own !== undefined && !Number.isNaN(own)) {
        increase[i] = own;
        increaseMs[i] = series.totalAt === -Infinity ? 0 : Math.max(0, at(i) - series.totalAt);
      } else if (series.totalAt === -Infinity) {
        restarts[i] = 1;
      } else if (at(i) >= series.totalAt) {
        const fell = value(i) < series.total;
        if (fell) restarts[i] = 1;
        increase[i] = fell ? value(i) : value(i) - series.total;
        increaseMs[i] = series.totalAt - at(i);
      }
      if (at(i) >= series.totalAt) {
        series.total = value(i);
        series.totalAt = at(i);
      }
    }
    moves.push({ series, before, after: markOf(series) });
  }
  return {
    increase,
    increaseMs,
    restarts,
    restarted: restarts.includes(1),
    undo: () => {
      for (const { series, before, after } of moves) {
        if (series.total !== after.total || series.totalAt !== after.totalAt) continue;
        series.total = before.total;
        series.totalAt = before.totalAt;
      }
    },
  };
}

type CounterMark = Pick<Series, 'total' | 'totalAt'>;

function markOf({ total, totalAt }: Series): CounterMark {
  return { total, totalAt };
}
