import type { Page, PageQuery } from './page.ts';
import type { Position } from './position.ts';

/**
 * Where one alert of a rule stands.
 * - `inactive`: the condition does not hold
 * - `pending`: it holds, but not yet for as long as the rule asks
 * - `firing`: people are told
 * - `recovering`: it has ended, but not yet for as long as the rule keeps firing
 */
export type AlertState = 'inactive' | 'pending' | 'firing' | 'recovering';

/** All alert states, in the order in which an alert goes through them. */
export const ALERT_STATES = [
  'inactive',
  'pending',
  'firing',
  'recovering',
] as const satisfies readonly AlertState[];

/** How much an alert matters; the words of the status families. */
export type AlertSeverity = 'degraded' | 'critical';

/** All severities, mildest first. */
export const ALERT_SEVERITIES = ['degraded', 'critical'] as const satisfies readonly AlertSeverity[];

/** Labels of an alert: those of its series, those of its rule, `rule` and `severity`. */
export type AlertLabels = Readonly<Record<string, string>>;

/** Who took notice of an incident. */
export interface Acknowledgement {
  by: string;
  /** ISO 8601 UTC. */
  at: string;
  reason: string | null;
}

/** An alert that is not inactive: one rule, one set of labels. */
export interface Alert {
  /** The same for the same rule and series, for good. */
  key: string;
  rule: string;
  labels: AlertLabels;
  severity: AlertSeverity;
  state: AlertState;
  /** Since when it is in this state, ISO 8601 UTC. */
  since: string;
  /** When the condition began to hold, ISO 8601 UTC. */
  beganAt: string;
  /** The value at the last evaluation; `null` when there was none. */
  value: number | null;
  /** One sentence with the values filled in. */
  message: string;
  runbookUrl: string | null;
  /** Whether the rule fires because there is no data, instead of for its condition. */
  noData: boolean;
  /** The incident that it is part of; it has no record of its own until the alert fires. */
  incidentId: string;
  acknowledgement: Acknowledgement | null;
  /** Id of a silence that keeps people from being told; `null` when they are. */
  silencedBy: string | null;
  /** Rises with every change of the alert. */
  version: number;
}

/** What happened to an incident. */
export type IncidentEventKind = 'state' | 'acknowledged';

/** One change of an alert. */
export interface IncidentEvent {
  id: string;
  incidentId: string;
  rule: string;
  kind: IncidentEventKind;
  from: AlertState;
  to: AlertState;
  /** ISO 8601 UTC. */
  at: string;
  /** How long it was in `from`; `null` for an acknowledgement, and for a series that was never seen before. */
  durationMs: number | null;
  /** Why, one sentence. */
  reason: string;
  value: number | null;
  /** Who did it; `null` for what the rule did by itself. */
  by: string | null;
}

/** What topic `alerts` carries: the event, and the alert as it is after it. */
export interface AlertUpdate {
  /** `null` when only a silence began or ended. */
  event: IncidentEvent | null;
  alert: Alert;
}

/** What `GET /api/v1/alerts` answers: every alert that is not inactive. */
export interface AlertsAnswer {
  alerts: Alert[];
  /** Time of the service's clock at which this was true. */
  asOf: string;
  /** Where topic `alerts` stood before the read; `null` when it is not kept. */
  position: Position | null;
}

/** A rule that fired, with begin and end. */
export interface Incident {
  id: string;
  rule: string;
  labels: AlertLabels;
  severity: AlertSeverity;
  message: string;
  runbookUrl: string | null;
  /** When the condition began to hold, ISO 8601 UTC. */
  beganAt: string;
  /** When the rule fired. */
  firedAt: string;
  /** When it was over; `null` while it lasts. */
  endedAt: string | null;
  /** From begin to end; `null` while it lasts. */
  durationMs: number | null;
  /** Why it fired, one sentence. */
  reason: string;
  /** Why it ended; `null` while it lasts. */
  endReason: string | null;
  /** The value at which it fired; `null` when there was none. */
  value: number | null;
  /** When the first notice of it arrived; `null` while none did, as under a silence or while every sink is away. */
  notifiedAt: string | null;
  acknowledgement: Acknowledgement | null;
  /** Newest last; only in the answer for one incident. */
  events?: IncidentEvent[];
}

