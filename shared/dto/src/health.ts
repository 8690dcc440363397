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
  /** Interval at which it is checked: it is stale when this is well overdue. */
  intervalMs: number;
  /** Figures that the check gives, without secrets. Only for roles that may see detail. */
  details?: Record<string, string | number | boolean | null>;
}

/** The health of everything: what `GET /api/v1/health` answers. */
export interface HealthReport {
  overallStatus: StatusFamily;
  components: Record<string, ComponentHealth>;
  asOf: string;
  /** Where topic `health` stood before the read. */
  position?: Position | null;
}

/** A component that changed: what topic `health` carries, one per component. */
export interface HealthUpdate {
  component: string;
  health: ComponentHealth;
  overallStatus: StatusFamily;
}
