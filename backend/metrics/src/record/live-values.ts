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
/** The most values that one look publishes: the minutes of all series end together, and nothing else must wait for them. */
const MAX_PER_LOOK = 500;

/**
 * Publishes the newest value, and with it the newest closed minute, of each series: at once when the last went out long enough ago, otherwise when it will
 * have, so that the value a topic rests on is always the last one recorded.
 */
export class LiveValues {
  private readonly pending = new Set<Series>();
  private cancelTimer: (() => void) | null = null;
  private failed = false;
  private closed = false;

  constructor(
    private readonly publisher: () => Publisher | null,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly warn: (line: string) => void,
  ) {}

  note(series: Series, value: number, at: number): void {
    if (at < series.liveAt) return;
    series.liveAt = at;
    series.liveValue = value;
    if (series.livePending || this.publisher() === null) return;
    const due = series.livePublishedAt + SPACING_MS - this.clock.monotonicMs();
    if (due <= 0) {
      this.publish(series);
      return;
    }
    this.hold(series, due);
  }

  /** Takes note of minutes that are over and rolled up: the next message of each series tells of it. */
  noteClosed(rows: readonly MinuteRow[]): void {
    if (this.closed || this.publisher() === null) return;
    const closedAt = isoTime(this.clock.now());
    for (const { series, at, totals } of rows) {
      const { points, sum, min, max, increase } = totals;
      const before = series.liveWindow;
      if (before !== null && Date.parse(before.start) > at) continue;
      series.liveWindow = { start: isoTime(at), closedAt, points, sum, min, max, increase };
      if (!series.livePending) this.hold(series, LOOK_EVERY_MS);
    }
  }

  /** Publishes what is held back and stops. */
  close(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    for (const series of this.pending) this.publish(series);
    this.pending.clear();
    this.closed = true;
  }

  private hold(series: Series, ms: number): void {
    series.livePending = true;
    this.pending.add(series);
    this.cancelTimer ??= this.timers.after(ms, () => this.publishDue());
  }

  private publishDue(): void {
    this.cancelTimer = null;
    const now = this.clock.monotonicMs();
    let next = Infinity;
    let left = MAX_PER_LOOK;
    for (const series of this.pending) {
      const due = series.livePublishedAt + SPACING_MS - now;
      if (due > 0) {
        next = Math.min(next, due);
        continue;
      }
      if (left === 0) {
        next = LOOK_EVERY_MS;
        break;
      }
      left -= 1;
      this.pending.delete(series);
      this.publish(series);
    }
    if (this.pending.size > 0) {
      this.cancelTimer = this.timers.after(Math.max(next, LOOK_EVERY_MS), () => this.publishDue());
    }
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
