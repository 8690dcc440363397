'use client';

export { createAnnouncer, type Announcer } from './announcer.ts';
export { createPageClock, type PageClock, type PageClockOptions } from './clock.ts';
export type { HourCycle, TimeInput } from './environment.ts';
export {
  ConnectionStatus,
  type ConnectionStatusProps,
} from './components/connection-status/ConnectionStatus.tsx';
export { HealthStrip, type HealthStripProps } from './components/health-strip/HealthStrip.tsx';
export { IncidentList, type IncidentListProps } from './components/incident-list/IncidentList.tsx';
export {
  ContextSelector,
  type ContextSelectorProps,
} from './components/context-selector/ContextSelector.tsx';
export type { ContextOption, ElsewhereNotice } from './components/context-selector/contextOptions.ts';
export type { LoadOptions } from './components/context-selector/useOptions.ts';
export { lazyPart, useLazyPart, type LazyPart, type LoadedPart } from './components/lazyPart.ts';
export { MetricsCard, type MetricsCardProps } from './components/metrics-card/MetricsCard.tsx';
export type { MetricThreshold } from './components/metrics-card/thresholds.ts';
export type { SparkPoint } from './components/metrics-card/sparkline.ts';
export type {
  ProgressStage,
  ProgressTracking,
  ShownStageStatus,
} from './components/progress-tracker/progress.ts';
export {
  ProgressTracker,
  type ProgressTrackerProps,
} from './components/progress-tracker/ProgressTracker.tsx';
export { progressText, type ProgressTextOptions } from './components/progress-tracker/progressText.ts';
export { StatusBadge, type StatusBadgeProps } from './components/status-badge/StatusBadge.tsx';
export { StatusSummary, type StatusSummaryProps } from './components/status-summary/StatusSummary.tsx';
export type { TimelineEntry } from './components/timeline/entries.ts';
export {
  decodeTimelineFilter,
  encodeTimelineFilter,
  noFilter,
  type TimelineFilter,
  type TimelineOption,
} from './components/timeline/filter.ts';
export { Timeline } from './components/timeline/Timeline.tsx';
export type { TimelineProps } from './components/timeline/TimelineProps.ts';
export type { SaveFile } from './components/timeline/exportEntries.ts';
export type { FetchAround, FetchOptions, FetchPage, TimelinePage } from './components/timeline/usePages.ts';
export {
  formatMetric,
  type FormattedMetric,
  type MetricFormat,
  type MetricFormatContext,
  type MetricFormatName,
  type MetricFormatOptions,
} from './format/formatMetric.ts';
export { formatUptime } from './format/formatUptime.ts';
export { formatAge, formatAgo, formatDuration, formatTime, type TimeOptions } from './format/formatTime.ts';
export type { Messages, MessagesPart } from './messages.ts';
export { englishMessages } from './messages/english.ts';
export type { Course, TrendVerdict } from './messages/metric.ts';
export {
  chartDashes,
  colorTokens,
  densityTokens,
  sizeTokens,
  type ColorToken,
  type Density,
  type DensityToken,
  type ThemeName,
} from './tokens.ts';
export { FleetdeckProvider, type FleetdeckProviderProps } from './hooks/FleetdeckProvider.tsx';
export type { LiveSeries } from './hooks/metricsModel.ts';
export { useAlerts, type AlertsState, type UseAlertsOptions } from './hooks/useAlerts.ts';
export type { ContextSource, HttpReader, LiveSocket } from './hooks/services.ts';
export { useContextSelector, type ContextSelection } from './hooks/useContextSelector.ts';
export { useHealth, type HealthState } from './hooks/useHealth.ts';
export { useHealthHistory, type HealthHistoryState } from './hooks/useHealthHistory.ts';
export {
  useHealthTimeline,
  type HealthTimelineState,
  type UseHealthTimelineOptions,
} from './hooks/useHealthTimeline.ts';
export { useMetric, type MetricState, type UseMetricOptions } from './hooks/useMetric.ts';
export {
  MAX_METRIC_NAMES,
  useMetrics,
  type MetricsState,
  type UseMetricsOptions,
} from './hooks/useMetrics.ts';
export { usePageClock } from './hooks/usePageClock.ts';
export { useTimeFormat, type TimeFormat } from './hooks/useTimeFormat.ts';
export type { TopicResult } from './hooks/topicReader.ts';
export { TopicRefusedError } from './hooks/topicStore.ts';
export { useTopic, type LatestOptions, type PayloadFor, type ReduceOptions } from './hooks/useTopic.ts';
export { useWebSocket, type WebSocketConnection } from './hooks/useWebSocket.ts';
