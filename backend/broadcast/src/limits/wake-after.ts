import type { Clock } from '@fleetdeck/kernel';

/**
 * Calls back after so many milliseconds of the clock, or of the machine's timers when the clock has none of its own.
 * Keeps no process alive.
 * @returns calls it off
 */
export function wakeAfter(clock: Clock, ms: number, callback: () => void): () => void {
  if (clock.wakeAfter) return clock.wakeAfter(ms, callback);
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
