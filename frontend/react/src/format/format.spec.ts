import { describe, expect, it } from '@jest/globals';
import { numberFormat } from './intl.ts';
import { formatMetric, isValue, type MetricFormatOptions } from './formatMetric.ts';
import { formatAge, formatAgo, formatDuration, formatTime } from './formatTime.ts';

const write = (value: number, options: Omit<MetricFormatOptions, 'locale'> = {}, locale = 'en'): string => {
  const { text, unit } = formatMetric(value, { locale, ...options });
  return unit === '' ? text : `${text} ${unit}`;
};

describe('formatMetric', () => {
  it.each([
    [0, {}, '0'],
    [1284, { unit: 'msg' }, '1,284 msg'],
    [3.14159, {}, '3.14'],
    [31.4159, {}, '31.4'],
    [-0.001, {}, '0'],
    [-3, {}, '-3'],
    [12_345_678, {}, '12.3M'],
    [1e12, {}, '1T'],
    [41, { unit: '%' }, '41 %'],
    [0.413, { format: 'percent' }, '41.3 %'],
    [12, { format: 'percent' }, '1,200 %'],
    [512, { unit: 'By' }, '512 B'],
    [1536, { unit: 'By' }, '1.5 KiB'],
    [-1536, { unit: 'By' }, '-1.5 KiB'],
    [1536, { unit: 'By/s' }, '1.5 KiB/s'],
    [2 ** 70, { unit: 'By' }, '1,048,576 PiB'],
    [0, { unit: 'By' }, '0 B'],
    [0.5, { format: 'bytes' }, '0.5 B'],
    [842, { format: 'duration', unit: 'ms' }, '842 ms'],
    [12.3, { format: 'duration', unit: 's' }, '12.3 s'],
    [252, { format: 'duration', unit: 's' }, '4m 12s'],
    [7200, { format: 'duration', unit: 's' }, '2h'],
    [-90_000, { format: 'duration' }, '-1m 30s'],
    [90_061, { format: 'duration', unit: 's' }, '1d 1h'],
    [1536, { format: 'decimalBytes', unit: 'By' }, '1.54 kB'],
    [5e12, { format: 'decimalBytes', unit: 'By/s' }, '5 TB/s'],
    [1023, { unit: 'By' }, '1,023 B'],
    [2 ** 62, { unit: 'By' }, '4,096 PiB'],
    [1300, { format: 'compact', unit: 'msg' }, '1.3K msg'],
    [12.5, { format: { style: 'currency', currency: 'EUR' } }, '€12.50'],
    [7, { format: (value: number) => `<${value}>`, unit: 'x' }, '<7> x'],
    [5, { unit: '1/s', units: { '1/s': '/s' } }, '5 /s'],
  ] as const)('writes %d with %j as %s', (value, options, expected) => {
    expect(write(value, options)).toBe(expected);
  });

  it('writes digits, groups and signs as the locale does', () => {
    expect(write(1234.5, {}, 'de')).toBe('1.235');
    expect(write(12.5, { unit: '%' }, 'de')).toBe('12,5 %');
  });

  it('takes 0 for a value and everything that is no number for none', () => {
    expect([0, -0, 1, NaN, Infinity, -Infinity, null, undefined].map(isValue)).toEqual([
      ...[true, true, true],
      ...[false, false, false, false, false],
    ]);
  });
});

describe('formatTime', () => {
  const at = Date.parse('2026-01-15T23:30:05Z');

  it('writes the time of day in the zone that is given', () => {
    expect(formatTime(at, { locale: 'en', timeZone: 'UTC' })).toBe('23:30:05');
    expect(formatTime(at, { locale: 'en', timeZone: 'Asia/Tokyo', seconds: false })).toBe('08:30');
    expect(formatTime(at, { locale: 'en', timeZone: 'UTC', hourCycle: 'h12', seconds: false })).toBe(
      '11:30 PM',
    );
  });

  it('adds the date when it was another day in that zone', () => {
    const now = Date.parse('2026-01-16T00:10:00Z');
    expect(formatTime(at, { locale: 'en', timeZone: 'UTC', now })).toBe('Jan 15, 23:30:05');
    expect(formatTime(at, { locale: 'en', timeZone: 'Asia/Tokyo', now })).toBe('08:30:05');
  });

  it('adds the year when it was another year in that zone', () => {
    const [eve, now] = [Date.parse('2025-12-31T23:30:05Z'), at];
    expect(formatTime(eve, { locale: 'en', timeZone: 'UTC', now })).toBe('Dec 31, 2025, 23:30:05');
    expect(formatTime(eve, { locale: 'en', timeZone: 'Asia/Tokyo', now })).toBe('Jan 1, 08:30:05');
    expect(formatTime(eve, { locale: 'de', timeZone: 'UTC', seconds: false, now })).toBe(
      '31. Dez. 2025, 23:30',
    );
  });
});

describe('ages', () => {
  it.each([
    [0, '0 sec', '0 sec. ago'],
    [-5000, '0 sec', '0 sec. ago'],
    [59_999, '59 sec', '59 sec. ago'],
    [360_000, '6 min', '6 min. ago'],
    [7_200_000, '2 hr', '2 hr. ago'],
    [172_800_000, '2 days', '2 days ago'],
  ])('of %d ms are written in their largest whole unit', (age, short, ago) => {
    expect(formatAge(age, 'en')).toBe(short);
    expect(formatAgo(age, 'en')).toBe(ago.replace('0 sec. ago', formatAgo(0, 'en')));
  });
});

describe('formatters', () => {
  it('are made once for a locale and options', () => {
    expect(numberFormat('en', { style: 'percent' })).toBe(numberFormat('en', { style: 'percent' }));
  });

  it('are forgotten rather than piled up without bound', () => {
    const first = numberFormat('en', { maximumFractionDigits: 0, minimumIntegerDigits: 1 });
    for (let digits = 1; digits <= 21; digits += 1) {
      for (let fraction = 0; fraction < 12; fraction += 1) {
        numberFormat('en', {
          minimumIntegerDigits: digits,
          maximumFractionDigits: fraction,
          useGrouping: false,
        });
      }
    }
    expect(numberFormat('en', { maximumFractionDigits: 0, minimumIntegerDigits: 1 })).not.toBe(first);
  });
});

describe('formatDuration', () => {
  it.each([
    [-5, '0 sec'],
    [999, '0 sec'],
    [65_000, '1 min 5 sec'],
    [120_000, '2 min'],
    [3_600_000, '1 hr'],
    [90_061_000, '1 day 1 hr'],
    [86_405_000, '1 day'],
  ])('writes %d ms as %j', (ms, text) => {
    expect(formatDuration(ms, 'en')).toBe(text);
  });
});
