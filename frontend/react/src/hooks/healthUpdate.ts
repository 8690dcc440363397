import type { HealthUpdate } from '@fleetdeck/dto';

/** Whether a message of the topic `health` says how a component is. */
export function isHealthUpdate(data: unknown): data is HealthUpdate {
  if (typeof data !== 'object' || data === null) return false;
  const { replica, component, health, overallStatus } = data as Partial<Record<keyof HealthUpdate, unknown>>;
  return (
    typeof replica === 'string' &&
    typeof component === 'string' &&
    typeof health === 'object' &&
    typeof overallStatus === 'string'
  );
}
