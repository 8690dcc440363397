import type { StatusTone } from '@fleetdeck/dto';
import { wordsOf } from './words.ts';

/** Words of `StatusSummary`. */
export interface SummaryMessages {
  /** One count of a summary: "3 degraded". */
  statusCount: Readonly<Record<StatusTone, (count: string) => string>>;
  /** A summary of nothing. */
  noStatuses: string;
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
};

/** The words of a map for a summary, English where it has none. */
export const summaryWords = (messages: object): SummaryMessages => wordsOf(englishSummary, messages);
