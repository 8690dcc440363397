import type { Alert, AlertNotice, AlertState, NoticeKind, Silence, SilenceInput } from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';
import { resolveAlertingOptions } from '../alerting.options.ts';
import { healthReadings } from '../evaluate/read-rules.ts';
import { planNotices, silenceFor } from '../notify/plan-notices.ts';
import { routeNotice, type AlertRoute } from '../notify/route-notices.ts';
import { WaitingEnds } from '../notify/waiting-ends.ts';
import type { AlertRule } from '../rule/alert-rule.ts';
import { alertOf, labelsOf } from '../rule/instance.ts';
import { RuleEngine, type Readings } from '../rule/rule-engine.ts';
import type { StoredSignal } from '../store/alert-store.ts';
import { TestPoints, type TestSeries } from './points.ts';

/** A component that changes, as health would report it. */
export interface TestHealth {
  /** When, in milliseconds after the begin. */
  atMs: number;
  component: string;
  status: 'healthy' | 'degraded' | 'critical';
  /** @default its status as a sentence */
  reason?: string;
}

/** What {@link testRules} takes. */
export interface RuleTest {
  rules: readonly AlertRule[];
  /** Invented metrics. A series has no data after its last value. @default none */
  series?: readonly TestSeries[];
  /** What health reports. @default all is well */
  health?: readonly TestHealth[];
  /** @default none */
  silences?: readonly Omit<SilenceInput, 'reason'>[];
  /** Until when rules are evaluated, in milliseconds after the begin. */
  untilMs: number;
  /** Time between two evaluations, in milliseconds. @default 10000 */
  evaluationIntervalMs?: number;
  /** Evaluations that do not happen, as in a pause of the service: from and until, after the begin. @default none */
  pauses?: readonly { fromMs: number; untilMs: number }[];
  /** @default ['rule'] */
  groupBy?: readonly string[];
  /** Names of the sinks. @default `log` and those that routes name */
  sinks?: readonly string[];
  /** Which of them are told of what. @default [] */
  routes?: readonly AlertRoute[];
  /** @default 0 */
  groupWaitMs?: number;
  /** @default 300000 */
  groupIntervalMs?: number;
  /** @default 14400000 */
  reminderIntervalMs?: number;
  /** ISO 8601. @default '2026-01-01T00:00:00.000Z' */
  begin?: string;
}

/** A change of an alert. */
export interface TestChange {
  atMs: number;
  rule: string;
  labels: Readonly<Record<string, string>>;
  from: AlertState;
  to: AlertState;
}

/** What people would be told. */
export interface TestNotice {
  atMs: number;
  kind: NoticeKind;
  rules: string[];
  messages: string[];
  /** Names of the sinks that get it. */
  sinks: string[];
  notice: AlertNotice;
}

/** What came of a test. */
export interface RuleTestResult {
  changes: TestChange[];
  notices: TestNotice[];
  /** The alerts that were not inactive after the last evaluation at or before a time, in milliseconds after the begin. */
  at(ms: number): Alert[];
}

const MAX_EVALUATIONS = 1_000_000;

/**
 * Tries rules on invented series and an invented clock: the same checks, the same state machine and the same notices
 * as in the service, without waiting and without a database.
 *
 * @example
 * const run = testRules({
 *   rules: [lag],
 *   series: [{ metric: 'lag_ms', stepMs: 10_000, values: '20x6 300x20 20x60' }],
 *   untilMs: 900_000,
 * });
 * expect(run.notices.map(({ atMs, kind }) => [atMs, kind])).toEqual([[120_000, 'firing'], [420_000, 'resolved']]);
 * @throws FleetdeckError `INVALID_INPUT` when a rule is not valid, RangeError when the test is not
 */
