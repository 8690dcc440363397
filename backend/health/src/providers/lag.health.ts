import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { requireGiven } from './given.ts';

/** Options of {@link lagHealth}. */
export interface LagHealthOptions extends HealthCheckOptions {
  /** What the component is called. */
  name: string;
  /** How far behind the work is, in milliseconds; `null` when nothing waits. */
  read: (signal: AbortSignal) => number | null | PromiseLike<number | null>;
  /** What lags, as it stands in a sentence. @default 'The work' */
  what?: string;
  /** Lag above which it is degraded, in milliseconds. @default 10000 */
  degradedAboveMs?: number;
  /** The same for critical, in milliseconds. @default never */
  criticalAboveMs?: number;
}

/**
 * Watches how far work is behind that is done later: points to store, entries to seal, messages to send. Optional by
 * default.
 *
 * @throws FleetdeckError `INVALID_INPUT` when `read` is missing
 */
export function lagHealth({
  name,
  read,
  what = 'The work',
  degradedAboveMs = 10_000,
  criticalAboveMs = Infinity,
  ...options
}: LagHealthOptions): HealthCheckContributor {
  requireGiven(`Health check "${name}"`, 'read', read, 'Give it a function that answers milliseconds.');
  return {
    healthName: name,
    healthOptions: { criticality: 'optional', ...options },
    async checkHealth(signal) {
      const lagMs = Math.round((await read(signal)) ?? 0);
      // A comparison with it would always come out well.
      if (!Number.isFinite(lagMs)) throw new Error('The lag is not a number of milliseconds.');
      const details = { lagMs };
      const limit = lagMs > criticalAboveMs ? criticalAboveMs : degradedAboveMs;
      if (!(lagMs > limit)) return { status: 'healthy', details };
      return {
        status: limit === criticalAboveMs ? 'critical' : 'degraded',
        reason: `${what} is over ${limit / 1000} s behind.`,
        details,
      };
    },
  };
}

/** Options of {@link auditSealLagHealth} and {@link metricsLagHealth}. */
export type LagPresetOptions = Partial<Omit<LagHealthOptions, 'read' | 'what'>>;

/** Watches how old the oldest audit entry is that is not sealed yet: degraded over 5 s, critical over 60 s. */
export function auditSealLagHealth(
  read: LagHealthOptions['read'],
  options: LagPresetOptions = {},
): HealthCheckContributor {
  const limits = { degradedAboveMs: 5_000, criticalAboveMs: 60_000 };
  return lagHealth({ name: 'audit-seal', ...limits, ...options, read, what: 'The sealing of audit entries' });
}

/** Watches how long points wait for the database: degraded over 10 s. `MetricsModule` contributes its own, with more. */
export function metricsLagHealth(
  read: LagHealthOptions['read'],
  options: LagPresetOptions = {},
): HealthCheckContributor {
  return lagHealth({ name: 'metrics-lag', ...options, read, what: 'The writing of metrics' });
}
