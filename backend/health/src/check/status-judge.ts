import { severityOf, type StatusFamily } from '@fleetdeck/dto';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import type { ResolvedCheckOptions } from '../health.options.ts';

/** What a result means for a component. */
export interface Judgement {
  status: StatusFamily;
  /** Why; `undefined` leaves the reason as it was. */
  reason: string | null | undefined;
}

type JudgeOptions = Pick<ResolvedCheckOptions, 'failureThreshold' | 'successThreshold' | 'latency'>;

/**
 * Decides from a row of results when a status changes. A status gets worse once `failureThreshold` results in a row
 * are worse, and then becomes the mildest of them: one blip among them does not decide. It gets better likewise.
 */
export class StatusJudge {
  private readonly recent: HealthCheckOutcome[] = [];
  private slow = false;

  constructor(private readonly options: JudgeOptions) {}

  /** Takes the next result of a component that now is `current`. From `unknown` the first result counts at once. */
  judge(current: StatusFamily, outcome: HealthCheckOutcome, latencyMs: number): Judgement {
    const { failureThreshold, successThreshold } = this.options;
    const latest = this.withLatency(outcome, latencyMs);
    this.recent.push(latest);
    if (this.recent.length > Math.max(failureThreshold, successThreshold)) this.recent.shift();
    if (current === 'unknown') return { status: latest.status, reason: latest.reason ?? null };

    const now = severityOf(current);
    const worse = this.last(failureThreshold, (severity) => severity > now);
    if (worse) return this.moveTo(worse.reduce((a, b) => (severity(b) < severity(a) ? b : a)).status);
    const better = this.last(successThreshold, (severity) => severity < now);
    if (better) return this.moveTo(better.reduce((a, b) => (severity(b) > severity(a) ? b : a)).status);
    return { status: current, reason: latest.status === current ? (latest.reason ?? null) : undefined };
  }

  private last(count: number, accept: (severity: number) => boolean): HealthCheckOutcome[] | null {
    const row = this.recent.slice(-count);
    return row.length === count && row.every((result) => accept(severity(result))) ? row : null;
  }

  private moveTo(status: HealthCheckOutcome['status']): Judgement {
    const latest = this.recent.findLast((result) => result.status === status);
    return { status, reason: latest?.reason ?? null };
  }

  private withLatency(outcome: HealthCheckOutcome, latencyMs: number): HealthCheckOutcome {
    const { latency } = this.options;
    // A failure says nothing about speed: a refused connection is quick.
    if (!latency || outcome.status === 'critical') return outcome;
    if (latencyMs > latency.degradedAboveMs) this.slow = true;
    else if (latencyMs < latency.recoverBelowMs) this.slow = false;
    if (!this.slow || outcome.status === 'degraded') return outcome;
    // The reason names the threshold, not the measured time, so that it does not change with every check.
    return {
      ...outcome,
      status: 'degraded',
      reason: `It answers slowly: over ${latency.degradedAboveMs} ms, and not yet again under ${latency.recoverBelowMs} ms.`,
    };
  }
}

function severity(outcome: HealthCheckOutcome): number {
  return severityOf(outcome.status);
}
