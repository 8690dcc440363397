import type { ComponentHealth, HealthHistory, HealthReport } from '@fleetdeck/dto';

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

/** The history as everyone may see it: without the names of the replicas. */
export function historyWithoutDetails(history: HealthHistory): HealthHistory {
  return {
    ...history,
    incidents: history.incidents.map(({ nodes: _nodes, ...incident }) => incident),
    items: history.items.map(({ node: _node, ...item }) => item),
  };
}
