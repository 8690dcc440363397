import { messageOf, type Clock, type Lease } from '@fleetdeck/kernel';
import { Abandoned } from '../record/abandoned.ts';
import type { MetricRegistry } from '../registry/metric-registry.ts';
import type { Compactor } from '../rollup/compactor.ts';
import type { DeadWriters } from '../rollup/dead-writers.ts';
import type { TierRoller } from '../rollup/tier-roller.ts';
import type { Partitions } from '../store/partitions.ts';
import type { SeriesStore } from '../store/series-store.ts';
import { STORED_KINDS, TABLES, type StoredKind } from '../store/tiers.ts';
import { withDeadline, type Timers } from '../timers.ts';
import type { Keeper } from './keeper.ts';
import type { Retention } from './retention.ts';

const EVERY_MS = 60_000;
/** After this a step that got no answer is given up, and the next one begins. */
const STEP_DEADLINE_MS = 60_000;
/**
 * How long a step that was given up is not begun anew, in milliseconds: an answer that has not come by then may never
 * come. Each may hold a connection of the pool, and locks, so there are at most two of a step.
 */
const HELD_BACK_MS = 600_000;
const MAX_UNANSWERED = 2;
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

/** A step that has not succeeded for some time. */
export interface FailingStep {
  /** As "summing up hours and days". */
  step: string;
  /** How long it has been failing, in milliseconds. */
  forMs: number;
  /** Runs of it that were given up and have not ended, at most 2: then it is not begun anew. */
  unanswered: number;
}

/**
 * Once a minute: makes partitions ahead of time, and in one elected process also rolls up what dead writers left,
 * makes one row of several, sums up hours and days, and drops what is past its time. A step that fails, or gets no
 * answer, holds up none of the others; one without an answer is begun anew after ten minutes.
 */
export class Maintenance {
  private cancelTimer: (() => void) | null = null;
  private running: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();
  private leased: Promise<void> = Promise.resolve();
  private lease: Lease | null = null;
  private holdsLease = false;
  /** Since when each step that does not succeed has been failing, by the monotonic clock. */
  private readonly failingSince = new Map<string, number>();
  /** Runs of each step that were given up. */
  private readonly abandoned = new Map<string, Abandoned>();

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

  /** The step that has been failing for the longest; `null` when all succeeded when they were last tried. */
  get failing(): FailingStep | null {
    let longest: FailingStep | null = null;
    const now = this.parts.clock.monotonicMs();
    for (const [step, since] of this.failingSince) {
      if (longest !== null && now - since <= longest.forMs) continue;
      longest = { step, forMs: now - since, unanswered: this.abandonedOf(step).all };
    }
    return longest;
  }

  /** Does what is due now. Never rejects: what fails is logged, and tried again the next time. */
  async run(): Promise<void> {
    const { registry, partitions, clock, keeper } = this.parts;
    const now = clock.now();
    registry.forgetIdle(now);
    for (const kind of STORED_KINDS) {
      await this.step(`making partitions of ${TABLES[kind].table}`, () => partitions[kind].ensureAhead(now));
    }
    await this.step('telling which metrics are in use', () => registry.keep(now));
    let chosen = this.holdsLease;
    if (this.lease === null) {
      await this.step('choosing the process that does it', async () => {
        chosen = await keeper.isChosen(now);
      });
    }
    for (const [name, work] of this.stepsOfChosen(now)) {
      if (chosen) await this.step(name, work);
      // It is the concern of the process that was chosen.
      else this.failingSince.delete(name);
    }
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

  private stepsOfChosen(now: number): [name: string, work: () => Promise<unknown>][] {
    const { deadWriters, compactor, tierRoller, retention, seriesStore, retentionMs } = this.parts;
    return [
      ['rolling up what dead writers left', () => deadWriters.recover(now)],
      ['making one row of several', () => compactor.run(now)],
      ['summing up hours and days', () => tierRoller.run(now)],
      ['dropping what is past its time', () => retention.dropOld(now)],
      ['keeping within maxDiskMegabytes', () => retention.keepWithinDisk(now)],
      ['forgetting unused series', () => seriesStore.forgetUnused(now, retentionMs)],
    ];
  }

  private async step(name: string, work: () => Promise<unknown>): Promise<void> {
    const { clock, timers } = this.parts;
    const abandoned = this.abandonedOf(name);
    if (abandoned.isFull) {
      // The log has said so. Another process may have been chosen in between.
      if (!this.failingSince.has(name)) this.failingSince.set(name, clock.monotonicMs());
      return;
    }
    const since = clock.monotonicMs();
    // An answer that comes late counts too.
    const done = work().then(() => void this.failingSince.delete(name));
    try {
      await withDeadline(done, STEP_DEADLINE_MS, timers, () => {
        abandoned.add(done);
        return new Error('no answer in time');
      });
    } catch (thrown) {
      if (!this.failingSince.has(name)) this.failingSince.set(name, since);
      this.parts.warn(
        `Maintenance of the metric tables failed at ${name}; ${nextTry(abandoned)}: ${messageOf(thrown)}`,
      );
    }
  }

  private abandonedOf(name: string): Abandoned {
    let abandoned = this.abandoned.get(name);
    if (!abandoned) {
      abandoned = new Abandoned(this.parts.clock, {
        heldBackMs: HELD_BACK_MS,
        mostRecent: 1,
        most: MAX_UNANSWERED,
      });
      this.abandoned.set(name, abandoned);
    }
    return abandoned;
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
      this.running = this.run().then(() => this.arm(EVERY_MS));
    });
  }
}

/** When a step that failed is tried again, in words. */
function nextTry(abandoned: Abandoned): string {
  if (!abandoned.isFull) return 'the next try is in a minute';
  if (abandoned.all < MAX_UNANSWERED) return 'the next try is when it ends, or in 10 minutes';
  return 'the next try is when one of two that got no answer ends. Give the DataSource keepAlive and query_timeout';
}
