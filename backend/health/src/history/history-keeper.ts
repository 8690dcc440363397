import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  CLOCK,
  FleetdeckError,
  messageOf,
  systemClock,
  systemTimers,
  withDeadline,
  type Clock,
} from '@fleetdeck/kernel';
import { RecentWindow } from '../check/recent-window.ts';
import { HEALTH_MODULE_OPTIONS, isWithin, shown, type HealthModuleOptions } from '../health.options.ts';
import { HEALTH_TIMERS, type HealthTimers } from '../health.timers.ts';
import { HistoryStore, type StoredPast } from './history-store.ts';
import { HEARTBEAT_MS, HistoryWriter } from './history-writer.ts';
import { groupBy } from './group-by.ts';
import { RunClock } from './run-clock.ts';
import { RUN_LOST_AFTER_MS, straightened } from './segments.ts';
import {
  MAX_TRANSITIONS,
  type HealthRun,
  type HealthTransition,
  type SeenTransition,
  type TransitionRecord,
} from './transition.ts';
import { tooSlow } from './too-slow.ts';

/** The longest wait for the past of a component. */
const READ_DEADLINE_MS = 5_000;
const TOO_SLOW = tooSlow('Reading the health history', READ_DEADLINE_MS);
/** Reads without an answer beyond which no further one is begun: one that is given up still holds its connection. */
const MAX_READING = 10;
/** So long one reading of a component serves all who ask for it. */
const SHARED_MS = 2_000;
const MAX_SHARED = 20;
const DAY_MS = 86_400_000;

/** What is known of the past. */
export interface KnownPast {
  /** In any order. */
  transitions: SeenTransition[];
  /** Whether the history outlives the process. */
  durable: boolean;
  /** `false` when some of it could not be read, or was too much. */
  complete: boolean;
  /** Why it could not be read; `null` when it could. */
  problem: string | null;
}

/** How the history is doing. */
export interface HistoryState {
  durable: boolean;
  /** Transitions that are not stored yet. */
  pending: number;
  /** Transitions that were given up since more than 50,000 waited. */
  lost: number;
  failing: boolean;
}

/**
 * Keeps what happened: in PostgreSQL where it was given a database, else in memory. Taking a transition never waits and
 * never fails; what cannot be stored yet is held and shown with the rest.
 */
@Injectable()
export class HealthHistoryKeeper {
  private readonly recent = new Map<string, RecentWindow<TransitionRecord>>();
  /** The time of this run, by which everything is told. */
  readonly clock: Clock;
  private readonly run: HealthRun;
  private readonly store: HistoryStore | null;
  private readonly writer: HistoryWriter | null;
  private sequence = 0;
  /** Until when this process surely watched. */
  private watchedAt: number;
  private cancelBeat: (() => void) | null = null;
  /** Whether memory has given something up, so that the past in it begins later than the process. */
  private trimmed = false;
  private reading = 0;
  private readonly shared = new Map<string, { since: number; stored: Promise<StoredPast> }>();

  constructor(
    @Inject(HEALTH_MODULE_OPTIONS) { history = {} }: HealthModuleOptions,
    @Optional() @Inject(CLOCK) clock: Clock = systemClock,
    @Optional() @Inject(HEALTH_TIMERS) private readonly timers: HealthTimers = systemTimers,
  ) {
    const { dataSource, node = hostname(), retentionDays = 35 } = history;
    if (!isWithin(retentionDays, 1, 3650)) {
      throw new FleetdeckError(
        'INVALID_INPUT',
        `history.retentionDays must be a number from 1 to 3650, not ${shown(retentionDays)}.`,
      );
    }
    this.clock = new RunClock(clock, (from, to) => this.clockSetBack(from, to));
    const now = this.clock.now();
    this.watchedAt = now;
    this.run = { id: randomUUID(), node, startedAt: now, seenAt: now, endedAt: null };
    this.store = dataSource ? new HistoryStore(dataSource) : null;
    this.writer =
      this.store &&
      new HistoryWriter({
        store: this.store,
        run: this.run,
        retentionMs: retentionDays * DAY_MS,
        clock: this.clock,
        timers,
      });
  }

  /** Begins to write, and to notice when the process was paused. */
  start(): void {
    this.writer?.start();
    this.beat();
  }

  /** Writes what is left and ends. */
  async close(): Promise<void> {
    this.watch();
    this.cancelBeat?.();
    await this.writer?.close();
  }

  get state(): HistoryState {
    return {
      durable: this.store !== null,
      pending: this.writer?.pending.length ?? 0,
      lost: this.writer?.lost ?? 0,
      failing: this.writer?.failing ?? false,
    };
  }

  /** Takes a change of status. */
  record({ component, from, to, reason, at }: HealthTransition): void {
    this.add({ component, from, to, reason, at: Date.parse(at) });
  }

  /** Takes that a component is no longer watched. */
  recordEnd(component: string, from: TransitionRecord['from']): void {
    this.add({ component, from, to: null, reason: null, at: this.clock.now() });
    // Its name may never come back.
    this.recent.delete(component);
  }