/** What an incident is now: `ended`, or while it lasts as bad as its severity. */
export type IncidentStatus = AlertSeverity | 'ended';

/** All statuses of incidents, mildest first. */
export const INCIDENT_STATUSES = ['ended', ...ALERT_SEVERITIES] as const satisfies readonly IncidentStatus[];

/** Rules, and words of a search, that a query of incidents may name. */
export const MAX_INCIDENT_RULES = 50;
export const MAX_INCIDENT_SEARCH_LENGTH = 200;

/** What `GET /api/v1/incidents` takes. */
export interface IncidentQuery extends PageQuery {
  /** Only those that last (`open`), or only those that are over. */
  state?: 'open' | 'ended';
  severity?: AlertSeverity;
  /** Of these rules only. */
  rule?: string | readonly string[];
  /** In one of these statuses only. */
  status?: IncidentStatus | readonly IncidentStatus[];
  /** Words that all stand somewhere in its rule, its labels or its sentences; case does not matter. */
  search?: string;
  /** Begin of the incident, inclusive, ISO 8601. */
  from?: string;
  /** Begin of the incident, exclusive, ISO 8601. */
  to?: string;
  /** Whether the answer counts them: {@link IncidentPage.facets}. @default false */
  facets?: boolean;
}

/** How many incidents have one value. */
export interface IncidentFacet<Value extends string = string> {
  value: Value;
  count: number;
}

/** A page of incidents, newest begin first. */
export interface IncidentPage extends Page<Incident> {
  /** Where they were asked for: how many there are on all pages, and how many each choice would leave beside the others. */
  facets?: { total: number; rules: IncidentFacet[]; statuses: IncidentFacet<IncidentStatus>[] };
}

/** How a matcher compares a label's value. */
export type MatcherOperator = 'equals' | 'notEquals' | 'startsWith';

/** All operators of matchers. */
export const MATCHER_OPERATORS = [
  'equals',
  'notEquals',
  'startsWith',
] as const satisfies readonly MatcherOperator[];

/** One condition on an alert's labels. A label that the alert does not have counts as the empty text. */
export interface SilenceMatcher {
  label: string;
  is: MatcherOperator;
  value: string;
}

/** What `POST /api/v1/silences` takes. */
export interface SilenceInput {
  /** All of them have to match. */
  matchers: SilenceMatcher[];
  /** Why people are not to be told. */
  reason: string;
  /** Begin, ISO 8601. @default now */
  startsAt?: string;
  /** End, ISO 8601. */
  endsAt: string;
}

/** For a time people are not told of alerts that match. */
export interface Silence {
  id: string;
  matchers: SilenceMatcher[];
  reason: string;
  createdBy: string;
  createdAt: string;
  startsAt: string;
  /** When it ends, or was ended by hand. */
  endsAt: string;
  state: 'waiting' | 'active' | 'ended';
}

/** Why a notice is sent. */
export type NoticeKind = 'firing' | 'reminder' | 'resolved';

/** One incident as a notice tells of it. */
export interface NoticeIncident {
  incidentId: string;
  rule: string;
  labels: AlertLabels;
  severity: AlertSeverity;
  message: string;
  runbookUrl: string | null;
  value: number | null;
  beganAt: string;
  firedAt: string;
  endedAt: string | null;
}

/** What people are told: the body that a webhook gets. */
export interface AlertNotice {
  /** Also the idempotency key: a notice that comes twice has the same. */
  id: string;
  kind: NoticeKind;
  /** The labels that all incidents of the notice share, by which they were grouped. */
  group: AlertLabels;
  /** The worst of the incidents. */
  severity: AlertSeverity;
  at: string;
  /** Sent while the store was away, so that another replica may have told the same. */
  mayRepeat: boolean;
  incidents: NoticeIncident[];
}

/** The most matchers of a silence. */
export const MAX_MATCHERS = 20;

/** Whether an alert's labels meet all matchers. No matcher matches nothing. */
export function matchesLabels(matchers: readonly SilenceMatcher[], labels: AlertLabels): boolean {
  if (matchers.length === 0) return false;
  return matchers.every(({ label, is, value }) => {
    const own = Object.hasOwn(labels, label) ? String(labels[label]) : '';
    if (is === 'startsWith') return own.startsWith(value);
    return (own === value) === (is === 'equals');
  });
}
