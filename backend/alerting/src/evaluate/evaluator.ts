import type { Alert, AlertNotice, AlertUpdate, Silence } from '@fleetdeck/dto';
import { messageOf, type Clock } from '@fleetdeck/kernel';
import type { AlertingNumbers } from '../alerting.options.ts';
import { DeliveryQueue } from '../notify/delivery-queue.ts';
import type { Delivery, NoticeSink } from '../notify/notice-sink.ts';
import { noteEnds, planEnds, planNotices, silenceFor } from '../notify/plan-notices.ts';
import { routeNotice, type AlertRoute } from '../notify/route-notices.ts';
import { WaitingEnds } from '../notify/waiting-ends.ts';
import type { ParsedRule } from '../rule/alert-rule.ts';
import { alertOf, labelsOf, type Instance } from '../rule/instance.ts';
import { RuleEngine, type Change, type Readings } from '../rule/rule-engine.ts';
import type { AlertStore, StoredSignal, StoreNews } from '../store/alert-store.ts';
import type { StoreGate } from '../store/store-gate.ts';
import { withDeadline, type AlertingTimers } from '../timers.ts';
import { Recorder } from './recorder.ts';

/** What an evaluator works with. */
export interface EvaluatorParts {
  rules: readonly ParsedRule[];
  sinks: readonly NoticeSink[];
  groupBy: readonly string[];
  routes: readonly AlertRoute[];
  numbers: AlertingNumbers;
  store: AlertStore;
  gate: StoreGate;
  clock: Clock;
  timers: AlertingTimers;
  newId: () => string;
  /** Reads every rule, with the signals of all replicas that are known. */
  read: (signals: readonly StoredSignal[]) => Promise<Readings>;
  /** What is wrong with rules that saw nothing the last time. */
  problems: () => readonly string[];
  /** What this replica's own health says, also while the store is away. */
  ownSignals: () => readonly StoredSignal[];
  publish: (update: AlertUpdate) => void;
  warn: (sentence: string) => void;
}

/** Figures of an evaluator. */
export interface EvaluatorStats {
  evaluatedAt: number | null;
  /** Since when the store has been away; `null` when it is not. */
  storeAwaySince: number | null;
  waitingNotices: number;
  abandonedNotices: number;
  /** When a notice was last given up, in milliseconds since the epoch; `null` when none was. */
  givenUpAt: number | null;
  /** Sinks to which a notice has failed to come for over a minute, with the last failure. */
  failingSinks: readonly { sink: string; lastError: string }[];
  /** Events, incidents and deliveries that will not be on record, since the store was away for too long. */
  droppedRecords: number;
  seriesLeftOut: number;
  /** What is wrong with rules that saw nothing, a sentence each. */
  ruleProblems: readonly string[];
}

const PRUNE_EVERY_MS = 3_600_000;
/** How long rules are evaluated in one go, in milliseconds. */
const SLICE_MS = 10;
/** How long a notice may go on failing before it is said, in milliseconds. */
const FAILING_MS = 60_000;

/**
 * Evaluates the rules, keeps what came of it and tells people; one at a time among all replicas. Its memory is the
 * truth while it leads; the store follows, and a notice leaves only once the store knows of it, or has been away for
 * too long.
 */
export class Evaluator {
  private readonly engine: RuleEngine;
  private readonly ends = new WaitingEnds();
  private readonly queue: DeliveryQueue;
  private readonly recorder: Recorder;
  private news: StoreNews = { silences: [], acknowledgements: new Map(), signals: [], fence: null };
  private readonly stats_ = {
    evaluatedAt: null as number | null,
    givenUpAt: null as number | null,
    abandoned: 0,
  };
  /** The silence of each alert as the topic was last told, by its key. */
  private readonly toldSilences = new Map<string, string>();
  private prunedAt = -Infinity;
  private ended = false;