  /** The newest transitions of a component in this process, oldest first, at most {@link MAX_TRANSITIONS}. */
  transitions(component: string): HealthTransition[] {
    return straightened(this.recent.get(component)?.toArray() ?? []).flatMap(({ to, at, from, reason }) =>
      to === null ? [] : [{ component, from, to, reason, at: new Date(at).toISOString() }],
    );
  }

  /** What is known since a moment, of one component or of all (`null`). Never rejects. */
  async past(since: number, component: string | null): Promise<KnownPast> {
    const past = await this.read(since, component);
    const ofOne = groupBy(past.transitions, (seen) => `${seen.run.id} ${seen.component}`);
    return { ...past, transitions: [...ofOne.values()].flatMap(straightened) };
  }

  private async read(since: number, component: string | null): Promise<KnownPast> {
    this.watch();
    const held = this.held(component);
    if (!this.store) {
      return { transitions: held, durable: false, complete: !this.trimmed, problem: null };
    }
    try {
      const read = this.stored(this.store, since, component);
      const stored = await withDeadline(read, READ_DEADLINE_MS, this.timers, TOO_SLOW);
      const known = new Set(
        stored.transitions.flatMap(({ run, sequence }) => (run.id === this.run.id ? [sequence] : [])),
      );
      const transitions = stored.transitions.map((one) => this.withOwnRun(one));
      return {
        transitions: [...transitions, ...held.filter(({ sequence }) => !known.has(sequence))],
        durable: true,
        complete: stored.complete && (this.writer?.lost ?? 0) === 0,
        problem: null,
      };
    } catch (thrown) {
      return { transitions: held, durable: true, complete: false, problem: messageOf(thrown) };
    }
  }

  private stored(store: HistoryStore, since: number, component: string | null): Promise<StoredPast> {
    const known = component === null ? undefined : this.shared.get(component);
    if (known && known.since <= since) return known.stored;
    if (this.reading >= MAX_READING) {
      throw new Error('Earlier reads of the history still wait for an answer.');
    }
    this.reading += 1;
    const stored = store.read(since, component).finally(() => (this.reading -= 1));
    if (component !== null) this.share(component, { since, stored });
    return stored;
  }

  private share(component: string, read: { since: number; stored: Promise<StoredPast> }): void {
    if (this.shared.size >= MAX_SHARED) this.shared.clear();
    this.shared.set(component, read);
    const forget = (): void => {
      if (this.shared.get(component) === read) this.shared.delete(component);
    };
    this.timers.after(SHARED_MS, forget);
    read.stored.catch(forget);
  }

  private beat(): void {
    this.watch();
    this.cancelBeat = this.timers.after(HEARTBEAT_MS, () => this.beat());
  }

  /**
   * Notes a time in which nothing ran: the process was stopped, or its machine slept. Nobody watched then, as after a
   * crash; what was known before it holds again from now on, until the checks that are overdue say otherwise.
   */
  private watch(): void {
    const now = this.clock.now();
    const since = this.watchedAt;
    this.watchedAt = now;
    if (this.cancelBeat === null || now - since <= RUN_LOST_AFTER_MS) return;
    this.interrupt(since, now, 'The process was paused.');
  }

  /** Notes how far, so that {@link straightened} knows by how much the clock had been ahead. */
  private clockSetBack(from: number, to: number): void {
    this.watchedAt = to;
    this.interrupt(from, to, 'The clock was set back.');
  }

  /** What was known until a moment holds again from another one on. */
  private interrupt(until: number, from: number, why: string): void {
    for (const [component, recent] of this.recent) {
      const { to, reason } = recent.toArray().at(-1) ?? { to: null, reason: null };
      if (to === null || to === 'unknown') continue;
      this.append({ component, from: to, to: 'unknown', reason: why, at: until });
      this.append({ component, from: 'unknown', to, reason, at: from });
    }
  }

  private add(record: Omit<TransitionRecord, 'sequence'>): void {
    this.watch();
    this.append(record);
  }

  private append(record: Omit<TransitionRecord, 'sequence'>): void {
    const { component } = record;
    const numbered = { ...record, sequence: ++this.sequence };
    let recent = this.recent.get(component);
    if (!recent) this.recent.set(component, (recent = new RecentWindow(MAX_TRANSITIONS)));
    if (recent.toArray().length === MAX_TRANSITIONS) this.trimmed = true;
    recent.add(numbered);
    this.writer?.add(numbered);
  }

  /** What this process remembers itself: the newest of each component, and all that is not stored yet. */
  private held(component: string | null): SeenTransition[] {
    const recent = [...this.recent.values()].flatMap((window) => window.toArray());
    const bySequence = new Map(
      [...recent, ...(this.writer?.pending ?? [])].map((record) => [record.sequence, record]),
    );
    const run = this.runNow();
    return [...bySequence.values()]
      .filter((record) => component === null || record.component === component)
      .map((record) => ({ ...record, run }));
  }

  /** This process watches right now, whatever was written last. */
  private withOwnRun(seen: SeenTransition): SeenTransition {
    return seen.run.id === this.run.id ? { ...seen, run: this.runNow() } : seen;
  }

  private runNow(): HealthRun {
    return { ...this.run, seenAt: this.run.endedAt ?? this.clock.now() };
  }
}
