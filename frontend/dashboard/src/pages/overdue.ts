import type { ComponentHealth } from '@fleetdeck/dto';

/** A component's status is not known any more when this many checks are overdue. */
const STALE_AFTER_INTERVALS = 3;
/** The report itself is read this often, so a check can look that much older than it is. */
const REPORT_AGE_MS = 20_000;

/** Age in ms from which on the last check of a component says nothing of the present. */
export function staleAfterMs({ intervalMs }: ComponentHealth): number {
  return STALE_AFTER_INTERVALS * intervalMs + REPORT_AGE_MS;
}

/** Whether the last check of a component is that old. One that was never checked is not. */
export function isOverdue(component: ComponentHealth, now: number): boolean {
  const { checkedAt } = component;
  return checkedAt !== null && now - Date.parse(checkedAt) > staleAfterMs(component);
}
