import { dateFormat } from '../../format/intl.ts';

const DAY_MS = 86_400_000;

/** What the clock of a zone shows at a moment, to the minute, as if it were UTC. */
function wallMs(ms: number, timeZone: string): number {
  const parts = dateFormat('en-u-ca-gregory-nu-latn', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit' },
  }).formatToParts(ms);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'));
}

/** Day and time of day of a moment in a zone, as date and time fields take them. */
export function wallTime(ms: number, timeZone: string): { day: string; time: string } {
  const [day = '', time = ''] = new Date(wallMs(ms, timeZone)).toISOString().split('T');
  return { day, time: time.slice(0, 5) };
}

/**
 * The moment of a time of day in a zone, in ms since 1970: the first of two where clocks are put back, and as much later
 * as the clock is put forward where that leaves the time out.
 *
 * @param day - as `2026-01-15`
 * @param time - as `13:30`
 */
export function momentOf(day: string, time: string, timeZone: string): number {
  const wanted = Date.parse(`${day}T${time}Z`);
  const ifAsAt = (ms: number): number => wanted - (wallMs(ms, timeZone) - ms);
  const before = ifAsAt(wanted - DAY_MS);
  const moments = [before, ifAsAt(wanted + DAY_MS)];
  return moments.find((ms) => wallMs(ms, timeZone) === wanted) ?? before;
}
