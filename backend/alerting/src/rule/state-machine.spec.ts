import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AlertState } from '@fleetdeck/dto';
import { NO_DATA_POLICIES, type NoDataPolicy } from './alert-rule.ts';
import { advance, inactive, type Finding, type Standing, type Timing } from './state-machine.ts';

const SECOND = 1000;
const TIMING: Timing = {
  forMs: 20 * SECOND,
  keepFiringForMs: 20 * SECOND,
  noData: 'keepLast',
  intervalMs: 10 * SECOND,
};

/** Evaluates findings, one an interval, and gives the state after each. */
function states(findings: readonly Finding[], part: Partial<Timing> = {}): AlertState[] {
  const timing = { ...TIMING, ...part };
  let standing = inactive(0);
  return findings.map((finding, i) => {
    standing = advance(standing, finding, (i + 1) * timing.intervalMs, timing);
    return standing.state;
  });
}

const I = 'inactive';
const P = 'pending';
const F = 'firing';
const R = 'recovering';

describe('the alert state machine', () => {
  it.each<[string, Finding[], Partial<Timing>, AlertState[]]>([
    ['stays inactive while all is well', ['good', 'between', 'none'], {}, [I, I, I]],
    ['fires only after the whole time', ['bad', 'bad', 'bad'], {}, [P, P, F]],
    ['fires at once without a time', ['bad'], { forMs: 0 }, [F]],
    ['a blip ends pending', ['bad', 'bad', 'good', 'bad'], {}, [P, P, I, P]],
    [
      'a value below the limit ends pending, past the recovery threshold or not',
      ['bad', 'between'],
      {},
      [P, I],
    ],
    ['stays firing between the thresholds', ['bad', 'bad', 'bad', 'between', 'between'], {}, [P, P, F, F, F]],
    ['keeps firing for its time, then is over', ['bad', 'good', 'good', 'good'], { forMs: 0 }, [F, R, R, I]],
    ['is over at once without such a time', ['bad', 'good'], { forMs: 0, keepFiringForMs: 0 }, [F, I]],
    [
      'fires on when it gets bad while recovering',
      ['bad', 'good', 'bad', 'good'],
      { forMs: 0 },
      [F, R, F, R],
    ],
    [
      'fires on when it is no longer past the recovery threshold',
      ['bad', 'good', 'between'],
      { forMs: 0 },
      [F, R, F],
    ],
    [
      'keepLast: a gap neither ends pending nor fires',
      ['bad', 'bad', 'none', 'none', 'bad'],
      {},
      [P, P, P, P, F],
    ],
    [
      'keepLast: the time of a gap counts once the condition is found twice after it',
      ['bad', 'none', 'none', 'none', 'none', 'none', 'none', 'bad', 'bad'],
      { forMs: 60 * SECOND },
      [P, P, P, P, P, P, P, P, F],
    ],
    [
      'keepLast: what is well after a gap was not pending',
      ['bad', 'none', 'none', 'none', 'good', 'bad'],
      {},
      [P, P, P, P, I, P],
    ],
    [
      'what could not be found out does not count',
      ['bad', 'unknown', 'unknown', 'bad', 'bad', 'bad'],
      { forMs: 30 * SECOND },
      [P, P, P, P, P, F],
    ],
    [
      'keepLast: a gap neither ends firing nor recovering',
      ['bad', 'none', 'good', 'none'],
      { forMs: 0 },
      [F, F, R, R],
    ],
    ['noData obeys the time', ['none', 'none', 'none'], { noData: 'noData' }, [P, P, F]],
    [
      'noData begins anew after a condition',
      ['bad', 'bad', 'none', 'none', 'none'],
      { noData: 'noData' },
      [P, P, P, P, F],
    ],
    ['alerting obeys the time', ['none', 'none', 'none'], { noData: 'alerting' }, [P, P, F]],
    ['ok ends pending', ['bad', 'none', 'bad'], { noData: 'ok' }, [P, I, P]],
    [
      'ok ends firing after its time',
      ['bad', 'none', 'none', 'none'],
      { forMs: 0, noData: 'ok' },
      [F, R, R, I],
    ],
    [
      'what could not be found out changes nothing',
      ['unknown', 'bad', 'unknown', 'bad', 'bad'],
      {},
      [I, P, P, P, F],
    ],
  ])('%s', (_words, findings, timing, expected) => {
    expect(states(findings, timing)).toEqual(expected);
  });

  it('knows whether it fires for lack of data, also when that changes while it fires or recovers', () => {
    const timing: Timing = { ...TIMING, forMs: 0, noData: 'noData' };
    const step = (standing: Standing, finding: Finding) => advance(standing, finding, 10 * SECOND, timing);
    const missing = step(inactive(0), 'none');
    expect(missing).toMatchObject({ state: F, noData: true });
    expect(step(missing, 'bad')).toMatchObject({ state: F, noData: false });
    expect(step(missing, 'between')).toMatchObject({ state: F, noData: true });
    const recovering = step(missing, 'good');
    expect(recovering).toMatchObject({ state: R, noData: true });
    expect(step(recovering, 'bad')).toMatchObject({ state: F, noData: false });
    expect(step(step(recovering, 'none'), 'good')).toMatchObject({ state: R });
    expect(advance({ ...recovering, heldMs: 20 * SECOND }, 'good', 0, timing)).toMatchObject({
      state: I,
      noData: false,
    });
  });

  it('does not fire early after a pause: what nobody looked at counts as two evaluations at most', () => {
    const timing = { ...TIMING, forMs: 60 * SECOND };
    const pending = advance(inactive(0), 'bad', 10 * SECOND, timing);
    const late = advance(pending, 'bad', 3_600 * SECOND, timing);
    expect(late).toMatchObject({ state: P, heldMs: 20 * SECOND });
  });

  it('counts no time when the clock is set back, and goes on from there', () => {
    const pending = advance(inactive(0), 'bad', 3_600 * SECOND, TIMING);
    const back = advance(pending, 'bad', 10 * SECOND, TIMING);
    expect(back).toMatchObject({ state: P, heldMs: 0, evaluatedAt: 10 * SECOND });
    expect(advance(back, 'bad', 30 * SECOND, TIMING).state).toBe(F);
  });

  const finding = fc.constantFrom<Finding>('bad', 'between', 'good', 'none', 'unknown');
  const timings = fc.record({
    forMs: fc.integer({ min: 0, max: 100_000 }),
    keepFiringForMs: fc.integer({ min: 0, max: 100_000 }),
    noData: fc.constantFrom<NoDataPolicy>(...NO_DATA_POLICIES),
    intervalMs: fc.integer({ min: 1, max: 30_000 }),
  });
  const steps = fc.array(fc.record({ finding, afterMs: fc.integer({ min: -50_000, max: 200_000 }) }), {
    maxLength: 60,
  });
  const ALLOWED: Record<AlertState, AlertState[]> = {
    inactive: [I, P, F],
    pending: [P, I, F],
    firing: [F, R, I],
    recovering: [R, F, I],
  };

  it('takes only the ways that there are, and fires and ends only after that much time was seen', () => {
    fc.assert(
      fc.property(timings, steps, (timing, run) => {
        let standing = inactive(0);
        let at = 0;
        let seenMs = 0;
        for (const { finding: found, afterMs } of run) {
          const before = standing;
          at += afterMs;
          standing = advance(before, found, at, timing);
          expect(ALLOWED[before.state]).toContain(standing.state);
          const creditMs = Math.min(Math.max(0, afterMs), 2 * timing.intervalMs);
          seenMs = standing.state === before.state ? seenMs + creditMs : seenMs;
          if (before.state === P && standing.state === F) {
            expect(seenMs + creditMs).toBeGreaterThanOrEqual(timing.forMs);
          }
          if (before.state === R && standing.state === I) {
            expect(seenMs + creditMs).toBeGreaterThanOrEqual(timing.keepFiringForMs);
          }
          if (standing.state !== before.state) seenMs = 0;
          if (standing.state === I) expect(standing.noData).toBe(false);
        }
      }),
      { seed: 20_260_101, numRuns: 500 },
    );
  });

  it('fires at the latest two evaluations after its time, however long that is', () => {
    fc.assert(
      fc.property(timings, (timing) => {
        let standing = inactive(0);
        let at = 0;
        while (standing.state !== F) {
          at += timing.intervalMs;
          standing = advance(standing, 'bad', at, timing);
        }
        expect(at).toBeLessThanOrEqual(timing.forMs + 2 * timing.intervalMs);
      }),
      { seed: 20_260_101, numRuns: 100 },
    );
  });

  it('keepLast: fires at the latest two evaluations after its time, whatever gaps there were meanwhile', () => {
    fc.assert(
      fc.property(timings, fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }), (given, gaps) => {
        const timing: Timing = { ...given, noData: 'keepLast' };
        let standing = advance(inactive(0), 'bad', timing.intervalMs, timing);
        let at = timing.intervalMs;
        for (let i = 0; standing.state !== F; i += 1) {
          at += timing.intervalMs;
          // The data are back when the time is over.
          const missing = gaps[i % gaps.length] === true && at <= timing.forMs;
          standing = advance(standing, missing ? 'none' : 'bad', at, timing);
          if (missing) expect(standing.state).toBe(P);
        }
        expect(at).toBeLessThanOrEqual(timing.forMs + 2 * timing.intervalMs);
      }),
      { seed: 20_260_101, numRuns: 200 },
    );
  });
});
