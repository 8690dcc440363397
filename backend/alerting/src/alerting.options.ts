import { LABEL_NAME_PATTERN } from '@fleetdeck/dto';
import { FleetdeckError, type Lease, type ModuleHttpOptions } from '@fleetdeck/kernel';
import { logSink } from './notify/log.sink.ts';
import type { NoticeSink } from './notify/notice-sink.ts';
import { routeProblems } from './notify/parse-routes.ts';
import type { AlertRoute } from './notify/route-notices.ts';
import type { AlertRule, ParsedRule } from './rule/alert-rule.ts';
import { parseRules } from './rule/parse-rules.ts';
import type { Sql } from './store/sql.ts';

/** How an {@link AlertingModule} behaves. All durations are in milliseconds. */
export interface AlertingOptions {
  /** What people are told of. Checked at start; the same on all replicas. @default [] */
  rules?: readonly AlertRule[];
  /** Where notices go. @default [logSink()] */
  sinks?: readonly NoticeSink[];
  /**
   * Which sinks are told of which incidents: the first route that matches decides; what none matches goes to all sinks,
   * and the end of an incident where its begin went. Checked at start. @default []
   */
  routes?: readonly AlertRoute[];
  /** Where state is kept. @default the application's `DataSource`, found by its class */
  dataSource?: Sql;
  /** Elects the evaluator among replicas; its fences must go on rising across restarts. @default the port `LEASE`, else a lease on `dataSource` */
  lease?: Lease;
  /** Time to live of the lease that is made when none is given: how soon a killed evaluator is followed. @default 15000 */
  leaseTtlMs?: number;
  /** Time between two evaluations. @default 10000 */
  evaluationIntervalMs?: number;
  /** Labels by which incidents share a notice, unless their rule has its own; `rule` and `severity` are labels too. @default ['rule'] */
  groupBy?: readonly string[];
  /** For how long the first notice of a group waits for further incidents; what ends meanwhile is not told. @default 0 */
  groupWaitMs?: number;
  /** How often people who were told of a group are told of further incidents and of ends of it; 0 at once. @default 300000 */
  groupIntervalMs?: number;
  /** How often people are told again of what nobody acknowledged; 0 never. @default 14400000 */
  reminderIntervalMs?: number;
  /** Series of one rule that are watched. @default 1000 */
  maxSeriesPerRule?: number;
  /** An alert whose series has had no data for this long is over. @default 86400000 */
  forgetSeriesAfterMs?: number;
  /** Rules whose metrics have no answer by then, since an evaluation began, stay as they are. @default 5000 */
  queryTimeoutMs?: number;
  /** After this the store counts as away. @default 3000 */
  storeTimeoutMs?: number;
  /** For how long notices wait for a store that is away before they go out marked "may repeat". @default 5000 */
  storeGraceMs?: number;
  /**
   * How often one notice is tried at a sink. Tried on are the first of what still fires, and the end of what the sink was
   * told of, this for `resolvedRetryMs`. @default 20
   */
  maxAttempts?: number;
  /** For how long the end of what a sink was told of is tried there at least. @default 86400000 (a day) */
  resolvedRetryMs?: number;
  /** The first wait before a notice is tried again, at most; it doubles, and chance takes a part of it. @default 1000 */
  retryBaseMs?: number;
  /** The longest such wait. @default 300000 */
  retryCapMs?: number;
  /** What one attempt may take. @default 5000 */
  deliveryTimeoutMs?: number;
  /** Notices that may wait for one sink; for more a reminder, else what is over, else the oldest is given up. @default 1000 */
  maxWaitingNotices?: number;
  /** How long incidents that are over, their events and notices are kept. @default 7776000000 (90 days) */
  retentionMs?: number;
}

/** The options that a file can hold: the rules, `groupBy`, `routes` and every number. */
export type AlertingSettings = Omit<AlertingOptions, 'sinks' | 'dataSource' | 'lease'>;

/** What decides the shape of the module itself, so it is given beside the options, not by an async factory. */
export interface AlertingModuleExtras {
  /** The HTTP routes `alerts`, `incidents` and `silences` below the prefix; `false` serves none. @default { prefix: 'api/v1' } */
  http?: ModuleHttpOptions;
  /** Whether every module sees the ports and `Alerting` without importing the module. @default true */
  isGlobal?: boolean;
}

/** Injection token of the {@link AlertingOptions}. */
export const ALERTING_OPTIONS = Symbol.for('@fleetdeck/alerting/OPTIONS');

