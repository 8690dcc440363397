import type { AlertState } from '@fleetdeck/dto';
import type { NoDataPolicy } from './alert-rule.ts';

/**
 * What one evaluation found.
 * - `bad`: the condition holds
 * - `between`: it does not, but the value is not on the good side of the recovery threshold either
 * - `good`: all is well
 * - `none`: there is no value
 * - `unknown`: it could not be found out, as when the store did not answer
 */
export type Finding = 'bad' | 'between' | 'good' | 'none' | 'unknown';

/** Where an alert stands; all of it is kept across restarts. */
export interface Standing {
  readonly state: AlertState;
  /** For how long the present state was seen to go on, in milliseconds; decides when it is left. */
  readonly heldMs: number;
  /** When it was last evaluated, in milliseconds since the epoch. */
  readonly evaluatedAt: number;
  /** Whether it is on its way for lack of data, instead of for its condition. */
  readonly noData: boolean;
}

/** The part of a rule that decides over states. */
export interface Timing {
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly noData: NoDataPolicy;
  /** Time between two evaluations, in milliseconds. */
  readonly intervalMs: number;
}

/** An alert of which nothing is known yet. */
export function inactive(at: number): Standing {
  return { state: 'inactive', heldMs: 0, evaluatedAt: at, noData: false };
}

/** Evaluations that may be missed before the time between two findings stops counting in full. */
const COUNTED_INTERVALS = 2;

/**
 * The next standing. Time counts only as far as it was looked at: after a pause of the evaluator, a restart or a
 * jump of the clock at most two intervals, never less than none, so that it can be late, but not early.
 */
export function advance(before: Standing, finding: Finding, at: number, timing: Timing): Standing {
  const passedMs = Math.min(Math.max(0, at - before.evaluatedAt), COUNTED_INTERVALS * timing.intervalMs);
  const next = (state: AlertState, heldMs: number, noData = before.noData): Standing => ({
    state,
    heldMs,
    evaluatedAt: at,
    noData: state === 'inactive' ? false : noData,
  });
  const verdict = judge(finding, timing.noData);
  if (verdict === 'stay') {
    const overGap = finding === 'none' && before.state === 'pending';
    return next(before.state, overGap ? heldOverGap(before.heldMs, passedMs, timing) : before.heldMs);
  }
  const noData = finding === 'none';
  switch (before.state) {
    case 'inactive':
      if (verdict !== 'bad') return next('inactive', 0);
      return next(timing.forMs === 0 ? 'firing' : 'pending', 0, noData);
    case 'pending': {
      if (verdict !== 'bad') return next('inactive', 0);
      // A condition that held and data that were missing do not add up to either.
      if (noData !== before.noData) return next('pending', 0, noData);
      const heldMs = before.heldMs + passedMs;
      return heldMs >= timing.forMs ? next('firing', 0) : next('pending', heldMs);
    }
    case 'firing':
      if (verdict === 'good') return next(timing.keepFiringForMs === 0 ? 'inactive' : 'recovering', 0);
      return next('firing', 0, verdict === 'bad' ? noData : before.noData);
    case 'recovering': {
      if (verdict === 'bad') return next('firing', 0, noData);
      if (verdict === 'between') return next('firing', 0);
      const heldMs = before.heldMs + passedMs;
      return heldMs >= timing.keepFiringForMs ? next('inactive', 0) : next('recovering', heldMs);
    }
  }
}

/** Evaluations that have to find the condition again after a gap, before an alert that was pending over it fires. */
const FINDINGS_AFTER_GAP = 2;

/**
 * A gap must not put off the notice of a condition that held before it and holds after it, so its time counts; but it
 * does not make up for the last findings, so that two blips with a long gap between them are no lasting condition.
 */
function heldOverGap(heldMs: number, passedMs: number, { forMs, intervalMs }: Timing): number {
  return Math.max(heldMs, Math.min(heldMs + passedMs, forMs - FINDINGS_AFTER_GAP * intervalMs));
}

function judge(finding: Finding, policy: NoDataPolicy): 'bad' | 'between' | 'good' | 'stay' {
  if (finding === 'unknown') return 'stay';
  if (finding !== 'none') return finding;
  switch (policy) {
    case 'noData':
    case 'alerting':
      return 'bad';
    case 'ok':
      return 'good';
    case 'keepLast':
      return 'stay';
  }
}
