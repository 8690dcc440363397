import type { CanActivate, Type } from '@nestjs/common';
import type { Criticality } from '@fleetdeck/dto';
import { FleetdeckError, type HealthContributor, type HealthContributorOptions } from '@fleetdeck/kernel';
import type { HistoryDatabase } from './history/history-store.ts';

/** Injection token of {@link HealthModuleOptions}. */
export const HEALTH_MODULE_OPTIONS = Symbol.for('@fleetdeck/health/OPTIONS');

/** When a check that succeeds slowly counts as degraded. The two values differ so that it does not flap. */
export interface LatencyThresholds {
  /** Above this it is degraded, in milliseconds. */
  degradedAboveMs: number;
  /** Below this it is healthy again, in milliseconds. @default 80 % of `degradedAboveMs` */
  recoverBelowMs?: number;
  /** Judged is the median of this many of the newest successful checks, 1 to 1000. @default 1 */
  window?: number;
}

/** When a check that fails now and then counts as degraded. The two values differ so that it does not flap. */
export interface ErrorRateThresholds {
  /** Share of failed checks, 0 to 1, above which it is degraded. */
  degradedAbove: number;
  /** Share at or below which it is healthy again. @default half of `degradedAbove` */
  recoverBelow?: number;
  /** Of this many of the newest checks, 2 to 1000; checks not yet run count as successes. @default 20 */
  window?: number;
}

/** How one check is run and judged. */
export interface HealthCheckOptions extends HealthContributorOptions {
  /** This many results in a row that are worse make the status worse. The first result counts at once. @default 1 */
  failureThreshold?: number;
  /** This many results in a row that are better make the status better. @default 1 */
  successThreshold?: number;
  /** Degrades a check that succeeds, but slowly. @default none */
  latency?: LatencyThresholds;
  /** Degrades a check that fails too often, also when never `failureThreshold` times in a row. @default none */
  errorRate?: ErrorRateThresholds;
}

/** A `HealthContributor` that may use every option of this module. */
export interface HealthCheckContributor extends HealthContributor {
  readonly healthOptions?: HealthCheckOptions;
}

/** What holds for every check that does not say otherwise. */
export interface HealthDefaults {
  /** Time between the starts of two checks, in milliseconds, 100 to one day. @default 10000 */
  intervalMs?: number;
  /** After this a check is aborted and counts as failed, in milliseconds. @default 2000 */
  timeoutMs?: number;
  /** @default 1 */
  failureThreshold?: number;
  /** @default 1 */
  successThreshold?: number;
}

/** How the routes are served; `false` serves none. */
export type HealthHttpOptions =
  | {
      /** Path of the report, below the story service's own global prefix. @default 'api/v1/health' */
      prefix?: string;
      /**
       * Path of `live`, `ready` and the other groups, from the root of the server: a global prefix, versioning and global guards of the
       * story service do not apply to probes. @default 'health'
       */
      probesPrefix?: string;
      /** Guards that run before Fleetdeck's own; not on the probes. @default [] */
      guards?: (Type<CanActivate> | CanActivate)[];
    }
  | false;

/**
 * Components by group. `ready` is every component and `live` none unless they are named here; any other name is a group
 * of its own, with its own probe. What a component does to a group follows its criticality: an `optional` one makes it
 * at most degraded, which still answers 200.
 */
export type HealthGroups = Readonly<Record<string, readonly string[]>>;

/** Where the history is kept. */
export interface HealthHistoryOptions {
  /**
   * Keeps the history in PostgreSQL, so that it outlives the process. Run
   * `migrateFleetdeck(dataSource, [healthMigrations])` first. Without it the history is the newest 100 changes of each
   * component in this process, and every answer about it says so. @default none
   */
  dataSource?: HistoryDatabase;
  /** What this replica is called in the history. @default the host's name */
  node?: string;
  /** For so long an ended status is kept, 1 to 3650. @default 35 */
  retentionDays?: number;
}

/** Options of `TerminusHealthModule`. */
export interface HealthModuleOptions {
  /** What holds for every check that does not say otherwise. */
  defaults?: HealthDefaults;
  /**
   * For this long after start a critical result of a component that has not been well yet does not count: it stays
   * `unknown`, and the service not ready. In milliseconds. @default 0
   */
  startupGraceMs?: number;
  /**
   * For this long after the application begins to close it answers on, while readiness says 503, so that whoever asks
   * the probe has sent the last request elsewhere. Longer than the time between two probes, in milliseconds. @default 0
   */
  shutdownDrainMs?: number;
  /** Checks to register beside the discovered ones. @default [] */
  checks?: readonly HealthCheckContributor[];
  /** Groups of components, each with a probe of its own name. @default `live` and `ready` only */
  groups?: HealthGroups;
  /** Where the history is kept. @default in memory */
  history?: HealthHistoryOptions;
}

/** The options of one check with every default filled in. */
export interface ResolvedCheckOptions {
  readonly criticality: Criticality;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly failureThreshold: number;
  readonly successThreshold: number;
  readonly latency: Required<LatencyThresholds> | null;
  readonly errorRate: Required<ErrorRateThresholds> | null;
}

