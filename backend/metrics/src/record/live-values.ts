import { randomUUID } from 'node:crypto';
import type { MetricLive } from '@fleetdeck/dto';
import { isoTime, type Clock, type Publisher } from '@fleetdeck/kernel';
import type { Series } from '../registry/series.ts';
import type { MinuteRow } from '../rollup/open-windows.ts';
import type { Timers } from '../timers.ts';

/** Shortest time between two values of a series on its topic, in milliseconds. */
const SPACING_MS = 250;

/** Topic on which the values of a metric are published. */
export function metricTopic(metricName: string): string {
  return `metrics.${metricName}`;
}

/** Least time between two looks at what is held back, in milliseconds: with many series some value is always due. */
const LOOK_EVERY_MS = 20;
/** How long one look publishes: the minutes of all series end together, and nothing else must wait for them. */
const LOOK_MS = 8;
/** The most values that are published as they are recorded, from one look to the next: whoever records many must not wait. */
const MAX_AT_ONCE = 100;

/**
 * How old a value may be when it comes to count as what its series is now, in milliseconds: as far back as Prometheus
 * looks for a present value. What is sent later than that fills in the past and is only stored.
 */
const MAX_LATE_MS = 300_000;

/**
 * Publishes the newest value, and with it the newest closed minute, of each series: at once when the last went out long
 * enough ago, otherwise when it will have, so that the value a topic rests on is always the last one recorded.
 */
export class LiveValues {
  /** Tells what this process counts itself from what others do in the same series. */
  private readonly node = randomUUID().slice(0, 8);
  private readonly pending = new Set<Series>();
  private cancelTimer: (() => void) | null = null;
  /** When the next look is, by the monotonic clock. */
  private looksAt = Infinity;
  private burstSince = -Infinity;
  private burst = 0;
  private failed = false;
  private closed = false;

  constructor(
    private readonly publisher: () => Publisher | null,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly warn: (line: string) => void,
  ) {}

  /** Takes note of a value. @param at when it was measured, and `now`: in milliseconds since the epoch */
  note(series: Series, value: number, at: number, now = this.clock.now()): void {
    if (at < now - MAX_LATE_MS) return;
    // A value from before the clock was set back is no newer than this one.
    if (at < series.liveAt && series.liveAt <= now) return;
    // A time ahead of this clock counts as now, or it would hide all that is recorded until then.
    series.liveAt = Math.min(at, now);
    series.liveValue = value;
    if (series.livePending || this.publisher() === null) return;
    const monotonic = this.clock.monotonicMs();
    const due = series.livePublishedAt + SPACING_MS - monotonic;
    if (due > 0) this.hold(series, due);
    else if (this.mayAtOnce(monotonic)) this.publish(series);
    else this.hold(series, LOOK_EVERY_MS);
  }

  /** Takes note of minutes that are over and rolled up: the next message of each series tells of it. */
  noteClosed(rows: readonly MinuteRow[]): void {
    if (this.closed || this.publisher() === null) return;
    const closedAt = isoTime(this.clock.now());
    let minute = Number.NaN;
    let start = '';
    for (const { series, at, totals } of rows) {
      if (at !== minute) {
        minute = at;
        start = isoTime(at);
      }
      const { points, sum, min, max, increase, restarts } = totals;
      // Counted here it is positive, and adds up with what others counted.
      const increaseMs = totals.increaseMs === null ? null : Math.max(0, -totals.increaseMs);
      const before = series.liveWindow;
      // Times of one form, so that their order is that of their texts.
      if (before !== null && before.start > start) continue;
      const lowerBound = increase !== null && restarts !== null;
      series.liveWindow = {
        ...{ start, closedAt, points, sum, min, max, increase, increaseMs },
        ...(lowerBound ? { lowerBound } : {}),
      };
      if (!series.livePending && series.liveAt > -Infinity) this.hold(series, LOOK_EVERY_MS);
    }
  }

  /** Publishes what is held back and stops. */
  close(): void {
    this.cancelTimer?.();
    for (const series of this.pending) this.publish(series);
    this.pending.clear();
    this.closed = true;
  }

  private mayAtOnce(now: number): boolean {
    if (now - this.burstSince >= LOOK_EVERY_MS) {
      this.burstSince = now;
      this.burst = 0;
    }
    this.burst += 1;
    return this.burst <= MAX_AT_ONCE;
  }

  private hold(series: Series, ms: number): void {
    series.livePending = true;
    this.pending.add(series);
    this.lookIn(ms);
  }

  /** Looks after so many milliseconds, unless it will sooner. */
  private lookIn(ms: number): void {
    const at = this.clock.monotonicMs() + ms;
    if (at >= this.looksAt) return;
    this.cancelTimer?.();
    this.looksAt = at;
    this.cancelTimer = this.timers.after(ms, () => this.publishDue());
  }

  private publishDue(): void {
    this.looksAt = Infinity;
    const now = this.clock.monotonicMs();
    let next = Infinity;
    for (const series of this.pending) {
      const due = series.livePublishedAt + SPACING_MS - now;
      if (due > 0) {
        next = Math.min(next, due);
        continue;
      }
      if (this.clock.monotonicMs() - now >= LOOK_MS) {
        next = 0;
        break;
      }
      this.pending.delete(series);
      this.publish(series);
    }
    if (this.pending.size > 0) this.lookIn(Math.max(next, LOOK_EVERY_MS));
  }

  private publish(series: Series): void {
    series.livePending = false;
    const publisher = this.publisher();
    if (!publisher) return;
    series.livePublishedAt = this.clock.monotonicMs();
    const metricName = series.metric.descriptor.name;
    const live: MetricLive = {
      metricName,
      labels: series.labels,
      value: series.liveValue,
      at: isoTime(series.liveAt),
      ...(series.liveWindow === null ? {} : { window: series.liveWindow }),
      ...(series.ownPointAt === -Infinity ? {} : { node: this.node }),
    };
    try {
      publisher.publish(metricTopic(metricName), live);
    } catch (thrown) {
      if (this.failed) return;
      this.failed = true;
      this.warn(
        `Live values cannot be published: ${(thrown as { message?: string } | null)?.message ?? 'unknown error'} Give topics "metrics.*" a policy.`,
      );
    }
  }
}
