import { useEffect, useState } from 'react';
import type { MetricDescriptor } from '@fleetdeck/dto';
import type { HttpClient } from '@fleetdeck/client';
import { MAX_METRIC_NAMES, useMetrics } from '@fleetdeck/react';
import { MetricCard } from './MetricCard.tsx';
import { OWN_PREFIX, seriesTitle } from './overview-layout.ts';
import { repeatWhileVisible } from './repeat-while-visible.ts';
import { FAILED_REFRESH_MS, useRefresh } from './useRefresh.ts';

const NAMES_REFRESH_MS = 10_000;
const MAX_CARDS = 24;

/** What other programs have reported, as soon as they do. */
export function ReportedMetrics({ http }: { http: HttpClient }) {
  const names = useReportedNames(http);
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

/** Names of metrics that are not Fleetdeck's own; asked for again now and then, since anybody may add one. */
function useReportedNames(http: HttpClient): string[] {
  const [names, setNames] = useState<string[]>([]);
  useEffect(() => {
    const leaving = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const { metrics } = await http.get<{ metrics: MetricDescriptor[] }>('/metrics/names', {
          signal: leaving.signal,
        });
        const reported = metrics.map(({ name }) => name).filter((name) => !name.startsWith(OWN_PREFIX));
        setNames((known) => (known.join() === reported.join() ? known : reported));
      } catch {
        // The names that are known stay; the connection's own state says what is wrong.
      }
    };
    void ask();
    const stop = repeatWhileVisible(() => void ask(), NAMES_REFRESH_MS);
    return () => {
      leaving.abort();
      stop();
    };
  }, [http]);
  return names;
}
