import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import { isWithin, refused, shown } from '../health.options.ts';

/** Values above which what is measured is degraded or critical, and those at or below which it no longer is. */
export interface Levels {
  degradedAbove: number;
  recoverBelow: number;
  criticalAbove: number;
  criticalRecoverBelow: number;
}

/** Levels in milliseconds, as options name them. */
export interface LevelsMs {
  degradedAboveMs: number;
  recoverBelowMs: number;
  criticalAboveMs: number;
  criticalRecoverBelowMs: number;
}

type Entered = 'degradedAbove' | 'criticalAbove';

/** Levels of a share, 0 to 1; each is left at 95 % of where it is entered, in whole percent, unless told otherwise. */
export function shareLevels(name: string, given: Partial<Levels> & Pick<Levels, Entered>): Levels {
  return resolve(name, '', given, (above) => Math.floor(above * 95) / 100);
}

/** Levels in milliseconds; each is left at 80 % of where it is entered unless told otherwise. */
export function levelsMs(name: string, given: Partial<LevelsMs> & Pick<LevelsMs, `${Entered}Ms`>): Levels {
  return resolve(
    name,
    'Ms',
    {
      degradedAbove: given.degradedAboveMs,
      recoverBelow: given.recoverBelowMs,
      criticalAbove: given.criticalAboveMs,
      criticalRecoverBelow: given.criticalRecoverBelowMs,
    },
    (above) => above * 0.8,
  );
}

/** Judges what is measured again and again by its levels. */
export class LevelJudge {
  private readonly entered = { critical: false, degraded: false };

  constructor(private readonly levels: Levels) {}

  /** @param sentence says that one value was passed, and not come down to the other; `below` is `null` when they are one */
  judge(
    value: number,
    sentence: (above: number, below: number | null) => string,
  ): Pick<HealthCheckOutcome, 'status' | 'reason'> {
    // A comparison with it would always come out well.
    if (Number.isNaN(value)) throw new Error('What was measured is not a number.');
    const { degradedAbove, recoverBelow, criticalAbove, criticalRecoverBelow } = this.levels;
    const { entered } = this;
    entered.critical = value > (entered.critical ? criticalRecoverBelow : criticalAbove);
    entered.degraded = value > (entered.degraded ? recoverBelow : degradedAbove);
    const said = (above: number, below: number): string => sentence(above, below === above ? null : below);
    if (entered.critical) return { status: 'critical', reason: said(criticalAbove, criticalRecoverBelow) };
    if (entered.degraded) return { status: 'degraded', reason: said(degradedAbove, recoverBelow) };
    return { status: 'healthy' };
  }
}

/** What {@link LevelJudge} is told of a share. @param what what is in use, as it stands in a sentence */
export function shareSentence(what: string): (above: number, below: number | null) => string {
  return (above, below) => {
    const until = below === null ? '' : `, and not yet again ${percentOf(below)} % or less`;
    return `More than ${percentOf(above)} % of ${what} is used${until}.`;
  };
}

/** A share as a percentage with one decimal. */
export function percentOf(share: number): number {
  return Math.round(share * 1000) / 10;
}

function resolve(
  name: string,
  unit: '' | 'Ms',
  given: { [key in keyof Levels]?: number | undefined } & Pick<Levels, Entered>,
  left: (above: number) => number,
): Levels {
  const { degradedAbove, criticalAbove } = given;
  const { recoverBelow = left(degradedAbove), criticalRecoverBelow = left(criticalAbove) } = given;
  const check = (aboveName: Entered, above: number, belowName: keyof Levels, below: number): void => {
    if (!isWithin(above, 0, Infinity)) {
      throw refused(name, aboveName + unit, `must be 0 or more, not ${shown(above)}`);
    }
    if (isWithin(below, 0, above)) return;
    throw refused(
      name,
      belowName + unit,
      `must be from 0 to ${aboveName}${unit} (${above}), not ${shown(below)}`,
    );
  };
  check('degradedAbove', degradedAbove, 'recoverBelow', recoverBelow);
  check('criticalAbove', criticalAbove, 'criticalRecoverBelow', criticalRecoverBelow);
  return { degradedAbove, recoverBelow, criticalAbove, criticalRecoverBelow };
}
