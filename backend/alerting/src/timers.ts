import type { SpreadingTimers } from '@fleetdeck/kernel';

export { systemTimers, withDeadline } from '@fleetdeck/kernel';

/** What makes things happen later, and chance, so that tests can decide both. */
export type AlertingTimers = SpreadingTimers;

/** Injection token of the {@link AlertingTimers}. Without a provider the machine's own are used. */
export const ALERTING_TIMERS = Symbol.for('@fleetdeck/alerting/TIMERS');
