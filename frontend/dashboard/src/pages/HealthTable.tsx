import { resolveStatus, severityOf, type ComponentHealth } from '@fleetdeck/dto';
import { Fragment, useState } from 'react';
import {
  HealthStrip,
  StatusBadge,
  usePageClock,
  useTimeFormat,
  type HealthState,
  type HealthTimelineState,
} from '@fleetdeck/react';
import { ComponentPast } from './ComponentPast.tsx';
import { isOverdue, staleAfterMs } from './overdue.ts';

const COLUMNS = 7;

/** Props of {@link HealthTable}. */
export interface HealthTableProps {
  health: HealthState;
  past: HealthTimelineState;
}

/** How each component is, worst first, how it was over the last day, and what happened to the one that is opened. */
export function HealthTable({ health: { state, report, error }, past }: HealthTableProps) {
  const now = usePageClock();
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <section className="panel" aria-labelledby="health-title">
      <h2 id="health-title">Health</h2>
      {report === null && <p className="quiet">{state === 'error' ? problemText(error) : 'Loading…'}</p>}
      {report !== null && state === 'error' && (
        <p className="problem">{problemText(error)} Shown is what was known before.</p>
      )}
      {past.timeline?.complete === false && (
        <p className="quiet">
          Not all of the last 24 hours can be read at present; what is missing shows as unknown.
        </p>
      )}
      {report !== null && (
        <table className="health-table">
          <thead>
            <tr>
              <th scope="col">Status</th>
              <th scope="col">Component</th>
              <th scope="col">Last 24 hours</th>
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
              <HealthRow
                key={name}
                {...{ name, component, past }}
                overdue={isOverdue(component, now)}
                opened={opened === name}
                onToggle={() => setOpened(opened === name ? null : name)}
              />
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
  past: HealthTimelineState;
  overdue: boolean;
  opened: boolean;
  onToggle: () => void;
}

function HealthRow({ name, component, past, overdue, opened, onToggle }: HealthRowProps) {
  const { time, ago } = useTimeFormat();
  const { status, since, latencyMs, checkedAt, reason, criticality } = component;
  const { timeline } = past;
  const own = timeline && Object.hasOwn(timeline.components, name) ? timeline.components[name] : undefined;
  // A port that nobody fills is not watched, so it has no past.
  const watched = timeline === null || own !== undefined;
  return (
    <Fragment>
      <tr data-tone={overdue ? 'unknown' : resolveStatus(status).tone}>
        <td>
          <StatusBadge
            status={status}
            asOf={checkedAt}
            staleAfterMs={checkedAt === null ? null : staleAfterMs(component)}
          />
        </td>
        <th scope="row">
          {own ? (
            <button type="button" className="link-button" aria-expanded={opened} onClick={onToggle}>
              {name}
            </button>
          ) : (
            name
          )}{' '}
          {criticality !== 'critical' && <span className="quiet">{criticality}</span>}
        </th>
        <td className="strip">
          {watched && (
            <HealthStrip
              subject={name}
              buckets={own?.buckets}
              from={timeline?.from}
              bucketMs={timeline?.bucketMs ?? 0}
              asOf={timeline?.asOf ?? null}
              uptime={own?.uptime ?? null}
              stale={past.state === 'stale' || past.state === 'error'}
              error={timeline === null && past.error ? 'not known' : null}
            />
          )}
        </td>
        <td data-label="since">{checkedAt === null ? '' : time(Date.parse(since))}</td>
        <td className="number" data-label="check took">
          {latencyMs === null ? '' : `${latencyMs} ms`}
        </td>
        <td data-label="last check">{checkedAt === null ? '' : ago(Date.parse(checkedAt))}</td>
        <td className="reason">{reason}</td>
      </tr>
      {opened && (
        <tr className="past">
          <td colSpan={COLUMNS}>
            <ComponentPast name={name} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}

/** The statuses that count to the whole: what is overdue is unknown, and what is only informational does not count. */
export function countedStatuses(components: Record<string, ComponentHealth>, now: number): string[] {
  return Object.values(components)
    .filter(({ criticality }) => criticality !== 'informational')
    .map((component) => (isOverdue(component, now) ? 'unknown' : component.status));
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
