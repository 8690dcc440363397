import type { AlertSeverity, MetricAggregation, MetricLabels, MetricWindow } from '@fleetdeck/dto';

/** What a metric rule asks for at each evaluation: the trailing window that ends now. */
export interface RuleMetric {
  name: string;
  window: MetricWindow;
  aggregation: MetricAggregation;
  /** Only series that carry all of these. @default all */
  labels?: MetricLabels;
  /** One alert for each combination of these labels. @default one alert for all series together */
  groupBy?: readonly string[];
  /** Windows with a smaller share of the points that were due count as no data, 0 to 1. @default 0 */
  minCoverage?: number;
}

/** Which side of the threshold is bad. */
export type Comparison = 'above' | 'atLeast' | 'below' | 'atMost';

/** When a metric rule's condition holds, and when it has ended. */
export interface RuleCondition {
  is: Comparison;
  value: number;
  /**
   * A firing alert has recovered only when the value is on the good side of this as well. Not on the bad side of
   * `value`. @default value
   */
  recoverAt?: number;
}

/** Which components of health a rule watches. */
export interface RuleHealth {
  /** Name of the component; `'*'` watches all, with one alert each. */
  component: string;
  /** Components that `'*'` leaves out. @default none */
  except?: readonly string[];
  /** From which status on the condition holds. @default 'degraded' */
  status?: 'degraded' | 'critical';
}

/**
 * What a rule makes of a window without a value, for at least `forMs` like everything else.
 * - `noData`: an alert that says that there is no data
 * - `alerting`: as if the condition held
 * - `ok`: as if it did not
 * - `keepLast`: the alert stays as it is; a pending one fires when the condition is found twice after the gap, whose
 *   time counts, any other time does not
 */
export type NoDataPolicy = 'noData' | 'alerting' | 'ok' | 'keepLast';

/** All no-data policies. */
export const NO_DATA_POLICIES = [
  'noData',
  'alerting',
  'ok',
  'keepLast',
] as const satisfies readonly NoDataPolicy[];

interface RuleBase {
  /** Names the rule everywhere, and is the label `rule`: a letter, then letters, digits, `_`, `.` or `-`. */
  name: string;
  severity: AlertSeverity;
  /** For how long the condition must hold before people are told, in milliseconds. @default 0 */
  forMs?: number;
  /** For how long it must have ended before the alert is over, in milliseconds. @default 0 */
  keepFiringForMs?: number;
  /** Labels that every alert of the rule carries, for grouping and silences. @default none */
  labels?: Readonly<Record<string, string>>;
  /**
   * One sentence for people. Placeholders: `{{rule}}`, `{{severity}}`, `{{value}}`, `{{threshold}}`,
   * `{{labels.<name>}}`; of health rules also `{{component}}`, `{{reason}}`, and no threshold.
   */
  message: string;
  /** Where it says what to do, http or https. */
  runbookUrl?: string;
  /**
   * Labels by which its incidents share a notice, with each other and with those of other rules that have the same
   * values: `rule`, `severity`, those that tell its series apart (`component` of health) and its own `labels`.
   * @default `groupBy` of the module
   */
  groupBy?: readonly string[];
}

/** A rule on a metric. */
export interface MetricRule extends RuleBase {
  metric: RuleMetric;
  when: RuleCondition;
  /** @default 'keepLast' */
  noData?: NoDataPolicy;
  health?: never;
}

/** A rule on what the health module reports. */
export interface HealthRule extends RuleBase {
  health: RuleHealth;
  metric?: never;
  when?: never;
  noData?: never;
}

/**
 * What people are told of, and when.
 *
 * @example
 * const lag: AlertRule = {
 *   name: 'LoopLag',
 *   metric: { name: 'event_loop_delay_ms', window: '1m', aggregation: 'p95', groupBy: ['node'] },
 *   when: { is: 'above', value: 200, recoverAt: 100 },
 *   forMs: 60_000,
 *   keepFiringForMs: 300_000,
 *   severity: 'degraded',
 *   message: 'The event loop of {{labels.node}} is {{value}} ms late, the limit is {{threshold}} ms.',
 * };
 */
export type AlertRule = MetricRule | HealthRule;

/** A rule that was checked, with every default filled in. */
export interface ParsedRule {
  readonly name: string;
  readonly source:
    | { readonly kind: 'metric'; readonly metric: ParsedMetric; readonly when: Required<RuleCondition> }
    | { readonly kind: 'health'; readonly health: Required<RuleHealth> };
  readonly severity: AlertSeverity;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly noData: NoDataPolicy;
  readonly labels: Readonly<Record<string, string>>;
  readonly message: string;
  readonly runbookUrl: string | null;
  /** `null` as the module says. */
  readonly groupBy: readonly string[] | null;
}

/** A metric question with every default filled in. */
export type ParsedMetric = Required<RuleMetric>;
