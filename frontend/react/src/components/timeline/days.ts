import { dateFormat } from '../../format/intl.ts';

const DAY_MS = 86_400_000;

/**
 * The calendar day of a moment in a zone, as the number of days since 1970-01-01. Read from the browser's own table
 * of zones, so it is right wherever clocks are put forward or back.
 */
export function dayOf(ms: number, timeZone: string | undefined): number {
  const parts = dateFormat('en-u-ca-gregory-nu-latn', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    era: 'short',
  }).formatToParts(ms);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const bc = parts.some(({ type, value }) => type === 'era' && value.startsWith('B'));
  const year = bc ? 1 - read('year') : read('year');
  const day = new Date(0);
  // Not Date.UTC, which takes years below 100 for those of the last century.
  day.setUTCFullYear(year, read('month') - 1, read('day'));
  return Math.round(day.getTime() / DAY_MS);
}

/**
 * The first moment of a calendar day in a zone, in ms since 1970. It is found by halving, since a day may begin at
 * any hour: where clocks are put forward at midnight, it begins at one.
 */
export function startOfDay(day: number, timeZone: string | undefined): number {
  let before = (day - 2) * DAY_MS;
  let within = (day + 2) * DAY_MS;
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (dayOf(middle, timeZone) >= day) within = middle;
    else before = middle;
  }
  return within;
}

/** The groups of a timeline, newest first. */
export const DAY_GROUPS = ['today', 'yesterday', 'lastWeek', 'older'] as const;
/** One of them. */
export type DayGroup = (typeof DAY_GROUPS)[number];

/** The group of a moment. What lies in the future counts to today: a clock that is ahead makes no group of its own. */
export type GroupOf = (ms: number) => DayGroup;

/** Sorts moments into groups as they are on a day; last week are the six days before yesterday. */
export function groupsOn(today: number, timeZone: string | undefined): GroupOf {
  const begins = [0, 1, 7].map((ago) => startOfDay(today - ago, timeZone));
  const [todayBegins = 0, yesterdayBegins = 0, weekBegins = 0] = begins;
  return (ms) =>
    ms >= todayBegins
      ? 'today'
      : ms >= yesterdayBegins
        ? 'yesterday'
        : ms >= weekBegins
          ? 'lastWeek'
          : 'older';
}

/** The day that a text as `2026-01-15` names, as {@link dayOf} counts; `null` when it names none. */
export function parseDay(text: string | null | undefined): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(text ?? '')) return null;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : ms / DAY_MS;
}
