import { useMemo } from 'react';
import { useEnvironment } from '../environment.ts';
import { formatAgo, formatTime } from '../format/formatTime.ts';
import { usePageClock } from './usePageClock.ts';

/** What {@link useTimeFormat} answers. */
export interface TimeFormat {
  /** The time of day of a moment, given in ms since 1970; with the date when it was another day. */
  time: (ms: number) => string;
  /** How long ago a moment was, given in ms since 1970: "6 min. ago". One that lies ahead was 0 seconds ago. */
  ago: (ms: number) => string;
  /** The provider's locale, for what else is written. */
  locale: string;
}

/**
 * Writes moments in the locale, time zone and hour cycle of the provider, against the page clock. It renders once a
 * second, as `usePageClock` does.
 *
 * @example
 * const { time, ago } = useTimeFormat();
 * return <p title={time(Date.parse(agent.seenAt))}>{ago(Date.parse(agent.seenAt))}</p>;
 */
export function useTimeFormat(): TimeFormat {
  const { locale, timeZone, hourCycle } = useEnvironment({});
  const now = usePageClock();
  return useMemo(
    () => ({
      time: (ms) => formatTime(ms, { locale, timeZone, hourCycle, now }),
      ago: (ms) => formatAgo(Math.max(0, now - ms), locale),
      locale,
    }),
    [locale, timeZone, hourCycle, now],
  );
}
