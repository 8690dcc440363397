import { messageOf, type Clock } from '@fleetdeck/kernel';
import { codeOf, NO_PARTITION } from '../store/sql.ts';
import { withDeadline, type Timers } from '../timers.ts';
import { Abandoned } from './abandoned.ts';
import type { Losses } from './losses.ts';
import type { PointBatch, PointBuffer } from './point-buffer.ts';

/** The most points of one statement. */
const MAX_BATCH = 5000;
/** After this a write counts as failed, in milliseconds. */
const ATTEMPT_DEADLINE_MS = 10_000;
/** The longest pause between two attempts, in milliseconds. */
const MAX_PAUSE_MS = 15_000;
/** How often a batch that the database refuses for its content is tried. */
const MAX_REFUSALS = 3;
/** Writes past their deadline that hold back the next one. */
const MAX_ABANDONED = 2;
/** How long they do, in milliseconds: an answer that has not come by then may never come. */
const HELD_BACK_MS = 120_000;
/** Writes without an answer at most, however old: each may hold a connection of the pool. */
const MAX_UNANSWERED = 6;
const STOP_PAUSE_MS = 200;

/** What a {@link PointFlusher} works with. */
export interface PointFlusherParts {
  buffer: PointBuffer;
  /** Writes a batch. A second write of the same ticket does nothing when the first one got through after all. */
  write(batch: PointBatch, ticket: number): Promise<void>;
  /** Told of each batch that was written, once. */
  written?(batch: PointBatch): void;
  /** Puts into the buffer what is not a point yet. Gives back whether there was anything before. */
  collect?(): void;
  /** Whether there is something that {@link collect} would put into the buffer. */
  hasMore?(): boolean;
  /** Work on the tables that must not run while a batch is on its way. A failure is tried again the next time. */
  betweenBatches?(ended: boolean): Promise<void>;
  intervalMs: number;
  clock: Clock;
  timers: Timers;
  losses: Losses;
  log: { warn(line: string): void; log(line: string): void };
  /** From 0 to below 1, for the jitter. @default Math.random */
  random?: () => number;
}

/** Carries points from the buffer to the database: every interval, on demand, and at the end. */
export class PointFlusher {
  private inFlight: { batch: PointBatch; ticket: number; refusals: number } | null = null;
  private draining: Promise<boolean> | null = null;
  private cancelTimer: (() => void) | null = null;
  private stopped = true;
  private tickets = 0;
  private failures = 0;
  private readonly abandoned: Abandoned;
  private waitingSince: number | null = null;
  private writtenPoints = 0;

  constructor(private readonly parts: PointFlusherParts) {
    this.abandoned = new Abandoned(parts.clock, {
      heldBackMs: HELD_BACK_MS,
      mostRecent: MAX_ABANDONED,
      most: MAX_UNANSWERED,
    });
  }

  /** Points that were written since the start. */
  get written(): number {
    return this.writtenPoints;
  }

  /** Points that are not written yet. */
  get waiting(): number {
    return this.parts.buffer.length + (this.inFlight?.batch.at.length ?? 0);
  }

  /** How long points have been waiting without one write getting through, in milliseconds. */
  get lagMs(): number {
    return this.waitingSince === null ? 0 : this.parts.clock.monotonicMs() - this.waitingSince;
  }

  start(): void {
    this.stopped = false;
    this.arm(this.parts.intervalMs);
  }

  /** Must hear of each point that goes into the buffer. */
  noteRecorded(): void {
    this.waitingSince ??= this.parts.clock.monotonicMs();
  }

  /**
   * Writes all that was recorded before the call.
   * @returns whether that is done; `false` at once while the database is away
   */
  async flush(deadlineMs: number): Promise<boolean> {
    if (this.waiting === 0 && !this.parts.hasMore?.()) return true;
    if (this.failures > 0) return false;
    try {
      return await withDeadline(this.drainAfresh(), deadlineMs, this.parts.timers, () => new Error('late'));
    } catch {
      return false;
    }
  }

  /** Writes what is left, for at most `deadlineMs`, and ends. What then remains is counted as lost. */
  async stop(deadlineMs: number): Promise<void> {
    this.stopped = true;
    this.cancelTimer?.();
    this.cancelTimer = null;
    const { clock, timers, losses, buffer } = this.parts;
    const end = clock.monotonicMs() + deadlineMs;
    while (this.waiting > 0) {
      const left = end - clock.monotonicMs();
      if (left <= 0) break;
      const done = await withDeadline(this.drainAfresh(), left, timers, () => new Error('late')).catch(
        () => false,
      );
      if (!done && this.waiting > 0) {
        await new Promise<void>((resolve) => timers.after(Math.min(STOP_PAUSE_MS, left), resolve));
      }
    }
    if (this.waiting === 0) {
      const left = Math.max(0, end - clock.monotonicMs());
      await withDeadline(this.between(true), left, timers, () => new Error('late')).catch(() => undefined);
      return;
    }
    const example = (this.inFlight?.batch ?? buffer.take(1)).series[0]?.metric.descriptor.name ?? '';
    losses.add('closed', this.waiting, example);
  }

