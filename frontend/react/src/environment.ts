import { createContext, useContext, useMemo, useSyncExternalStore } from 'react';
import { pageAnnouncer, type Announcer } from './announcer.ts';
import { createPageClock, idle, type PageClock } from './clock.ts';
import { englishStatus, mergeMessages, type KnownMessages, type MessagesPart } from './messages.ts';

/** How hours are written; `h23` runs from 00 to 23. */
export type HourCycle = 'h11' | 'h12' | 'h23' | 'h24';

/** A moment: ms since 1970, an ISO 8601 text, or a `Date`. */
export type TimeInput = number | string | Date;

/** What every component needs to know to write numbers, times and words. */
export interface Environment {
  locale: string;
  /** IANA name; the zone of the machine when left out. */
  timeZone?: string | undefined;
  hourCycle: HourCycle;
  messages: KnownMessages;
  clock: PageClock;
  /** Says things to screen readers: the only live region of the page. */
  announcer: Announcer;
}

/** Props that set one component apart from its surroundings. */
export interface EnvironmentProps {
  /** BCP 47 tag. @default the provider's, else `en` */
  locale?: string;
  /** IANA name, as `Europe/Lisbon`. @default the provider's, else the machine's; UTC on a server */
  timeZone?: string;
  /** @default the provider's, else `h23` */
  hourCycle?: HourCycle;
  /** Words to use instead of the provider's, or of English. */
  messages?: MessagesPart;
  /** The present, to show ages against. @default the page's clock, which ticks once a second */
  now?: TimeInput;
}

/** What holds where no provider is. */
export const defaultEnvironment: Environment = {
  locale: 'en',
  hourCycle: 'h23',
  messages: englishStatus,
  clock: createPageClock(),
  announcer: pageAnnouncer,
};

/** Carries the provider's settings to the components. Components work without it. */
export const EnvironmentContext = createContext<Environment>(defaultEnvironment);

/**
 * The zone where none is given: `undefined`, the machine's, but UTC on a server and for the first drawing of its page,
 * since the reader is seldom where the server is.
 */
const useOwnZone = (): string | undefined =>
  useSyncExternalStore<string | undefined>(
    idle,
    () => undefined,
    () => 'UTC',
  );

/** The settings that hold for one component: its own props, else the provider's, else the defaults. */
export function useEnvironment({
  locale,
  timeZone,
  hourCycle,
  messages,
  now,
}: EnvironmentProps): Environment {
  const outer = useContext(EnvironmentContext);
  const ownZone = useOwnZone();
  const fixed = toMs(now);
  return useMemo(
    () => ({
      locale: locale ?? outer.locale,
      timeZone: timeZone ?? outer.timeZone ?? ownZone,
      hourCycle: hourCycle ?? outer.hourCycle,
      messages: mergeMessages(outer.messages, messages),
      clock: fixed === null ? outer.clock : { getSnapshot: () => fixed, subscribe: idle },
      announcer: outer.announcer,
    }),
    [outer, locale, timeZone, ownZone, hourCycle, messages, fixed],
  );
}

/** A moment in ms since 1970; `null` for none, or one that cannot be read. */
export function toMs(time: TimeInput | null | undefined): number | null {
  if (time === null || time === undefined) return null;
  const ms = typeof time === 'number' ? time : new Date(time).getTime();
  return Number.isFinite(ms) ? ms : null;
}
