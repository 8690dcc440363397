import type { MetricQuery, MetricRecentAnswer, MetricResult, Position } from '@fleetdeck/dto';
import {
  FleetdeckError,
  isoTime,
  toFleetdeckError,
  type Clock,
  type MetricQueryLimits,
} from '@fleetdeck/kernel';
import type { MetricRegistry } from '../registry/metric-registry.ts';
import type { AnswerCache } from '../cache/answer-cache.ts';
import { Sketch } from '../sketch/sketch.ts';
import { Slices } from '../slices.ts';
import { seenSince } from '../store/series-store.ts';
import { windowStart } from '../store/tiers.ts';
import { bucketsOf, groupRows, recentBuckets } from './answer-buckets.ts';
import { bucketStatement, type BucketRow } from './bucket-statement.ts';
import { checkAgainst } from './check-against.ts';
import type { TierMarks } from './marks.ts';
import type { MetricsReader } from './metrics-reader.ts';
import { invalidField, parseMetricQuery, type AskedQuery } from './parse-query.ts';
import { planSegments } from './plan.ts';
import { RECENT, type RecentRow } from './recent.sql.ts';
import type { SeriesFinder } from './series-groups.ts';
import { elapsedMs, endOf, hourBefore, recentGrid, trailingGrid, type TimeGrid } from './time-grid.ts';

/** How long an answer that can still change is shared, in milliseconds. */
const OPEN_TTL_MS = 1000;
/** How long an answer about windows that are over is kept, by their width: `[width, life]` in milliseconds. */
const CLOSED_TTL_MS: readonly (readonly [number, number])[] = [
  [86_400_000, 900_000],
  [3_600_000, 300_000],
  [300_000, 60_000],
  [0, 30_000],
];
/** The most groups of one answer, unless the caller wants more. */
const MAX_GROUPS = 200;
/** The most buckets of one answer, over all its series or groups. */
const MAX_ANSWER_BUCKETS = 60_000;
/** The most metrics of one question for recent values. */
const MAX_RECENT_METRICS = 50;
/** The rows that one bucket comes in at most: its roll-ups, its single points, and the bins of those. */
const SOURCES = 3;

/** What recent values are asked for. */
export interface RecentQuery {
  /** Names nobody knows are absent from the answer. At most 50. */
  metricNames: readonly string[];
  /** How far back to go, 10 to 86400. @default 300 */
  spanSeconds?: number;
  /**
   * Values a series, evenly spaced, 2 to 300; fewer when the span reaches back further than single points are kept,
   * since a step is then a minute at least. @default 60
   */
  maxPoints?: number;
}

/** Places at the database, and the series that were found from them. */
export interface Lane {
  reader: MetricsReader;
  finder: SeriesFinder;
}

/** What {@link MetricQueries} works with. */
export interface MetricQueriesParts {
  registry: MetricRegistry;
  /** For most questions. */
  lane: Lane;
  /** For those that must not wait behind them, not even for a read that both want. */
  reservedLane: Lane;
  cache: AnswerCache;
  marks: TierMarks;
  clock: Clock;
  /** How long single points are kept, in milliseconds. */
  rawRetentionMs: number;
  /** Where the topic of a metric stands. */
  position(metricName: string): Position | null;
  /** Writes what is buffered; `false` when that did not work in time. */
  flush(): Promise<boolean>;
}

/** Answers questions from roll-ups, and from single points where those do not reach. */
export class MetricQueries {
  constructor(private readonly parts: MetricQueriesParts) {}

