import { englishOpenedTrend } from './openedTrend.ts';
import { wordsOf } from './words.ts';

/** Words of the charts. */
export interface ChartMessages {
  /** How one series ran: "checkout: min 12 ms, max 40 ms, now 37 ms, rising". */
  series: (label: string, course: string) => string;
  /** From when to when, and in which zone the times are. */
  span: (from: string, to: string, zone: string) => string;
  noData: string;
  showTable: string;
  hideTable: string;
  time: string;
  gap: string;
  /** What reads a chart moment by moment: "Values of Latency". */
  values: (title: string) => string;
  /** The values of a moment: "14:05:00: checkout 37 ms, cart 12 ms". */
  reading: (moment: string, values: string) => string;
  /** One line for all series that are too many: "7 others". */
  others: (count: string) => string;
  /** More series than are drawn. */
  notDrawn: (count: string) => string;
  /** Of many rows only the newest are in the table. */
  newestRows: (count: string, all: string) => string;
  /** Opens the trend of a card. */
  trend: (title: string) => string;
  loading: string;
  failed: string;
  /** The values of a chart could not be read. */
  error: string;
  retry: string;
  /** Why a threshold colours a card: "above 600 ms". */
  above: (limit: string) => string;
  below: (limit: string) => string;
}

/** The default words of the charts. */
export const englishCharts: ChartMessages = {
  ...englishOpenedTrend,
  series: (label, course) => `${label}: ${course}`,
  span: (from, to, zone) => `${from} to ${to}, ${zone}`,
  noData: 'No data',
  showTable: 'Show as table',
  hideTable: 'Hide table',
  time: 'Time',
  gap: 'no value',
  values: (title) => `Values of ${title}`,
  reading: (moment, values) => `${moment}: ${values}`,
  others: (count) => `${count} others`,
  notDrawn: (count) => `${count} more series are only in the table.`,
  newestRows: (count, all) => `The newest ${count} of ${all} rows.`,
  error: 'The values could not be read.',
  retry: 'Try again',
};

/** The words of a map for this component, English where it has none. */
export const chartsWords = ({
  charts,
}: {
  charts?: Readonly<Partial<ChartMessages>> | undefined;
}): ChartMessages => wordsOf(englishCharts, charts);
