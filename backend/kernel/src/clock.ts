/** The source of time, so that tests can set it. */
export interface Clock {
  /** Milliseconds since the epoch, by the wall clock; may jump. */
  now(): number;
  /** Milliseconds from an arbitrary origin that never go back; for durations. */
  monotonicMs(): number;
  /**
   * Calls back after so many milliseconds of this clock, unless the returned function is called before. A clock
   * without it goes with the machine's own timers.
   */
  wakeAfter?(ms: number, callback: () => void): () => void;
}

/** Injection token of the {@link Clock}. Without a provider the modules use {@link systemClock}. */
export const CLOCK = Symbol.for('@fleetdeck/kernel/CLOCK');

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** A point in time as it goes onto the wire: ISO 8601 UTC with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