  async getMetrics(
    query: MetricQuery,
    { maxGroups = MAX_GROUPS, reserved = false }: MetricQueryLimits = {},
  ): Promise<MetricResult[]> {
    const { cache, clock } = this.parts;
    const asked = parseMetricQuery(query);
    const now = clock.now();
    const grid = asked.grid ?? trailingGrid(now, asked.windowMs);
    const scope = { metricNames: [asked.metricName], fromMs: grid.startMs, toMs: endOf(grid) };
    const ttlMs = await this.lifeOf(asked, grid, now);
    const lane = reserved ? this.parts.reservedLane : this.parts.lane;
    return cache.get(
      `query${reserved ? ' reserved' : ''} ${maxGroups} ${asked.key}`,
      ttlMs,
      scope,
      (covers) => this.answer(asked, maxGroups, lane, covers),
    );
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
    const now = this.parts.clock.now();
    const scope = { metricNames: names, fromMs: now - spanSeconds * 2000, toMs: Infinity };
    const load = () => this.recentAnswer(names, spanSeconds, maxPoints);
    try {
      return await this.parts.cache.get(key, OPEN_TTL_MS, scope, load);
    } catch (thrown) {
      const { code, message } = toFleetdeckError(thrown);
      const remembered =
        code === 'DATABASE_UNAVAILABLE' ? this.rememberedAnswer(names, spanSeconds, maxPoints) : null;
      if (remembered === null) throw thrown;
      return { ...remembered, problem: message };
    }
  }

  /** An answer lives longer once no writer has anything to add to its buckets in the usual way. */
  private async lifeOf(asked: AskedQuery, grid: TimeGrid, now: number): Promise<number> {
    if (!asked.grid || endOf(grid) > now) return OPEN_TTL_MS;
    const { minutes } = await this.parts.marks.get();
    if (endOf(grid) > minutes) return OPEN_TTL_MS;
    return CLOSED_TTL_MS.find(([width]) => grid.widthMs >= width)?.[1] ?? OPEN_TTL_MS;
  }

  private async answer(
    asked: AskedQuery,
    mostGroups: number,
    { reader, finder }: Lane,
    covers: (toMs: number) => void,
  ): Promise<MetricResult[]> {
    const { registry, clock, marks, rawRetentionMs } = this.parts;
    const metric = await registry.require(asked.metricName);
    checkAgainst(metric, asked);
    const [position] = await this.settle([asked.metricName]);
    const asOf = clock.now();
    const grid = asked.grid ?? trailingGrid(asOf, asked.windowMs);
    covers(endOf(grid));
    const maxGroups = Math.max(
      1,
      Math.min(mostGroups, Math.floor(MAX_ANSWER_BUCKETS / (grid.count * asked.aggregations.length))),
    );
    const { startMs: seenFrom } = hourBefore(grid);
    const series = await finder.find(asked.metricName, asked.labels, asked.groupBy, seenFrom);
    const ground = {
      marks: await marks.get(),
      rawSince: metric.raw ? asOf - rawRetentionMs : Infinity,
    };
    const { expectedEveryMs } = metric.descriptor;
    const { statement, parameters } = bucketStatement({
      series,
      aggregations: asked.aggregations,
      grid,
      segments: planSegments(grid, ground),
      kind: metric.descriptor.kind,
      asOf,
      due:
        expectedEveryMs === null
          ? null
          : {
              seenBefore: planSegments(hourBefore(grid), ground),
              points: grid.count === 1 ? Math.floor(elapsedMs(grid, 0, asOf) / expectedEveryMs) : null,
            },
      maxRows: (maxGroups + 1) * (grid.count * SOURCES + 1),
    });
    const rows = series.ids.length === 0 ? [] : await reader.read<BucketRow>(statement, parameters);
    const groups = groupRows(rows, series.labels);
    if (groups.length > maxGroups) {
      throw new FleetdeckError(
        'LIMIT_EXCEEDED',
        `groupBy ${asked.groupBy.join(', ')} makes more than ${maxGroups} groups, the limit for ${grid.count} buckets each; narrow it with labels, or ask for fewer buckets.`,
        { fields: [{ field: 'groupBy', message: `must make at most ${maxGroups} groups` }] },
      );
    }
    if (groups.length === 0 && asked.groupBy.length === 0)
      groups.push({ labels: {}, series: 1, received: null, rows: [] });
    const bench = { sketch: new Sketch(), slices: new Slices() };
    const results: MetricResult[] = [];
    for (const group of groups) {
      const buckets = await bucketsOf(group, { asked, metric, grid, asOf }, bench);
      asked.aggregations.forEach((aggregation, i) => {
        results.push({
          metricName: asked.metricName,
          aggregation,
          unit: metric.descriptor.unit,
          labels: { ...asked.labels, ...group.labels },
          points: buckets[i] ?? [],
          asOf: isoTime(asOf),
          position: position ?? null,
        });
      });
    }
    return results;
  }

