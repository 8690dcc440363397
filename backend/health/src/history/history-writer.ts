import { Logger } from '@nestjs/common';
import { messageOf, withDeadline, type Clock } from '@fleetdeck/kernel';
import type { HealthTimers } from '../health.timers.ts';
import { MAX_WRITE, type HistoryStore } from './history-store.ts';
import type { HealthRun, TransitionRecord } from './transition.ts';
import { tooSlow } from './too-slow.ts';

/** Transitions that wait for a database that is away; of more, the oldest are given up and counted. */
export const MAX_PENDING = 50_000;
/** How often a run says that it still watches. */
export const HEARTBEAT_MS = 15_000;
/** The longest wait for the database, in one go. */
const DEADLINE_MS = 10_000;
/** Writes that hang may not take up the connection pool. */
const MAX_OUTSTANDING = 2;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
const CLOSE_DEADLINE_MS = 3_000;
const FORGET_DEADLINE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What {@link HistoryWriter} takes. */
export interface HistoryWriterOptions {
  store: HistoryStore;
  run: HealthRun;
  retentionMs: number;
  clock: Clock;
  timers: HealthTimers;
}

/**
 * Writes transitions behind the checks' back. While the database is away it holds them, in order and bounded, and tries
 * again with full jitter; each carries its own number, so one that was written without an answer is not written twice.
 */
export class HistoryWriter {
  /** Transitions that were given up because too many waited. */
  lost = 0;

  private readonly logger = new Logger('FleetdeckHealth');
  private readonly waiting: TransitionRecord[] = [];
  private outstanding = 0;
  private writing = false;
  private failures = 0;
  private closed = false;
  private closing: Promise<void> | null = null;
  private cancelNext: (() => void) | null = null;
  private cancelBeat: (() => void) | null = null;
  private cancelForget: (() => void) | null = null;

  constructor(private readonly options: HistoryWriterOptions) {}

  /** Those that are not known to be stored yet, oldest first. */
  get pending(): readonly TransitionRecord[] {
    return this.waiting;
  }

  /** Whether the last write failed. */
  get failing(): boolean {
    return this.failures > 0;
  }

  /** Begins to say that the run watches, and to forget what is too old. */
  start(): void {
    this.beat();
    this.scheduleForget(this.options.timers.random() * HOUR_MS);
  }

  add(record: TransitionRecord): void {
    this.waiting.push(record);
    if (this.waiting.length > MAX_PENDING) {
      this.waiting.shift();
      this.lost += 1;
    }
    this.wake();
  }

  /** Writes what waits and ends the run. What cannot be written within three seconds is lost, and logged. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    this.closed = true;
    for (const cancel of [this.cancelNext, this.cancelBeat, this.cancelForget]) cancel?.();
    const { run, clock } = this.options;
    run.endedAt = run.seenAt = clock.now();
    try {
      await this.writeWithin(CLOSE_DEADLINE_MS);
    } catch (thrown) {
      const what =
        this.waiting.length === 0
          ? 'The end of this process is'
          : `${this.waiting.length} transitions of health are`;
      this.logger.error(`${what} not in the history: ${hint(thrown)}`);
    }
  }

  private beat(): void {
    this.wake();
    this.cancelBeat = this.options.timers.after(HEARTBEAT_MS, () => this.beat());
  }

  /** Writes soon, unless that is coming anyway: after a failure its time is the retry's. */
  private wake(): void {
    if (!this.writing && !this.cancelNext) this.schedule(0);
  }

  private schedule(ms: number): void {
    if (this.closed) return;
    this.cancelNext = this.options.timers.after(ms, () => {
      this.cancelNext = null;
      void this.write();
    });
  }

  private writeWithin(ms: number): Promise<void> {
    return withDeadline(this.writeAll(), ms, this.options.timers, tooSlow('Writing the health history', ms));
  }

  private async write(): Promise<void> {
    if (this.closed) return;
    if (this.outstanding >= MAX_OUTSTANDING) return this.retry();
    this.writing = true;
    try {
      await this.writeWithin(DEADLINE_MS);
      this.writing = false;
      if (this.failing && !this.closed)
        this.logger.log(`The health history is written again; ${this.lost} transitions were lost.`);
      this.failures = 0;
      if (this.waiting.length > 0) this.wake();
    } catch (thrown) {
      this.writing = false;
      // What it left is the closing write's, which says so itself.
      if (this.closed) return;
      if (!this.failing) {
        this.logger.warn(
          `The health history cannot be written, so it is held in memory until it can: ${hint(thrown)}`,
        );
      }
      this.failures += 1;
      this.retry();
    }
  }

  /** Waits a random time up to a doubling ceiling, so that replicas do not come back in step. */
  private retry(): void {
    const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.failures, 10));
    this.schedule(Math.max(1, this.options.timers.random() * ceiling));
  }

  private async writeAll(): Promise<void> {
    const { store, run, clock } = this.options;
    do {
      const batch = this.waiting.slice(0, MAX_WRITE);
      if (run.endedAt === null) run.seenAt = clock.now();
      this.outstanding += 1;
      try {
        await store.write({ ...run }, batch);
      } finally {
        this.outstanding -= 1;
      }
      // By number, since the oldest may have been given up meanwhile.
      const last = batch.at(-1)?.sequence ?? 0;
      const next = this.waiting.findIndex(({ sequence }) => sequence > last);
      this.waiting.splice(0, next === -1 ? this.waiting.length : next);
    } while (this.waiting.length > 0);
  }

  private scheduleForget(ms: number): void {
    this.cancelForget = this.options.timers.after(ms, () => {
      this.scheduleForget(HOUR_MS);
      const { store, clock, retentionMs, timers } = this.options;
      const forgetting = store.forgetBefore(clock.now() - retentionMs);
      const late = tooSlow('Forgetting old health history', FORGET_DEADLINE_MS);
      withDeadline(forgetting, FORGET_DEADLINE_MS, timers, late).catch((thrown: unknown) => {
        this.logger.warn(
          `Old health history could not be deleted; it is tried again in an hour: ${messageOf(thrown)}`,
        );
      });
    });
  }
}

/** PostgreSQL's code for a table that is not there. */
const UNDEFINED_TABLE = '42P01';

function hint(thrown: unknown): string {
  if ((thrown as { code?: unknown } | null)?.code === UNDEFINED_TABLE) {
    return 'its tables are not there; run migrateFleetdeck(dataSource, [healthMigrations]) before the application starts.';
  }
  return messageOf(thrown);
}