const DAY_MS = 86_400_000;
const CRITICALITIES: readonly Criticality[] = ['critical', 'optional', 'informational'];
const DEFAULTS = [
  'intervalMs',
  'timeoutMs',
  'failureThreshold',
  'successThreshold',
] as const satisfies (keyof HealthDefaults)[];
const CHECK_OPTIONS = [
  ...DEFAULTS,
  'criticality',
  'latency',
  'errorRate',
] as const satisfies (keyof HealthCheckOptions)[];
const LATENCY = [
  'degradedAboveMs',
  'recoverBelowMs',
  'window',
] as const satisfies (keyof LatencyThresholds)[];
const ERROR_RATE = [
  'degradedAbove',
  'recoverBelow',
  'window',
] as const satisfies (keyof ErrorRateThresholds)[];

/**
 * Fills in the defaults and checks every value.
 * @throws FleetdeckError `INVALID_INPUT` naming the check, the option, and what was expected
 */
export function resolveCheckOptions(
  name: string,
  options: HealthCheckOptions = {},
  defaults: HealthDefaults = {},
): ResolvedCheckOptions {
  refuseUnknown('defaults', defaults, DEFAULTS);
  refuseUnknown(name, options, CHECK_OPTIONS);
  const number = (
    field: keyof HealthDefaults,
    fallback: number,
    least: number,
    most: number,
    whole = false,
  ): number => {
    const value = options[field] ?? defaults[field] ?? fallback;
    if (!isWithin(value, least, most) || (whole && !Number.isInteger(value))) {
      throw refused(
        name,
        field,
        `must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not ${shown(value)}`,
      );
    }
    return value;
  };
  const criticality = options.criticality ?? 'critical';
  if (!CRITICALITIES.includes(criticality)) {
    throw refused(name, 'criticality', `must be one of ${CRITICALITIES.join(', ')}, not "${criticality}"`);
  }
  return {
    criticality,
    intervalMs: number('intervalMs', 10_000, 100, DAY_MS),
    timeoutMs: number('timeoutMs', 2_000, 1, DAY_MS),
    failureThreshold: number('failureThreshold', 1, 1, 100, true),
    successThreshold: number('successThreshold', 1, 1, 100, true),
    latency: resolveLatency(name, options.latency),
    errorRate: resolveErrorRate(name, options.errorRate),
  };
}

function resolveLatency(
  name: string,
  latency: LatencyThresholds | undefined,
): Required<LatencyThresholds> | null {
  if (!latency) return null;
  refuseUnknown(name, latency, LATENCY, 'latency.');
  const { degradedAboveMs, recoverBelowMs = degradedAboveMs * 0.8, window = 1 } = latency;
  if (!isWithin(degradedAboveMs, Number.MIN_VALUE, Infinity)) {
    throw refused(name, 'latency.degradedAboveMs', `must be above 0, not ${shown(degradedAboveMs)}`);
  }
  if (!isWithin(recoverBelowMs, Number.MIN_VALUE, degradedAboveMs)) {
    throw refused(
      name,
      'latency.recoverBelowMs',
      `must be above 0 and at most degradedAboveMs (${degradedAboveMs}), not ${shown(recoverBelowMs)}`,
    );
  }
  checkWindow(name, 'latency.window', window, 1);
  return { degradedAboveMs, recoverBelowMs, window };
}

function resolveErrorRate(
  name: string,
  errorRate: ErrorRateThresholds | undefined,
): Required<ErrorRateThresholds> | null {
  if (!errorRate) return null;
  refuseUnknown(name, errorRate, ERROR_RATE, 'errorRate.');
  const { degradedAbove, recoverBelow = degradedAbove / 2, window = 20 } = errorRate;
  if (!isWithin(degradedAbove, Number.MIN_VALUE, 1) || degradedAbove === 1) {
    throw refused(
      name,
      'errorRate.degradedAbove',
      `must be above 0 and below 1, not ${shown(degradedAbove)}`,
    );
  }
  if (!isWithin(recoverBelow, 0, degradedAbove)) {
    throw refused(
      name,
      'errorRate.recoverBelow',
      `must be from 0 to degradedAbove (${degradedAbove}), not ${shown(recoverBelow)}`,
    );
  }
  checkWindow(name, 'errorRate.window', window, 2);
  return { degradedAbove, recoverBelow, window };
}

function checkWindow(name: string, field: string, window: number, least: number): void {
  if (Number.isInteger(window) && window >= least && window <= 1000) return;
  throw refused(name, field, `must be a whole number from ${least} to 1000, not ${shown(window)}`);
}

/** Whether it is a number between two others: a text that reads as one, as it comes from the environment, is none. */
export function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

/** A value as it stands in the message about it. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? `the text "${value}"` : String(value);
}

/** What nobody reads is most likely misspelt, and would be missed only when it is needed. */
function refuseUnknown(name: string, given: object, known: readonly string[], path = ''): void {
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined && !known.includes(key)) {
      throw refused(name, path + key, 'is not one of its options');
    }
  }
}

/** The error of an option that is not valid. */
export function refused(name: string, field: string, message: string): FleetdeckError {
  return new FleetdeckError('INVALID_INPUT', `Health check "${name}": ${field} ${message}.`, {
    fields: [{ field, message }],
  });
}
