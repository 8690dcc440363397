import type { ConnectionState, StatusTone } from '@fleetdeck/dto';
import type { ChartMessages } from './messages/charts.ts';
import type { ContextMessages } from './messages/context.ts';
import type { ProgressMessages } from './messages/progress.ts';
import type { TimelineMessages } from './messages/timeline.ts';

/** What a trend says about a value. */
export type TrendVerdict = 'better' | 'worse' | 'neutral';

/** The course of a sparkline from its begin to its end. */
export type Course = 'rising' | 'falling' | 'steady';

/**
 * Every word that the kit writes by itself. Give another map to `FleetdeckProvider`, or to a single component, to
 * have it in another language. Numbers, times and ages arrive formatted for the locale.
 */
export interface Messages {
  /** Status words by their normal form, as `in_progress`. A word that is missing here is shown humanised. */
  statusWords: Readonly<Record<string, string>>;
  /** Names a status and what it is about, for screen readers: "Critical: checkout". */
  statusOf: (word: string, subject: string) => string;
  /** Since when, as an addition: "since 14:02". */
  since: (time: string) => string;
  /** What an outdated status said before: "was Healthy, 6 min. ago". */
  wasStatus: (word: string, ago: string) => string;
  /** One count of a summary: "3 degraded". */
  statusCount: Readonly<Record<StatusTone, (count: string) => string>>;
  /** A summary of nothing. */
  noStatuses: string;
  /** A unit that has other words in the language; a unit that is missing here is shown as it is. */
  units: Readonly<Record<string, string>>;
  /** Stands where a value would. */
  noValue: string;
  noData: string;
  loading: string;
  /** Before the message of a failure, when the value shown is the last one known. */
  lastKnown: string;
  failed: string;
  /** For screen readers, where people see an arrow. */
  trendUp: string;
  trendDown: string;
  /** Follows the change: "worse vs 1 h". `period` is empty when the caller names none. */
  trendVerdict: Readonly<Record<TrendVerdict, (period: string) => string>>;
  noChange: (period: string) => string;
  /** The value was 0 before, so a percentage would mean nothing. */
  fromZero: string;
  /** A change that is easier read as a factor: "12×". */
  times: (factor: string) => string;
  /** A sparkline in words. `now` is `null` when the newest value is missing. */
  sparkline: (words: { min: string; max: string; now: string | null; course: Course }) => string;
  lastSeen: (time: string, age: string) => string;
  neverSeen: string;
  /** The connection in words. `time` is the age of the data, or the begin of the state, where it is known. */
  connection: Readonly<Record<ConnectionState, (time: string | null) => string>>;
  nextTry: (wait: string) => string;
  /** What a health strip shows: "postgres, last 24 hr". */
  stripName: (subject: string, span: string) => string;
  /** A share of time: "99.2% up". */
  uptime: (percent: string) => string;
  uptimeUnknown: string;
  /** Time of which nothing is known: "3 hr not known". */
  unknownFor: (time: string) => string;
  /** From when to when: "14:00 to 14:30". */
  timeRange: (from: string, to: string) => string;
  /** A status that did not last all the time: "Critical for 12 min". */
  statusFor: (word: string, time: string) => string;
  noIncidents: string;
  /** When an incident began and how long it took: "14:00, for 12 min". */
  incidentOver: (begin: string, duration: string) => string;
  /** The same while it lasts: "since 14:00, 12 min so far". */
  incidentOpen: (begin: string, duration: string) => string;
  /** Words of single components, each loaded with its component; what is missing here is English. */
  context?: Readonly<Partial<ContextMessages>>;
  timeline?: Readonly<Partial<TimelineMessages>>;
  progress?: Readonly<Partial<ProgressMessages>>;
  charts?: Readonly<Partial<ChartMessages>>;
}

/** Other words for some of a map; of its inner maps, too, only some need to be given. */
export type MessagesPart = {
  [Name in keyof Messages]?: Messages[Name] extends string | ((...words: never[]) => string)
    ? Messages[Name]
    : Partial<NonNullable<Messages[Name]>>;
};

const versus = (word: string) => (period: string) =>
  [word, period && `vs ${period}`].filter((part) => part !== '').join(' ');

/** The default words. */
export const englishMessages: Messages = {
  statusWords: {},
  statusOf: (word, subject) => `${word}: ${subject}`,
  since: (time) => `since ${time}`,
  wasStatus: (word, ago) => `was ${word}, ${ago}`,
  statusCount: {
    critical: (count) => `${count} critical`,
    degraded: (count) => `${count} degraded`,
    unknown: (count) => `${count} unknown`,
    progress: (count) => `${count} in progress`,
    healthy: (count) => `${count} healthy`,
  },
  noStatuses: 'Nothing to count',
  units: { '1/s': '/s', '1/min': '/min' },
  noValue: '—',
  noData: 'No data',
  loading: 'Loading',
  lastKnown: 'Last known value.',
  failed: 'The value could not be read.',
  trendUp: 'up',
  trendDown: 'down',
  trendVerdict: { better: versus('better'), worse: versus('worse'), neutral: versus('') },
  noChange: versus('no change'),
  fromZero: 'from 0',
  times: (factor) => `${factor}×`,
  sparkline: ({ min, max, now, course }) =>
    `min ${min}, max ${max}, ${now === null ? 'newest value missing' : `now ${now}`}, ${course}`,
  lastSeen: (time, age) => `last seen ${time} (${age})`,
  neverSeen: 'never seen',
  connection: {
    connecting: () => 'Connecting',
    live: () => 'Live',
    recovering: (time) => (time === null ? 'Reconnecting' : `Reconnecting, data from ${time}`),
    polling: (time) => (time === null ? 'Polling' : `Polling, data from ${time}`),
    offline: (time) => (time === null ? 'Offline' : `Offline since ${time}`),
    denied: () => 'Signed out',
  },
  nextTry: (wait) => `next try in ${wait}`,
  stripName: (subject, span) => `${subject}, last ${span}`,
  uptime: (percent) => `${percent} up`,
  uptimeUnknown: 'uptime not known',
  unknownFor: (time) => `${time} not known`,
  timeRange: (from, to) => `${from} to ${to}`,
  statusFor: (word, time) => `${word} for ${time}`,
  noIncidents: 'No incidents',
  incidentOver: (begin, duration) => `${begin}, for ${duration}`,
  incidentOpen: (begin, duration) => `since ${begin}, ${duration} so far`,
};

/** Lays a part of a map over a whole one. The inner maps are replaced word by word too. */
export function mergeMessages(base: Messages, over: MessagesPart | undefined): Messages {
  if (over === undefined) return base;
  const whole: Record<string, unknown> = { ...base };
  for (const [name, words] of Object.entries(over)) {
    whole[name] = typeof words === 'object' ? { ...base[name as 'units'], ...words } : words;
  }
  return whole as unknown as Messages;
}

/** The normal form of a status word: `In Progress` is `in_progress`. */
function normalWord(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_');
}

/**
 * A status word as people read it: from the map when it has the word, else humanised, so that `in_progress` becomes
 * "In progress". An empty or missing word reads as "unknown".
 */
export function statusWord(word: string | null | undefined, messages: Messages, locale?: string): string {
  const normal = normalWord(word ?? '') || 'unknown';
  const known = Object.hasOwn(messages.statusWords, normal) ? messages.statusWords[normal] : undefined;
  if (known !== undefined) return known;
  const spaced = normal.replaceAll('_', ' ');
  return spaced.charAt(0).toLocaleUpperCase(locale) + spaced.slice(1);
}
