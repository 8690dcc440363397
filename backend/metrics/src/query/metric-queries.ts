import {
  quantileOf,
  type MetricBucket,
  type MetricLabels,
  type MetricQuery,
  type MetricRecentAnswer,
  type MetricResult,
  type Position,
} from '@fleetdeck/dto';
import { FleetdeckError, isoTime, type Clock } from '@fleetdeck/kernel';
import { canonicalLabels } from '../registry/labels.ts';
import type { MetricRegistry } from '../registry/metric-registry.ts';
import type { MetricEntry } from '../registry/series.ts';
import { bucketStatement, isRate, type BucketRow } from './metric-query.sql.ts';
import type { MetricsReader } from './metrics-reader.ts';
import { invalidField, parseMetricQuery, type AskedQuery } from './parse-query.ts';
import type { QueryCache } from './query-cache.ts';
import { RECENT, type RecentRow } from './recent.sql.ts';
import { coverageOf, elapsedMs, endOf, recentGrid, trailingGrid, type TimeGrid } from './time-grid.ts';

/** How long an answer about the trailing window is shared, in milliseconds. */
const TTL_MS = 1000;
/** The most groups of one answer. */
export const MAX_GROUPS = 200;
/** The most buckets of one answer, over all its series or groups. */
const MAX_ANSWER_BUCKETS = 60_000;
/** The most metrics of one question for recent values. */
const MAX_RECENT_METRICS = 50;
/** How far before the span the value that a counter rises from is looked for, at least, in milliseconds. */
const LOOK_BACK_MS = 300_000;

/** What recent values are asked for. */
export interface RecentQuery {
  /** Names nobody knows are absent from the answer. At most 50. */
  metricNames: readonly string[];
  /** How far back to go, 10 to 86400. @default 300 */
  spanSeconds?: number;
  /** Values a series, evenly spaced, 2 to 300. @default 60 */
  maxPoints?: number;
}

/** What {@link MetricQueries} works with. */
export interface MetricQueriesParts {
  registry: MetricRegistry;
  reader: MetricsReader;
  cache: QueryCache;
  clock: Clock;
  /** Where the topic of a metric stands. */
  position(metricName: string): Position | null;
  /** Writes what is buffered; `false` when that did not work in time. */
  flush(): Promise<boolean>;
}

/** Answers questions from raw points. */
export class MetricQueries {
  constructor(private readonly parts: MetricQueriesParts) {}

  async getMetrics(query: MetricQuery): Promise<MetricResult[]> {
    const asked = parseMetricQuery(query);
    const ttlMs = asked.grid ? 0 : TTL_MS;
    return this.parts.cache.get(`query ${asked.key}`, ttlMs, [asked.metricName], () => this.answer(asked));
  }

  async recent(query: RecentQuery): Promise<MetricRecentAnswer> {
    const { spanSeconds = 300, maxPoints = 60 } = query;
    const names = [...new Set(query.metricNames)].sort();
    if (names.length < 1 || names.length > MAX_RECENT_METRICS) {
      throw invalidField('metricNames', `must be 1 to ${MAX_RECENT_METRICS} names`);
    }
    checkRange('spanSeconds', spanSeconds, 10, 86_400);
    checkRange('maxPoints', maxPoints, 2, 300);
    const key = `recent ${JSON.stringify([names, spanSeconds, maxPoints])}`;
    return this.parts.cache.get(key, TTL_MS, names, () => this.recentAnswer(names, spanSeconds, maxPoints));
  }

  private async answer(asked: AskedQuery): Promise<MetricResult[]> {
    const { registry, reader, clock } = this.parts;
    const metric = await registry.require(asked.metricName);
    checkAgainst(metric, asked);
    const [position] = await this.settle([asked.metricName]);
    const asOf = clock.now();
    const grid = asked.grid ?? trailingGrid(asOf, asked.windowMs);
    const maxGroups = Math.max(1, Math.min(MAX_GROUPS, Math.floor(MAX_ANSWER_BUCKETS / grid.count)));
    const rows = await reader.read<BucketRow>(bucketStatement(asked.aggregation, metric.descriptor.kind), [
      asked.metricName,
      JSON.stringify(asked.labels),
      asked.groupBy,
      isoTime(grid.startMs),
      isoTime(endOf(grid)),
      `${grid.widthMs} milliseconds`,
      maxGroups + 1,
      ...extraParameter(asked, metric, grid),
    ]);
    const groups = groupRows(rows);
    if (groups.length > maxGroups) {
      throw new FleetdeckError(
        'LIMIT_EXCEEDED',
        `groupBy ${asked.groupBy.join(', ')} makes more than ${maxGroups} groups, the limit for ${grid.count} buckets each; narrow it with labels, or ask for fewer buckets.`,
      );
    }
    if (groups.length === 0 && asked.groupBy.length === 0) groups.push({ labels: {}, rows: [] });
    return groups.map((group) => ({
      metricName: asked.metricName,
      aggregation: asked.aggregation,
      unit: metric.descriptor.unit,
      labels: { ...asked.labels, ...group.labels },
      points: bucketsOf(group.rows, { asked, metric, grid, asOf }),
      asOf: isoTime(asOf),
      position: position ?? null,
    }));
  }

