import { HEALTH_SPANS, type HealthHistory } from '@fleetdeck/dto';
import { formatAge, formatUptime, IncidentList, useHealthHistory, useTimeFormat } from '@fleetdeck/react';
import { FAILED_REFRESH_MS, PAST_REFRESH_MS, useRefresh } from './useRefresh.ts';

/** So little that is not known goes without a word. */
const NEGLIGIBLE = 0.005;

/** What happened to one component, since when, and how much of the time it was up. */
export function ComponentPast({ name }: { name: string }) {
  const { state, history, error, refetch } = useHealthHistory(name);
  const whole = error === null && history?.complete !== false;
  useRefresh(refetch, whole ? PAST_REFRESH_MS : FAILED_REFRESH_MS);
  const problem = error === null ? null : `The history could not be read: ${error.message}`;
  return (
    <div className="component-past">
      {history !== null && <Uptime history={history} />}
      <h3>Last 30 days</h3>
      <IncidentList
        incidents={history?.incidents}
        stale={state === 'stale'}
        error={problem}
        aria-label={`Incidents of ${name}`}
      />
      {history !== null && !history.complete && (
        <p className="quiet">Not all of the past can be read at present; what is missing shows as unknown.</p>
      )}
      {history !== null && !history.durable && (
        <p className="quiet">The history is kept in memory only: it began with this process.</p>
      )}
    </div>
  );
}

function Uptime({ history: { uptime } }: { history: HealthHistory }) {
  const { locale } = useTimeFormat();
  return (
    <dl className="uptimes">
      {HEALTH_SPANS.map((span) => {
        const { percent, unknownMs, healthyMs, degradedMs, criticalMs } = uptime[span];
        const known = healthyMs + degradedMs + criticalMs;
        return (
          <div key={span}>
            <dt>Up, {span}</dt>
            <dd>
              {percent === null ? '—' : formatUptime(percent, locale)}
              {unknownMs > known * NEGLIGIBLE && (
                <span className="quiet"> of {formatAge(known, locale)} known</span>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
