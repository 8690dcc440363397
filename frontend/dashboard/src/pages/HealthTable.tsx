import { resolveStatus, severityOf, type ComponentHealth } from '@fleetdeck/dto';
import { StatusBadge, usePageClock, useTimeFormat, type HealthState } from '@fleetdeck/react';

/** A component's status is not known any more when this many checks are overdue. */
const STALE_AFTER_INTERVALS = 3;
/** The report itself is read this often, so a check can look that much older than it is. */
const REPORT_AGE_MS = 20_000;

/** How each component is, worst first. */
export function HealthTable({ health: { state, report, error } }: { health: HealthState }) {
  const now = usePageClock();
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
            {sorted(report.components, now).map(([name, component]) => (
              <HealthRow key={name} name={name} component={component} overdue={isOverdue(component, now)} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

interface HealthRowProps {
  name: string;
  component: ComponentHealth;
  overdue: boolean;
}

function HealthRow({ name, component, overdue }: HealthRowProps) {
  const { time, ago } = useTimeFormat();
  const { status, since, latencyMs, checkedAt, reason, criticality } = component;
  return (
    <tr data-tone={overdue ? 'unknown' : resolveStatus(status).tone}>
      <td>
        <StatusBadge
          status={status}
          asOf={checkedAt}
          staleAfterMs={checkedAt === null ? null : staleAfterMs(component)}
        />
      </td>
      <th scope="row">
        {name} {criticality !== 'critical' && <span className="quiet">{criticality}</span>}
      </th>
      <td data-label="since">{checkedAt === null ? '' : time(Date.parse(since))}</td>
      <td className="number" data-label="check took">
        {latencyMs === null ? '' : `${latencyMs} ms`}
      </td>
      <td data-label="last check">{checkedAt === null ? '' : ago(Date.parse(checkedAt))}</td>
      <td className="reason">{reason}</td>
    </tr>
  );
}

function staleAfterMs({ intervalMs }: ComponentHealth): number {
  return STALE_AFTER_INTERVALS * intervalMs + REPORT_AGE_MS;
}

function isOverdue(component: ComponentHealth, now: number): boolean {
  const { checkedAt } = component;
  return checkedAt !== null && now - Date.parse(checkedAt) > staleAfterMs(component);
}

function sorted(components: Record<string, ComponentHealth>, now: number): [string, ComponentHealth][] {
  const rank = (component: ComponentHealth): number => {
    if (component.criticality === 'informational') return -1;
    const known = severityOf(resolveStatus(component.status).tone);
    // What was well is not known to be; what was bad is no better for being unknown.
    return isOverdue(component, now) ? Math.max(known, severityOf('unknown')) : known;
  };
  return Object.entries(components).toSorted(
    ([nameA, a], [nameB, b]) => rank(b) - rank(a) || nameA.localeCompare(nameB),
  );
}

function problemText(error: Error | null): string {
  return `The health report could not be read: ${error?.message ?? 'unknown error'}`;
}
