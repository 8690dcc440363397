import { componentStaleMs, type ComponentHealth } from '@fleetdeck/dto';

/** The report itself is read this often, so a check can look that much older than it is. */
const REPORT_AGE_MS = 20_000;

/** Age in ms from which on the last check of a component says nothing of the present. */
export function staleAfterMs(component: ComponentHealth): number {
  return componentStaleMs(component) + REPORT_AGE_MS;
}

/** Whether the last check of a component is that old. One that was never checked is not. */
export function isOverdue(component: ComponentHealth, now: number): boolean {
  const { checkedAt } = component;
  return checkedAt !== null && now - Date.parse(checkedAt) > staleAfterMs(component);
}
