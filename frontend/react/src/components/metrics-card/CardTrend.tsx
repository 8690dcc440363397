import { useMemo } from 'react';
import type { EnvironmentProps, TimeInput } from '../../environment.ts';
import type { MetricFormat } from '../../format/formatMetric.ts';
import { MetricTrend } from '../charts/MetricTrend.tsx';
import type { SparkPoint } from './sparkline.ts';
import type { MetricThreshold } from './thresholds.ts';
import type { OpenedTrendMessages } from '../../messages/openedTrend.ts';

/** Props of {@link CardTrend}. */
export interface CardTrendProps extends EnvironmentProps {
  title: string;
  unit: string | undefined;
  format: MetricFormat | undefined;
  points: readonly SparkPoint[];
  thresholds: readonly MetricThreshold[];
  asOf: TimeInput | null | undefined;
  staleAfterMs: number | null | undefined;
  /** The card is outdated, or could not be read. */
  stale: boolean;
  words: OpenedTrendMessages;
  write: (value: number) => string;
}

/** The trend of an opened card, with the card's thresholds as lines. */
export function CardTrend({ title, thresholds, words, write, ...trend }: CardTrendProps) {
  const levels = useMemo(
    () =>
      thresholds.flatMap(({ status, above, below }) => [
        ...(above === undefined ? [] : [{ value: above, status, label: words.above(write(above)) }]),
        ...(below === undefined
          ? []
          : [{ value: below, status, side: 'below' as const, label: words.below(write(below)) }]),
      ]),
    [thresholds, words, write],
  );
  return <MetricTrend title={words.trend(title)} thresholds={levels} {...trend} height={160} />;
}