  private arm(ms: number): void {
    if (this.stopped) return;
    this.cancelTimer = this.parts.timers.after(ms, () => {
      void this.drain().then(() => this.arm(this.pauseMs()));
    });
  }

  private pauseMs(): number {
    const { intervalMs, random = Math.random } = this.parts;
    if (this.failures === 0) return intervalMs;
    const pause = Math.min(MAX_PAUSE_MS, intervalMs * 2 ** Math.min(this.failures - 1, 20));
    return pause * (0.5 + 0.5 * random());
  }

  /** A drain that began before the call may miss the newest points, so one that begins now follows it. */
  private async drainAfresh(): Promise<boolean> {
    if (this.draining) await this.draining;
    return this.drain();
  }

  private drain(): Promise<boolean> {
    this.draining ??= this.run().finally(() => {
      this.draining = null;
    });
    return this.draining;
  }

  /** Writes what is in the buffer now; points that come meanwhile wait for the next time. */
  private async run(): Promise<boolean> {
    const { buffer } = this.parts;
    this.parts.collect?.();
    let left = buffer.length;
    for (;;) {
      if (!this.inFlight) {
        if (left <= 0) {
          await this.between(false);
          return true;
        }
        const batch = buffer.take(Math.min(MAX_BATCH, left));
        left -= batch.at.length;
        if (batch.at.length === 0) return true;
        this.tickets += 1;
        this.inFlight = { batch, ticket: this.tickets, refusals: 0 };
      }
      try {
        const { batch, ticket } = this.inFlight;
        await this.attempt(batch, ticket);
        this.parts.written?.(batch);
        this.succeeded(batch.at.length);
      } catch (thrown) {
        if (!this.gaveUp(thrown)) return false;
      }
    }
  }

  private async between(ended: boolean): Promise<void> {
    try {
      await this.parts.betweenBatches?.(ended);
    } catch (thrown) {
      this.parts.log.warn(`Minutes could not be rolled up; they are tried again: ${messageOf(thrown)}`);
    }
  }

  private attempt(batch: PointBatch, ticket: number): Promise<void> {
    if (this.abandoned.isFull) {
      return Promise.reject(new Error('earlier writes are still waiting for an answer'));
    }
    const work = this.parts.write(batch, ticket);
    return withDeadline(work, ATTEMPT_DEADLINE_MS, this.parts.timers, () => {
      this.abandoned.add(work);
      if (this.abandoned.all === MAX_UNANSWERED) {
        this.parts.log.warn(
          `${MAX_UNANSWERED} writes of points got no answer; nothing is written until one ends. Give the DataSource keepAlive and query_timeout.`,
        );
      }
      return new Error(`no answer within ${ATTEMPT_DEADLINE_MS / 1000} s`);
    });
  }

  private succeeded(count: number): void {
    this.inFlight = null;
    this.writtenPoints += count;
    this.waitingSince = this.parts.buffer.length > 0 ? this.parts.clock.monotonicMs() : null;
    if (this.failures > 0) this.parts.log.log('Points are being written again.');
    this.failures = 0;
  }

  /** Whether the batch was dropped, so that the next one may go on. */
  private gaveUp(thrown: unknown): boolean {
    const { inFlight } = this;
    this.failures += 1;
    if (this.failures === 1) {
      this.parts.log.warn(`Points could not be written, they are kept and tried again: ${messageOf(thrown)}`);
    }
    // Classes 22 and 23: it is the data. Everything else passes with time.
    const code = codeOf(thrown);
    if (!inFlight || !/^2[23]/.test(code) || code === NO_PARTITION) return false;
    inFlight.refusals += 1;
    if (inFlight.refusals < MAX_REFUSALS) return false;
    const { batch } = inFlight;
    this.parts.losses.add('refused', batch.at.length, batch.series[0]?.metric.descriptor.name ?? '');
    this.inFlight = null;
    this.failures = 0;
    this.waitingSince = this.parts.buffer.length > 0 ? this.parts.clock.monotonicMs() : null;
    return true;
  }
}
