import { messageOf, type Clock, type Lease } from '@fleetdeck/kernel';
import type { MetricRegistry } from '../registry/metric-registry.ts';
import type { Compactor } from '../rollup/compactor.ts';
import type { DeadWriters } from '../rollup/dead-writers.ts';
import type { TierRoller } from '../rollup/tier-roller.ts';
import type { Partitions } from '../store/partitions.ts';
import type { SeriesStore } from '../store/series-store.ts';
import { HOUR_MS, STORED_KINDS, type StoredKind } from '../store/tiers.ts';
import { withDeadline, type Timers } from '../timers.ts';
import type { Keeper } from './keeper.ts';
import type { Retention } from './retention.ts';

const EVERY_MS = 60_000;
/** After this a run that got no answer is given up. */
const DEADLINE_MS = 60_000;
/** Silence after which this process forgets a series, in milliseconds. */
const IDLE_MS = 2 * HOUR_MS;
const LEASE_NAME = 'fleetdeck.metrics';

/** What {@link Maintenance} works with. */
export interface MaintenanceParts {
  registry: MetricRegistry;
  partitions: Record<StoredKind, Partitions>;
  seriesStore: SeriesStore;
  deadWriters: DeadWriters;
  compactor: Compactor;
  tierRoller: TierRoller;
  retention: Retention;
  keeper: Keeper;
  /** The longest that anything is kept, in milliseconds. */
  retentionMs: number;
  clock: Clock;
  timers: Timers;
  warn(line: string): void;
}

/**
 * Once a minute: makes partitions ahead of time, and in one elected process also rolls up what dead writers left,
 * makes one row of several, sums up hours and days, and drops what is past its time.
 */
export class Maintenance {
  private cancelTimer: (() => void) | null = null;
  private running: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();
  private leased: Promise<void> = Promise.resolve();
  private lease: Lease | null = null;
  private holdsLease = false;

  constructor(private readonly parts: MaintenanceParts) {}

  /** @param lease elects the one process; an entry in a table of the module's own does when there is none */
  start(lease: Lease | null): void {
    this.lease = lease;
    this.leased = lease
      ? lease.hold(LEASE_NAME, (signal) => this.keep(signal), this.stopping.signal)
      : this.leased;
    this.leased.catch((thrown: unknown) =>
      this.parts.warn(`The lease of the metric tables failed: ${messageOf(thrown)}`),
    );
    this.arm(0);
  }

  /** Does what is due now. */
  async run(): Promise<void> {
    const { registry, partitions, clock, keeper } = this.parts;
    const now = clock.now();
    registry.forgetIdle(now - IDLE_MS);
    for (const kind of STORED_KINDS) await partitions[kind].ensureAhead(now);
    if (this.lease ? this.holdsLease : await keeper.isChosen(now)) await this.lookAfter(now);
  }

  async stop(deadlineMs: number): Promise<void> {
    this.stopping.abort();
    this.cancelTimer?.();
    this.cancelTimer = null;
    const { timers, keeper } = this.parts;
    const ended = Promise.all([this.running, this.leased]).then(async () => {
      if (this.lease === null) await keeper.resign();
    });
    await withDeadline(ended, deadlineMs, timers, () => new Error('late')).catch(() => {
      this.parts.warn('The maintenance of the metric tables did not end in time.');
    });
  }

  private async lookAfter(now: number): Promise<void> {
    const { deadWriters, compactor, tierRoller, retention, seriesStore, retentionMs } = this.parts;
    await deadWriters.recover(now);
    await compactor.run(now);
    await tierRoller.run(now);
    await retention.run(now);
    await seriesStore.forgetUnused(now, retentionMs);
  }

  private async keep(signal: AbortSignal): Promise<void> {
    this.holdsLease = true;
    try {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      this.holdsLease = false;
    }
  }

  private arm(ms: number): void {
    if (this.stopping.signal.aborted) return;
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
