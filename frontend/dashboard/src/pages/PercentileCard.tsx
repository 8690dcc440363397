import type { GoodDirection, MetricAggregation, MetricLabels } from '@fleetdeck/dto';
import { MetricsCard, useMetric } from '@fleetdeck/react';
import { HistoryLink } from './metrics/HistoryLink.tsx';
import { FAILED_REFRESH_MS, useRefresh } from './useRefresh.ts';

interface PercentileCardProps {
  title: string;
  metric: string;
  aggregation: MetricAggregation;
  labels: MetricLabels;
  goodDirection: GoodDirection;
}

const STATES = { loading: 'loading', live: 'ready', stale: 'ready', error: 'error' } as const;

/** A metric over the last five minutes, as a card: single values of a distribution say little. */
export function PercentileCard({ title, metric, aggregation, labels, goodDirection }: PercentileCardProps) {
  const { state, error, value, unit, points, baseline, asOf, staleAfterMs, refetch } = useMetric(metric, {
    ...{ window: '5m', aggregation, labels },
  });
  useRefresh(refetch, state === 'error' ? FAILED_REFRESH_MS : null);
  return (
    <MetricsCard
      title={title}
      {...{ value, unit, points, baseline, asOf, staleAfterMs }}
      baselineLabel="5 min before"
      goodDirection={goodDirection}
      state={STATES[state]}
      stale={state === 'stale'}
      errorMessage={error?.message}
      footer={<HistoryLink title={title} metric={metric} labels={labels} />}
    />
  );
}
