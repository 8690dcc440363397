import type { SpreadingTimers } from '@fleetdeck/kernel';

/** The source of waits and of chance, so that tests can count in ticks. */
export type HealthTimers = SpreadingTimers;

/** Injection token of the {@link HealthTimers}. Without a provider the machine's own are used. */
export const HEALTH_TIMERS = Symbol.for('@fleetdeck/health/TIMERS');
