import { severityOf, type StatusFamily } from '@fleetdeck/dto';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import type { ResolvedCheckOptions } from '../health.options.ts';
import { Degradation } from './degradation.ts';
import { RecentWindow } from './recent-window.ts';

/** What a result means for a component. */
export interface Judgement {
  status: StatusFamily;
  /** Why; `undefined` leaves the reason as it was. */
  reason: string | null | undefined;
}

type JudgeOptions = Pick<
  ResolvedCheckOptions,
  'failureThreshold' | 'successThreshold' | 'latency' | 'errorRate'
>;

/**
 * Decides from a row of results when a status changes. A status gets worse once `failureThreshold` results in a row
 * are worse, and then becomes the mildest of them: one blip among them does not decide. It gets better likewise.
 */
export class StatusJudge {
  private readonly recent: RecentWindow<HealthCheckOutcome>;
  private readonly degradation: Degradation;

  constructor(private readonly options: JudgeOptions) {
    this.recent = new RecentWindow(Math.max(options.failureThreshold, options.successThreshold));
    this.degradation = new Degradation(options);
  }

  /** Takes the next result of a component that now is `current`. From `unknown` the first result counts at once. */
  judge(current: StatusFamily, outcome: HealthCheckOutcome, latencyMs: number): Judgement {
    const { failureThreshold, successThreshold } = this.options;
    const latest = this.degradation.apply(outcome, latencyMs);
    this.recent.add(latest);
    if (current === 'unknown') return { status: latest.status, reason: latest.reason ?? null };

    const now = severityOf(current);
    const worse = this.last(failureThreshold, (severity) => severity > now);
    if (worse) return this.moveTo(worse.reduce((a, b) => (severity(b) < severity(a) ? b : a)).status);
    const better = this.last(successThreshold, (severity) => severity < now);
    if (better) return this.moveTo(better.reduce((a, b) => (severity(b) > severity(a) ? b : a)).status);
    return { status: current, reason: latest.status === current ? (latest.reason ?? null) : undefined };
  }

  private last(count: number, accept: (severity: number) => boolean): HealthCheckOutcome[] | null {
    const row = this.recent.toArray().slice(-count);
    return row.length === count && row.every((result) => accept(severity(result))) ? row : null;
  }

  private moveTo(status: HealthCheckOutcome['status']): Judgement {
    const latest = this.recent.toArray().findLast((result) => result.status === status);
    return { status, reason: latest?.reason ?? null };
  }
}

function severity(outcome: HealthCheckOutcome): number {
  return severityOf(outcome.status);
}