  private async recentAnswer(
    names: readonly string[],
    spanSeconds: number,
    maxPoints: number,
  ): Promise<MetricRecentAnswer> {
    const { registry, reader, clock } = this.parts;
    if (names.some((name) => !registry.get(name))) await registry.reload();
    const metrics = names.flatMap((name) => registry.get(name) ?? []);
    const positions = await this.settle(metrics.map((metric) => metric.descriptor.name));
    const asOf = clock.now();
    const grid = recentGrid(asOf, spanSeconds, maxPoints);
    const maxSeries = Math.floor(MAX_ANSWER_BUCKETS / grid.count);
    const rows =
      metrics.length === 0
        ? []
        : await reader.read<RecentRow>(RECENT, [
            metrics.map((metric) => metric.descriptor.name),
            isoTime(grid.startMs),
            // Up to now and not beyond: a clock that runs ahead elsewhere must not put points after the end.
            isoTime(asOf + 1),
            `${grid.widthMs} milliseconds`,
            isoTime(grid.startMs - LOOK_BACK_MS),
            maxSeries + 1,
          ]);
    if (rows.length > maxSeries) {
      throw new FleetdeckError(
        'LIMIT_EXCEEDED',
        `These metrics have more than ${maxSeries} series, the limit for ${grid.count} values each; ask for fewer names, or for groups of them with a query.`,
      );
    }
    return {
      asOf: isoTime(asOf),
      stepMs: grid.widthMs,
      metrics: metrics.map((metric, i) => ({
        metric: metric.descriptor,
        series: rows
          .filter((row) => row.metric === metric.descriptor.name)
          .map((row) => ({
            labels: row.labels,
            points: recentBuckets(row, metric, grid, asOf),
            last: { value: row.last_value, at: isoTime(row.last_at_ms) },
          })),
        position: positions[i] ?? null,
      })),
    };
  }

  /**
   * Notes where the topics stand, then writes what is buffered: each message before the position is then in what is
   * read. When writing failed it may not be, so there is no position to go on from.
   */
  private async settle(metricNames: readonly string[]): Promise<(Position | null)[]> {
    const positions = metricNames.map((name) => this.parts.position(name));
    return (await this.parts.flush()) ? positions : positions.map(() => null);
  }
}

function checkAgainst(metric: MetricEntry, asked: AskedQuery): void {
  const { kind, name } = metric.descriptor;
  if (isRate(asked.aggregation) && kind === 'gauge') {
    throw invalidField(
      'aggregation',
      `${asked.aggregation} asks for an increase, and "${name}" is a gauge, which goes up and down; ask for avg or last`,
    );
  }
  const allowed = metric.allowedLabels;
  if (!allowed) return;
  const declared = [...allowed].join(', ') || 'none';
  for (const [field, names] of [
    ['labels', Object.keys(asked.labels)],
    ['groupBy', asked.groupBy],
  ] as const) {
    const unknown = names.find((label) => !allowed.has(label) && label !== 'other');
    if (unknown !== undefined) {
      throw invalidField(
        field,
        `names "${unknown}", which "${name}" does not have; its labels are: ${declared}`,
      );
    }
  }
}

function extraParameter(asked: AskedQuery, metric: MetricEntry, grid: TimeGrid): unknown[] {
  const quantile = quantileOf(asked.aggregation);
  if (quantile !== null) return [quantile];
  if (!isRate(asked.aggregation) || metric.descriptor.kind !== 'counter') return [];
  const lookBack = Math.max(LOOK_BACK_MS, 3 * (metric.descriptor.expectedEveryMs ?? 0));
  return [isoTime(grid.startMs - lookBack)];
}

interface Group {
  labels: MetricLabels;
  rows: BucketRow[];
}

function groupRows(rows: readonly BucketRow[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const key = canonicalLabels(row.labels);
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { labels: row.labels, rows: [row] });
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

function bucketsOf(
  rows: readonly BucketRow[],
  { asked, metric, grid, asOf }: { asked: AskedQuery; metric: MetricEntry; grid: TimeGrid; asOf: number },
): MetricBucket[] {
  const byBucket = new Map(
    rows.map((row) => [Math.round((row.start_ms - grid.startMs) / grid.widthMs), row]),
  );
  const series = rows[0]?.series ?? 1;
  return Array.from({ length: grid.count }, (_, bucket) => {
    const row = byBucket.get(bucket);
    const elapsed = elapsedMs(grid, bucket, asOf);
    let value = row?.value ?? null;
    if (value !== null && isRate(asked.aggregation)) {
      // In the bucket that is still open, one point's increase may reach further back than the bucket.
      const overMs = elapsed < grid.widthMs ? Math.max(elapsed, row?.covered_ms ?? 0, 1) : grid.widthMs;
      value = (value / overMs) * (asked.aggregation === 'ratePerSecond' ? 1000 : 60_000);
    }
    return {
      start: isoTime(grid.shownStartMs + bucket * grid.widthMs),
      value,
      coverage: coverageOf(row?.received ?? 0, series, elapsed, metric.descriptor.expectedEveryMs),
    };
  });
}

function recentBuckets(row: RecentRow, metric: MetricEntry, grid: TimeGrid, asOf: number): MetricBucket[] {
  const places = new Map(row.buckets.map((bucket, place) => [bucket, place]));
  return Array.from({ length: grid.count }, (_, bucket) => {
    const place = places.get(bucket);
    const received = place === undefined ? 0 : (row.received[place] ?? 0);
    const elapsed = elapsedMs(grid, bucket, asOf);
    return {
      start: isoTime(grid.startMs + bucket * grid.widthMs),
      value: place === undefined ? null : (row.values[place] ?? null),
      coverage: coverageOf(received, 1, elapsed, metric.descriptor.expectedEveryMs),
    };
  });
}

function checkRange(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalidField(field, `must be a whole number from ${least} to ${most}`);
}
