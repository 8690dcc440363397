import type { StatusFamily } from './status.ts';
import type { Position } from './position.ts';

/** How much a component matters to the whole. An `optional` one never fails readiness. */
export type Criticality = 'critical' | 'optional' | 'informational';

/** The state of one component. */
export interface ComponentHealth {
  status: StatusFamily;
  /** Since when it is in this status, ISO 8601 UTC. */
  since: string;
  /** How long the last check took; `null` before the first. */
  latencyMs: number | null;
  /** Why it is not healthy, one sentence; `null` when it is, or when there is nothing to say. */
  reason: string | null;
  /** When it was last checked, ISO 8601 UTC; `null` before the first check. */
  checkedAt: string | null;
  criticality: Criticality;
  /** Interval at which it is checked: it is stale when this is well overdue, see {@link componentStaleMs}. */
  intervalMs: number;
  /** How long a check may take. */
  timeoutMs?: number;
  /** Figures that the check gives, without secrets. Only for roles that may see detail. */
  details?: Record<string, string | number | boolean | null>;
}

/** After this many intervals without a result, or timeouts where those are longer, what was known is no longer true. */
const STALE_AFTER = 3;

/** How long the last check of a component says how it is, in milliseconds. */
export function componentStaleMs({
  intervalMs,
  timeoutMs = 0,
}: Pick<ComponentHealth, 'intervalMs' | 'timeoutMs'>): number {
  return STALE_AFTER * Math.max(intervalMs, timeoutMs);
}

/** The health of everything: what `GET /api/v1/health` answers. */
export interface HealthReport {
  overallStatus: StatusFamily;
  components: Record<string, ComponentHealth>;
  asOf: string;
  /** Where topic `health` stood before the read. */
  position?: Position | null;
  /** Which replica answers, by the same word as in {@link HealthUpdate}: the report is what it sees. */
  replica?: string;
}

/** How a component is, as one replica sees it: what topic `health` carries, one for each replica and component. */
export interface HealthUpdate {
  /** `<replica>/<component>`, which tells the values of the topic apart. */
  id: string;
  /** Which replica says so. Only good for telling replicas apart: it is not a name. */
  replica: string;
  component: string;
  /** `null` when this replica does not watch it any more. */
  health: ComponentHealth | null;
  /** The whole, as this replica sees it. */
  overallStatus: StatusFamily;
}

/** Each replica tells of each component this often, changed or not: one that does not is gone. */
export const HEALTH_TOLD_EVERY_MS = 15_000;

/** The spans that uptime is told for. */
export const HEALTH_SPANS = ['1h', '24h', '7d', '30d'] as const;

/** One of {@link HEALTH_SPANS}. */
export type HealthSpan = (typeof HEALTH_SPANS)[number];

/** Length of each span, in milliseconds. */
export const HEALTH_SPAN_MS: Readonly<Record<HealthSpan, number>> = {
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
};

/** How a span of time was spent. Time of which nothing is known is told apart and never counted as up. */
export interface HealthUptime {
  /** Share of the known time in which it was not critical, 0 to 100; `null` when nothing is known. */
  percent: number | null;
  healthyMs: number;
  degradedMs: number;
  criticalMs: number;
  /** Not watched, not checked yet, or overdue. */
  unknownMs: number;
}

/** A change of status as the history keeps it. */
export interface HealthTransitionEntry {
  from: StatusFamily;
  /** `null` when the component stopped being watched. */
  to: StatusFamily | null;
  reason: string | null;
  /** ISO 8601 UTC. */
  at: string;
  /** Which replica saw it. Only for roles that may see detail. */
  node?: string;
}

/** One stay outside `healthy`, from the first moment to the first healthy one, whatever lay between. */
export interface HealthIncident {
  begin: string;
  /** `null` while it lasts. */
  end: string | null;
  /** Until its end, or until now. */
  durationMs: number;
  /** The worst it came to. */
  worst: 'degraded' | 'critical';
  /** Why, when it first was at its worst. */
  reason: string | null;
  /** Which replicas saw it. Only for roles that may see detail. */
  nodes?: string[];
}

/** What a piece of time was like. */
export interface HealthBucket {
  /** The worst that was seen in it; `unknown` when nothing was. */
  status: StatusFamily;
  /** How long it was in that status, in milliseconds. */
  inStatusMs: number;
  /** How long nothing is known of, in milliseconds. */
  unknownMs: number;
  /** Why it was in that status; `null` when it was healthy, or there is nothing to say. */
  reason: string | null;
}

/** What every answer about the past says of itself. */
export interface HealthPast {
  asOf: string;
  from: string;
  to: string;
  /** Whether the history outlives the process; otherwise it begins with this one. */
  durable: boolean;
  /** `false` when older changes could not be read, or are more than are read at once: then they show as unknown. */
  complete: boolean;
}

/** The past of one component: what `GET /api/v1/health/components/:name/history` answers. */
export interface HealthHistory extends HealthPast {
  component: string;
  /** Up to now, whatever `from` and `to` are. */
  uptime: Record<HealthSpan, HealthUptime>;
  /** Those that touch the time from `from` to `to`, newest first, at most 200. */
  incidents: HealthIncident[];
  /** Changes from `from` to `to`, newest first. */
  items: HealthTransitionEntry[];
  nextCursor: string | null;
}

/** The past of all components in equal pieces: what `GET /api/v1/health/timeline` answers. */
export interface HealthTimeline extends HealthPast {
  bucketMs: number;
  /** By component, oldest bucket first; the last one reaches up to now. */
  components: Record<string, { buckets: HealthBucket[]; uptime: HealthUptime }>;
}
