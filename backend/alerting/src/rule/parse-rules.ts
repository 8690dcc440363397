import {
  ALERT_SEVERITIES,
  isMetricAggregation,
  labelsProblem,
  LABEL_NAME_PATTERN,
  MAX_METRIC_NAME_LENGTH,
  METRIC_NAME_PATTERN,
  METRIC_WINDOWS,
  type FieldProblem,
} from '@fleetdeck/dto';
import { FleetdeckError } from '@fleetdeck/kernel';
import {
  NO_DATA_POLICIES,
  type AlertRule,
  type ParsedMetric,
  type ParsedRule,
  type RuleCondition,
  type RuleHealth,
} from './alert-rule.ts';
import { UNSTORABLE } from '../store/storable.ts';
import { placeholdersOf } from './message.ts';

/** The most rules. */
export const MAX_RULES = 500;
const MAX_MESSAGE_LENGTH = 500;
const MAX_DURATION_MS = 7 * 86_400_000;
const MAX_GROUP_LABELS = 5;
const RULE_NAME = /^[A-Za-z][\w.-]{0,99}$/;
const COMPONENT_NAME = /^[A-Za-z][\w.:-]{0,99}$/;
const COMPARISONS = ['above', 'atLeast', 'below', 'atMost'];
const RESERVED_LABELS = ['rule', 'severity'];
const KNOWN_FIELDS = [
  'name',
  'severity',
  'forMs',
  'keepFiringForMs',
  'labels',
  'message',
  'runbookUrl',
  'groupBy',
  'metric',
  'when',
  'noData',
  'health',
];

/**
 * Checks rules, from code or read from a file, and fills in the defaults.
 * @throws FleetdeckError `INVALID_INPUT` with a sentence for each field that is wrong
 */
