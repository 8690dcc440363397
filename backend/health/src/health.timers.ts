/** The source of waits and of chance, so that tests can count in ticks. */
export interface HealthTimers {
  /** Runs `work` once after `ms` milliseconds; the answer cancels it. Must not keep the process alive. */
  after(ms: number, work: () => void): () => void;
  /** From 0 to below 1; spreads the checks in time. */
  random(): number;
}

/** Injection token of the {@link HealthTimers}. Without a provider the machine's own are used. */
export const HEALTH_TIMERS = Symbol.for('@fleetdeck/health/TIMERS');

/** The machine's own timers. */
export const systemTimers: HealthTimers = {
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
