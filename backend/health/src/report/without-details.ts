import type { ComponentHealth, HealthReport } from '@fleetdeck/dto';

/** A component as everyone may see it: without the figures of its check. */
export function componentWithoutDetails({ details: _details, ...health }: ComponentHealth): ComponentHealth {
  return health;
}

/** The report as everyone may see it: without the figures of the checks. */
export function withoutDetails(report: HealthReport): HealthReport {
  return {
    ...report,
    components: Object.fromEntries(
      Object.entries(report.components).map(([name, health]) => [name, componentWithoutDetails(health)]),
    ),
  };
}
