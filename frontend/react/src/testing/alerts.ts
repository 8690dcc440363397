import type { Alert, AlertUpdate, IncidentEvent } from '@fleetdeck/dto';

/** An alert for tests and stories. */
export function alertOf(key: string, part: Partial<Alert> = {}): Alert {
  return {
    key,
    rule: 'EventLoopLag',
    labels: { rule: 'EventLoopLag', severity: 'degraded', node: key },
    severity: 'degraded',
    state: 'firing',
    since: '2026-01-15T14:01:00.000Z',
    beganAt: '2026-01-15T14:00:00.000Z',
    value: 312,
    message: `The event loop of ${key} is 312 ms late.`,
    runbookUrl: null,
    noData: false,
    incidentId: `incident-${key}`,
    acknowledgement: null,
    silencedBy: null,
    version: 2,
    ...part,
  };
}

/** What the topic says when an alert has become as given. */
export function updateOf(alert: Alert, part: Partial<IncidentEvent> = {}): AlertUpdate {
  return {
    alert,
    event: {
      id: `${alert.key}-${alert.version}`,
      incidentId: alert.incidentId,
      rule: alert.rule,
      kind: 'state',
      from: 'pending',
      to: alert.state,
      at: alert.since,
      durationMs: 60_000,
      reason: alert.message,
      value: alert.value,
      by: null,
      ...part,
    },
  };
}
