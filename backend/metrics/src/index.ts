export { metricsMigrations } from './migrations/metrics-migrations.ts';
export { MetricsAggregator, type MetricsStats } from './metrics.aggregator.ts';
export { MetricsModule } from './metrics.module.ts';
export type { MetricsModuleExtras, MetricsOptions } from './metrics.options.ts';
export type { RecentQuery } from './query/metric-queries.ts';
export type { LossReason } from './record/losses.ts';
