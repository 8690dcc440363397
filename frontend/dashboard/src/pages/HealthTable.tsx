import { resolveStatus, severityOf, type ComponentHealth } from '@fleetdeck/dto';
import { formatAgo, formatTime, StatusBadge, usePageClock, type HealthState } from '@fleetdeck/react';

/** A component's status is not known any more when this many checks are overdue. */
const STALE_AFTER_INTERVALS = 3;
/** The report itself is read this often, so a check can look that much older than it is. */
const REPORT_AGE_MS = 20_000;

/** How each component is, worst first. */
export function HealthTable({ health: { state, report, error } }: { health: HealthState }) {
  return (
    <section className="panel" aria-labelledby="health-title">
      <h2 id="health-title">Health</h2>
      {report === null && <p className="quiet">{state === 'error' ? problemText(error) : 'Loading…'}</p>}
      {report !== null && state === 'error' && (
        <p className="problem">{problemText(error)} Shown is what was known before.</p>
      )}
      {report !== null && (
        <table className="health-table">
          <thead>
            <tr>
              <th scope="col">Status</th>
              <th scope="col">Component</th>
              <th scope="col">Since</th>
              <th scope="col" className="number">
                Check took
              </th>
              <th scope="col">Last check</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {sorted(report.components).map(([name, component]) => (
              <HealthRow key={name} name={name} component={component} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function HealthRow({ name, component }: { name: string; component: ComponentHealth }) {
  const now = usePageClock();
  const { status, since, latencyMs, checkedAt, reason, criticality, intervalMs } = component;
  return (
    <tr data-tone={resolveStatus(status).tone}>
      <td>
        <StatusBadge
          status={status}
          asOf={checkedAt}
          staleAfterMs={checkedAt === null ? null : STALE_AFTER_INTERVALS * intervalMs + REPORT_AGE_MS}
        />
      </td>
      <th scope="row">
        {name} {criticality !== 'critical' && <span className="quiet">{criticality}</span>}
      </th>
      <td data-label="since">
        {checkedAt === null ? '' : formatTime(Date.parse(since), { locale: 'en', now })}
      </td>
      <td className="number" data-label="check took">
        {latencyMs === null ? '' : `${latencyMs} ms`}
      </td>
      <td data-label="last check">
        {checkedAt === null ? '' : formatAgo(Math.max(0, now - Date.parse(checkedAt)), 'en')}
      </td>
      <td className="reason">{reason}</td>
    </tr>
  );
}

function sorted(components: Record<string, ComponentHealth>): [string, ComponentHealth][] {
  const rank = ({ status, criticality }: ComponentHealth): number =>
    criticality === 'informational' ? -1 : severityOf(resolveStatus(status).tone);
  return Object.entries(components).toSorted(
    ([nameA, a], [nameB, b]) => rank(b) - rank(a) || nameA.localeCompare(nameB),
  );
}

function problemText(error: Error | null): string {
  return `The health report could not be read: ${error?.message ?? 'unknown error'}`;
}
