import type { ComponentProps } from 'react';
import type { HealthUpdate, MetricLive, StatusTracking } from '@fleetdeck/dto';
import type { ContextSelectorProps } from './context-selector/ContextSelector.tsx';
import type { TimeSeriesChartProps } from './charts/TimeSeriesChart.tsx';
import type { MetricsCardProps } from './metrics-card/MetricsCard.tsx';
import type { ProgressTrackerProps } from './progress-tracker/ProgressTracker.tsx';
import type { StatusBadge, StatusBadgeProps } from './status-badge/StatusBadge.tsx';
import type { StatusSummary, StatusSummaryProps } from './status-summary/StatusSummary.tsx';
import type { TimelineEntry } from './timeline/entries.ts';
import type { TimelineProps } from './timeline/TimelineProps.ts';

type Takes<Props, Given> = Given extends Props ? true : false;
/** Compiles only when each answer is as it is written. */
export const answers = <T extends true>(..._right: T[]): void => undefined;
type No<T extends boolean> = T extends false ? true : false;

interface Deployment extends TimelineEntry {
  version: string;
}

export const checks = (): void => {
  // A snapshot of the service is what the tracker takes; stages by index or name.
  answers<Takes<ProgressTrackerProps, { title: string; tracking: StatusTracking; currentStage: 2 }>>(true);
  answers<No<Takes<ProgressTrackerProps, { title: string; tracking: { stages: string[] } }>>>(true);
  answers<No<Takes<ProgressTrackerProps, { title: string; tracking: null; layout: 'diagonal' }>>>(true);
  // The entries' own type reaches the caller's functions.
  answers<Takes<TimelineProps<Deployment>, { title: string; renderDetails: (entry: Deployment) => string }>>(
    true,
  );
  answers<No<Takes<TimelineProps, { title: string; renderDetails: (entry: Deployment) => string }>>>(true);
  answers<No<Takes<TimelineProps, { title: string; entries: { id: number }[] }>>>(true);
  answers<
    Takes<
      TimelineProps<Deployment>,
      { title: string; renderEntry: (entry: Deployment) => string; canOpen: (entry: Deployment) => boolean }
    >
  >(true);
  answers<No<Takes<TimelineProps, { title: string; canOpen: (entry: Deployment) => boolean }>>>(true);
  answers<Takes<ContextSelectorProps, { options: { id: string; label: string }[]; value: null }>>(true);
  answers<No<Takes<ContextSelectorProps, { options: string[] }>>>(true);
  answers<No<Takes<ContextSelectorProps, { value: number }>>>(true);
  answers<No<Takes<ContextSelectorProps, { loadOptions: (query: string) => Promise<string[]> }>>>(true);
  answers<No<Takes<ContextSelectorProps, { onChange: (id: string) => void }>>>(true);
  answers<No<Takes<ContextSelectorProps, { elsewhere: { id: string } }>>>(true);
  answers<No<Takes<ContextSelectorProps, { state: 'failed' }>>>(true);
  answers<
    Takes<MetricsCardProps, { title: string; value: 0; thresholds: { status: string; above: number }[] }>
  >(true);
  answers<No<Takes<MetricsCardProps, { title: string; value: string }>>>(true);
  answers<No<Takes<TimeSeriesChartProps, { title: string; series: number[] }>>>(true);
  // Statuses of the wire are words as they come, and what has none yet is a status too.
  answers<Takes<StatusBadgeProps, { status: HealthUpdate['overallStatus']; stale: boolean }>>(true);
  // Words of the wire are statuses as they come, and so is what nobody has told yet.
  answers<Takes<StatusBadgeProps, { status: HealthUpdate['overallStatus'] | undefined; stale: boolean }>>(
    true,
  );
  answers<Takes<StatusBadgeProps, { status: null; since: string; asOf: Date; staleAfterMs: number }>>(true);
  answers<No<Takes<StatusBadgeProps, { label: string }>>>(true);
  answers<No<Takes<StatusBadgeProps, { status: 3 }>>>(true);
  answers<No<Takes<StatusBadgeProps, { status: string; size: 'xl' }>>>(true);
  answers<No<Takes<StatusBadgeProps, { status: string; since: boolean }>>>(true);
  answers<No<Takes<StatusBadgeProps, { status: string; changes: string }>>>(true);
  answers<No<Takes<StatusBadgeProps, { status: string; announce: number }>>>(true);
  answers<No<Takes<StatusBadgeProps, { status: string; staleAfterMs: string }>>>(true);
  answers<No<'children' extends keyof ComponentProps<typeof StatusBadge> ? true : false>>(true);
  answers<Takes<StatusSummaryProps, { statuses: readonly HealthUpdate['overallStatus'][] }>>(true);
  answers<Takes<StatusSummaryProps, { statuses: (string | null | undefined)[]; stale: boolean }>>(true);
  answers<No<Takes<StatusSummaryProps, { statuses: HealthUpdate[] }>>>(true);
  answers<No<Takes<StatusSummaryProps, { statuses: MetricLive[] }>>>(true);
  answers<No<Takes<StatusSummaryProps, { statuses: string }>>>(true);
  answers<No<Takes<StatusSummaryProps, { statuses: string[]; size: number }>>>(true);
  answers<No<'children' extends keyof ComponentProps<typeof StatusSummary> ? true : false>>(true);
};
