import { useCallback, useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { HttpClient } from '@fleetdeck/client';
import type { Incident, IncidentEvent } from '@fleetdeck/dto';
import { formatDuration, useTimeFormat } from '@fleetdeck/react';
import { AcknowledgedBy } from './AcknowledgedBy.tsx';
import { ListProblem } from './ListProblem.tsx';

interface IncidentDetailsProps {
  http: HttpClient;
  incident: Incident;
}

/** Everything that is known of one incident, with each change of its alert. */
export function IncidentDetails({ http, incident }: IncidentDetailsProps) {
  const { id, rule, reason, endedAt, endReason, firedAt, notifiedAt, runbookUrl, acknowledgement } = incident;
  const { time } = useTimeFormat();
  const { events, error, reload } = useEvents(http, incident);
  return (
    <>
      <dl className="incident-facts">
        <div>
          <dt>Fired</dt>
          <dd>
            {time(Date.parse(firedAt))}: {reason}
          </dd>
        </div>
        {endedAt !== null && (
          <div>
            <dt>Ended</dt>
            <dd>
              {time(Date.parse(endedAt))}
              {endReason !== null && `: ${endReason}`}
            </dd>
          </div>
        )}
        <div>
          <dt>People</dt>
          <dd>{notifiedAt === null ? 'Nobody was told.' : `Told at ${time(Date.parse(notifiedAt))}.`}</dd>
        </div>
      </dl>
      {acknowledgement !== null && <AcknowledgedBy acknowledgement={acknowledgement} />}
      <h4 className="incident-changes">Changes</h4>
      <ListProblem what="changes" error={error} known={events !== null} onRetry={reload} />
      {events === null && error === null && <p className="quiet">Loading…</p>}
      {events !== null && (
        <ol className="incident-events">
          {events.map((event) => (
            <EventRow key={event.id} event={event} />
          ))}
        </ol>
      )}
      <p className="incident-links">
        <Link href={`/alerts?incident=${encodeURIComponent(id)}`}>Link to this incident</Link>
        {runbookUrl !== null && (
          <a href={runbookUrl} rel="noreferrer">
            Runbook<span className="unseen"> of {rule}</span>
          </a>
        )}
      </p>
    </>
  );
}

function EventRow({ event: { kind, from, to, at, durationMs, reason, by } }: { event: IncidentEvent }) {
  const { time, locale } = useTimeFormat();
  return (
    <li>
      <time dateTime={at}>{time(Date.parse(at))}</time>{' '}
      <span>
        <b>{kind === 'acknowledged' ? `Acknowledged${by === null ? '' : ` by ${by}`}` : to}</b>
        {kind === 'state' && durationMs !== null && (
          <span className="quiet">
            {' '}
            after {formatDuration(durationMs, locale)} {from}
          </span>
        )}
        <span className="incident-sentence">{reason}</span>
      </span>
    </li>
  );
}

/** The changes of an incident, read anew when it changes. */
function useEvents(http: HttpClient, { id, endedAt, acknowledgement }: Incident) {
  const [events, setEvents] = useState<readonly IncidentEvent[] | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [asked, setAsked] = useState(0);
  const version = [endedAt, acknowledgement?.at, asked].join();
  useEffect(() => {
    const end = new AbortController();
    http.get<Incident>(`/incidents/${encodeURIComponent(id)}`, { signal: end.signal }).then(
      (incident) => {
        setEvents(incident.events ?? []);
        setError(null);
      },
      (thrown: Error) => end.signal.aborted || setError(thrown),
    );
    return () => end.abort();
  }, [http, id, version]);
  return { events, error, reload: useCallback(() => setAsked((times) => times + 1), []) };
}
