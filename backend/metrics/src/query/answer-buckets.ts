import type { MetricBucket, MetricLabels } from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';
import type { MetricEntry } from '../registry/series.ts';
import { isRate, type BucketRow } from './bucket-statement.ts';
import { bucketTotals, type Workbench } from './bucket-values.ts';
import type { AskedQuery } from './parse-query.ts';
import type { RecentRow } from './recent.sql.ts';
import { coverageOf, elapsedMs, type TimeGrid } from './time-grid.ts';

const LOWER_BOUND = { lowerBound: true } as const;

/** What is answered with labels of its own. */
export interface Group {
  labels: MetricLabels;
  /** How many series points were due of. */
  series: number;
  /** Points of the one bucket, of each series none beyond those due; `null` when all points count. */
  received: number | null;
  rows: BucketRow[];
}

/** Groups in which something fell into the span, by their labels. */
export function groupRows(rows: readonly BucketRow[], labels: readonly MetricLabels[]): Group[] {
  const groups = new Map<number, Group>();
  const due = new Map<number, BucketRow>();
  for (const row of rows) {
    if (row.start_ms === null) {
      due.set(row.grp, row);
      continue;
    }
    const group = groups.get(row.grp);
    if (group) group.rows.push(row);
    else groups.set(row.grp, { labels: labels[row.grp] ?? {}, series: 1, received: null, rows: [row] });
  }
  for (const [place, group] of groups) {
    group.series = due.get(place)?.points ?? 1;
    group.received = due.get(place)?.sum ?? null;
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group);
}

/** The buckets of a group, once for each aggregation. */
export async function bucketsOf(
  { rows, series, received }: Group,
  { asked, metric, grid, asOf }: { asked: AskedQuery; metric: MetricEntry; grid: TimeGrid; asOf: number },
  bench: Workbench,
): Promise<MetricBucket[][]> {
  const byBucket = new Map<number, BucketRow[]>();
  for (const row of rows) {
    const place = Math.round(((row.start_ms ?? 0) - grid.startMs) / grid.widthMs);
    const bucket = byBucket.get(place);
    if (bucket) bucket.push(row);
    else byBucket.set(place, [row]);
  }
  const { kind, expectedEveryMs } = metric.descriptor;
  const answers: MetricBucket[][] = asked.aggregations.map(() => []);
  for (let bucket = 0; bucket < grid.count; bucket += 1) {
    const totals = await bucketTotals(byBucket.get(bucket) ?? [], asked.aggregations, kind, bench);
    const elapsed = elapsedMs(grid, bucket, asOf);
    // A clock that runs ahead elsewhere may have put points into a bucket that has hardly begun here.
    const overMs = (coveredMs: number | null) =>
      elapsed < grid.widthMs ? Math.max(elapsed, coveredMs ?? 0, 1) : grid.widthMs;
    const start = isoTime(grid.shownStartMs + bucket * grid.widthMs);
    const coverage = coverageOf(received ?? totals.points, Math.max(1, series), elapsed, expectedEveryMs);
    asked.aggregations.forEach((aggregation, i) => {
      const value = totals.value(aggregation, overMs);
      const lowerBound = totals.restarted && value !== null && isRate(aggregation);
      answers[i]?.push({ start, value, coverage, ...(lowerBound ? LOWER_BOUND : {}) });
    });
    if (bench.slices.over) await bench.slices.pause();
  }
  return answers;
}

/** The buckets of one series of recent values. */
export function recentBuckets(
  row: RecentRow,
  metric: MetricEntry,
  grid: TimeGrid,
  asOf: number,
): MetricBucket[] {
  const places = new Map(row.buckets.map((bucket, place) => [bucket, place]));
  return Array.from({ length: grid.count }, (_, bucket) => {
    const place = places.get(bucket);
    const received = place === undefined ? 0 : (row.received[place] ?? 0);
    const value = place === undefined ? null : (row.values[place] ?? null);
    const lowerBound = value !== null && place !== undefined && row.restarted[place] === true;
    const elapsed = elapsedMs(grid, bucket, asOf);
    return {
      start: isoTime(grid.startMs + bucket * grid.widthMs),
      value,
      coverage: coverageOf(received, 1, elapsed, metric.descriptor.expectedEveryMs),
      ...(lowerBound ? LOWER_BOUND : {}),
    };
  });
}
