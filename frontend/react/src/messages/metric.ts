import { wordsOf } from './words.ts';

/** What a trend says about a value. */
export type TrendVerdict = 'better' | 'worse' | 'neutral';

/** The course of a sparkline from its begin to its end. */
export type Course = 'rising' | 'falling' | 'steady';

/** Words of values and of their state. */
export interface MetricMessages {
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
}

const versus = (word: string) => (period: string) =>
  [word, period && `vs ${period}`].filter((part) => part !== '').join(' ');

/** The default words of values. */
export const englishMetric: MetricMessages = {
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
};

/** The words of a map for values, English where it has none. */
export const metricWords = (messages: object): MetricMessages => wordsOf(englishMetric, messages);
