import { createHash } from 'node:crypto';
import type { Acknowledgement, Alert, AlertLabels } from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';
import type { ParsedRule } from './alert-rule.ts';
import { fillMessage, type MessageValues } from './message.ts';
import type { Standing } from './state-machine.ts';

/** One rule on one series: what is kept of it between evaluations and across restarts. */
export interface Instance {
  readonly key: string;
  readonly rule: string;
  /** Labels that tell it from the rule's other series. */
  readonly seriesLabels: AlertLabels;
  standing: Standing;
  /** Times are milliseconds since the epoch. */
  since: number;
  beganAt: number;
  firedAt: number | null;
  value: number | null;
  /** What health said last. */
  reason: string | null;
  incidentId: string;
  version: number;
  notifiedAt: number | null;
  lastNotifiedAt: number | null;
  /** When people who were told of it were last told of ends of its group. */
  endsToldAt: number | null;
  /** For how long its series has had no data, in milliseconds. */
  missingMs: number;
  acknowledgement: Acknowledgement | null;
}

/** Names one rule on one series: short, whatever the labels are. */
export function instanceKey(rule: string, labels: AlertLabels): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([rule, sorted]))
    .digest('hex')
    .slice(0, 32);
}

/** All labels of an alert. */
export function labelsOf(rule: ParsedRule, seriesLabels: AlertLabels): AlertLabels {
  return { ...rule.labels, ...seriesLabels, rule: rule.name, severity: rule.severity };
}

/** What people are told of an instance as it is now. */
export function messageFor(rule: ParsedRule, instance: Instance): string {
  if (instance.standing.noData && rule.noData === 'noData') return noDataSentence(rule);
  const labels = labelsOf(rule, instance.seriesLabels);
  const values: [string, string | number | null][] = [
    ['rule', rule.name],
    ['severity', rule.severity],
    ['value', rule.source.kind === 'health' ? (HEALTH_WORDS[instance.value ?? 0] ?? null) : instance.value],
    ['reason', instance.reason ?? (instance.value === 0 ? 'it is well again.' : null)],
    ['component', labels['component'] ?? null],
    ['threshold', rule.source.kind === 'metric' ? rule.source.when.value : null],
    ...Object.entries(labels).map(([name, text]): [string, string] => [`labels.${name}`, text]),
  ];
  const filled: MessageValues = new Map(values);
  return fillMessage(rule.message, filled);
}

/** What the values of health readings mean. */
export const HEALTH_WORDS: readonly string[] = ['healthy', 'degraded', 'critical'];

const COMPARISON_WORDS = { above: 'above', atLeast: 'at least', below: 'below', atMost: 'at most' } as const;

/** Why an instance is where it is, one sentence. */
export function reasonFor(rule: ParsedRule, instance: Instance): string {
  const { source } = rule;
  if (source.kind === 'health') {
    const component = instance.seriesLabels['component'] ?? source.health.component;
    return `${component} is ${HEALTH_WORDS[instance.value ?? 0] ?? 'unknown'}${instance.reason === null ? '.' : `: ${instance.reason}`}`;
  }
  const { metric, when } = source;
  if (instance.value === null) return noDataSentence(rule);
  const value = fillMessage('{{v}}', new Map([['v', instance.value]]));
  return `${metric.aggregation} of ${metric.name} over ${metric.window} is ${value}; bad is ${COMPARISON_WORDS[when.is]} ${when.value}.`;
}

function noDataSentence(rule: ParsedRule): string {
  const what = rule.source.kind === 'metric' ? rule.source.metric.name : rule.source.health.component;
  return `There is no data of ${what}, which rule ${rule.name} watches.`;
}

/** An instance as it goes onto the wire. */
export function alertOf(rule: ParsedRule, instance: Instance, silencedBy: string | null): Alert {
  const { severity, runbookUrl } = rule;
  const labels = labelsOf(rule, instance.seriesLabels);
  return describedAs(
    { labels, severity, message: messageFor(rule, instance), runbookUrl },
    instance,
    silencedBy,
  );
}

/** An instance as it goes onto the wire, in the words of its rule or, where that is not known, of its incident. */
export function describedAs(
  { labels, severity, message, runbookUrl }: Pick<Alert, 'labels' | 'severity' | 'message' | 'runbookUrl'>,
  instance: Instance,
  silencedBy: string | null,
): Alert {
  return {
    key: instance.key,
    rule: instance.rule,
    labels,
    severity,
    state: instance.standing.state,
    since: isoTime(instance.since),
    beganAt: isoTime(instance.beganAt),
    value: instance.value,
    message,
    runbookUrl,
    noData: instance.standing.noData,
    incidentId: instance.incidentId,
    acknowledgement: instance.acknowledgement,
    silencedBy,
    version: instance.version,
  };
}
