import type { StatusTone } from '@fleetdeck/dto';
import { wordsOf } from './words.ts';

/** Words of `StatusSummary`. */
export interface SummaryMessages {
  /** One count of a summary: "3 degraded". */
  statusCount: Readonly<Record<StatusTone, (count: string) => string>>;
  /** A summary of nothing. */
  noStatuses: string;
  /** Of counts that may no longer be so: "last known 6 min. ago". The time is empty where it is not known. */
  countsLastKnown: (ago: string) => string;
}

/** The default words of `StatusSummary`. */
export const englishSummary: SummaryMessages = {
  statusCount: {
    critical: (count) => `${count} critical`,
    degraded: (count) => `${count} degraded`,
    unknown: (count) => `${count} unknown`,
    progress: (count) => `${count} in progress`,
    healthy: (count) => `${count} healthy`,
  },
  noStatuses: 'Nothing to count',
  countsLastKnown: (ago) => `last known${ago && ` ${ago}`}`,
};

/** The words of a map for a summary, English where it has none. */
export const summaryWords = (messages: object): SummaryMessages => wordsOf(englishSummary, messages);
