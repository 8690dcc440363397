import type { Incident } from '@fleetdeck/dto';
import { labelsText } from './labels-text.ts';
import type { IncidentEntry } from './useIncidents.ts';

/** Status word of an incident that is over: it draws calmly, whatever the incident was. */
export const OVER = 'resolved';

/** An incident as a `Timeline` shows, filters and exports it. */
export function entryOf(incident: Incident): IncidentEntry {
  const { id, rule, labels, severity, message, reason, beganAt, endedAt, durationMs } = incident;
  const { firedAt, endReason, value, notifiedAt, acknowledgement } = incident;
  return {
    id,
    at: beganAt,
    title: endedAt === null ? message : reason,
    status: endedAt === null ? severity : OVER,
    type: rule,
    // Not shown: a search finds here what it finds in the service.
    description: [labelsText(labels), message, reason, endReason].filter(Boolean).join(' '),
    data: {
      severity,
      labels: labelsText(labels),
      value,
      firedAt,
      endedAt,
      durationMs,
      endReason,
      notifiedAt,
      acknowledgedBy: acknowledgement?.by ?? null,
      acknowledgedAt: acknowledgement?.at ?? null,
    },
    incident,
  };
}