  private async recentAnswer(
    names: readonly string[],
    spanSeconds: number,
    maxPoints: number,
  ): Promise<MetricRecentAnswer> {
    const { registry, lane, clock, marks, rawRetentionMs } = this.parts;
    if (names.some((name) => !registry.get(name))) await registry.reload();
    const metrics = names.flatMap((name) => registry.get(name) ?? []);
    const positions = await this.settle(metrics.map((metric) => metric.descriptor.name));
    const asOf = clock.now();
    const rawSince = asOf - rawRetentionMs;
    const isLong = spanSeconds * 1000 + 120_000 > rawRetentionMs;
    const grid = recentGrid(asOf, spanSeconds, maxPoints, isLong ? 60 : 1);
    const maxSeries = Math.floor(MAX_ANSWER_BUCKETS / grid.count);
    const { minutes } = await marks.get();
    // From here on single points are read, before it the roll-ups of minutes.
    const rolledTo = isLong ? Math.max(minutes, windowStart(rawSince, 60_000) + 60_000) : grid.startMs;
    const rows =
      metrics.length === 0
        ? []
        : await lane.reader.read<RecentRow>(RECENT, [
            metrics.map((metric) => metric.descriptor.name),
            isoTime(grid.startMs),
            // Up to now and not beyond: a clock that runs ahead elsewhere must not put points after the end.
            isoTime(asOf + 1),
            `${grid.widthMs} milliseconds`,
            isoTime(Math.min(Math.max(grid.startMs, rolledTo), asOf + 1)),
            maxSeries + 1,
            isoTime(seenSince(grid.startMs)),
          ]);
    if (rows.length > maxSeries) {
      throw new FleetdeckError(
        'LIMIT_EXCEEDED',
        `These metrics have more than ${maxSeries} series, the limit for ${grid.count} values each; ask for fewer names, or for groups of them with a query.`,
        { fields: [{ field: 'metricName', message: `must name metrics of at most ${maxSeries} series` }] },
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

  /** The newest values that this process has in memory, when it has any. Never kept: others have other ones. */
  private rememberedAnswer(
    names: readonly string[],
    spanSeconds: number,
    maxPoints: number,
  ): MetricRecentAnswer | null {
    const { registry, clock } = this.parts;
    const asOf = clock.now();
    const grid = recentGrid(asOf, spanSeconds, maxPoints, 1);
    const metrics = names
      .flatMap((name) => registry.get(name) ?? [])
      .map((entry) => ({
        metric: entry.descriptor,
        series: [...entry.recorded()]
          .filter(({ liveAt }) => liveAt >= grid.startMs)
          .map(({ labels, liveValue, liveAt }) => ({
            ...{ labels, points: [] },
            last: { value: liveValue, at: isoTime(liveAt) },
          })),
        position: null,
      }));
    const count = metrics.reduce((sum, { series }) => sum + series.length, 0);
    if (count === 0 || count > Math.floor(MAX_ANSWER_BUCKETS / grid.count)) return null;
    return { asOf: isoTime(asOf), stepMs: grid.widthMs, metrics };
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

function checkRange(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalidField(field, `must be a whole number from ${least} to ${most}`);
}
