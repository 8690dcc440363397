import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import type { ResolvedCheckOptions } from '../health.options.ts';
import { medianOf, RecentWindow } from './recent-window.ts';

type DegradationOptions = Pick<ResolvedCheckOptions, 'latency' | 'errorRate'>;

/**
 * Sees degradation that a single result does not show: checks that succeed slowly, or that fail too often. Each enters
 * at one value and leaves at another, so that what hovers around a limit does not flap. The reasons name the limits
 * and not what was measured, so that they do not change with every check.
 */
export class Degradation {
  private readonly latencies: RecentWindow<number>;
  private readonly failures: RecentWindow<boolean>;
  private slow = false;
  private failing = false;

  constructor(private readonly options: DegradationOptions) {
    this.latencies = new RecentWindow(options.latency?.window ?? 1);
    this.failures = new RecentWindow(options.errorRate?.window ?? 1);
  }

  /** Takes the next result and answers it as it counts: a success may count as degraded. */
  apply(outcome: HealthCheckOutcome, latencyMs: number): HealthCheckOutcome {
    this.failures.add(outcome.status === 'critical');
    // A failure says nothing about speed: a refused connection is quick.
    if (outcome.status !== 'critical') this.latencies.add(latencyMs);
    const often = this.failsTooOften();
    const slowly = outcome.status !== 'critical' && this.isSlow();
    if (outcome.status !== 'healthy') return outcome;
    const reason = often ?? (slowly ? slowReason(this.options.latency) : null);
    return reason === null ? outcome : { ...outcome, status: 'degraded', reason };
  }

  private isSlow(): boolean {
    const { latency } = this.options;
    if (!latency) return false;
    const typical = medianOf(this.latencies.toArray());
    if (typical > latency.degradedAboveMs) this.slow = true;
    else if (typical < latency.recoverBelowMs) this.slow = false;
    return this.slow;
  }

  private failsTooOften(): string | null {
    const { errorRate } = this.options;
    if (!errorRate) return null;
    // Of the whole window, also while it fills: one failure at the start is not 100 %.
    const rate = this.failures.toArray().filter(Boolean).length / errorRate.window;
    if (rate > errorRate.degradedAbove) this.failing = true;
    else if (rate <= errorRate.recoverBelow) this.failing = false;
    if (!this.failing) return null;
    return `More than ${percent(errorRate.degradedAbove)} of ${errorRate.window} checks failed, and not yet again ${percent(errorRate.recoverBelow)} or less.`;
  }
}

function slowReason(latency: DegradationOptions['latency']): string | null {
  return (
    latency &&
    `It answers slowly: over ${latency.degradedAboveMs} ms, and not yet again under ${latency.recoverBelowMs} ms.`
  );
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
