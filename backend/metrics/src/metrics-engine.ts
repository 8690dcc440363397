import type { Logger } from '@nestjs/common';
import type { Position } from '@fleetdeck/dto';
import { FleetdeckError, type Clock, type Publisher } from '@fleetdeck/kernel';
import { AnswerCache, type AnswerStore } from './cache/answer-cache.ts';
import type { ResolvedMetricsOptions } from './metrics.options.ts';
import { Gate } from './query/gate.ts';
import { TierMarks } from './query/marks.ts';
import { MetricQueries, type Lane } from './query/metric-queries.ts';
import { MetricsReader } from './query/metrics-reader.ts';
import { SeriesFinder } from './query/series-groups.ts';
import { LiveValues, metricTopic } from './record/live-values.ts';
import { Losses } from './record/losses.ts';
import { PointBuffer } from './record/point-buffer.ts';
import { PointFlusher } from './record/point-flusher.ts';
import { PointIntake } from './record/point-intake.ts';
import { Recorder } from './record/recorder.ts';
import { MetricRegistry } from './registry/metric-registry.ts';
import { Keeper } from './retention/keeper.ts';
import { Maintenance } from './retention/maintenance.ts';
import { Retention } from './retention/retention.ts';
import { Compactor } from './rollup/compactor.ts';
import { DeadWriters } from './rollup/dead-writers.ts';
import { Repairs } from './rollup/repairs.ts';
import { TierRoller } from './rollup/tier-roller.ts';
import { Partitions } from './store/partitions.ts';
import { PointWriter } from './store/point-writer.ts';
import { SeriesStore } from './store/series-store.ts';
import type { Sql } from './store/sql.ts';
import { HOUR_MS, STORED_KINDS, TABLES, type StoredKind } from './store/tiers.ts';
import { withDeadline, type Timers } from './timers.ts';

const OVERFLOW_NOTICE_EVERY_MS = 60_000;
const FLUSH_BEFORE_READ_MS = 1000;
/** After this a database that says nothing counts as away, in milliseconds. */
export const DATABASE_DEADLINE_MS = 10_000;

/** What the parts of the module are made of. */
export interface MetricsEngineParts {
  options: ResolvedMetricsOptions;
  store: AnswerStore | null;
  clock: Clock;
  timers: Timers;
  logger: Logger;
  sql: () => Sql;
  publisher: () => Publisher | null;
}

/** The parts of the module, wired. */
export class MetricsEngine {
  readonly registry: MetricRegistry;
  readonly losses: Losses;
  readonly intake: PointIntake;
  readonly recorder: Recorder;
  readonly flusher: PointFlusher;
  readonly live: LiveValues;
  readonly writer: PointWriter;
  readonly queries: MetricQueries;
  readonly partitions: Record<StoredKind, Partitions>;
  readonly retention: Retention;
  readonly maintenance: Maintenance;
  readonly cache: AnswerCache;
  /** Points that went to an `other` series since the start, and when the last one did. */
  overflowedPoints = 0;
  overflowedAt = -Infinity;
  /** Roll-ups that lost their percentiles since the start, because a sketch was damaged. */
  damagedSketches = 0;

