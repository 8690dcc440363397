import { dateFormat, numberFormat, relativeFormat } from './intl.ts';
import type { HourCycle } from '../environment.ts';

/** What the time of day depends on. */
export interface TimeOptions {
  locale: string;
  /** IANA name; the machine's zone when left out. */
  timeZone?: string;
  /** @default 'h23' */
  hourCycle?: HourCycle;
  /** Whether seconds are shown. @default true */
  seconds?: boolean;
  /** With it, a moment of another day than this one is shown with its date, and one of another year with its year. */
  now?: number;
}

/**
 * The time of day of a moment, in the zone and hour cycle that are given; with the date when it was another day, and
 * with the year when it was another one.
 *
 * @param ms - ms since 1970
 * @example formatTime(0, { locale: 'en', timeZone: 'UTC' }); // "00:00:00"
 */
export function formatTime(
  ms: number,
  { locale, timeZone, hourCycle = 'h23', seconds = true, now }: TimeOptions,
): string {
  const differ = (by: Intl.DateTimeFormatOptions): boolean => {
    const format = dateFormat(locale, { timeZone, ...by });
    return now !== undefined && format.format(ms) !== format.format(now);
  };
  return dateFormat(locale, {
    timeZone,
    hourCycle,
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds && { second: '2-digit' }),
    ...(differ({ dateStyle: 'short' }) && {
      day: 'numeric',
      month: 'short',
      ...(differ({ year: 'numeric' }) && { year: 'numeric' }),
    }),
  }).format(ms);
}

type AgeUnit = 'second' | 'minute' | 'hour' | 'day';

const UNITS: readonly (readonly [AgeUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** An age in its largest whole unit. A clock that is behind gives an age of 0, never one below. */
export function coarseAge(ageMs: number): { count: number; unit: AgeUnit } {
  for (const [unit, size] of UNITS) {
    if (ageMs >= size) return { count: Math.floor(ageMs / size), unit };
  }
  return { count: Math.max(0, Math.floor(ageMs / 1000)), unit: 'second' };
}

/** An age in short words: "6 min". */
export function formatAge(ageMs: number, locale: string): string {
  const { count, unit } = coarseAge(ageMs);
  return numberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(count);
}

/** How long ago, in short words: "6 min. ago". */
export function formatAgo(ageMs: number, locale: string): string {
  const { count, unit } = coarseAge(ageMs);
  return relativeFormat(locale, { style: 'short', numeric: 'always' }).format(-count, unit);
}

/**
 * A length of time in its two largest units, whole seconds the smallest: "2 min 5 sec". One below 0 reads as 0.
 *
 * @param ms - length in ms
 */
export function formatDuration(ms: number, locale: string): string {
  let rest = Math.max(0, Math.floor(ms / 1000));
  const parts: string[] = [];
  for (const [unit, size] of DURATION_UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0)
      parts.push(numberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(count));
    // Nothing is skipped between the two: "1 day 5 sec" would pretend to a precision that nobody reads.
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  if (parts.length > 0) return parts.join(' ');
  return numberFormat(locale, { style: 'unit', unit: 'second', unitDisplay: 'short' }).format(0);
}

const DURATION_UNITS: readonly (readonly [AgeUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];
