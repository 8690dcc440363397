import { useMemo } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import { MAX_METRIC_NAMES, useMetrics } from '@fleetdeck/react';
import { MetricCard } from './MetricCard.tsx';
import { useMetricNames } from './metrics/useMetricNames.ts';
import { OWN_PREFIX, seriesTitle } from './overview-layout.ts';
import { FAILED_REFRESH_MS, useRefresh } from './useRefresh.ts';

const MAX_CARDS = 24;

/** What other programs have reported, as soon as they do. */
export function ReportedMetrics({ http }: { http: HttpClient }) {
  const { metrics } = useMetricNames(http);
  const names = useMemo(
    () => (metrics ?? []).map(({ name }) => name).filter((name) => !name.startsWith(OWN_PREFIX)),
    [metrics],
  );
  return names.length === 0 ? null : <Cards names={names} />;
}

function Cards({ names }: { names: string[] }) {
  const metrics = useMetrics(names.slice(0, MAX_METRIC_NAMES));
  useRefresh(metrics.refetch, metrics.state === 'error' ? FAILED_REFRESH_MS : null);
  const shown = metrics.series.slice(0, MAX_CARDS);
  const hidden = metrics.series.length - shown.length + Math.max(0, names.length - MAX_METRIC_NAMES);
  if (shown.length === 0) return null;
  return (
    <section className="cards-section" aria-label="Reported">
      <h2>Reported</h2>
      <div className="cards">
        {shown.map((series) => (
          <MetricCard
            key={seriesTitle(series)}
            title={seriesTitle(series)}
            series={series}
            state={metrics.state}
            error={metrics.error}
          />
        ))}
      </div>
      {hidden > 0 && (
        <p className="quiet">
          {hidden} more are stored but not shown here; ask the interface for them by name.
        </p>
      )}
    </section>
  );
}
