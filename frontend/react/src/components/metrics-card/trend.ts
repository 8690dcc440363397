import type { GoodDirection } from '@fleetdeck/dto';
import type { TrendVerdict } from '../../messages/metric.ts';

/** How a value stands to an earlier one. */
export interface Trend {
  direction: 'up' | 'down' | 'flat';
  verdict: TrendVerdict;
  /** The change: a share of the earlier value, a factor for large rises, or none when it was 0 before. */
  change: { kind: 'percent' | 'times'; amount: number } | { kind: 'fromZero' } | { kind: 'none' };
}

/** Below this share of the earlier value nothing worth saying has changed. */
const FLAT = 0.0005;
/** From this factor up people read "12×" easier than "1,100 %". */
const TIMES_FROM = 10;

/**
 * Compares a value with an earlier one. `goodDirection` says which way is better; a change from 0 has no
 * percentage, so it is told apart.
 */
export function trendOf(value: number, baseline: number, goodDirection: GoodDirection): Trend {
  const difference = value - baseline;
  const share = baseline === 0 ? 0 : Math.abs(difference / baseline);
  if (difference === 0 || (baseline !== 0 && share < FLAT)) {
    return { direction: 'flat', verdict: 'neutral', change: { kind: 'none' } };
  }
  const direction = difference > 0 ? 'up' : 'down';
  const verdict = goodDirection === 'none' ? 'neutral' : goodDirection === direction ? 'better' : 'worse';
  if (baseline === 0) return { direction, verdict, change: { kind: 'fromZero' } };
  const factor = value / baseline;
  return {
    direction,
    verdict,
    change: factor >= TIMES_FROM ? { kind: 'times', amount: factor } : { kind: 'percent', amount: share },
  };
}
