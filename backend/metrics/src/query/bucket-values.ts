import { quantileOf, type MetricAggregation, type MetricKind } from '@fleetdeck/dto';
import { FleetdeckError } from '@fleetdeck/kernel';
import type { Sketch } from '../sketch/sketch.ts';
import type { Slices } from '../slices.ts';
import { isRate, type BucketRow } from './bucket-statement.ts';

/** Everything of one bucket, from all its sources. */
export interface BucketTotals {
  points: number;
  /** Whether what a counter rose by is a lower bound, because a total began anew. */
  restarted: boolean;
  value(aggregation: MetricAggregation, overMs: (coveredMs: number | null) => number): number | null;
}

/** What an answer is worked out with. */
export interface Workbench {
  /** Filled, asked and cleared for each bucket: a new one for each of thousands would cost more than the rest. */
  readonly sketch: Sketch;
  readonly slices: Slices;
}

/** Puts the sources of one bucket together. The quantiles that will be asked for are told, since they are taken here. */
export async function bucketTotals(
  rows: readonly BucketRow[],
  aggregations: readonly MetricAggregation[],
  kind: MetricKind,
  bench: Workbench,
): Promise<BucketTotals> {
  let points = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  let last: number | null = null;
  let lastAt = -Infinity;
  let increase: number | null = null;
  let coveredMs: number | null = null;
  let restarted = false;
  for (const row of rows) {
    points += row.points;
    sum += row.sum ?? 0;
    if (row.min !== null && row.min < min) min = row.min;
    if (row.max !== null && row.max > max) max = row.max;
    if (row.last_ms !== null && row.last_ms >= lastAt) {
      lastAt = row.last_ms;
      last = row.last_value;
    }
    if (row.increase !== null) increase = (increase ?? 0) + row.increase;
    coveredMs = row.covered_ms ?? coveredMs;
    restarted ||= (row.restarts ?? 0) > 0;
  }
  const quantiles = await quantilesOf(rows, aggregations, { points, min, max }, bench);
  return {
    points,
    restarted,
    value: (aggregation, overMs) => {
      if (points === 0) return null;
      const quantile = quantiles.get(aggregation);
      if (quantile !== undefined) return quantile;
      if (isRate(aggregation)) {
        const risen = kind === 'counter' ? increase : points;
        return risen === null ? null : finite((risen / overMs(coveredMs)) * perMs(aggregation));
      }
      if (aggregation === 'count') return points;
      if (aggregation === 'sum') return finite(sum);
      if (aggregation === 'avg') return finite(sum / points);
      if (aggregation === 'min') return min;
      return aggregation === 'max' ? max : last;
    },
  };
}

/** How many milliseconds the time unit of a rate has. */
function perMs(aggregation: MetricAggregation): number {
  return aggregation === 'ratePerSecond' ? 1000 : 60_000;
}

/** The quantiles; `null` when a sketch is damaged, or a row has lost its own: those of the rest would be others. */
async function quantilesOf(
  rows: readonly BucketRow[],
  aggregations: readonly MetricAggregation[],
  { points, min, max }: { points: number; min: number; max: number },
  { sketch, slices }: Workbench,
): Promise<Map<MetricAggregation, number | null>> {
  const wanted = new Map<MetricAggregation, number | null>();
  for (const aggregation of aggregations) {
    const quantile = quantileOf(aggregation);
    if (quantile !== null) wanted.set(aggregation, quantile);
  }
  if (wanted.size === 0) return wanted;
  try {
    for (const row of rows) {
      if (row.sketches) await sketch.mergeInSlices(row.sketches, slices);
      if (!row.keys) continue;
      let count = 0;
      row.keys.forEach((key, i) => {
        sketch.addBin(key, row.counts?.[i] ?? 0);
        count += row.counts?.[i] ?? 0;
      });
      // What it would say beyond these two is told by the rows themselves.
      sketch.addExact(count, 0, min, max);
    }
    const isWhole = sketch.count === points;
    for (const [aggregation, quantile] of wanted) {
      wanted.set(aggregation, isWhole ? sketch.quantile(quantile ?? 0) : null);
    }
  } catch {
    // Damaged. All other buckets, and what else is asked for, must not go with it.
    for (const aggregation of wanted.keys()) wanted.set(aggregation, null);
  } finally {
    sketch.clear();
  }
  return wanted;
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new FleetdeckError(
    'LIMIT_EXCEEDED',
    'The values are too large to be summed up; ask for a shorter span, or for max.',
  );
}
