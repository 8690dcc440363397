import type { ChartMessages } from './messages/charts.ts';
import type { ConnectionMessages } from './messages/connection.ts';
import type { ContextMessages } from './messages/context.ts';
import type { HealthMessages } from './messages/health.ts';
import type { MetricMessages } from './messages/metric.ts';
import type { ProgressMessages } from './messages/progress.ts';
import type { SummaryMessages } from './messages/summary.ts';
import type { TimelineMessages } from './messages/timeline.ts';

/** Words of a status, which most components show. */
export interface StatusMessages {
  /** Status words by their normal form, as `in_progress`. A word that is missing here is shown humanised. */
  statusWords: Readonly<Record<string, string>>;
  /** Names a status and what it is about, for screen readers: "Critical: checkout". */
  statusOf: (word: string, subject: string) => string;
  /** Since when, as an addition: "since 14:02". */
  since: (time: string) => string;
  /** How long a status has lasted: "for 12 min". */
  lasting: (duration: string) => string;
  /** How often a status changed lately, once or more: "5 changes in 1 h". `period` may be empty. */
  changed: (count: string, period: string, one: boolean) => string;
  /** What an outdated status said before: "was Healthy, 6 min. ago". `ago` is empty when that is not known. */
  wasStatus: (word: string, ago: string) => string;
  /** Follows the first of many sentences: "and 12 more". */
  andMore: (count: string) => string;
}

/**
 * Every word that the kit writes by itself. Give another map to `FleetdeckProvider`, or to a single component, to
 * have it in another language. Numbers, times and ages arrive formatted for the locale.
 */
export interface Messages
  extends StatusMessages, SummaryMessages, MetricMessages, ConnectionMessages, HealthMessages {
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

/** The words that are there without a component, and those that somebody gave. */
export type KnownMessages = MessagesPart & StatusMessages;

/** The default words of a status. */
export const englishStatus: StatusMessages = {
  statusWords: {},
  statusOf: (word, subject) => `${word}: ${subject}`,
  since: (time) => `since ${time}`,
  lasting: (duration) => `for ${duration}`,
  changed: (count, period, one) => `${count} ${one ? 'change' : 'changes'}${period && ` in ${period}`}`,
  wasStatus: (word, ago) => `was ${word}${ago && `, ${ago}`}`,
  andMore: (count) => `and ${count} more`,
};

/** Lays a part of a map over a whole one. The inner maps are replaced word by word too. */
export function mergeMessages<M extends MessagesPart>(base: M, over: MessagesPart | undefined): M {
  if (over === undefined) return base;
  const whole: Record<string, unknown> = { ...base };
  for (const [name, words] of Object.entries(over)) {
    whole[name] = typeof words === 'object' ? { ...base[name as 'units'], ...words } : words;
  }
  return whole as M;
}

/** The normal form of a status word: `In Progress` is `in_progress`. */
export function normalWord(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_');
}

/**
 * A status word as people read it: from the map when it has the word, else humanised, so that `in_progress` becomes
 * "In progress". An empty or missing word reads as "unknown".
 */
export function statusWord(
  word: string | null | undefined,
  messages: Pick<StatusMessages, 'statusWords'>,
  locale?: string,
): string {
  const normal = normalWord(word ?? '') || 'unknown';
  const known = Object.hasOwn(messages.statusWords, normal) ? messages.statusWords[normal] : undefined;
  if (known !== undefined) return known;
  const spaced = normal.replaceAll('_', ' ');
  return spaced.charAt(0).toLocaleUpperCase(locale) + spaced.slice(1);
}
