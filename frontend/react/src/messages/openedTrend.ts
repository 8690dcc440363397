import type { ChartMessages } from './charts.ts';
import { wordsOf } from './words.ts';

/** Words of a card's trend before its chart is loaded. */
export type OpenedTrendMessages = Pick<ChartMessages, 'trend' | 'loading' | 'failed' | 'above' | 'below'>;

/** The default words of a card's trend. */
export const englishOpenedTrend: OpenedTrendMessages = {
  trend: (title) => `Trend of ${title}`,
  loading: 'Loading',
  failed: 'The trend could not be loaded.',
  above: (limit) => `above ${limit}`,
  below: (limit) => `below ${limit}`,
};

/** The words of a map for a card's trend, English where it has none. */
export const openedTrendWords = ({
  charts,
}: {
  charts?: Readonly<Partial<ChartMessages>> | undefined;
}): OpenedTrendMessages => wordsOf(englishOpenedTrend, charts);
