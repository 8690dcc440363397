import { useState } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import type { Incident } from '@fleetdeck/dto';
import { formatDuration, StatusBadge, usePageClock, useTimeFormat } from '@fleetdeck/react';
import { AcknowledgedBy } from './AcknowledgedBy.tsx';
import { labelsText } from './labels-text.ts';
import { ListProblem } from './ListProblem.tsx';
import { useIncidents } from './useIncidents.ts';

interface IncidentsProps {
  http: HttpClient;
  /** The list is read anew whenever this changes. */
  changes: string;
}

const SHOWN = [
  ['all', 'All'],
  ['open', 'Open'],
  ['ended', 'Over'],
] as const;
type Shown = (typeof SHOWN)[number][0];

/** What has fired, newest first. */
export function Incidents(props: IncidentsProps) {
  const [shown, setShown] = useState<Shown>('all');
  return (
    <section className="panel" aria-labelledby="incidents-title">
      <div className="panel-title">
        <h2 id="incidents-title">Incidents</h2>
        <label>
          <span className="unseen">Which incidents </span>
          <select value={shown} onChange={({ target }) => setShown(target.value as Shown)}>
            {SHOWN.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      <IncidentRows key={shown} shown={shown} {...props} />
    </section>
  );
}

function IncidentRows({ http, changes, shown }: IncidentsProps & { shown: Shown }) {
  const { incidents, nextCursor, error, reload, more } = useIncidents(
    http,
    shown === 'all' ? undefined : shown,
    changes,
  );
  return (
    <>
      <ListProblem what="incidents" error={error} known={incidents !== null} onRetry={reload} />
      {incidents === null && error === null && <p className="quiet">Loading…</p>}
      {incidents?.length === 0 && error === null && <p className="quiet">{NONE[shown]}</p>}
      {incidents !== null && incidents.length > 0 && (
        <ul className="alert-list">
          {incidents.map((incident) => (
            <IncidentRow key={incident.id} incident={incident} />
          ))}
        </ul>
      )}
      {nextCursor !== null && (
        <button type="button" className="button-plain" onClick={more}>
          Show older incidents
        </button>
      )}
    </>
  );
}

const NONE: Readonly<Record<Shown, string>> = {
  all: 'Nothing has fired yet.',
  open: 'None is open.',
  ended: 'None is over yet.',
};

function IncidentRow({ incident }: { incident: Incident }) {
  const { time, locale } = useTimeFormat();
  const now = usePageClock();
  const { rule, labels, severity, message, reason, acknowledgement } = incident;
  const { beganAt, endedAt, durationMs, endReason } = incident;
  const lastedMs = durationMs ?? Math.max(0, now - Date.parse(beganAt));
  return (
    <li className="incident-row" data-open={endedAt === null || undefined}>
      {endedAt === null ? <StatusBadge status={severity} /> : <StatusBadge status="healthy" label="Over" />}
      <div className="alert-what">
        <h3>
          {rule}
          <span className="quiet alert-labels"> {labelsText(labels)}</span>
        </h3>
        <p>{endedAt === null ? message : reason}</p>
        {endReason !== null && <p className="quiet">Ended: {endReason}</p>}
        {acknowledgement !== null && <AcknowledgedBy acknowledgement={acknowledgement} />}
        {incident.notifiedAt === null && <p className="quiet">Nobody was told.</p>}
      </div>
      <p className="alert-when quiet">
        {time(Date.parse(beganAt))}, {endedAt === null ? 'for ' : 'lasted '}
        {formatDuration(lastedMs, locale)}
      </p>
    </li>
  );
}
