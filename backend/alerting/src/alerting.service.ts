import { randomUUID } from 'node:crypto';
import {
  Inject,
  Injectable,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type {
  Alert,
  AlertsAnswer,
  Incident,
  IncidentEvent,
  IncidentPage,
  IncidentQuery,
  Silence,
  SilenceInput,
} from '@fleetdeck/dto';
import {
  CLOCK,
  FleetdeckError,
  isoTime,
  systemClock,
  type AlertSignal,
  type AlertSink,
  type AuditEntry,
  type Clock,
} from '@fleetdeck/kernel';
import {
  ALERTING_OPTIONS,
  resolveAlertingOptions,
  type AlertingOptions,
  type ResolvedAlertingOptions,
} from './alerting.options.ts';
import { AlertingPorts } from './alerting.ports.ts';
import { Evaluator, type EvaluatorStats } from './evaluate/evaluator.ts';
import { Leader } from './evaluate/leader.ts';
import { RuleReader } from './evaluate/read-rules.ts';
import { SignalBoard } from './evaluate/signal-board.ts';
import { silenceFor } from './notify/plan-notices.ts';
import { alertOf, describedAs, labelsOf } from './rule/instance.ts';
import { boundedSql } from './store/bounded-sql.ts';
import { IncidentReader, isUuid } from './store/incident-reader.ts';
import { PostgresAlertStore, readInstances } from './store/postgres-alert-store.ts';
import { SilenceStore } from './store/silence-store.ts';
import type { Sql } from './store/sql.ts';
import { StoreGate } from './store/store-gate.ts';
import { ALERTING_TIMERS, systemTimers, type AlertingTimers } from './timers.ts';

/** Name of the lease by which the evaluator is elected. */
export const EVALUATOR_LEASE = 'alerting';
/** Silences that may be in force or to come at once. */
export const MAX_SILENCES = 500;
const MAX_SILENCE_MS = 366 * 86_400_000;

/** What the module says of itself. */
export interface AlertingStats {
  /** Figures of the evaluator; `null` while another replica has it. */
  evaluator: EvaluatorStats | null;
  /** How long ago the evaluator, if it is here, has last evaluated, in milliseconds. */
  sinceEvaluationMs: number;
  /** How long ago the evaluator, if it is here, has last given up a notice, in milliseconds; `null` when it never did. */
  sinceGivenUpMs: number | null;
  /** Time between two evaluations, in milliseconds. */
  intervalMs: number;
  /** How long it takes at most until another replica follows an evaluator that was killed, in milliseconds. */
  takeoverMs: number;
}

/**
 * Alerts, incidents and silences. Health signals come in through the port `ALERT_SINK`, which this fills.
 *
 * @example
 * const { alerts } = await alerting.alerts();
 * await alerting.acknowledge(alerts[0].incidentId, 'ada', 'On it.');
 */
@Injectable()
export class Alerting implements AlertSink, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly resolved: ResolvedAlertingOptions;
  private readonly board = new SignalBoard();
  private readonly node = randomUUID();
  private parts: Parts | null = null;
  private saidSignals = false;
  private cancelSignals: () => void = () => undefined;
  private stopped = false;
  private startedAt = 0;

  constructor(
    @Inject(ALERTING_OPTIONS) private readonly options: AlertingOptions,
    @Inject(AlertingPorts) private readonly ports: AlertingPorts,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
    @Optional() @Inject(ALERTING_TIMERS) private readonly timers: AlertingTimers = systemTimers,
  ) {
    this.resolved = resolveAlertingOptions(options);
  }

  onApplicationBootstrap(): void {
    const { rules, leaseTtlMs, storeTimeoutMs } = this.resolved;
    this.startedAt = this.clock.monotonicMs();
    this.ports.connect(rules.some(({ source }) => source.kind === 'metric'));
    const sql = this.ports.sql(this.options);
    const gate = new StoreGate(storeTimeoutMs, this.clock, this.timers);
    const signalGate = new StoreGate(storeTimeoutMs, this.clock, this.timers);
    const store = new PostgresAlertStore(sql);
    const answers = boundedSql(sql, storeTimeoutMs, this.timers);
    this.parts = {
      answers,
      // By a gate of their own, so that no question of the evaluator delays them, and what is said last is what stays.
      saySignals: (signals) => signalGate.run(() => store.saveSignals(this.node, signals)),
      incidents: new IncidentReader(answers),
      silences: new SilenceStore(answers),
      leader: new Leader({
        lease: this.ports.lease(this.options, leaseTtlMs),
        leaseName: EVALUATOR_LEASE,
        intervalMs: this.resolved.evaluationIntervalMs,
        giveAwayMs: 2 * storeTimeoutMs,
        clock: this.clock,
        timers: this.timers,
        evaluator: (fence) => this.newEvaluator(fence, store, gate),
        warn: (sentence) => this.ports.warn(sentence),
        begun: (failure) => {
          if (failure === null) this.ports.well('begin');
          else this.ports.warnOnce('begin', `Rules could not be evaluated here: ${failure}`);
        },
      }),
    };
    this.parts.leader.start();
    this.saySignals();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.cancelSignals();
    await this.parts?.leader.stop();
    if (this.saidSignals) await this.parts?.saySignals([]).catch(() => undefined);
  }

  /** Takes note of a component that is no longer well, or is well again. Never throws, never waits. */
  signal(signal: AlertSignal): void {
    this.board.signal(signal);
  }

  /** Every alert that is not inactive. */
  async alerts(): Promise<AlertsAnswer> {
    const position = this.ports.position();
    const evaluator = this.running.leader.evaluator;
    const alerts = evaluator ? evaluator.alerts() : await this.storedAlerts();
    return { alerts, asOf: isoTime(this.clock.now()), position };
  }

  /** One page of incidents, newest first. @throws FleetdeckError `INVALID_INPUT`, `INVALID_CURSOR` */
  incidents(query: IncidentQuery = {}): Promise<IncidentPage> {
    return this.running.incidents.page(query);
  }

  /** One incident with its events. @throws FleetdeckError `NOT_FOUND` */
  async incident(id: string): Promise<Incident> {
    const found = isUuid(id) ? await this.running.incidents.one(id) : null;
    if (found) return found;
    throw new FleetdeckError('NOT_FOUND', `There is no incident "${id.slice(0, 60)}".`);
  }

  /**
   * Notes that somebody takes care of an incident: reminders stop. The first acknowledgement stays.
   * @throws FleetdeckError `NOT_FOUND`, or `CONFLICT` when the incident is over
   */
  async acknowledge(id: string, by: string, reason: string | null = null): Promise<Incident> {
    const before = await this.incident(id);
    if (before.acknowledgement) return before;
    if (before.endedAt !== null) {
      throw new FleetdeckError(
        'CONFLICT',
        `The incident ended at ${before.endedAt}; there is nothing to acknowledge.`,
      );
    }
    const at = isoTime(this.clock.now());
    const alert = (await this.alerts()).alerts.find(({ incidentId }) => incidentId === id);
    const state = alert?.state ?? 'firing';
    const event: IncidentEvent = {
      id: randomUUID(),
      incidentId: id,
      rule: before.rule,
      kind: 'acknowledged',
      from: state,
      to: state,
      at,
      durationMs: null,
      reason: reason ?? 'Acknowledged.',
      value: alert?.value ?? null,
      by,
    };
    const acknowledgement = { by, at, reason };
    if (await this.running.incidents.acknowledge(id, acknowledgement, event)) {
      await this.running.leader.evaluator?.hear();
      if (alert) this.ports.publish({ event, alert: { ...alert, acknowledgement } });
      await this.record({
        eventType: 'incident.acknowledged',
        resourceId: id,
        operator: by,
        beforeState: { acknowledgement: null },
        afterState: { acknowledgement },
        ...(reason === null ? {} : { reason }),
      });
    }
    return this.incident(id);
  }

  /** Silences that are in force or to come; with `ended` also those that are over. The newest 500. */
  silences(ended = false): Promise<Silence[]> {
    return this.running.silences.list(this.clock.now(), MAX_SILENCES, ended);
  }

  /** Keeps people from being told for a time. @throws FleetdeckError `INVALID_INPUT`, `LIMIT_EXCEEDED` */
  async silence(input: SilenceInput, by: string): Promise<Silence> {
    const now = this.clock.now();
    const startsAt = input.startsAt === undefined ? now : Date.parse(input.startsAt);
    const endsAt = Date.parse(input.endsAt);
    if (endsAt <= now) throw invalid('endsAt', 'must be in the future');
    if (endsAt <= startsAt) throw invalid('endsAt', 'must be after startsAt');
    if (endsAt - now > MAX_SILENCE_MS) throw invalid('endsAt', 'must be within 366 days');
    if ((await this.running.silences.count(now)) >= MAX_SILENCES) {
      throw new FleetdeckError(
        'LIMIT_EXCEEDED',
        `There are ${MAX_SILENCES} silences already; end some first.`,
      );
    }
    const silence: Silence = {
      id: randomUUID(),
      matchers: input.matchers.map(({ label, is, value }) => ({ label, is, value })),
      reason: input.reason,
      createdBy: by,
      createdAt: isoTime(now),
      startsAt: isoTime(startsAt),
      endsAt: isoTime(endsAt),
      state: startsAt > now ? 'waiting' : 'active',
    };
    await this.running.silences.add(silence);
    await this.running.leader.evaluator?.hear();
    await this.record({
      eventType: 'silence.created',
      resourceId: silence.id,
      operator: by,
      beforeState: null,
      afterState: silence,
      reason: silence.reason,
    });
    return silence;
  }

  /** Ends a silence now. @throws FleetdeckError `NOT_FOUND` */
  async endSilence(id: string, by: string): Promise<Silence> {
    const ended = isUuid(id) ? await this.running.silences.end(id, this.clock.now()) : null;
    if (!ended) throw new FleetdeckError('NOT_FOUND', `There is no silence "${id.slice(0, 60)}".`);
    const { before, after } = ended;
    if (before.endsAt !== after.endsAt) {
      await this.running.leader.evaluator?.hear();
      await this.record({
        eventType: 'silence.ended',
        resourceId: id,
        operator: by,
        beforeState: before,
        afterState: after,
      });
    }
    return after;
  }

  /** Resolves when the evaluation that is under way has ended, is stored, and no notice is on its way. For tests. */
  async settled(): Promise<void> {
    await this.parts?.leader.settled();
  }

  /** Figures for health. */
  stats(): AlertingStats {
    const evaluator = this.parts?.leader.evaluator?.stats ?? null;
    const since = (at: number | null): number | null =>
      at === null ? null : Math.max(0, this.clock.now() - at);
    return {
      evaluator,
      sinceEvaluationMs: since(evaluator?.evaluatedAt ?? null) ?? 0,
      sinceGivenUpMs: since(evaluator?.givenUpAt ?? null),
      intervalMs: this.resolved.evaluationIntervalMs,
      takeoverMs: 1.25 * this.resolved.leaseTtlMs,
    };
  }

  /** How long ago any replica has evaluated, in milliseconds. @throws any error when the store does not answer */
  async sinceEvaluationAnywhereMs(): Promise<number> {
    const ms = await new PostgresAlertStore(this.running.answers).sinceEvaluationMs();
    return ms ?? this.clock.monotonicMs() - this.startedAt;
  }

  private record(entry: AuditEntry): Promise<void> {
    return this.ports.record(entry, this.resolved.storeTimeoutMs, this.timers);
  }

  private get running(): Parts {
    if (this.parts) return this.parts;
    throw new FleetdeckError('OVERLOADED', 'The service is still starting; try again in a moment.', {
      retryAfterSeconds: 1,
    });
  }

  private newEvaluator(fence: number, store: PostgresAlertStore, gate: StoreGate): Evaluator {
    const { rules, sinks, groupBy, routes, queryTimeoutMs } = this.resolved;
    const reader = new RuleReader(rules, this.ports.metrics, this.timers, queryTimeoutMs, (rule, sentence) =>
      this.ports.warnOnce(`rule ${rule}`, sentence),
    );
    return new Evaluator(
      {
        rules,
        sinks,
        groupBy,
        routes,
        numbers: this.resolved,
        store,
        gate,
        clock: this.clock,
        timers: this.timers,
        newId: randomUUID,
        read: async (signals) => {
          const readings = await reader.read(signals);
          for (const rule of readings.keys()) if (!reader.problems.has(rule)) this.ports.well(`rule ${rule}`);
          return readings;
        },
        problems: () => [...reader.problems.values()],
        ownSignals: () => this.board.all(),
        publish: (update) => this.ports.publish(update),
        warn: (sentence) => this.ports.warn(sentence),
      },
      fence,
    );
  }

  private async storedAlerts(): Promise<Alert[]> {
    const { answers, silences, incidents } = this.running;
    const now = this.clock.now();
    const [stored, quiet] = await Promise.all([
      readInstances(answers),
      silences.list(now, MAX_SILENCES, false),
    ]);
    const instances = stored.filter(({ standing }) => standing.state !== 'inactive');
    const rules = new Map(this.resolved.rules.map((rule) => [rule.name, rule]));
    // The evaluator may have rules that are not known here, as while a new version is rolled out.
    const others = instances.filter(({ rule, firedAt }) => firedAt !== null && !rules.has(rule));
    const records = others.length === 0 ? [] : await incidents.some(others.map((each) => each.incidentId));
    const byId = new Map(records.map((incident) => [incident.id, incident]));
    return instances.flatMap((instance) => {
      const rule = rules.get(instance.rule);
      const incident = byId.get(instance.incidentId);
      const labels = rule ? labelsOf(rule, instance.seriesLabels) : incident?.labels;
      const silencedBy = labels ? (silenceFor(quiet, labels, now)?.id ?? null) : null;
      if (rule) return [alertOf(rule, instance, silencedBy)];
      return incident ? [describedAs(incident, instance, silencedBy)] : [];
    });
  }

  /** Tells the evaluator, wherever it runs, what this replica's health says; for as long as there is something. */
  private saySignals(): void {
    const signals = this.board.all();
    const due = signals.length > 0 || this.saidSignals;
    // It may arrive even when nobody waits for the answer any more.
    if (signals.length > 0) this.saidSignals = true;
    void (due ? this.running.saySignals(signals) : Promise.resolve())
      .then(() => (this.saidSignals = signals.length > 0))
      .catch(() => undefined)
      .then(() => {
        if (this.stopped) return;
        const every = Math.min(this.resolved.evaluationIntervalMs, 10_000);
        this.cancelSignals = this.timers.after(every, () => this.saySignals());
      });
  }
}

interface Parts {
  /** The store for what people wait for. */
  answers: Sql;
  saySignals: (signals: Parameters<PostgresAlertStore['saveSignals']>[1]) => Promise<void>;
  incidents: IncidentReader;
  silences: SilenceStore;
  leader: Leader;
}

function invalid(field: string, message: string): FleetdeckError {
  return new FleetdeckError('INVALID_INPUT', `${field} ${message}.`, { fields: [{ field, message }] });
}
