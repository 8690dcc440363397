import type { CanActivate, Type } from '@nestjs/common';
import type { Criticality } from '@fleetdeck/dto';
import { FleetdeckError, type HealthContributor, type HealthContributorOptions } from '@fleetdeck/kernel';

/** Injection token of {@link HealthModuleOptions}. */
export const HEALTH_MODULE_OPTIONS = Symbol.for('@fleetdeck/health/OPTIONS');

/** When a check that succeeds slowly counts as degraded. The two values differ so that it does not flap. */
export interface LatencyThresholds {
  /** Above this it is degraded, in milliseconds. */
  degradedAboveMs: number;
  /** Below this it is healthy again, in milliseconds. @default 80 % of `degradedAboveMs` */
  recoverBelowMs?: number;
}

/** How one check is run and judged. */
export interface HealthCheckOptions extends HealthContributorOptions {
  /** This many results in a row that are worse make the status worse. The first result counts at once. @default 1 */
  failureThreshold?: number;
  /** This many results in a row that are better make the status better. @default 1 */
  successThreshold?: number;
  /** Degrades a check that succeeds, but slowly. @default none */
  latency?: LatencyThresholds;
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
       * Path of `live` and `ready`, from the root of the server: a global prefix, versioning and global guards of the
       * story service do not apply to probes. @default 'health'
       */
      probesPrefix?: string;
      /** Guards that run before Fleetdeck's own; not on the probes. @default [] */
      guards?: (Type<CanActivate> | CanActivate)[];
    }
  | false;

/** Options of `TerminusHealthModule`. */
export interface HealthModuleOptions {
  /** What holds for every check that does not say otherwise. */
  defaults?: HealthDefaults;
  /**
   * For this long after start a critical result of a component that has not been well yet does not count: it stays
   * `unknown`, and the service not ready. In milliseconds. @default 0
   */
  startupGraceMs?: number;
  /** Checks to register beside the discovered ones. @default [] */
  checks?: readonly HealthCheckContributor[];
}

/** The options of one check with every default filled in. */
export interface ResolvedCheckOptions {
  readonly criticality: Criticality;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly failureThreshold: number;
  readonly successThreshold: number;
  readonly latency: Required<LatencyThresholds> | null;
}

const DAY_MS = 86_400_000;
const CRITICALITIES: readonly Criticality[] = ['critical', 'optional', 'informational'];

/**
 * Fills in the defaults and checks every value.
 * @throws FleetdeckError `INVALID_INPUT` naming the check, the option, and what was expected
 */
export function resolveCheckOptions(
  name: string,
  options: HealthCheckOptions = {},
  defaults: HealthDefaults = {},
): ResolvedCheckOptions {
  const number = (
    field: keyof HealthDefaults,
    fallback: number,
    least: number,
    most: number,
    whole = false,
  ): number => {
    const value = options[field] ?? defaults[field] ?? fallback;
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      throw refused(
        name,
        field,
        `must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not ${value}`,
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
  };
}

function resolveLatency(
  name: string,
  latency: LatencyThresholds | undefined,
): Required<LatencyThresholds> | null {
  if (!latency) return null;
  const { degradedAboveMs, recoverBelowMs = degradedAboveMs * 0.8 } = latency;
  if (!(degradedAboveMs > 0)) {
    throw refused(name, 'latency.degradedAboveMs', `must be above 0, not ${degradedAboveMs}`);
  }
  if (!(recoverBelowMs > 0 && recoverBelowMs <= degradedAboveMs)) {
    throw refused(
      name,
      'latency.recoverBelowMs',
      `must be above 0 and at most degradedAboveMs (${degradedAboveMs}), not ${recoverBelowMs}`,
    );
  }
  return { degradedAboveMs, recoverBelowMs };
}

function refused(name: string, field: string, message: string): FleetdeckError {
  return new FleetdeckError('INVALID_INPUT', `Health check "${name}": ${field} ${message}.`, {
    fields: [{ field, message }],
  });
}
