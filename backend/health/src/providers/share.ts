import type { HealthCheckOutcome } from '@fleetdeck/kernel';

/** Shares, 0 to 1, above which something that fills up is degraded or critical. */
export interface ShareLimits {
  degradedAbove: number;
  criticalAbove: number;
}

/** Judges how full something is. The reason names the limit, so that it does not change with every check. */
export function judgeShare(
  share: number,
  { degradedAbove, criticalAbove }: ShareLimits,
  what: string,
): HealthCheckOutcome {
  if (share > criticalAbove) return { status: 'critical', reason: sentence(what, criticalAbove) };
  if (share > degradedAbove) return { status: 'degraded', reason: sentence(what, degradedAbove) };
  return { status: 'healthy' };
}

/** A share as a percentage with one decimal. */
export function percentOf(share: number): number {
  return Math.round(share * 1000) / 10;
}

function sentence(what: string, limit: number): string {
  return `More than ${percentOf(limit)} % of ${what} is used.`;
}
