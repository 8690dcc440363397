import { describe, expect, it } from '@jest/globals';
import { isIsoTime } from './time.ts';

describe('isIsoTime', () => {
  it.each([
    '2026-01-31T08:00:00.000Z',
    '2026-01-31T08:00:00Z',
    '2026-01-31T08:00Z',
    '2026-01-31T23:59:59.123456789+00:00',
    '2026-12-31T00:00:00-08:00',
    '2024-02-29T00:00:00Z',
    '2000-02-29T00:00:00Z',
  ])('accepts %s, and so does Date', (value) => {
    expect(isIsoTime(value)).toBe(true);
    expect(Date.parse(value)).not.toBeNaN();
  });

  it.each([
    ['without an offset', '2026-01-31T08:00:00'],
    ['without a time', '2026-01-31'],
    ['as a week', '2026-W05-1T08:00:00Z'],
    ['with a space', '2026-01-31 08:00:00Z'],
    ['in lower case', '2026-01-31t08:00:00z'],
    ['in month 13', '2026-13-01T08:00:00Z'],
    ['on the 32nd', '2026-01-32T08:00:00Z'],
    ['on the 31st of April', '2026-04-31T08:00:00Z'],
    ['on the 29th of February of a common year', '2026-02-29T08:00:00Z'],
    ['on the 29th of February of 1900', '1900-02-29T08:00:00Z'],
    ['on the 30th of February', '2024-02-30T08:00:00Z'],
    ['at 24:00', '2026-01-31T24:00:00Z'],
    ['in second 60', '2026-12-31T23:59:60Z'],
    ['with an offset of a day', '2026-01-31T08:00:00+24:00'],
    ['with ten digits of a second', '2026-01-31T08:00:00.1234567890Z'],
    ['with a line after it', '2026-01-31T08:00:00Z\n'],
    ['as a number', 1_769_846_400_000],
    ['as nothing', null],
  ])('refuses a time %s', (_words, value) => {
    expect(isIsoTime(value)).toBe(false);
  });
});
