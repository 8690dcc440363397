import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type {
  MetricDescriptor,
  MetricLabels,
  MetricPointInput,
  MetricQuery,
  MetricRecentAnswer,
  MetricResult,
  Position,
} from '@fleetdeck/dto';
import {
  CLOCK,
  emptyPortNotice,
  FleetdeckError,
  messageOf,
  PUBLISHER,
  systemClock,
  toFleetdeckError,
  type Clock,
  type MetricDeclaration,
  type MetricQuerier,
  type MetricSink,
  type Publisher,
} from '@fleetdeck/kernel';
import { DataSource } from 'typeorm';
import {
  METRICS_OPTIONS,
  resolveMetricsOptions,
  type MetricsOptions,
  type ResolvedMetricsOptions,
} from './metrics.options.ts';
import { Gate } from './query/gate.ts';
import { MetricQueries, type RecentQuery } from './query/metric-queries.ts';
import { MetricsReader } from './query/metrics-reader.ts';
import { QueryCache } from './query/query-cache.ts';
import { LiveValues, metricTopic } from './record/live-values.ts';
import { Losses, type LossReason } from './record/losses.ts';
import { PointBuffer } from './record/point-buffer.ts';
import { PointFlusher } from './record/point-flusher.ts';
import { NO_LABELS, PointIntake } from './record/point-intake.ts';
import { MetricRegistry } from './registry/metric-registry.ts';
import { Maintenance } from './store/maintenance.ts';
import { HOUR_MS, Partitions } from './store/partitions.ts';
import { PointWriter } from './store/point-writer.ts';
import { SeriesStore } from './store/series-store.ts';
import type { Sql } from './store/sql.ts';
import { METRICS_TIMERS, systemTimers, withDeadline, type Timers } from './timers.ts';

const OVERFLOW_NOTICE_EVERY_MS = 60_000;
const FLUSH_BEFORE_READ_MS = 1000;
/** After this a database that says nothing counts as away, in milliseconds. */
const DATABASE_DEADLINE_MS = 10_000;
const CLOSE_DEADLINE_MS = 5000;

/** How the aggregator is, for health and for people. */
export interface MetricsStats {
  /** Points that wait to be written. */
  bufferedPoints: number;
  /** How long points have been waiting without a write getting through; 0 when none wait. */
  flushLagMs: number;
  /** Points that were recorded and written since the start. */
  writtenPoints: number;
  /** Points that were not kept since the start, by reason. */
  droppedPoints: Partial<Record<LossReason, number>>;
  /** How long ago the last one was dropped; infinite when none was. */
  sinceDropMs: number;
  /** Points that went to an `other` series since the start, because their metric has too many. */
  overflowedPoints: number;
  /** How long ago the last one did; infinite when none did. */
  sinceOverflowMs: number;
}

/**
 * Records values and answers questions about them.
 *
 * @example
 * aggregator.declare([{ name: 'orders_total', kind: 'counter', labels: ['shop'] }]);
 * aggregator.record('orders_total', 17, { shop: 'berlin' });
 * const [perMinute] = await aggregator.getMetrics({
 *   metricName: 'orders_total', timeWindow: '5m', aggregation: 'ratePerMinute',
 * });
 */
