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
  MetricPointsAccepted,
  MetricQuery,
  MetricRecentAnswer,
  MetricResult,
} from '@fleetdeck/dto';
import {
  CLOCK,
  type Clock,
  emptyPortNotice,
  FleetdeckError,
  LEASE,
  type Lease,
  messageOf,
  type MetricDeclaration,
  type MetricQuerier,
  type MetricQueryLimits,
  type MetricSink,
  PUBLISHER,
  type Publisher,
  systemClock,
  toFleetdeckError,
} from '@fleetdeck/kernel';
import { DataSource } from 'typeorm';
import { exposition, type ExpositionFormat } from './expose/exposition.ts';
import { databaseSilent, DATABASE_DEADLINE_MS, MetricsEngine } from './metrics-engine.ts';
import { METRICS_OPTIONS, resolveMetricsOptions, type MetricsOptions } from './metrics.options.ts';
import { Gate } from './query/gate.ts';
import type { RecentQuery } from './query/metric-queries.ts';
import type { LossReason } from './record/losses.ts';
import { NO_LABELS } from './record/point-intake.ts';
import type { MetricHandle } from './record/recorder.ts';
import type { FailingStep } from './retention/maintenance.ts';
import type { Sql } from './store/sql.ts';
import { METRICS_TIMERS, systemTimers, type Timers } from './timers.ts';

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
  /** What points and roll-ups took on disk when the elected process last looked; 0 in the others. */
  diskBytes: number;
  /** Whether the oldest had to go before its time then, to keep within `maxDiskMegabytes`. */
  diskCutShort: boolean;
  /** The step of maintenance that has been failing for the longest in this process; `null` when none fails. */
  maintenanceFailing: FailingStep | null;
  /** Roll-ups that lost their percentiles since the start, because a stored sketch was damaged. */
  damagedSketches: number;
}

/**
 * Records values and answers questions about them.
 *
 * @example
 * aggregator.declare([{ name: 'orders_total', kind: 'counter', labels: ['shop'] }]);
 * aggregator.increment('orders_total', 1, { shop: 'berlin' });
 * const [perMinute] = await aggregator.getMetrics({
 *   metricName: 'orders_total', timeWindow: '5m', aggregation: 'ratePerMinute',
 * });
 */
