export { systemTimers, withDeadline, type Timers } from '@fleetdeck/kernel';

/** Injection token of the timers. Without a provider the module uses the machine's own. */
export const METRICS_TIMERS = Symbol.for('@fleetdeck/metrics/TIMERS');
