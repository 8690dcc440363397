import { useMemo } from 'react';
import type { ChartPoint } from './chartModel.ts';
import { TimeSeriesChart, type TimeSeriesChartProps } from './TimeSeriesChart.tsx';

/** Props of {@link MetricTrend}. What is not named here goes to its `figure`. */
export interface MetricTrendProps extends Omit<TimeSeriesChartProps, 'series'> {
  /** The values, in order of time. A new array draws anew: keep the same one when nothing changed. */
  points: readonly ChartPoint[];
}

/**
 * One metric over time with axes, thresholds and a table: what a `MetricsCard` shows when it is opened.
 *
 * @example
 * <MetricTrend title="p95 latency" unit="ms" points={series.points} asOf={series.asOf} staleAfterMs={15_000} />
 */
export function MetricTrend({ points, title, ...rest }: MetricTrendProps) {
  const series = useMemo(() => [{ id: title, points }], [title, points]);
  return <TimeSeriesChart title={title} series={series} {...rest} />;
}
