import type { Alert, AlertsAnswer, AlertUpdate, TopicMessage } from '@fleetdeck/dto';
import type { LiveModel } from './liveStore.ts';
import { isCovered } from './metricsModel.ts';

/** Alerts that are kept at most; further ones are left out until there is room. */
export const MAX_ALERTS = 5000;

function isUpdate(data: unknown): data is AlertUpdate {
  if (typeof data !== 'object' || data === null) return false;
  const { event, alert } = data as { event?: unknown; alert?: unknown };
  return typeof event === 'object' && typeof alert === 'object' && alert !== null;
}

/** Whether an alert says something newer than what is known: of the same incident by version, else by time. */
function isNewer(alert: Alert, before: Alert | undefined): boolean {
  if (!before) return true;
  if (before.incidentId === alert.incidentId) return alert.version > before.version;
  return alert.since >= before.since;
}

const STATE_ORDER = { firing: 0, recovering: 1, pending: 2, inactive: 3 } as const;

/** The worst first: by severity, then firing before pending, then the longest. */
function compare(a: Alert, b: Alert): number {
  if (a.severity !== b.severity) return a.severity === 'critical' ? -1 : 1;
  if (a.state !== b.state) return STATE_ORDER[a.state] - STATE_ORDER[b.state];
  return a.beganAt < b.beganAt ? -1 : Number(a.beganAt > b.beganAt);
}

/** Every alert that is not inactive, and the changes that follow. */
export function createAlertsModel(): LiveModel<AlertsAnswer, readonly Alert[]> {
  let alerts: Map<string, Alert> | null = null;
  let position: AlertsAnswer['position'] = null;
  let sorted: readonly Alert[] | null = null;
  return {
    begin: (answer) => {
      alerts = new Map(answer.alerts.map((alert) => [alert.key, alert]));
      position = answer.position;
      sorted = null;
    },
    apply: (message: TopicMessage) => {
      if (alerts === null || !isUpdate(message.data) || isCovered(position, message)) return false;
      const { event, alert } = message.data;
      const before = alerts.get(alert.key);
      if (event === null) {
        if (!before || before.incidentId !== alert.incidentId) return false;
        if (before.silencedBy === alert.silencedBy) return false;
        alerts.set(alert.key, { ...before, silencedBy: alert.silencedBy });
      } else if (event.kind === 'acknowledged') {
        if (before?.incidentId !== event.incidentId) return false;
        alerts.set(alert.key, { ...before, acknowledgement: alert.acknowledgement });
      } else if (!isNewer(alert, before)) {
        return false;
      } else if (alert.state === 'inactive') {
        if (!alerts.delete(alert.key)) return false;
      } else if (before || alerts.size < MAX_ALERTS) {
        // The evaluator may hear of an acknowledgement later than the page.
        const same = before?.incidentId === alert.incidentId ? before.acknowledgement : null;
        alerts.set(alert.key, { ...alert, acknowledgement: alert.acknowledgement ?? same });
      } else {
        return false;
      }
      sorted = null;
      return true;
    },
    read: () => {
      if (alerts === null) return null;
      sorted ??= [...alerts.values()].sort(compare);
      return sorted;
    },
  };
}
