import type { ContextSelectorProps } from './context-selector/ContextSelector.tsx';
import type { TimeSeriesChartProps } from './charts/TimeSeriesChart.tsx';
import type { MetricsCardProps } from './metrics-card/MetricsCard.tsx';
import type { ProgressTrackerProps } from './progress-tracker/ProgressTracker.tsx';
import type { TimelineEntry } from './timeline/entries.ts';
import type { TimelineProps } from './timeline/Timeline.tsx';
import type { StatusTracking } from '@fleetdeck/dto';

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
  answers<Takes<ContextSelectorProps, { options: { id: string; label: string }[]; value: null }>>(true);
  answers<No<Takes<ContextSelectorProps, { options: string[] }>>>(true);
  answers<
    Takes<MetricsCardProps, { title: string; value: 0; thresholds: { status: string; above: number }[] }>
  >(true);
  answers<No<Takes<MetricsCardProps, { title: string; value: string }>>>(true);
  answers<No<Takes<TimeSeriesChartProps, { title: string; series: number[] }>>>(true);
};
