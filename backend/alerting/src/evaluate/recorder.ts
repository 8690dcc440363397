import { isoTime, messageOf, type Clock } from '@fleetdeck/kernel';
import type { Delivery } from '../notify/notice-sink.ts';
import type { WaitingEnds } from '../notify/waiting-ends.ts';
import type { Change, RuleEngine } from '../rule/rule-engine.ts';
import type { AlertStore, StoreWrite } from '../store/alert-store.ts';
import type { StoreGate } from '../store/store-gate.ts';
import { isRefusal } from '../store/write-piecewise.ts';
import { Journal } from './journal.ts';

/** What a {@link Recorder} works with. */
export interface RecorderParts {
  engine: RuleEngine;
  ends: WaitingEnds;
  store: AlertStore;
  gate: StoreGate;
  clock: Clock;
  warn: (sentence: string) => void;
  /** The fence under which it writes now. */
  fence: () => number;
  /** For how long notices wait for a store that is away, in milliseconds. */
  storeGraceMs: number;
  /** Told when notices may leave. */
  released: () => void;
}

/** How often the store may refuse all of the same data for what they are. */
const MAX_REFUSALS = 2;

/**
 * Brings what has happened to the store, and releases each notice once the store knows of it, or has been away for too
 * long.
 */
export class Recorder {
  private readonly journal = new Journal();
  private away: number | null = null;
  private refusals = 0;
  /** Why the store last refused a part, so that the same is told once. */
  private refusedFor: string | null = null;
  private saving: Promise<boolean> | null = null;

  constructor(private readonly parts: RecorderParts) {}

  /** Since when the store has been away, in milliseconds since the epoch; `null` when it is not. */
  get awaySince(): number | null {
    return this.away;
  }

  /** Whether something has happened that is not stored yet. */
  get hasUnsaved(): boolean {
    return !this.journal.isEmpty;
  }

  /** How many events, incidents and deliveries will not be on record. */
  get droppedRecords(): number {
    return this.journal.droppedRecords;
  }

  /** Ids of incidents of which the store, and so any other evaluator, has never heard; none when it cannot be asked. */
  async unheardOf(): Promise<ReadonlySet<string>> {
    const { store, gate } = this.parts;
    const begun = [...this.journal.begun];
    if (begun.length === 0) return new Set();
    // A write whose answer was lost may have arrived.
    const known = new Set(await gate.run(() => store.knownIncidents(begun)).catch(() => begun));
    return new Set(begun.filter((id) => !known.has(id)));
  }

  addChange(change: Change): void {
    this.journal.addChange(change);
  }

  addDelivery(delivery: Delivery): void {
    this.journal.addDelivery(delivery);
  }

  /**
   * Stores what has happened. One save at a time; `false` when an evaluator with a higher fence has taken over.
   * @param evaluated whether it comes of an evaluation
   */
  async save(evaluated: boolean): Promise<boolean> {
    while (this.saving) await this.saving;
    this.saving = this.saveNow(evaluated);
    try {
      return await this.saving;
    } finally {
      this.saving = null;
    }
  }

  /** Resolves when all that is known is stored or cannot be. */
  async idle(): Promise<void> {
    while (this.saving) await this.saving;
  }

  /** Notes that the store failed; what has happened is kept until it is back. */
  failed(thrown: unknown): void {
    if (this.away !== null) return;
    this.away = this.parts.clock.now();
    this.parts.warn(`The store is away, alerts go on from memory: ${messageOf(thrown)}`);
  }

  /** Lets notices leave of which the store, away for too long, has not heard. */
  releaseOverdue(): void {
    const { clock, storeGraceMs } = this.parts;
    if (this.away === null || clock.now() - this.away < storeGraceMs) return;
    this.releaseUnstored(this.journal.unsaved());
  }

  /**
   * Leaves on record what is not stored yet, as another evaluator has taken over.
   * @param own incidents with which that one does not go on
   */
  async leaveOnRecord(own: ReadonlySet<string>): Promise<void> {
    const { store, gate, clock, warn } = this.parts;
    const now = clock.now();
    const { events, incidents, deliveries } = this.journal.take();
    const record = {
      events,
      incidents: incidents
        .filter(({ id }) => own.has(id))
        .map((incident) =>
          incident.endedAt === null
            ? { ...incident, endedAt: isoTime(now), endReason: 'Another evaluator went on.' }
            : incident,
        ),
      deliveries: deliveries.map((delivery): Delivery =>
        delivery.status === 'waiting'
          ? { ...delivery, status: 'abandoned', doneAt: now, lastError: 'Another evaluator went on.' }
          : delivery,
      ),
    };
    await gate
      .run(() => store.record(record))
      .catch((thrown: unknown) => {
        warn(`What happened while the store was away is not on record: ${messageOf(thrown)}`);
      });
  }

  private async saveNow(evaluated: boolean): Promise<boolean> {
    const { engine, ends, warn, fence, released } = this.parts;
    const { write: instances, forget } = engine.takeDirty();
    const { write: waitingEnds, forget: forgetEnds } = ends.takeDirty();
    const history = this.journal.take();
    const putBackState = (): void => {
      for (const instance of instances) engine.touch(instance);
      engine.forgetLater(forget);
      for (const { incident } of waitingEnds) ends.touch(incident.incidentId);
      for (const id of forgetEnds) ends.touch(id);
    };
    try {
      const write = {
        instances: instances.map((each) => ({ ...each })),
        forget,
        ends: waitingEnds,
        forgetEnds,
        ...history,
      };
      const led = await this.commit(write, fence(), evaluated);
      if (!led) {
        putBackState();
        this.journal.putBack(history);
        return false;
      }
      if (this.away !== null) warn('The store is back; what happened meanwhile is on record.');
      this.away = null;
      this.refusals = 0;
      for (const delivery of history.deliveries) delivery.released = true;
      released();
      return true;
    } catch (thrown) {
      putBackState();
      if (isRefusal(thrown)) {
        this.refusals += 1;
        // It is the data, and would be so for ever: people are told all the same, and what comes later is stored.
        if (this.refusals >= MAX_REFUSALS) this.giveUp(history, thrown);
        else this.journal.putBack(history);
        return true;
      }
      this.journal.putBack(history);
      this.failed(thrown);
      return true;
    }
  }

  /** Stores all of it, or else what the store does not refuse; `false` when another evaluator has taken over. */
  private async commit(write: StoreWrite, fence: number, evaluated: boolean): Promise<boolean> {
    const { store, gate } = this.parts;
    try {
      return await gate.run(() => store.commit(write, fence, evaluated));
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
    }
    const refused = await gate.run(() => store.commitRest(write, fence, evaluated));
    if (refused === false) return false;
    this.journal.refused(refused.rows);
    if (refused.reason !== this.refusedFor) this.warnRefused(refused.reason);
    this.refusedFor = refused.reason;
    for (const { notice } of refused.deliveries) notice.mayRepeat = true;
    return true;
  }

  private giveUp(history: ReturnType<Journal['take']>, thrown: unknown): void {
    this.refusals = 0;
    this.journal.giveUp(history);
    this.warnRefused(messageOf(thrown));
    this.releaseUnstored(history.deliveries);
  }

  private warnRefused(reason: string): void {
    this.parts.warn(`The store refuses what happened, so it will not be on record: ${reason}`);
  }

  private releaseUnstored(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      delivery.notice.mayRepeat = true;
      delivery.released = true;
    }
    this.parts.released();
  }
}
