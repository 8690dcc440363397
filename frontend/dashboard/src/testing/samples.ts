import type {
  ComponentHealth,
  HealthBucket,
  HealthHistory,
  HealthReport,
  HealthTimeline,
  HealthUptime,
  MetricDescriptor,
  MetricLabels,
  MetricRecent,
  MetricRecentAnswer,
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
