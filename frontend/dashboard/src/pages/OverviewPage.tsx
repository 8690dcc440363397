import { useEffect } from 'react';
import type { HealthReport } from '@fleetdeck/dto';
import type { HttpClient } from '@fleetdeck/client';
import { StatusSummary, useHealth, useHealthTimeline, useMetrics, usePageClock } from '@fleetdeck/react';
import { countedStatuses, HealthTable } from './HealthTable.tsx';
import { MetricCard } from './MetricCard.tsx';
import { drawSections, OVERVIEW_METRICS } from './overview-layout.ts';
import { PercentileCard } from './PercentileCard.tsx';
import { ReportedMetrics } from './ReportedMetrics.tsx';
import { FAILED_REFRESH_MS, PAST_REFRESH_MS, useRefresh } from './useRefresh.ts';

/** The topic carries transitions only; the times of the last checks come with the report. */
const HEALTH_REFRESH_MS = 15_000;
/** A replica broadcasts its own values to its own clients; those of the others are read before they count as stale. */
const REPLICAS_REFRESH_MS = 3_000;

/** What the service, its host and its database are doing, and how they are. */
export function OverviewPage({ http }: { http: HttpClient }) {
  const metrics = useMetrics(OVERVIEW_METRICS);
  const health = useHealth();
  useRefresh(health.refetch, HEALTH_REFRESH_MS);
  const past = useHealthTimeline();
  useRefresh(past.refetch, past.timeline?.complete === false ? FAILED_REFRESH_MS : PAST_REFRESH_MS);
  const nodes = new Set(metrics.series.map(({ labels }) => labels['node']).filter(Boolean));
  const renewMs = nodes.size > 1 ? REPLICAS_REFRESH_MS : null;
  useRefresh(metrics.refetch, metrics.state === 'error' ? FAILED_REFRESH_MS : renewMs);
  useFirstValueMark(metrics.series.some(({ value }) => value !== null));

  const report = health.report;
  return (
    <>
      <div className="page-title">
        <h1>Overview</h1>
        {report !== null && <HealthSummary report={report} />}
      </div>
      <div className="sections">
        {drawSections(metrics.series).map(({ key, title, cards }) => (
          <section
            key={key}
            className="cards-section"
            data-size={cards.length > 2 ? 'wide' : 'half'}
            aria-label={title}
          >
            <h2>{title}</h2>
            <div className="cards">
              {cards.map(({ spec, series }) =>
                spec.aggregation === undefined || series === null ? (
                  <MetricCard
                    key={spec.metric}
                    title={spec.title}
                    series={series}
                    health={spec.component === undefined ? undefined : report?.components[spec.component]}
                    state={metrics.state}
                    error={metrics.error}
                  />
                ) : (
                  <PercentileCard
                    key={spec.metric}
                    title={spec.title}
                    metric={spec.metric}
                    aggregation={spec.aggregation}
                    labels={series.labels}
                    goodDirection={series.metric.goodDirection}
                  />
                ),
              )}
            </div>
          </section>
        ))}
      </div>
      <ReportedMetrics http={http} />
      <HealthTable health={health} past={past} />
    </>
  );
}

/** In a part of its own, so that the passing of time draws nothing else anew. */
function HealthSummary({ report }: { report: HealthReport }) {
  return <StatusSummary statuses={countedStatuses(report.components, usePageClock())} />;
}

/** Tells measuring tools when the first real value stood on the page. */
function useFirstValueMark(shown: boolean): void {
  useEffect(() => {
    if (shown && performance.getEntriesByName('fleetdeck:first-value').length === 0)
      performance.mark('fleetdeck:first-value');
  }, [shown]);
}
