import { severityOf, type ComponentHealth, type StatusFamily } from '@fleetdeck/dto';

type Counted = Pick<ComponentHealth, 'status' | 'criticality'>;

/**
 * What a component's status contributes to the whole: all of it when the component is critical, at most `degraded`
 * when it is optional, nothing when it is informational. `null` contributes nothing: an optional component of which
 * nothing is known is no reason to doubt the whole.
 */
export function countsAs({ status, criticality }: Counted): StatusFamily | null {
  switch (criticality) {
    case 'critical':
      return status;
    case 'optional':
      if (status === 'unknown') return null;
      return status === 'critical' ? 'degraded' : status;
    case 'informational':
      return null;
  }
}

/** The worst of what the components contribute, in the order of `severityOf`; `unknown` when nothing counts. */
export function overallStatus(components: Iterable<Counted>): StatusFamily {
  let worst: StatusFamily | null = null;
  for (const component of components) {
    const status = countsAs(component);
    if (status !== null && (worst === null || severityOf(status) > severityOf(worst))) worst = status;
  }
  return worst ?? 'unknown';
}

/** Whether the service may be sent requests: started, not stopping, and no critical component critical. */
export function isReady(
  components: Iterable<Counted>,
  { started, shuttingDown }: { started: boolean; shuttingDown: boolean },
): boolean {
  if (!started || shuttingDown) return false;
  for (const { status, criticality } of components) {
    if (criticality === 'critical' && status === 'critical') return false;
  }
  return true;
}