const DAY_MS = 86_400_000;
const LIMITS = {
  leaseTtlMs: [15_000, 100, 600_000],
  evaluationIntervalMs: [10_000, 100, 3_600_000],
  groupWaitMs: [0, 0, 3_600_000],
  groupIntervalMs: [300_000, 0, DAY_MS],
  reminderIntervalMs: [4 * 3_600_000, 0, 30 * DAY_MS],
  maxSeriesPerRule: [1000, 1, 100_000],
  forgetSeriesAfterMs: [DAY_MS, 1000, 365 * DAY_MS],
  queryTimeoutMs: [5_000, 1, 600_000],
  storeTimeoutMs: [3_000, 1, 600_000],
  storeGraceMs: [5_000, 0, 600_000],
  maxAttempts: [20, 1, 1000],
  resolvedRetryMs: [DAY_MS, 0, 30 * DAY_MS],
  retryBaseMs: [1_000, 1, 3_600_000],
  retryCapMs: [300_000, 1, DAY_MS],
  deliveryTimeoutMs: [5_000, 1, 600_000],
  maxWaitingNotices: [1_000, 1, 100_000],
  retentionMs: [90 * DAY_MS, DAY_MS, 3650 * DAY_MS],
} as const satisfies Partial<Record<keyof AlertingOptions, readonly [number, number, number]>>;

const SETTINGS: readonly string[] = ['rules', 'groupBy', 'routes', ...Object.keys(LIMITS)];

/** Every number of the options, with its default filled in. */
export type AlertingNumbers = Record<keyof typeof LIMITS, number>;

/** The options with every default filled in and the rules checked. */
export interface ResolvedAlertingOptions extends AlertingNumbers {
  rules: readonly ParsedRule[];
  sinks: readonly NoticeSink[];
  groupBy: readonly string[];
  routes: readonly AlertRoute[];
}

/**
 * Checks the options and fills in the defaults.
 * @throws FleetdeckError `INVALID_INPUT` with a sentence for what is wrong
 */
export function resolveAlertingOptions(options: AlertingOptions): ResolvedAlertingOptions {
  const numbers = Object.fromEntries(
    Object.entries(LIMITS).map(([name, [fallback, least, most]]) => {
      const { [name as keyof AlertingNumbers]: value = fallback } = options;
      if (Number.isFinite(value) && value >= least && value <= most) return [name, value];
      const given = typeof value === 'number' ? value : JSON.stringify(value);
      throw invalid(name, `is ${given}; it must be a number from ${least} to ${most}`);
    }),
  ) as AlertingNumbers;
  const { rules = [], sinks = [logSink()], routes = [] } = options;
  const taken = new Set<string>();
  for (const { name } of sinks) {
    if (name === '' || name.length > 100 || taken.has(name)) {
      throw invalid(
        'sinks',
        `has "${name}" twice, or as a name that is empty or too long; give each its own`,
      );
    }
    taken.add(name);
  }
  const { groupBy = ['rule'] }: { groupBy?: unknown } = options;
  if (!Array.isArray(groupBy)) throw invalid('groupBy', 'must be a list of names of labels');
  const names = groupBy as unknown[];
  const bad = names.find((name) => typeof name !== 'string' || !LABEL_NAME_PATTERN.test(name));
  if (bad !== undefined) throw invalid('groupBy', `has ${JSON.stringify(bad)}; it must be names of labels`);
  const problems = routeProblems(routes, [...taken]);
  if (problems.length > 0) {
    const sentences = problems.map(({ field, message }) => `${field} ${message}.`);
    throw new FleetdeckError('INVALID_INPUT', `AlertingModule: ${sentences.join(' ')}`, { fields: problems });
  }
  return { ...numbers, rules: parseRules(rules), routes, sinks, groupBy: names as string[] };
}

/**
 * Checks settings that were read from a file, such as parsed JSON.
 *
 * @example
 * const settings = parseAlertingSettings(JSON.parse(await readFile('alerts.json', 'utf8')), sinks);
 * AlertingModule.forRoot({ ...settings, sinks });
 * @param sinks those that routes may name
 * @throws FleetdeckError `INVALID_INPUT` that names the field that is wrong, or that is not known
 */
export function parseAlertingSettings(
  content: unknown,
  sinks: readonly NoticeSink[] = [logSink()],
): AlertingSettings {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new FleetdeckError('INVALID_INPUT', 'The settings must be an object with rules.');
  }
  const unknown = Object.keys(content).find((field) => !SETTINGS.includes(field));
  if (unknown !== undefined) throw invalid(`"${unknown}"`, `is not known; known are ${SETTINGS.join(', ')}`);
  resolveAlertingOptions({ ...content, sinks });
  return content;
}

function invalid(field: string, message: string): FleetdeckError {
  return new FleetdeckError('INVALID_INPUT', `AlertingModule: ${field} ${message}.`, {
    fields: [{ field, message }],
  });
}
