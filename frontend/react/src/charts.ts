'use client';

export type { ChartMarker, ChartPoint, ChartSeries, ChartThreshold } from './components/charts/chartModel.ts';
export { MetricTrend, type MetricTrendProps } from './components/charts/MetricTrend.tsx';
export { TimeSeriesChart, type TimeSeriesChartProps } from './components/charts/TimeSeriesChart.tsx';
export { englishCharts, type ChartMessages } from './messages/charts.ts';
