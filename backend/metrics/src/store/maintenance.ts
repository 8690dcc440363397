import { messageOf, type Clock } from '@fleetdeck/kernel';
import type { MetricRegistry } from '../registry/metric-registry.ts';
import { withDeadline, type Timers } from '../timers.ts';
import { HOUR_MS, type Partitions } from './partitions.ts';
import type { SeriesStore } from './series-store.ts';

const EVERY_MS = 60_000;
/** After this a run that got no answer is given up. */
const DEADLINE_MS = 60_000;
/** Silence after which this process forgets a series, in milliseconds. */
const IDLE_MS = 2 * HOUR_MS;

/** What {@link Maintenance} works with. */
export interface MaintenanceParts {
  registry: MetricRegistry;
  partitions: Partitions;
  seriesStore: SeriesStore;
  retentionMs: number;
  clock: Clock;
  timers: Timers;
  warn(line: string): void;
}

/** Makes partitions ahead of time and drops what is past its time, once a minute. Every replica may do it. */
export class Maintenance {
  private cancelTimer: (() => void) | null = null;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly parts: MaintenanceParts) {}

  start(): void {
    this.arm(0);
  }

  /** Does what is due now. */
  async run(): Promise<void> {
    const { registry, partitions, seriesStore, retentionMs, clock } = this.parts;
    const now = clock.now();
    registry.forgetIdle(now - IDLE_MS);
    await partitions.ensureAhead(now);
    await partitions.dropBefore(now - retentionMs);
    await seriesStore.forgetUnused(now, retentionMs);
  }

  async stop(deadlineMs: number): Promise<void> {
    this.stopped = true;
    this.cancelTimer?.();
    this.cancelTimer = null;
    await withDeadline(this.running, deadlineMs, this.parts.timers, () => new Error('late')).catch(() => {
      this.parts.warn('The maintenance of the metric tables did not end in time.');
    });
  }

  private arm(ms: number): void {
    if (this.stopped) return;
    this.cancelTimer = this.parts.timers.after(ms, () => {
      this.running = withDeadline(
        this.run(),
        DEADLINE_MS,
        this.parts.timers,
        () => new Error('no answer in time'),
      )
        .catch((thrown: unknown) => {
          this.parts.warn(
            `The metric tables could not be maintained; the next try is in a minute: ${messageOf(thrown)}`,
          );
        })
        .then(() => this.arm(EVERY_MS));
    });
  }
}
