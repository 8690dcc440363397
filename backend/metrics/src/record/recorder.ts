import type { MetricLabels } from '@fleetdeck/dto';
import type { Clock } from '@fleetdeck/kernel';
import type { MetricRegistry } from '../registry/metric-registry.ts';
import type { MetricEntry, Series } from '../registry/series.ts';
import type { LiveValues } from './live-values.ts';
import type { Losses, LossReason } from './losses.ts';
import type { PointBuffer } from './point-buffer.ts';
import type { PointIntake } from './point-intake.ts';

/** How often an own counter that stands still says so, in milliseconds, when it declares no interval. */
const COUNTER_EVERY_MS = 60_000;

/** One series, looked up once, for what is measured very often. */
export interface MetricHandle {
  /** Like `record` with the name and the labels that the handle was bound to. */
  record(value: number, at?: number): void;
  /** Like `increment` with them. */
  increment(by?: number): void;
}

/** What a {@link Recorder} works with. */
export interface RecorderParts {
  registry: MetricRegistry;
  intake: PointIntake;
  buffer: PointBuffer;
  losses: Losses;
  live: LiveValues;
  clock: Clock;
  /** Must hear of each point. */
  onPoint(): void;
}

/** Takes values, without ever throwing or waiting. */
export class Recorder {
  private readonly counting = new Set<Series>();
  private closed = false;

  constructor(private readonly parts: RecorderParts) {}

  record(name: string, value: number, labels: MetricLabels, at: number | undefined): void {
    const now = this.parts.clock.now();
    const series = this.seriesOf(name, value, labels, at, now);
    if (series) this.take(series, value, at ?? now);
  }

  increment(name: string, by: number, labels: MetricLabels): void {
    const now = this.parts.clock.now();
    const series = this.seriesOf(name, by, labels, undefined, now);
    if (series) this.count(series, by);
  }

  bind(name: string, labels: MetricLabels): MetricHandle {
    const { clock, intake } = this.parts;
    const own = { ...labels };
    let bound: Series | null = null;
    const find = (value: number, at: number | undefined): Series | null => {
      const now = clock.now();
      if (bound && !this.closed) {
        const refused = intake.judgeValue(value, at ?? now, now);
        if (refused === null) {
          bound.recordedAt = now;
          return bound;
        }
        this.lose(refused, name);
        return null;
      }
      bound = this.seriesOf(name, value, own, at, now);
      if (bound) bound.pinned = true;
      return bound;
    };
    return {
      record: (value, at) => {
        // The way of nearly every value: there is nothing to look up and nothing to compare the time with.
        if (bound !== null && at === undefined && Number.isFinite(value) && !this.closed) {
          bound.recordedAt = clock.now();
          this.take(bound, value, bound.recordedAt);
          return;
        }
        const series = find(value, at);
        if (series) this.take(series, value, at ?? series.recordedAt);
      },
      increment: (by = 1) => {
        const series = find(by, undefined);
        if (series) this.count(series, by);
      },
    };
  }

  /** Makes a point of each own counter that rose, or that has been silent for long. Before each write. */
  pointsOfCounters(): void {
    const now = this.parts.clock.now();
    for (const series of this.counting) {
      const everyMs = series.metric.descriptor.expectedEveryMs ?? COUNTER_EVERY_MS;
      if (series.ownIncrease === 0 && now - series.ownPointAt < everyMs) continue;
      const increase = series.ownIncrease;
      series.ownIncrease = 0;
      series.ownPointAt = now;
      series.recordedAt = now;
      this.take(series, series.ownTotal, now, increase);
    }
  }

  /** Whether an own counter has something that is not a point yet. */
  get hasCounted(): boolean {
    for (const series of this.counting) if (series.ownIncrease !== 0) return true;
    return false;
  }

  /** From now on everything is refused. */
  close(): void {
    this.pointsOfCounters();
    this.closed = true;
  }

  private count(series: Series, by: number): void {
    if (by < 0 || series.metric.descriptor.kind !== 'counter') {
      this.lose('notCounted', series.metric.descriptor.name);
      return;
    }
    series.ownTotal += by;
    series.ownIncrease += by;
    if (!this.counting.has(series)) {
      series.pinned = true;
      series.seenCount += 1;
      this.counting.add(series);
    }
    this.parts.onPoint();
  }

  private take(series: Series, value: number, at: number, increase?: number): void {
    const { buffer, losses, live } = this.parts;
    if (!buffer.push(series, value, at, increase))
      losses.add('full', 1, `"${series.metric.descriptor.name}"`);
    this.parts.onPoint();
    series.seenCount += 1;
    series.seenSum += value;
    // The clock is asked once for a value: this is the way of nearly all of them.
    live.note(series, value, at, series.recordedAt);
  }

  private seriesOf(
    name: string,
    value: number,
    labels: MetricLabels,
    at: number | undefined,
    now: number,
  ): Series | null {
    const { intake, registry } = this.parts;
    if (this.closed) return this.lose('closed', name);
    const refused = intake.judgeValue(value, at ?? now, now);
    if (refused !== null) return this.lose(refused, name);
    // Label sets that were seen before need no check: this is the way of nearly every point.
    const known = registry.get(name)?.known(labels);
    if (known) {
      known.recordedAt = now;
      return known;
    }
    const metric: MetricEntry | LossReason = intake.judge(name, value, labels, at ?? now, now);
    return typeof metric === 'string' ? this.lose(metric, name) : intake.seriesOf(metric, labels, now);
  }

  private lose(reason: LossReason, name: string): null {
    this.parts.losses.add(reason, 1, `"${String(name).slice(0, 200)}"`);
    return null;
  }
}
