import { useRef, useState } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import type { Alert, Silence } from '@fleetdeck/dto';
import { formatAge, StatusBadge, usePageClock, useTimeFormat, type AlertsState } from '@fleetdeck/react';
import { AcknowledgeForm } from './AcknowledgeForm.tsx';
import { AcknowledgedBy } from './AcknowledgedBy.tsx';
import { labelsText } from './labels-text.ts';
import { ListProblem } from './ListProblem.tsx';

interface ActiveAlertsProps {
  alerts: AlertsState;
  silences: readonly Silence[];
  http: HttpClient;
  mayAct: boolean;
  onSilence: (alert: Alert) => void;
}

/** The alerts that are not inactive, the worst first. */
export function ActiveAlerts({ alerts: { state, error, alerts, refetch }, ...rest }: ActiveAlertsProps) {
  return (
    <section className="panel" aria-labelledby="active-title">
      <h2 id="active-title">Now</h2>
      <ListProblem what="alerts" error={error} known={alerts !== null} onRetry={refetch} />
      {alerts === null && error === null && <p className="quiet">Loading…</p>}
      {state === 'stale' && (
        <p className="quiet">
          The connection is lost: shown is what was known before, and it does not move on.
        </p>
      )}
      {alerts?.length === 0 && error === null && (
        <p className="quiet">Nothing fires, and nothing is about to.</p>
      )}
      {alerts !== null && alerts.length > 0 && (
        <ul className="alert-list" data-stale={state === 'stale' || state === 'error' || undefined}>
          {alerts.map((alert) => (
            <ActiveAlert key={alert.key} alert={alert} refetch={refetch} {...rest} />
          ))}
        </ul>
      )}
    </section>
  );
}

interface ActiveAlertProps extends Omit<ActiveAlertsProps, 'alerts'> {
  alert: Alert;
  refetch: () => void;
}

function ActiveAlert({ alert, silences, http, mayAct, onSilence, refetch }: ActiveAlertProps) {
  const { time, locale } = useTimeFormat();
  const now = usePageClock();
  const [asked, setAsked] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  // The form takes its focus along; who works by keyboard goes on at its alert.
  const close = (): void => {
    setAsked(false);
    row.current?.focus();
  };
  const { rule, labels, state, severity, since, message, acknowledgement, runbookUrl, silencedBy } = alert;
  const silence = silences.find(({ id }) => id === silencedBy);
  const name = [rule, labelsText(labels)].filter(Boolean).join(' ');
  return (
    <li ref={row} tabIndex={-1} className="alert-row" data-tone={state === 'firing' ? severity : undefined}>
      <StateBadge alert={alert} />
      <div className="alert-what">
        <h3>
          {rule}
          <span className="quiet alert-labels"> {labelsText(labels)}</span>
        </h3>
        <p>{message}</p>
        {acknowledgement !== null && <AcknowledgedBy acknowledgement={acknowledgement} />}
        {silencedBy !== null && (
          <p className="quiet">
            {silence === undefined
              ? 'Silenced.'
              : `Silenced by ${silence.createdBy} until ${time(Date.parse(silence.endsAt))}: ${silence.reason}`}
          </p>
        )}
        {runbookUrl !== null && (
          <p>
            <a href={runbookUrl} rel="noreferrer">
              Runbook<span className="unseen"> of {rule}</span>
            </a>
          </p>
        )}
      </div>
      <p className="alert-when quiet" title={time(Date.parse(since))}>
        {STATE_WORDS[state]} for {formatAge(Math.max(0, now - Date.parse(since)), locale)}
      </p>
      {mayAct && !asked && (
        <div className="alert-actions">
          {acknowledgement === null && state !== 'pending' && (
            <button type="button" className="button-plain" onClick={() => setAsked(true)}>
              Acknowledge<span className="unseen"> {name}</span>
            </button>
          )}
          {silencedBy === null && (
            <button type="button" className="button-plain" onClick={() => onSilence(alert)}>
              Silence<span className="unseen"> {name}</span>
            </button>
          )}
        </div>
      )}
      {mayAct && asked && (
        <AcknowledgeForm
          name={name}
          incidentId={alert.incidentId}
          http={http}
          onDone={() => {
            close();
            refetch();
          }}
          onCancel={close}
        />
      )}
    </li>
  );
}

const STATE_WORDS = {
  inactive: 'over',
  pending: 'pending',
  firing: 'firing',
  recovering: 'recovering',
} as const;

// Only what fires is drawn as an alarm.
function StateBadge({ alert: { state, severity } }: { alert: Alert }) {
  if (state === 'firing') return <StatusBadge status={severity} />;
  if (state === 'recovering') return <StatusBadge status="in_progress" label="Recovering" />;
  return <StatusBadge status="pending" />;
}
