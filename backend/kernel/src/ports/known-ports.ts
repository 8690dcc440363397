import { METRIC_SINK } from './metric.ports.ts';
import { PUBLISHER } from './publisher.port.ts';
import { ALERT_SINK, AUDIT_SINK } from './sink.ports.ts';

/**
 * The ports that a module may find empty, and what fills them. A module that finds one empty says so once at start
 * and does without; the health module shows it as informational "not installed".
 */
export const KNOWN_PORTS: readonly { token: symbol; name: string; filledBy: string }[] = [
  { token: PUBLISHER, name: 'Publisher', filledBy: 'BroadcastModule' },
  { token: METRIC_SINK, name: 'MetricSink', filledBy: 'MetricsModule' },
  { token: AUDIT_SINK, name: 'AuditSink', filledBy: 'AuditModule' },
  { token: ALERT_SINK, name: 'AlertSink', filledBy: 'AlertingModule' },
];

/** The sentence that a module logs once when it finds a port empty. */
export function emptyPortNotice(token: symbol, without: string): string {
  const port = KNOWN_PORTS.find((known) => known.token === token);
  return `No ${port?.name ?? String(token)} is installed, so ${without}. Import ${port?.filledBy ?? 'a module that provides it'} to have it.`;
}