export function parseRules(rules: unknown): ParsedRule[] {
  const problems: FieldProblem[] = [];
  const parsed: ParsedRule[] = [];
  if (!Array.isArray(rules) || rules.length > MAX_RULES) {
    problems.push({ field: 'rules', message: `must be a list of at most ${MAX_RULES} rules` });
  } else {
    const seen = new Set<unknown>();
    rules.forEach((rule: unknown, index) => {
      const check = new RuleCheck(`rules[${index}]`, problems);
      const read = check.rule(rule);
      if (read) parsed.push(read);
      const name = isObject(rule) ? rule['name'] : undefined;
      if (typeof name === 'string' && seen.has(name))
        check.wrong('name', `"${name}" is taken by another rule`);
      seen.add(name);
    });
  }
  if (problems.length > 0) {
    const sentences = problems.map(({ field, message }) => `${field} ${message}.`);
    throw new FleetdeckError('INVALID_INPUT', sentences.join(' '), { fields: problems });
  }
  return parsed;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Checks one rule; what is wrong goes to the list, so that all of it is told at once. */
class RuleCheck {
  constructor(
    private readonly path: string,
    private readonly problems: FieldProblem[],
  ) {}

  wrong(field: string, message: string): void {
    this.problems.push({ field: field === '' ? this.path : `${this.path}.${field}`, message });
  }

  rule(rule: unknown): ParsedRule | null {
    if (!isObject(rule)) {
      this.wrong('', 'must be an object');
      return null;
    }
    const before = this.problems.length;
    this.unknownFields('', rule, KNOWN_FIELDS);
    const { name, severity, message } = rule as Partial<AlertRule>;
    if (typeof name !== 'string' || !RULE_NAME.test(name)) {
      this.wrong('name', 'must be a letter, then letters, digits, "_", "." or "-", at most 100 in all');
    }
    if (!ALERT_SEVERITIES.some((known) => known === severity)) {
      this.wrong('severity', `must be one of ${ALERT_SEVERITIES.join(', ')}`);
    }
    const labels = this.labels(rule['labels']);
    const source = this.source(rule);
    const parsed = {
      name,
      source,
      severity,
      forMs: this.duration(rule, 'forMs'),
      keepFiringForMs: this.duration(rule, 'keepFiringForMs'),
      noData: this.noData(rule),
      labels,
      message,
      runbookUrl: this.runbookUrl(rule['runbookUrl']),
      groupBy: source ? this.groupBy(rule['groupBy'], source, labels) : null,
    };
    if (typeof message !== 'string' || message.trim() === '' || message.length > MAX_MESSAGE_LENGTH) {
      this.wrong('message', `must be a sentence of at most ${MAX_MESSAGE_LENGTH} characters`);
    } else if (UNSTORABLE.test(message)) {
      this.wrong('message', 'must not hold the NUL character nor half of a character');
    } else if (source) {
      this.placeholders(message, source, labels);
    }
    return this.problems.length === before ? (parsed as ParsedRule) : null;
  }

  private source(rule: Record<string, unknown>): ParsedRule['source'] | null {
    const { metric, health } = rule;
    if ((metric === undefined) === (health === undefined)) {
      this.wrong('', 'must have either "metric" or "health"');
      return null;
    }
    if (metric !== undefined) {
      const asked = this.metric(metric);
      const when = this.condition(rule['when']);
      return asked && when ? { kind: 'metric', metric: asked, when } : null;
    }
    if (rule['when'] !== undefined) {
      this.wrong('when', 'is for metrics; give "health.status" instead');
    }
    const watched = this.health(health);
    return watched ? { kind: 'health', health: watched } : null;
  }

  private metric(metric: unknown): ParsedMetric | null {
    if (!isObject(metric)) {
      this.wrong('metric', 'must be an object with name, window and aggregation');
      return null;
    }
    const known = ['name', 'window', 'aggregation', 'labels', 'groupBy', 'minCoverage'];
    this.unknownFields('metric.', metric, known);
    const { name, window, aggregation, labels = {}, groupBy = [], minCoverage = 0 } = metric;
    if (typeof name !== 'string' || name.length > MAX_METRIC_NAME_LENGTH || !METRIC_NAME_PATTERN.test(name)) {
      this.wrong('metric.name', 'must be the name of a metric, such as "event_loop_delay_ms"');
    }
    if (!METRIC_WINDOWS.some((each) => each === window)) {
      this.wrong('metric.window', `must be one of ${METRIC_WINDOWS.join(', ')}`);
    }
    if (!isMetricAggregation(aggregation)) {
      this.wrong(
        'metric.aggregation',
        'must be avg, min, max, sum, count, last, ratePerSecond, ratePerMinute or a percentile such as p95',
      );
    }
    const problem = labelsProblem(labels);
    if (problem !== null) this.wrong('metric.labels', problem);
    const names: readonly unknown[] = Array.isArray(groupBy) ? groupBy : [null];
    const isLabel = (label: unknown): boolean =>
      typeof label === 'string' && LABEL_NAME_PATTERN.test(label) && !RESERVED_LABELS.includes(label);
    if (names.length > MAX_GROUP_LABELS || !names.every(isLabel) || new Set(names).size < names.length) {
      this.wrong(
        'metric.groupBy',
        `must be at most ${MAX_GROUP_LABELS} different names of labels, none of them "rule" or "severity"`,
      );
    }
    if (!isNumber(minCoverage) || minCoverage < 0 || minCoverage > 1) {
      this.wrong('metric.minCoverage', 'must be a number from 0 to 1');
    }
    return { name, window, aggregation, labels, groupBy, minCoverage } as ParsedMetric;
  }

  private condition(when: unknown): Required<RuleCondition> | null {
    if (!isObject(when)) {
      this.wrong('when', 'must be an object with is and value, such as { "is": "above", "value": 90 }');
      return null;
    }
    this.unknownFields('when.', when, ['is', 'value', 'recoverAt']);
    const { is, value, recoverAt = value } = when;
    if (!COMPARISONS.some((known) => known === is)) {
      this.wrong('when.is', `must be one of ${COMPARISONS.join(', ')}`);
    }
    if (!isNumber(value)) {
      this.wrong('when.value', 'must be a number');
    } else if (!isNumber(recoverAt)) {
      this.wrong('when.recoverAt', 'must be a number');
    } else if (is === 'above' || is === 'atLeast' ? recoverAt > value : recoverAt < value) {
      this.wrong('when.recoverAt', `is ${recoverAt}, which is on the bad side of ${value}`);
    }
    return { is, value, recoverAt } as Required<RuleCondition>;
  }

  private health(health: unknown): Required<RuleHealth> | null {
    if (!isObject(health)) {
      this.wrong('health', 'must be an object with component');
      return null;
    }
    this.unknownFields('health.', health, ['component', 'except', 'status']);
    const { component, except = [], status = 'degraded' } = health;
    const isName = (name: unknown): boolean => typeof name === 'string' && COMPONENT_NAME.test(name);
    if (component !== '*' && !isName(component)) {
      this.wrong('health.component', 'must be the name of a component, or "*" for all');
    }
    if (!Array.isArray(except) || !except.every(isName)) {
      this.wrong('health.except', 'must be a list of names of components');
    } else if (except.length > 0 && component !== '*') {
      this.wrong('health.except', 'goes with the component "*" only');
    }
    if (status !== 'degraded' && status !== 'critical') {
      this.wrong('health.status', 'must be degraded or critical');
    }
    return { component, except, status } as Required<RuleHealth>;
  }

  private noData(rule: Record<string, unknown>): ParsedRule['noData'] {
    const { noData } = rule;
    if (noData === undefined) return 'keepLast';
    if (rule['health'] !== undefined) {
      this.wrong('noData', 'is for metrics; a component that says nothing is well');
    } else if (!NO_DATA_POLICIES.some((known) => known === noData)) {
      this.wrong('noData', `must be one of ${NO_DATA_POLICIES.join(', ')}`);
    }
    return noData as ParsedRule['noData'];
  }

  private duration(rule: Record<string, unknown>, field: 'forMs' | 'keepFiringForMs'): number {
    const value = rule[field] ?? 0;
    if (isNumber(value) && value >= 0 && value <= MAX_DURATION_MS) return value;
    this.wrong(field, `must be a number of milliseconds from 0 to ${MAX_DURATION_MS}`);
    return 0;
  }

  private labels(labels: unknown): Record<string, string> {
    if (labels === undefined) return {};
    const problem = labelsProblem(labels);
    if (problem !== null) {
      this.wrong('labels', problem);
      return {};
    }
    const own = labels as Record<string, string>;
    const reserved = RESERVED_LABELS.find((name) => Object.hasOwn(own, name));
    if (reserved !== undefined) this.wrong('labels', `must not name "${reserved}", which every alert has`);
    return own;
  }

  private runbookUrl(url: unknown): string | null {
    if (url === undefined) return null;
    const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : null;
    if (parsed && /^https?:$/.test(parsed.protocol)) return parsed.href;
    this.wrong('runbookUrl', 'must be an address that begins with https:// or http://');
    return null;
  }

  private groupBy(
    groupBy: unknown,
    source: ParsedRule['source'],
    labels: Record<string, string>,
  ): ParsedRule['groupBy'] {
    if (groupBy === undefined) return null;
    if (!Array.isArray(groupBy) || new Set(groupBy).size < groupBy.length) {
      this.wrong('groupBy', 'must be a list of different names of labels');
      return null;
    }
    const known = labelNames(source, labels);
    const names: readonly unknown[] = groupBy;
    const unknown = names.find((name) => !known.some((each) => each === name));
    if (unknown !== undefined) {
      this.wrong(
        'groupBy',
        `has ${JSON.stringify(unknown)}; the labels of this rule are ${known.join(', ')}`,
      );
    }
    return groupBy as string[];
  }

  private placeholders(message: string, source: ParsedRule['source'], labels: Record<string, string>): void {
    const known = new Set([
      ...['rule', 'severity', 'value'],
      ...(source.kind === 'metric' ? ['threshold'] : ['component', 'reason']),
      ...labelNames(source, labels).map((name) => `labels.${name}`),
    ]);
    for (const name of placeholdersOf(message)) {
      if (known.has(name)) continue;
      this.wrong('message', `has the placeholder {{${name}}}; known are ${[...known].join(', ')}`);
    }
  }

  private unknownFields(prefix: string, object: Record<string, unknown>, known: readonly string[]): void {
    for (const field of Object.keys(object)) {
      if (!known.includes(field)) {
        this.wrong(`${prefix}${field}`, `is not a field of a rule; known are ${known.join(', ')}`);
      }
    }
  }
}

/** Names of the labels that every alert of a rule has. */
function labelNames(source: ParsedRule['source'], labels: Record<string, string>): string[] {
  const series = source.kind === 'metric' ? source.metric.groupBy : ['component'];
  return [...new Set([...RESERVED_LABELS, ...series, ...Object.keys(labels)])];
}
