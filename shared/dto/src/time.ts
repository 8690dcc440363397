const ISO_TIME =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** What {@link isIsoTime} asks for, in words that follow the name of a field. */
export const ISO_TIME_EXPECTED =
  'must be an ISO 8601 time of a real day with its offset, such as 2026-01-31T08:00:00.000Z';

/**
 * Whether a value is a point in time as clients may send it: ISO 8601 with date, time and `Z` or an offset. Without
 * an offset it would mean another moment on each machine, so that is refused, and so is the 30th of February.
 *
 * @example
 * isIsoTime('2026-01-31T08:00:00.000Z'); // true
 * isIsoTime('2026-01-31T08:00:00'); // false: no offset
 */
export function isIsoTime(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const match = ISO_TIME.exec(value);
  if (!match) return false;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const leapDay = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return leapDay ? Number(match[3]) <= 29 : Number(match[3]) <= (DAYS_OF_MONTH[month - 1] as number);
}
