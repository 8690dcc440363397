import { useState } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import { roleAtLeast, type Alert, type Role } from '@fleetdeck/dto';
import type { AlertsState } from '@fleetdeck/react';
import type { Preferences } from '../../preferences.ts';
import { ActiveAlerts } from './ActiveAlerts.tsx';
import { Incidents } from './Incidents.tsx';
import { draftOf, emptyDraft, type SilenceDraft } from './silence-draft.ts';
import { Silences } from './Silences.tsx';
import { useSilences } from './useSilences.ts';

interface AlertsPageProps {
  http: HttpClient;
  alerts: AlertsState;
  /** Role of who is signed in; `null` while it is not known. */
  role: Role | null;
  /** Zone in which times are written and read. */
  timeZone: Preferences['timeZone'];
}

/** What fires now, what people are not told of, and what has fired; operators acknowledge and silence. */
export function AlertsPage({ http, alerts, role, timeZone }: AlertsPageProps) {
  const [draft, setDraft] = useState<SilenceDraft | null>(null);
  const changes = changesOf(alerts.alerts);
  const silences = useSilences(http, changes);
  const mayAct = role !== null && roleAtLeast(role, 'operator');
  return (
    <>
      <div className="page-title">
        <h1>Alerts</h1>
        <p className="alerts-summary" role="status">
          {alerts.alerts === null ? '' : summaryOf(alerts.alerts)}
        </p>
        {role === 'viewer' && (
          <p className="quiet alerts-summary">Your role may look; operators acknowledge and silence.</p>
        )}
      </div>
      <ActiveAlerts
        alerts={alerts}
        silences={silences.silences ?? []}
        http={http}
        mayAct={mayAct}
        onSilence={(alert) => setDraft(draftOf(alert))}
      />
      <Silences
        silences={silences}
        alerts={alerts.alerts ?? []}
        http={http}
        mayAct={mayAct}
        timeZone={timeZone}
        draft={draft}
        onNew={() => setDraft(emptyDraft())}
        onClose={() => setDraft(null)}
        onChanged={alerts.refetch}
      />
      <Incidents http={http} changes={changes} />
    </>
  );
}

/** Changes whenever the lists beside the alerts may have changed with them. */
function changesOf(alerts: readonly Alert[] | null): string {
  return (alerts ?? [])
    .map(({ incidentId, state, silencedBy, acknowledgement }) =>
      [incidentId, state, silencedBy, acknowledgement?.at].join(),
    )
    .sort()
    .join(';');
}

function summaryOf(alerts: readonly Alert[]): string {
  const count = (state: Alert['state']): number => alerts.filter((alert) => alert.state === state).length;
  const parts = (['firing', 'recovering', 'pending'] as const)
    .map((state) => [count(state), state] as const)
    .filter(([number]) => number > 0);
  return parts.map(([number, state]) => `${number} ${state}`).join(', ');
}