  constructor(
    private readonly parts: EvaluatorParts,
    private fence: number,
  ) {
    const { rules, sinks, numbers, clock, timers, newId } = parts;
    this.engine = new RuleEngine(rules, {
      intervalMs: numbers.evaluationIntervalMs,
      maxSeriesPerRule: numbers.maxSeriesPerRule,
      forgetSeriesAfterMs: numbers.forgetSeriesAfterMs,
      newId,
    });
    this.queue = new DeliveryQueue(
      sinks,
      {
        maxAttempts: numbers.maxAttempts,
        resolvedRetryMs: numbers.resolvedRetryMs,
        retryBaseMs: numbers.retryBaseMs,
        retryCapMs: numbers.retryCapMs,
        deadlineMs: numbers.deliveryTimeoutMs,
        maxWaiting: numbers.maxWaitingNotices,
      },
      clock,
      timers,
      {
        changed: (delivery) => this.delivered(delivery),
        failed: ({ notice, sink, status, attempts }, sentence) => {
          const fate = status === 'abandoned' ? 'will not arrive' : `has failed ${attempts} times so far`;
          parts.warn(`Notice ${notice.id} to sink "${sink}" ${fate}: ${sentence}`);
          if (status === 'abandoned') this.stats_.givenUpAt = clock.now();
        },
        lasts: (incidentId) => this.engine.ofIncident(incidentId) !== undefined,
      },
    );
    this.recorder = new Recorder({
      ...parts,
      engine: this.engine,
      ends: this.ends,
      storeGraceMs: numbers.storeGraceMs,
      fence: () => this.fence,
      released: () => this.queue.wake(),
    });
  }

  get stats(): EvaluatorStats {
    return {
      evaluatedAt: this.stats_.evaluatedAt,
      storeAwaySince: this.recorder.awaySince,
      waitingNotices: this.queue.waiting,
      abandonedNotices: this.stats_.abandoned,
      givenUpAt: this.stats_.givenUpAt,
      failingSinks: this.queue.failingSince(this.parts.clock.now() - FAILING_MS),
      droppedRecords: this.recorder.droppedRecords,
      seriesLeftOut: this.engine.seriesLeftOut,
      ruleProblems: this.parts.problems(),
    };
  }

  /** The fence under which it writes. */
  get term(): number {
    return this.fence;
  }

  /** Goes on under a new fence: the lease was away for a while, but nobody else had it. */
  renew(fence: number): void {
    this.fence = fence;
  }

  /** Takes over what was stored. @throws any error when the store is away, or another evaluator has begun since */
  async begin(): Promise<void> {
    const { store, gate, clock } = this.parts;
    const at = clock.now();
    const { instances, ends, deliveries, told, news } = await gate.run(() => store.begin(this.fence, at));
    this.news = news;
    // First, as the queue asks which incidents last.
    const changes = this.engine.restore(instances, at);
    for (const { sink, incidentIds } of told) this.queue.toldBefore(sink, incidentIds);
    for (const delivery of deliveries) this.queue.add(delivery);
    this.ends.restore(ends);
    // They are told at the first evaluation, if it is their turn.
    noteEnds(changes, this.ends, at);
    this.note(changes, []);
    this.announce(changes);
  }

  /** Evaluates once. `false` when another evaluator has taken over. */
  async tick(): Promise<boolean> {
    const { clock, read, ownSignals } = this.parts;
    const at = clock.now();
    const away = !(await this.refresh(at));
    const readings = await read([...this.news.signals, ...ownSignals()]);
    if (this.ended) return false;
    const changes = await this.judge(at, readings);
    if (this.ended) return false;
    const { groupBy, numbers, newId } = this.parts;
    const options = { ...numbers, groupBy, newId };
    this.note(changes, planNotices(this.engine, changes, this.ends, this.news.silences, at, options));
    this.stats_.evaluatedAt = at;
    const leads = away || ((this.news.fence ?? 0) <= this.fence && (await this.recorder.save(true)));
    this.announce(changes);
    this.announceSilences();
    this.recorder.releaseOverdue();
    if (leads && this.recorder.awaySince === null) await this.prune();
    return leads;
  }

  /** Every alert that is not inactive, from memory. */
  alerts(): Alert[] {
    return this.engine.active().flatMap((instance) => {
      const rule = this.engine.rule(instance.rule);
      return rule ? [this.view(rule, instance)] : [];
    });
  }

  /** Takes note of a silence or an acknowledgement made on this replica, without waiting for the next evaluation. */
  async hear(): Promise<void> {
    await this.refresh(this.parts.clock.now());
    if (!this.ended) this.announceSilences();
  }

  /** Ends quietly: what waits is taken up by the next evaluator. */
  async end(): Promise<void> {
    this.ended = true;
    this.queue.hold();
    if (this.recorder.awaySince === null) await this.recorder.save(false);
    await this.queue.stop();
    await this.recorder.idle();
    // What arrived meanwhile would else be sent again.
    if (this.recorder.awaySince === null && this.recorder.hasUnsaved) await this.recorder.save(false);
  }

