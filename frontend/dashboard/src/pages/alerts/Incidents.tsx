import { useMemo, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { HttpClient } from '@fleetdeck/client';
import type { Incident } from '@fleetdeck/dto';
import {
  decodeTimelineFilter,
  encodeTimelineFilter,
  formatDuration,
  Timeline,
  usePageClock,
  useTimeFormat,
} from '@fleetdeck/react';
import { IncidentDetails } from './IncidentDetails.tsx';
import { OVER } from './incident-entry.ts';
import { labelsText } from './labels-text.ts';
import { useIncidents } from './useIncidents.ts';

interface IncidentsProps {
  http: HttpClient;
  /** The newest are read anew whenever this changes. */
  changes: string;
}

const WORDS = { timeline: { empty: 'Nothing has fired yet.' } };
const STATUSES = [{ value: 'critical' }, { value: 'degraded' }, { value: OVER }];

/** What has fired, newest first, with what became of it. Filter and linked incident stand in the address. */
export function Incidents({ http, changes }: IncidentsProps) {
  const { newest, counts, error, reload, ...pages } = useIncidents(http, changes);
  const search = useSearch();
  const [path, go] = useLocation();
  const filter = useMemo(() => decodeTimelineFilter(new URLSearchParams(search)), [search]);
  // A link leads to it once; what is opened later does not move the page.
  const [linked] = useState(() => new URLSearchParams(search).get('incident'));
  return (
    <Timeline
      title="Incidents"
      headingLevel={2}
      {...pages}
      statusOptions={STATUSES}
      {...counts}
      entries={newest}
      serverFilter
      filter={filter}
      onFilterChange={(next) => {
        const address = encodeTimelineFilter(next, new URLSearchParams(search)).toString();
        go(address === '' ? path : `${path}?${address}`, { replace: true });
      }}
      renderEntry={({ incident }) => <IncidentLine incident={incident} />}
      renderDetails={({ incident }) => <IncidentDetails http={http} incident={incident} />}
      focusEntryId={linked}
      exportName="incidents"
      state={error === null ? 'ready' : 'error'}
      errorMessage={error === null ? undefined : `The incidents could not be read: ${error.message}`}
      onRetry={reload}
      stale={error !== null && newest.length > 0}
      messages={WORDS}
    />
  );
}

function IncidentLine({ incident }: { incident: Incident }) {
  const { rule, labels, message, reason, endedAt, acknowledgement, notifiedAt } = incident;
  return (
    <span className="incident-line">
      <b>{rule}</b> <span className="quiet">{labelsText(labels)}</span>
      <span className="incident-sentence">{endedAt === null ? message : reason}</span>
      <span className="quiet">
        <Lasted incident={incident} />
        {acknowledgement !== null && ` · acknowledged by ${acknowledgement.by}`}
        {acknowledgement?.reason && `: ${acknowledgement.reason}`}
        {notifiedAt === null && ' · nobody was told'}
      </span>
    </span>
  );
}

/** In a part of its own, so that the passing of time draws nothing else anew. */
function Lasted({ incident: { beganAt, durationMs } }: { incident: Incident }) {
  const { locale } = useTimeFormat();
  const now = usePageClock();
  return durationMs === null
    ? `for ${formatDuration(Math.max(0, now - Date.parse(beganAt)), locale)}`
    : `lasted ${formatDuration(durationMs, locale)}`;
}
