import { useState } from 'react';
import { Link } from 'wouter';
import type { HttpClient } from '@fleetdeck/client';
import type { MetricDescriptor } from '@fleetdeck/dto';
import { ListProblem } from '../alerts/ListProblem.tsx';
import { metricPath } from './metric-view.ts';
import { useMetricNames } from './useMetricNames.ts';

/** Rows that are shown at most; a search finds the others. */
const MAX_ROWS = 200;

/** Every metric that there is, each with the way to its past. */
export function MetricsPage({ http }: { http: HttpClient }) {
  const { metrics, error, reload } = useMetricNames(http);
  const [wanted, setWanted] = useState('');
  const found = metrics?.filter((metric) => isFound(metric, wanted)) ?? [];
  return (
    <>
      <div className="page-title">
        <h1>Metrics</h1>
        {metrics !== null && (
          <p className="quiet metrics-count" role="status">
            {wanted === '' ? `${metrics.length}` : `${found.length} of ${metrics.length}`}
          </p>
        )}
      </div>
      <section className="panel metrics-panel" aria-label="All metrics">
        <label className="metrics-search">
          <span>Search</span>
          <input
            type="search"
            value={wanted}
            placeholder="Name or meaning"
            onChange={({ target }) => setWanted(target.value)}
          />
        </label>
        <ListProblem what="metrics" error={error} known={metrics !== null} onRetry={reload} />
        {metrics === null && error === null && <p className="quiet">Loading…</p>}
        {metrics?.length === 0 && <p className="quiet">Nobody has reported a value yet.</p>}
        {metrics !== null && metrics.length > 0 && found.length === 0 && (
          <p className="quiet">
            None is called or means “{wanted}”.{' '}
            <button type="button" className="link-button" onClick={() => setWanted('')}>
              Show all
            </button>
          </p>
        )}
        {found.length > 0 && (
          <ul className="metrics-list">
            {found.slice(0, MAX_ROWS).map(({ name, kind, unit, help }) => (
              <li key={name}>
                <Link href={metricPath(name)}>{name}</Link>
                <span>{help}</span>
                <span className="quiet">{[kind, unit === '1' ? '' : unit].filter(Boolean).join(', ')}</span>
              </li>
            ))}
          </ul>
        )}
        {found.length > MAX_ROWS && (
          <p className="quiet">{found.length - MAX_ROWS} more; search for a part of the name.</p>
        )}
      </section>
    </>
  );
}

function isFound({ name, help }: MetricDescriptor, wanted: string): boolean {
  const text = `${name} ${help}`.toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