  constructor(private readonly parts: MetricsEngineParts) {
    const { options, clock, timers, logger, sql } = parts;
    const warn = (line: string) => logger.warn(line);
    const query: Sql['query'] = (statement, parameters) =>
      withDeadline(sql().query(statement, parameters), DATABASE_DEADLINE_MS, timers, databaseSilent);
    this.registry = new MetricRegistry(query, clock, options.maxUndeclaredMetrics, (line) =>
      logger.error(line),
    );
    this.losses = new Losses(clock, warn);
    this.live = new LiveValues(parts.publisher, clock, timers, warn);
    this.intake = new PointIntake(this.registry, options);
    const buffer = new PointBuffer(options.maxBufferedPoints);
    this.recorder = new Recorder({
      registry: this.registry,
      intake: this.intake,
      buffer,
      losses: this.losses,
      live: this.live,
      clock,
      onPoint: () => this.flusher.noteRecorded(),
    });
    const made = STORED_KINDS.map((kind) => [kind, new Partitions(sql, TABLES[kind])] as const);
    this.partitions = Object.fromEntries(made) as Record<StoredKind, Partitions>;
    this.cache = new AnswerCache(clock, timers, options.maxCachedAnswers, parts.store);
    const repairs = new Repairs(this.cache, clock);
    const series = new SeriesStore(sql, options.maxSeriesPerMetric, (manager, metrics) =>
      this.registry.upsert(metrics, manager),
    );
    this.writer = new PointWriter({
      sql,
      series,
      partitions: this.partitions,
      clock,
      timers,
      rawRetentionMs: options.retentionHours.raw * HOUR_MS,
      onOverflow: (count, example) => this.noteOverflow(count, example),
      onClosed: (rows) => this.live.noteClosed(rows),
      noteRepair: (manager, changed, at) => repairs.note(manager, changed, at),
      onRepair: (changed, at) => repairs.written(changed, at),
    });
    this.flusher = new PointFlusher({
      buffer,
      write: async (batch, ticket) => {
        await this.registry.sync(false);
        await this.writer.write(batch, ticket);
      },
      written: (batch) => this.writer.written(batch),
      collect: () => this.recorder.pointsOfCounters(),
      hasMore: () => this.recorder.hasCounted,
      betweenBatches: (ended) => this.writer.rollUp(ended),
      intervalMs: options.flushIntervalMs,
      clock,
      timers,
      losses: this.losses,
      log: logger,
    });
    const lane = (atOnce: number): Lane => {
      const reader = new MetricsReader(sql, new Gate(atOnce, 100), timers, options.queryTimeoutMs);
      return { reader, finder: new SeriesFinder(reader, clock, () => series.made) };
    };
    this.queries = new MetricQueries({
      registry: this.registry,
      lane: lane(4),
      reservedLane: lane(2),
      cache: this.cache,
      marks: new TierMarks(query, clock, repairs.id, (heard) => repairs.heard(heard)),
      clock,
      rawRetentionMs: options.retentionHours.raw * HOUR_MS,
      position: (name) => this.position(name),
      flush: () => this.flusher.flush(FLUSH_BEFORE_READ_MS),
    });
    this.retention = new Retention(this.partitions, options.retentionHours, options.maxDiskMegabytes);
    this.maintenance = new Maintenance({
      registry: this.registry,
      partitions: this.partitions,
      seriesStore: series,
      deadWriters: new DeadWriters(sql, this.partitions),
      compactor: new Compactor(sql, this.partitions, (rows) => this.noteDamaged(rows)),
      tierRoller: new TierRoller(sql, this.partitions, (rows) => this.noteDamaged(rows)),
      retention: this.retention,
      keeper: new Keeper(sql),
      retentionMs: Math.max(...Object.values(options.retentionHours)) * HOUR_MS,
      clock,
      timers,
      warn,
    });
    this.registry.declare(options.metrics);
  }

  /** Tells the database of the declarations, and makes the partitions that are needed first. */
  async prepare(): Promise<void> {
    const { clock, timers } = this.parts;
    await this.registry.sync(true);
    await this.registry.reload();
    const ahead = Promise.all(STORED_KINDS.map((kind) => this.partitions[kind].ensureAhead(clock.now())));
    await withDeadline(ahead, DATABASE_DEADLINE_MS, timers, databaseSilent);
  }

  private noteOverflow(count: number, example: string): void {
    const { clock, logger, options } = this.parts;
    if (clock.monotonicMs() - this.overflowedAt > OVERFLOW_NOTICE_EVERY_MS) {
      logger.warn(
        `Metric "${example}" has more than ${options.maxSeriesPerMetric} series; points of further label sets go to its series "other".`,
      );
    }
    this.overflowedPoints += count;
    this.overflowedAt = clock.monotonicMs();
  }

  private noteDamaged(rows: number): void {
    this.damagedSketches += rows;
    this.parts.logger.warn(
      `The sketches of ${rows} roll-ups were damaged: they keep everything but their percentiles.`,
    );
  }

  private position(metricName: string): Position | null {
    try {
      return this.parts.publisher()?.position(metricTopic(metricName)) ?? null;
    } catch {
      return null;
    }
  }
}

/** The error for a database that says nothing. */
export function databaseSilent(): FleetdeckError {
  return new FleetdeckError(
    'DATABASE_UNAVAILABLE',
    `The database did not answer within ${DATABASE_DEADLINE_MS / 1000} s.`,
    { retryAfterSeconds: 2 },
  );
}
