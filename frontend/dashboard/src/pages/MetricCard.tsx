import type { ComponentHealth } from '@fleetdeck/dto';
import {
  MetricsCard,
  usePageClock,
  useTimeFormat,
  type LiveSeries,
  type MetricsState,
} from '@fleetdeck/react';
import { HistoryLink } from './metrics/HistoryLink.tsx';
import { isOverdue } from './overdue.ts';

/** The first points of the sparkline, any of which serves as the baseline when the very first is a gap. */
const BASELINE_STEPS = 6;

interface MetricCardProps {
  title: string;
  /** `null` while nobody has reported the metric. */
  series: LiveSeries | null;
  health?: ComponentHealth | undefined;
  state: MetricsState['state'];
  error: Error | null;
}

/** A live series as a card: the value, where it stood at the begin of the sparkline, and the health that goes with it. */
export function MetricCard({ title, series, health, state, error }: MetricCardProps) {
  const { time } = useTimeFormat();
  const now = usePageClock();
  const baseline = series === null ? null : baselineOf(series);
  // An outdated value makes its card unknown. What is known to be wrong is shown all the same: most often that is why
  // the value is not measured.
  const lastKnownAt =
    isTroubled(health, now) && series !== null && isOutdated(series, now) ? series.asOf : null;
  return (
    <MetricsCard
      title={title}
      value={series?.value}
      unit={series === null ? '' : unitOf(series)}
      points={series?.points}
      baseline={baseline}
      baselineLabel="5 min ago"
      goodDirection={series?.metric.goodDirection}
      asOf={series?.asOf}
      staleAfterMs={lastKnownAt === null ? series?.staleAfterMs : null}
      status={health?.status}
      reason={health?.reason}
      since={health?.since}
      state={lastKnownAt === null ? cardState(series, state) : 'error'}
      errorMessage={lastKnownAt === null ? error?.message : `Measured at ${time(Date.parse(lastKnownAt))}.`}
      footer={
        series !== null && <HistoryLink title={title} metric={series.metric.name} labels={series.labels} />
      }
    />
  );
}

/** Whether a component is known to be worse than it should be. */
function isTroubled(health: ComponentHealth | undefined, now: number): boolean {
  if (health === undefined || isOverdue(health, now)) return false;
  return health.status === 'degraded' || health.status === 'critical';
}

function isOutdated({ asOf, staleAfterMs }: LiveSeries, now: number): boolean {
  return asOf !== null && staleAfterMs !== null && now - Date.parse(asOf) > staleAfterMs;
}

function cardState(
  series: LiveSeries | null,
  state: MetricsState['state'],
): 'ready' | 'loading' | 'empty' | 'error' {
  if (state === 'error') return 'error';
  if (series !== null && series.value !== null) return 'ready';
  return state === 'loading' ? 'loading' : 'empty';
}

/** Where the value stood at the begin of the sparkline; nothing to compare with before that much has been seen. */
function baselineOf({ points }: LiveSeries): number | null {
  return points.slice(0, BASELINE_STEPS).find(({ value }) => value !== null)?.value ?? null;
}

/** Counters are shown as their rate; a bare count needs no unit. */
function unitOf({ metric: { kind, unit } }: LiveSeries): string {
  const counted = unit === '1' ? '' : unit;
  return kind === 'counter' ? `${counted || '1'}/s` : counted;
}