@Injectable()
export class MetricsAggregator
  implements MetricSink, MetricQuerier, OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger('MetricsModule');
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly engine: MetricsEngine;
  private readonly writeGate = new Gate(4, 100);
  private dataSource: Sql | null;
  private publisher: Publisher | null = null;
  private closed = false;

  constructor(
    @Inject(METRICS_OPTIONS) options: MetricsOptions,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Optional() @Inject(CLOCK) clock?: Clock,
    @Optional() @Inject(METRICS_TIMERS) timers?: Timers,
  ) {
    this.dataSource = options.dataSource ?? null;
    this.clock = clock ?? systemClock;
    this.timers = timers ?? systemTimers;
    this.engine = new MetricsEngine({
      options: resolveMetricsOptions(options),
      store: options.cacheStore ?? null,
      clock: this.clock,
      timers: this.timers,
      logger: this.logger,
      sql: () => this.sql(),
      publisher: () => this.publisher,
    });
  }

  /**
   * Declares metrics. At start and with the next write the database hears of them, so that other replicas know them.
   * @throws FleetdeckError `INVALID_INPUT` when a declaration is not valid, `CONFLICT` when the metric was declared
   *   with another kind
   */
  declare(metrics: readonly MetricDeclaration[]): void {
    this.engine.registry.declare(metrics);
  }

  /**
   * Records a value. Never throws and never waits: what cannot be kept is counted, logged and shown in health.
   * Of a counter it takes the total, as {@link recordTotal} does.
   */
  record(name: string, value: number, labels: MetricLabels = NO_LABELS, at?: number): void {
    this.engine.recorder.record(name, value, labels, at);
  }

  /**
   * Records the total of a counter that somebody else keeps. A total below the one before is a reset. What it rose by
   * is told by the totals that this process saw, so send those of one series to one process, or label them apart.
   */
  recordTotal(name: string, total: number, labels: MetricLabels = NO_LABELS, at?: number): void {
    this.engine.recorder.record(name, total, labels, at);
  }

  /**
   * Counts something of our own, by 0 or more. However often it is called, each series is one point a write; every
   * increment is in the rates, from the first one on and over restarts.
   */
  increment(name: string, by = 1, labels: MetricLabels = NO_LABELS): void {
    this.engine.recorder.increment(name, by, labels);
  }

  /**
   * Looks a series up once, for what is measured very often.
   *
   * @example
   * const took = aggregator.bind('request_duration_ms', { route: '/orders' });
   * took.record(12.5);
   */
  bind(name: string, labels: MetricLabels = NO_LABELS): MetricHandle {
    return this.engine.recorder.bind(name, labels);
  }

  /**
   * Writes points and waits until they are durable. Those that cannot be taken are told and the others kept.
   * @param places where each stands in what was sent, for the answer; their own order when left out
   * @throws FleetdeckError `INVALID_INPUT` naming what is wrong when no point can be taken, `OVERLOADED`,
   *   `SHUTTING_DOWN`, `DATABASE_UNAVAILABLE`; after the last they may have been written all the same
   */
  async addPoints(
    points: readonly MetricPointInput[],
    places?: readonly number[],
  ): Promise<MetricPointsAccepted> {
    const { registry, intake, writer, cache, live } = this.engine;
    if (this.closed)
      throw new FleetdeckError('SHUTTING_DOWN', 'The service is stopping; send the points again.');
    if (points.some((point) => !registry.get(point.name))) await registry.reload();
    const { batch, rejected, rejectedCount } = intake.batchOf(points, this.clock.now(), places);
    const write = async (): Promise<void> => {
      await registry.sync(false);
      await writer.writeNow(batch);
    };
    await this.writeGate.run(write, {
      ms: DATABASE_DEADLINE_MS,
      timers: this.timers,
      late: (begun) => (begun ? databaseSilent() : notWritten()),
    });
    const names = new Set(batch.series.map((series) => series.metric.descriptor.name));
    await cache.forget(names, Math.min(...batch.at), Math.max(...batch.at));
    batch.series.forEach((series, i) => {
      series.seenCount += 1;
      series.seenSum += batch.values[i] as number;
      live.note(series, batch.values[i] as number, batch.at[i] as number);
    });
    return { accepted: batch.at.length, rejected, rejectedCount };
  }

  /**
   * Answers a question from roll-ups and single points; what is still buffered here is written first. Equal questions
   * at the same time are one read. Do not change the answer: others get it too.
   * @throws FleetdeckError `INVALID_INPUT` naming the field, `UNKNOWN_METRIC` with the nearest names,
   *   `LIMIT_EXCEEDED`, `TIMED_OUT`, `OVERLOADED`
   */
  getMetrics(query: MetricQuery, limits?: MetricQueryLimits): Promise<MetricResult[]> {
    return this.engine.queries.getMetrics(query, limits);
  }

  /**
   * Recent values of some metrics, evenly spaced in UTC: means of gauges and distributions, increase per second of
   * counters. One read for all of them. While the database is away the newest values that this process has in memory,
   * with the `problem`.
   * @throws FleetdeckError `INVALID_INPUT` naming the field, `LIMIT_EXCEEDED`, `TIMED_OUT`, `OVERLOADED`,
   *   `DATABASE_UNAVAILABLE` when there is nothing in memory either
   */
  recent(query: RecentQuery): Promise<MetricRecentAnswer> {
    return this.engine.queries.recent(query);
  }

  /** All metrics that this process, other replicas or earlier runs declared, by name. */
  async names(): Promise<MetricDescriptor[]> {
    await this.engine.registry.reload();
    return this.engine.registry.list();
  }

  /** What this process recorded since its start, as text for a scraper, in lots. */
  exposition(format: ExpositionFormat = 'prometheus'): AsyncGenerator<string, void, undefined> {
    return exposition(this.engine.registry.all(), format);
  }

  /** How it is. */
  stats(): MetricsStats {
    const { flusher, losses, overflowedPoints, overflowedAt, retention, maintenance, damagedSketches } =
      this.engine;
    return {
      bufferedPoints: flusher.waiting,
      flushLagMs: flusher.lagMs,
      writtenPoints: flusher.written,
      droppedPoints: losses.totals,
      sinceDropMs: losses.sinceLastMs,
      overflowedPoints,
      sinceOverflowMs: this.clock.monotonicMs() - overflowedAt,
      diskBytes: retention.diskUse.bytes,
      diskCutShort: retention.diskUse.cutShort,
      maintenanceFailing: maintenance.failing,
      damagedSketches,
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
      await this.engine.prepare();
    } catch (thrown) {
      if (toFleetdeckError(thrown).code !== 'DATABASE_UNAVAILABLE') throw thrown;
      this.logger.warn(
        `The database does not answer yet; points are kept until it does: ${messageOf(thrown)}`,
      );
    }
    this.engine.flusher.start();
    this.engine.maintenance.start(this.lookUp<Lease>(LEASE));
  }

  /** Before the shutdown hooks, in one of which the DataSource closes. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    this.engine.recorder.close();
    this.engine.live.close();
    await this.engine.flusher.stop(CLOSE_DEADLINE_MS);
    await this.engine.maintenance.stop(CLOSE_DEADLINE_MS);
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

function notWritten(): FleetdeckError {
  const sentence = 'The points waited too long for those before them and were not written; send them again.';
  return new FleetdeckError('OVERLOADED', sentence, { retryAfterSeconds: 5 });
}
