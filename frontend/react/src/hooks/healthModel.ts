import type { HealthReport, HealthUpdate, TopicMessage } from '@fleetdeck/dto';
import type { LiveModel } from './liveStore.ts';
import { isCovered } from './metricsModel.ts';

/** Components that may appear live beside those of the report. */
export const MAX_COMPONENTS = 1000;

/** Whether a message of the topic `health` says how a component is. */
export function isHealthUpdate(data: unknown): data is HealthUpdate {
  if (typeof data !== 'object' || data === null) return false;
  const { component, health, overallStatus } = data as Partial<Record<keyof HealthUpdate, unknown>>;
  return (
    typeof component === 'string' &&
    typeof health === 'object' &&
    health !== null &&
    typeof overallStatus === 'string'
  );
}

/** The health report and the transitions that follow it. */
export function createHealthModel(): LiveModel<HealthReport, HealthReport> {
  let report: HealthReport | null = null;
  return {
    begin: (answer) => {
      report = answer;
    },
    apply: (message: TopicMessage) => {
      if (report === null || !isHealthUpdate(message.data) || isCovered(report.position, message))
        return false;
      const { component, health, overallStatus } = message.data;
      const before = Object.hasOwn(report.components, component) ? report.components[component] : undefined;
      if (before && (health.checkedAt ?? health.since) < (before.checkedAt ?? before.since)) return false;
      if (!before && Object.keys(report.components).length >= MAX_COMPONENTS) return false;
      report = {
        ...report,
        overallStatus,
        components: { ...report.components, [component]: health },
        asOf: message.at > report.asOf ? message.at : report.asOf,
      };
      return true;
    },
    read: () => report,
  };
}
