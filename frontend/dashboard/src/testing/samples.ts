import type {
  Alert,
  AlertUpdate,
  ComponentHealth,
  HealthBucket,
  HealthHistory,
  HealthReport,
  HealthTimeline,
  HealthUptime,
  Incident,
  IncidentEvent,
  MetricDescriptor,
  MetricLabels,
  MetricRecent,
  MetricRecentAnswer,
  Silence,
} from '@fleetdeck/dto';
import type { LiveSeries } from '@fleetdeck/react';

/** The moment of all samples. */
export const NOW = Date.parse('2026-01-15T12:00:00Z');

const iso = (ms: number): string => new Date(ms).toISOString();

/** A gauge that is due every second. */
export function descriptor(name: string, over: Partial<MetricDescriptor> = {}): MetricDescriptor {
  return {
    ...{ name, kind: 'gauge', unit: '%', help: '', labels: [] },
    ...{ expectedEveryMs: 1000, goodDirection: 'down' },
    ...over,
  };
}

/** A series as the hooks give it. */
export function liveSeries(
  name: string,
  labels: MetricLabels = {},
  over: Partial<LiveSeries> = {},
): LiveSeries {
  return {
    metric: descriptor(name),
    labels,
    value: 5,
    asOf: iso(NOW),
    staleAfterMs: null,
    points: [{ start: iso(NOW - 5000), value: 5, coverage: 1 }],
    ...over,
  };
}

/** A metric as the service gives it, with one series for each of the labels. */
export function recent(
  name: string,
  value: number | null,
  labels: readonly MetricLabels[] = [{}],
): MetricRecent {
  return {
    metric: descriptor(name),
    series: labels.map((each) => ({
      labels: each,
      points: [{ start: iso(NOW - 5000), value, coverage: 1 }],
      last: value === null ? null : { value, at: iso(NOW) },
    })),
    position: { epoch: 'e1', offset: 0 },
  };
}

/** An answer about several metrics. */
export const recentAnswer = (...metrics: MetricRecent[]): MetricRecentAnswer => ({
  asOf: iso(NOW),
  stepMs: 5000,
  metrics,
});

/** A healthy component that was checked just now. */
export function component(over: Partial<ComponentHealth> = {}): ComponentHealth {
  return {
    ...{ status: 'healthy', since: iso(NOW - 3_600_000), latencyMs: 3, reason: null },
    ...{ checkedAt: iso(NOW - 2000), criticality: 'critical', intervalMs: 10_000 },
    ...over,
  };
}

/** A report of these components. */
export const report = (components: Record<string, ComponentHealth>): HealthReport => ({
  ...{ overallStatus: 'healthy', components, asOf: iso(NOW) },
});

const HALF_HOUR_MS = 1_800_000;

/** A span that was up all the time. */
export const alwaysUp: HealthUptime = {
  ...{ percent: 100, healthyMs: 86_400_000, degradedMs: 0, criticalMs: 0, unknownMs: 0 },
};

const known = { asOf: iso(NOW), from: iso(NOW - 86_400_000), to: iso(NOW), durable: true, complete: true };

/** A day in which these components were healthy. */
export function timeline(...names: string[]): HealthTimeline {
  const healthy: HealthBucket = { status: 'healthy', inStatusMs: HALF_HOUR_MS, unknownMs: 0, reason: null };
  const past = { buckets: Array.from({ length: 48 }, () => healthy), uptime: alwaysUp };
  return {
    ...known,
    bucketMs: HALF_HOUR_MS,
    components: Object.fromEntries(names.map((name) => [name, past])),
  };
}

/** A component to which nothing happened. */
export function history(component: string, over: Partial<HealthHistory> = {}): HealthHistory {
  return {
    ...known,
    ...{ component, incidents: [], items: [], nextCursor: null },
    uptime: { '1h': alwaysUp, '24h': alwaysUp, '7d': alwaysUp, '30d': alwaysUp },
    ...over,
  };
}

/** An alert that has been firing for a minute. */
export function alert(node: string, over: Partial<Alert> = {}): Alert {
  return {
    ...{ key: node, rule: 'LoopLag', severity: 'degraded', state: 'firing', value: 300, version: 2 },
    labels: { rule: 'LoopLag', severity: 'degraded', node },
    ...{ since: iso(NOW - 60_000), beganAt: iso(NOW - 120_000), message: `${node} is 300 ms late.` },
    ...{ runbookUrl: null, noData: false, incidentId: `incident ${node}` },
    ...{ acknowledgement: null, silencedBy: null },
    ...over,
  };
}

/** What topic `alerts` says when an alert has become as given. */
export function alertUpdate(alert: Alert, over: Partial<IncidentEvent> = {}): AlertUpdate {
  const { incidentId, rule, state, message, value } = alert;
  return {
    alert,
    event: {
      ...{ id: `${alert.key} ${alert.version}`, incidentId, rule, kind: 'state', from: 'pending', to: state },
      ...{ at: iso(NOW), durationMs: 60_000, reason: message, value, by: null },
      ...over,
    },
  };
}

/** An incident that lasts and that people were told of. */
export function incident(id: string, over: Partial<Incident> = {}): Incident {
  return {
    ...{ id, rule: 'LoopLag', labels: { rule: 'LoopLag', node: id }, severity: 'degraded', value: 300 },
    ...{ message: `${id} is 300 ms late.`, reason: 'It was above 200.', endReason: null, runbookUrl: null },
    ...{ beganAt: iso(NOW - 120_000), firedAt: iso(NOW - 60_000), endedAt: null, durationMs: null },
    ...{ notifiedAt: iso(NOW - 60_000), acknowledgement: null },
    ...over,
  };
}

/** A silence in force for another hour. */
export function silence(id: string, over: Partial<Silence> = {}): Silence {
  return {
    ...{ id, matchers: [{ label: 'node', is: 'equals', value: 'web-1' }], reason: 'deploy', state: 'active' },
    ...{ createdBy: 'ada', createdAt: iso(NOW), startsAt: iso(NOW), endsAt: iso(NOW + 3_600_000) },
    ...over,
  };
}
