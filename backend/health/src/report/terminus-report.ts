import type { HealthCheckStatus } from '@nestjs/terminus';
import type { ComponentHealth, HealthReport } from '@fleetdeck/dto';

/** One component in Terminus' words. `unknown` is ours: Terminus has no word for what was not checked yet. */
export interface TerminusComponent {
  status: 'up' | 'degraded' | 'down' | 'unknown';
  message?: string;
  responseTime?: number;
  [detail: string]: string | number | boolean | null | undefined;
}

/** The report in Terminus' shape: `info` what serves, `error` what does not, `details` all. */
export interface TerminusReport {
  status: HealthCheckStatus;
  info: Record<string, TerminusComponent>;
  error: Record<string, TerminusComponent>;
  details: Record<string, TerminusComponent>;
}

const WORDS = { healthy: 'up', degraded: 'degraded', critical: 'down', unknown: 'unknown' } as const;
const OVERALL = { healthy: 'ok', degraded: 'degraded', critical: 'error', unknown: 'error' } as const;

/**
 * Turns the report into Terminus' shape. `status` keeps our rule of criticality, so `error` may name an optional
 * component while the whole is only degraded. A critical component of which nothing is known counts as an error.
 */
export function terminusReport(report: HealthReport, shuttingDown: boolean): TerminusReport {
  const details: Record<string, TerminusComponent> = {};
  const info: Record<string, TerminusComponent> = {};
  const error: Record<string, TerminusComponent> = {};
  for (const [name, health] of Object.entries(report.components)) {
    const component = terminusComponent(health);
    details[name] = component;
    if (health.status === 'critical' || (health.status === 'unknown' && health.criticality === 'critical')) {
      error[name] = component;
    } else if (health.status !== 'unknown') info[name] = component;
  }
  return { status: shuttingDown ? 'shutting_down' : OVERALL[report.overallStatus], info, error, details };
}

function terminusComponent({ status, reason, latencyMs, details }: ComponentHealth): TerminusComponent {
  return {
    ...details,
    status: WORDS[status],
    ...(reason === null ? {} : { message: reason }),
    ...(latencyMs === null ? {} : { responseTime: latencyMs }),
  };
}
