/** @jest-environment node */
import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { momentOf, wallTime } from './wallTime.ts';

const MINUTE = 60_000;

describe('a time of day in a zone', () => {
  it.each([
    ['2026-01-15', '13:30', 'Europe/Berlin', '2026-01-15T12:30:00.000Z'],
    ['2026-07-15', '00:00', 'Asia/Kolkata', '2026-07-14T18:30:00.000Z'],
    // Put back: the first of the two. Put forward: as much later.
    ['2026-10-25', '02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['2026-03-29', '02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
  ])('%s %s in %s is %s', (day, time, zone, moment) => {
    expect(new Date(momentOf(day, time, zone)).toISOString()).toBe(moment);
  });

  it('is read back as it was, but for what a clock that is put back shows twice', () => {
    const moment = fc.integer({ min: 0, max: 40_000_000 }).map((minutes) => minutes * MINUTE);
    fc.assert(
      fc.property(
        moment,
        fc.constantFrom('UTC', 'Europe/Lisbon', 'America/St_Johns', 'Pacific/Apia'),
        (at, zone) => {
          const shown = wallTime(at, zone);
          const back = momentOf(shown.day, shown.time, zone);
          expect(wallTime(back, zone)).toEqual(shown);
          expect(at - back === 0 || at - back === 60 * MINUTE || at - back > 20 * 60 * MINUTE).toBe(true);
        },
      ),
    );
  });
});