export function testRules(test: RuleTest): RuleTestResult {
  const { series = [], health = [], pauses = [], routes = [], untilMs } = test;
  const sinks = test.sinks ?? [...new Set(['log', ...routes.flatMap((route) => route.sinks)])];
  const { rules, evaluationIntervalMs, groupBy, groupWaitMs, groupIntervalMs, reminderIntervalMs } = test;
  const options = resolveAlertingOptions({
    rules,
    routes,
    sinks: sinks.map((name) => ({ name, deliver: () => Promise.resolve() })),
    ...(evaluationIntervalMs === undefined ? {} : { evaluationIntervalMs }),
    ...(groupBy === undefined ? {} : { groupBy }),
    ...(groupWaitMs === undefined ? {} : { groupWaitMs }),
    ...(groupIntervalMs === undefined ? {} : { groupIntervalMs }),
    ...(reminderIntervalMs === undefined ? {} : { reminderIntervalMs }),
  });
  const intervalMs = options.evaluationIntervalMs;
  if (!(untilMs >= 0 && untilMs / intervalMs <= MAX_EVALUATIONS)) {
    throw new RangeError(`untilMs must make at most ${MAX_EVALUATIONS} evaluations, it is ${untilMs}.`);
  }
  const begin = Date.parse(test.begin ?? '2026-01-01T00:00:00.000Z');
  const points = new TestPoints(series, begin, intervalMs);
  const silences = (test.silences ?? []).map((silence, i) => silenceOf(silence, i, begin));
  let ids = 0;
  const newId = (): string => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, '0')}`;
  const engine = new RuleEngine(options.rules, { ...options, intervalMs, newId });
  const ends = new WaitingEnds();
  const changes: TestChange[] = [];
  const notices: TestNotice[] = [];
  const told = new Map(sinks.map((name) => [name, new Set<string>()]));
  const snapshots: { atMs: number; alerts: Alert[] }[] = [];
  for (let atMs = 0; atMs <= untilMs; atMs += intervalMs) {
    if (pauses.some((pause) => atMs >= pause.fromMs && atMs < pause.untilMs)) continue;
    const at = begin + atMs;
    const signals = signalsAt(health, atMs);
    const readings: Readings = new Map(
      options.rules.map(({ name, source }) => [
        name,
        source.kind === 'health' ? healthReadings(source.health, signals) : points.ask(source.metric, at),
      ]),
    );
    const made = engine.evaluate(at, readings);
    for (const { instance, event } of made) {
      changes.push({ atMs, rule: event.rule, labels: instance.seriesLabels, from: event.from, to: event.to });
    }
    const planned = planNotices(engine, made, ends, silences, at, { ...options, newId });
    const knows = (sink: string, incidentId: string) => told.get(sink)?.has(incidentId) ?? false;
    const routed = planned.flatMap((each) => routeNotice(each, { routes, sinks, newId }, knows));
    for (const { notice, sinks } of routed) {
      const { kind, incidents } = notice;
      // Here every notice arrives.
      for (const sink of sinks) for (const { incidentId } of incidents) told.get(sink)?.add(incidentId);
      const rules = incidents.map(({ rule }) => rule);
      const messages = incidents.map(({ message }) => message);
      notices.push({ atMs, kind, rules, messages, sinks, notice });
    }
    const alerts = engine.active().flatMap((instance) => {
      const rule = engine.rule(instance.rule);
      if (!rule) return [];
      return [
        alertOf(rule, instance, silenceFor(silences, labelsOf(rule, instance.seriesLabels), at)?.id ?? null),
      ];
    });
    snapshots.push({ atMs, alerts });
  }
  return {
    changes,
    notices,
    at: (ms) => snapshots.findLast(({ atMs }) => atMs <= ms)?.alerts ?? [],
  };
}

function signalsAt(health: readonly TestHealth[], atMs: number): StoredSignal[] {
  const now = new Map<string, StoredSignal>();
  for (const { component, status, reason, ...change } of [...health].sort((a, b) => a.atMs - b.atMs)) {
    if (change.atMs > atMs) break;
    if (status === 'healthy') now.delete(component);
    else
      now.set(component, {
        source: `health:${component}`,
        severity: status,
        message: reason ?? `It is ${status}.`,
      });
  }
  return [...now.values()];
}

function silenceOf(input: Omit<SilenceInput, 'reason'>, index: number, begin: number): Silence {
  return {
    id: `silence-${index}`,
    matchers: input.matchers,
    reason: 'test',
    createdBy: 'test',
    createdAt: isoTime(begin),
    startsAt: input.startsAt ?? isoTime(begin),
    endsAt: input.endsAt,
    state: 'active',
  };
}
