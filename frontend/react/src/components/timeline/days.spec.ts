import { CalendarDate, fromAbsolute, toCalendarDate } from '@internationalized/date';
import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { dayOf, groupsOn, parseDay, startOfDay } from './days.ts';

/** Clocks go forward and back by night, at midnight, by half an hour, and not at all. */
const ZONES = ['Europe/Lisbon', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo', 'Asia/Kathmandu'];
const zone = fc.constantFrom(...ZONES);
const moment = fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2035, 0, 1) });
/** Within two days of a change of the clocks in one of the zones. */
const nearChange = fc
  .tuple(
    fc.constantFrom(
      ...['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04', '2026-04-24'],
    ),
    fc.integer({ min: -2 * 86_400_000, max: 2 * 86_400_000 }),
  )
  .map(([day, offset]) => Date.parse(`${day}T00:00:00Z`) + offset);
const anyMoment = fc.oneof(moment, nearChange);

/** The same by a library for dates, to compare with. */
function expectedDay(ms: number, timeZone: string): number {
  const { year, month, day } = toCalendarDate(fromAbsolute(ms, timeZone));
  return Date.UTC(year, month - 1, day) / 86_400_000;
}

describe('calendar days', () => {
  it('are those of the zone, also around changes of the clock', () => {
    fc.assert(
      fc.property(anyMoment, zone, (ms, timeZone) => {
        expect(dayOf(ms, timeZone)).toBe(expectedDay(ms, timeZone));
      }),
      { numRuns: 500 },
    );
  });

  it('begin at their first moment', () => {
    fc.assert(
      fc.property(anyMoment, zone, (ms, timeZone) => {
        const day = dayOf(ms, timeZone);
        const begin = startOfDay(day, timeZone);
        expect(dayOf(begin, timeZone)).toBe(day);
        expect(dayOf(begin - 1, timeZone)).toBe(day - 1);
        const date = new Date(day * 86_400_000);
        const library = new CalendarDate(
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
        ).toDate(timeZone);
        expect(begin).toBe(library.getTime());
      }),
      { numRuns: 200 },
    );
  });

  it('are read before our era and in early years', () => {
    expect(dayOf(Date.parse('0050-03-01T12:00:00Z'), 'UTC')).toBe(
      Math.floor(Date.parse('0050-03-01T12:00:00Z') / 86_400_000),
    );
    expect(dayOf(-8.64e15 + 1e9, 'UTC')).toBeLessThan(-90_000_000);
  });

  it.each([
    ['2026-01-15', 20_468],
    ['2026-02-30', null],
    ['15.1.2026', null],
    ['', null],
    [null, null],
  ])('%j is day %j', (text, day) => {
    expect(parseDay(text)).toBe(day);
  });
});

describe('groups', () => {
  it('hold each moment in the group of its calendar day', () => {
    fc.assert(
      fc.property(anyMoment, fc.integer({ min: 0, max: 10 * 86_400_000 }), zone, (now, ago, timeZone) => {
        const today = dayOf(now, timeZone);
        const days = today - expectedDay(now - ago, timeZone);
        const expected = days <= 0 ? 'today' : days === 1 ? 'yesterday' : days <= 7 ? 'lastWeek' : 'older';
        expect(groupsOn(today, timeZone)(now - ago)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('turn over at midnight of the zone, not of UTC', () => {
    const entry = Date.parse('2026-01-15T23:30:00Z');
    const after = Date.parse('2026-01-16T00:30:00Z');
    expect(groupsOn(dayOf(after, 'UTC'), 'UTC')(entry)).toBe('yesterday');
    expect(groupsOn(dayOf(after, 'America/New_York'), 'America/New_York')(entry)).toBe('today');
  });

  it('count what lies ahead to today', () => {
    const now = Date.parse('2026-01-15T12:00:00Z');
    expect(groupsOn(dayOf(now, 'UTC'), 'UTC')(now + 90_000_000)).toBe('today');
  });
});