  /** Ends because another evaluator has taken over, and leaves on record what it has not stored yet. */
  async stepDown(): Promise<void> {
    this.ended = true;
    const own = await this.recorder.unheardOf();
    await this.tellEnds(own);
    await this.queue.stop();
    await this.recorder.leaveOnRecord(own);
  }

  /** Resolves when no notice is on its way at this moment and all that is known is stored or cannot be. */
  async idle(): Promise<void> {
    await this.queue.idle();
    await this.recorder.idle();
  }

  /** Tries once to tell the ends of what it alone knows of: no other evaluator ever would. */
  private async tellEnds(own: ReadonlySet<string>): Promise<void> {
    const { clock, timers, numbers, groupBy, newId } = this.parts;
    const notices = planEnds(this.engine, this.ends, own, clock.now(), { groupBy, newId });
    for (const notice of notices) notice.mayRepeat = true;
    this.note([], notices, true);
    const ms = 2 * numbers.deliveryTimeoutMs;
    await withDeadline(this.queue.idle(), ms, timers, () => new Error('late')).catch(() => undefined);
  }

  /** Evaluates the rules, and lets others have their turn where there are many series. */
  private async judge(at: number, readings: Readings): Promise<Change[]> {
    const steps = this.engine.evaluateInSteps(at, readings);
    let since = performance.now();
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      if (performance.now() - since < SLICE_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
  }

  private note(changes: readonly Change[], notices: readonly AlertNotice[], released = false): void {
    for (const change of changes) this.recorder.addChange(change);
    const { routes, newId } = this.parts;
    const routing = { routes, sinks: this.queue.sinkNames, newId };
    const knows = (sink: string, incidentId: string) => this.queue.knows(sink, incidentId);
    for (const { notice, sinks } of notices.flatMap((each) => routeNotice(each, routing, knows))) {
      for (const sink of sinks) {
        const delivery: Delivery = {
          sink,
          notice,
          status: 'waiting',
          attempts: 0,
          nextAttemptAt: this.parts.clock.now(),
          doneAt: null,
          lastError: null,
          released,
        };
        this.recorder.addDelivery(delivery);
        this.queue.add(delivery);
      }
    }
  }

  private async refresh(at: number): Promise<boolean> {
    const { store, gate } = this.parts;
    try {
      this.news = await gate.run(() => store.news(at));
    } catch (thrown) {
      this.recorder.failed(thrown);
      return false;
    }
    for (const instance of this.engine.active()) {
      const ack = this.news.acknowledgements.get(instance.incidentId);
      if (ack) instance.acknowledgement = ack;
    }
    return true;
  }

  private delivered(delivery: Delivery): void {
    if (delivery.status === 'abandoned') this.stats_.abandoned += 1;
    this.recorder.addDelivery(delivery);
    if (!this.ended && this.recorder.awaySince === null) void this.recorder.save(false);
  }

  private announce(changes: readonly Change[]): void {
    for (const { instance, rule, event } of changes) {
      if (!rule) continue;
      const alert = this.view(rule, instance);
      if (alert.silencedBy !== null) this.toldSilences.set(alert.key, alert.silencedBy);
      this.parts.publish({ event, alert });
    }
  }

  /** Tells the topic where a silence began or ended: its time may just have come. */
  private announceSilences(): void {
    if (this.news.silences.length === 0 && this.toldSilences.size === 0) return;
    const before = new Map(this.toldSilences);
    this.toldSilences.clear();
    for (const alert of this.alerts()) {
      if (alert.silencedBy !== null) this.toldSilences.set(alert.key, alert.silencedBy);
      if ((before.get(alert.key) ?? null) !== alert.silencedBy) this.parts.publish({ event: null, alert });
    }
  }

  private view(rule: ParsedRule, instance: Instance): Alert {
    const labels = labelsOf(rule, instance.seriesLabels);
    const silence: Silence | null = silenceFor(this.news.silences, labels, this.parts.clock.now());
    return alertOf(rule, instance, silence?.id ?? null);
  }

  private async prune(): Promise<void> {
    const { clock, numbers, store, gate, warn } = this.parts;
    const now = clock.monotonicMs();
    if (now - this.prunedAt < PRUNE_EVERY_MS) return;
    this.prunedAt = now;
    await gate
      .run(() => store.prune(clock.now() - numbers.retentionMs))
      .catch((thrown: unknown) => warn(`Old incidents could not be deleted: ${messageOf(thrown)}`));
  }
}