@Injectable()
export class MetricsAggregator
  implements MetricSink, MetricQuerier, OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger('MetricsModule');
  private readonly options: ResolvedMetricsOptions;
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly registry: MetricRegistry;
  private readonly losses: Losses;
  private readonly buffer: PointBuffer;
  private readonly flusher: PointFlusher;
  private readonly live: LiveValues;
  private readonly partitions: Partitions;
  private readonly intake: PointIntake;
  private readonly writer: PointWriter;
  private readonly maintenance: Maintenance;
  private readonly writeGate = new Gate(4, 100);
  private readonly cache: QueryCache;
  private readonly queries: MetricQueries;
  private dataSource: Sql | null;
  private publisher: Publisher | null = null;
  private closed = false;
  private overflowedPoints = 0;
  private overflowedAt = -Infinity;

  constructor(
    @Inject(METRICS_OPTIONS) options: MetricsOptions,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Optional() @Inject(CLOCK) clock?: Clock,
    @Optional() @Inject(METRICS_TIMERS) timers?: Timers,
  ) {
    this.options = resolveMetricsOptions(options);
    this.dataSource = options.dataSource ?? null;
    this.clock = clock ?? systemClock;
    this.timers = timers ?? systemTimers;
    const sql = () => this.sql();
    const warn = (line: string) => this.logger.warn(line);
    const { maxSeriesPerMetric, maxBufferedPoints, maxUndeclaredMetrics, queryTimeoutMs } = this.options;
    const query: Sql['query'] = (statement, parameters) =>
      withDeadline(
        this.sql().query(statement, parameters),
        DATABASE_DEADLINE_MS,
        this.timers,
        databaseSilent,
      );
    this.registry = new MetricRegistry(query, this.clock, maxUndeclaredMetrics, (line) =>
      this.logger.error(line),
    );
    this.losses = new Losses(this.clock, warn);
    this.buffer = new PointBuffer(maxBufferedPoints);
    this.live = new LiveValues(() => this.publisher, this.clock, this.timers, warn);
    this.partitions = new Partitions(sql);
    this.intake = new PointIntake(this.registry, this.options);
    const seriesStore = new SeriesStore(sql, maxSeriesPerMetric);
    this.maintenance = new Maintenance({
      registry: this.registry,
      partitions: this.partitions,
      seriesStore,
      retentionMs: this.options.rawRetentionHours * HOUR_MS,
      clock: this.clock,
      timers: this.timers,
      warn,
    });
    this.writer = new PointWriter(sql, seriesStore, this.partitions, this.clock, (count, example) =>
      this.noteOverflow(count, example),
    );
    this.flusher = new PointFlusher({
      buffer: this.buffer,
      write: async (batch, ticket) => {
        await this.registry.sync(false);
        await this.writer.write(batch, ticket);
      },
      intervalMs: this.options.flushIntervalMs,
      clock: this.clock,
      timers: this.timers,
      losses: this.losses,
      log: this.logger,
    });
    this.cache = new QueryCache(this.clock);
    this.queries = new MetricQueries({
      registry: this.registry,
      reader: new MetricsReader(sql, new Gate(4, 100), this.timers, queryTimeoutMs),
      cache: this.cache,
      clock: this.clock,
      position: (name) => this.position(name),
      flush: () => this.flusher.flush(FLUSH_BEFORE_READ_MS),
    });
    this.registry.declare(this.options.metrics);
  }

  /**
   * Declares metrics. At start and with the next write the database hears of them, so that other replicas know them.
   * @throws FleetdeckError `INVALID_INPUT` when a declaration is not valid, `CONFLICT` when the metric was declared
   *   with another kind
   */
  declare(metrics: readonly MetricDeclaration[]): void {
    this.registry.declare(metrics);
  }

  /**
   * Records a value. Never throws and never waits: what cannot be kept is counted, logged and shown in health.
   * A counter takes its total, not its increase.
   */
  record(name: string, value: number, labels: MetricLabels = NO_LABELS, at?: number): void {
    const now = this.clock.now();
    const when = at ?? now;
    const metric = this.closed ? 'closed' : this.intake.judge(name, value, labels, when, now);
    if (typeof metric === 'string') {
      this.losses.add(metric, 1, `"${String(name).slice(0, 200)}"`);
      return;
    }
    const series = this.intake.seriesOf(metric, labels, now);
    if (!this.buffer.push(series, value, when)) this.losses.add('full', 1, `"${name}"`);
    this.flusher.noteRecorded();
    this.live.note(series, value, when);
  }

  /**
   * Writes points and waits until they are durable: all of them or none.
   * @returns how many were written
   * @throws FleetdeckError `INVALID_INPUT` naming each point that cannot be taken, `OVERLOADED`, `SHUTTING_DOWN`,
   *   `DATABASE_UNAVAILABLE`; after the last they may have been written all the same
   */
  async addPoints(points: readonly MetricPointInput[]): Promise<number> {
    if (this.closed)
      throw new FleetdeckError('SHUTTING_DOWN', 'The service is stopping; send the points again.');
    if (points.some((point) => !this.registry.get(point.name))) await this.registry.reload();
    const batch = this.intake.batchOf(points, this.clock.now());
    const work = this.writeGate.run(async () => {
      await this.registry.sync(false);
      await this.writer.writeNow(batch);
    });
    await withDeadline(work, DATABASE_DEADLINE_MS, this.timers, databaseSilent);
    this.cache.forget(new Set(points.map((point) => point.name)));
    batch.series.forEach((series, i) => {
      this.live.note(series, batch.values[i] as number, batch.at[i] as number);
    });
    return points.length;
  }

  /**
   * Answers a question from raw points; what is still buffered here is written first. Equal questions at the same
   * time are one read. Do not change the answer: it is shared for up to a second.
   * @throws FleetdeckError `INVALID_INPUT` naming the field, `UNKNOWN_METRIC` with the nearest names,
   *   `LIMIT_EXCEEDED`, `TIMED_OUT`, `OVERLOADED`
   */
  getMetrics(query: MetricQuery): Promise<MetricResult[]> {
    return this.queries.getMetrics(query);
  }

  /**
   * Recent values of some metrics, evenly spaced in UTC: means of gauges and distributions, increase per second of
   * counters. One read for all of them.
   * @throws FleetdeckError `INVALID_INPUT` naming the field, `LIMIT_EXCEEDED`, `TIMED_OUT`, `OVERLOADED`
   */
  recent(query: RecentQuery): Promise<MetricRecentAnswer> {
    return this.queries.recent(query);
  }

  /** All metrics that this process, other replicas or earlier runs declared, by name. */
  async names(): Promise<MetricDescriptor[]> {
    await this.registry.reload();
    return this.registry.list();
  }

  /** How it is. */
  stats(): MetricsStats {
    return {
      bufferedPoints: this.flusher.waiting,
      flushLagMs: this.flusher.lagMs,
      writtenPoints: this.flusher.written,
      droppedPoints: this.losses.totals,
      sinceDropMs: this.losses.sinceLastMs,
      overflowedPoints: this.overflowedPoints,
      sinceOverflowMs: this.clock.monotonicMs() - this.overflowedAt,
    };
  }

  /** Looked up here and not injected: the module behind a port may itself want the metric sink. */
  onModuleInit(): void {
    this.dataSource ??= this.lookUp<DataSource>(DataSource);
    if (!this.dataSource) {
      throw new FleetdeckError(
        'INTERNAL',
        'MetricsModule found no DataSource: import TypeOrmModule.forRoot, or give MetricsModule the option dataSource.',
      );
    }
    this.publisher = this.lookUp<Publisher>(PUBLISHER);
    if (!this.publisher)
      this.logger.log(emptyPortNotice(PUBLISHER, 'live values of metrics are not published'));
  }

  async onApplicationBootstrap(): Promise<void> {
    try {
      await this.registry.sync(true);
      await this.registry.reload();
      const ahead = this.partitions.ensureAhead(this.clock.now());
      await withDeadline(ahead, DATABASE_DEADLINE_MS, this.timers, databaseSilent);
    } catch (thrown) {
      if (toFleetdeckError(thrown).code !== 'DATABASE_UNAVAILABLE') throw thrown;
      this.logger.warn(
        `The database does not answer yet; points are kept until it does: ${messageOf(thrown)}`,
      );
    }
    this.flusher.start();
    this.maintenance.start();
  }

  /** Before the shutdown hooks, in one of which the DataSource closes. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    this.live.close();
    await this.flusher.stop(CLOSE_DEADLINE_MS);
    await this.maintenance.stop(CLOSE_DEADLINE_MS);
  }

  private noteOverflow(count: number, example: string): void {
    if (this.clock.monotonicMs() - this.overflowedAt > OVERFLOW_NOTICE_EVERY_MS) {
      this.logger.warn(
        `Metric "${example}" has more than ${this.options.maxSeriesPerMetric} series; points of further label sets go to its series "other".`,
      );
    }
    this.overflowedPoints += count;
    this.overflowedAt = this.clock.monotonicMs();
  }

  private position(metricName: string): Position | null {
    try {
      return this.publisher?.position(metricTopic(metricName)) ?? null;
    } catch {
      return null;
    }
  }

  private sql(): Sql {
    if (this.dataSource) return this.dataSource;
    throw new FleetdeckError('DATABASE_UNAVAILABLE', 'The metrics module is not started yet.');
  }

  private lookUp<T>(token: symbol | typeof DataSource): T | null {
    try {
      return this.moduleRef.get<T>(token, { strict: false });
    } catch {
      return null;
    }
  }
}

function databaseSilent(): FleetdeckError {
  return new FleetdeckError(
    'DATABASE_UNAVAILABLE',
    `The database did not answer within ${DATABASE_DEADLINE_MS / 1000} s.`,
    { retryAfterSeconds: 2 },
  );
}
