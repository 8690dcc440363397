import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { requireGiven } from './given.ts';
import { LevelJudge, levelsMs, type LevelsMs } from './levels.ts';

/** Options of {@link lagHealth}. */
export interface LagHealthOptions extends HealthCheckOptions, Partial<LevelsMs> {
  /** What the component is called. */
  name: string;
  /** How far behind the work is, in milliseconds; `null` when nothing waits. */
  read: (signal: AbortSignal) => number | null | PromiseLike<number | null>;
  /** What lags, as it stands in a sentence. @default 'The work' */
  what?: string;
  /** Lag above which it is degraded, in milliseconds. @default 10000 */
  degradedAboveMs?: number;
  /** Lag at or below which it is healthy again. @default 80 % of `degradedAboveMs` */
  recoverBelowMs?: number;
  /** Lag above which it is critical. @default never */
  criticalAboveMs?: number;
  /** Lag at or below which it is critical no more. @default 80 % of `criticalAboveMs` */
  criticalRecoverBelowMs?: number;
}

/**
 * Watches how far work is behind that is done later: points to store, entries to seal, messages to send. Optional by
 * default.
 *
 * @throws FleetdeckError `INVALID_INPUT` when `read` is missing, or a value to leave at is past the value to enter at
 */
export function lagHealth({
  name,
  read,
  what = 'The work',
  degradedAboveMs = 10_000,
  recoverBelowMs,
  criticalAboveMs = Infinity,
  criticalRecoverBelowMs,
  ...options
}: LagHealthOptions): HealthCheckContributor {
  requireGiven(`Health check "${name}"`, 'read', read, 'Give it a function that answers milliseconds.');
  const judge = new LevelJudge(
    levelsMs(name, { degradedAboveMs, recoverBelowMs, criticalAboveMs, criticalRecoverBelowMs }),
  );
  const sentence = (above: number, below: number | null): string => {
    const until = below === null ? '' : `, and not yet again ${below / 1000} s or less`;
    return `${what} is over ${above / 1000} s behind${until}.`;
  };
  return {
    healthName: name,
    healthOptions: { criticality: 'optional', ...options },
    async checkHealth(signal) {
      const lagMs = Math.round((await read(signal)) ?? 0);
      // A comparison with it would always come out well.
      if (!Number.isFinite(lagMs)) throw new Error('The lag is not a number of milliseconds.');
      return { ...judge.judge(lagMs, sentence), details: { lagMs } };
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
