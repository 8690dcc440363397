import type { HealthTimers } from '../health.timers.ts';

/** Waits for `work`, but no longer than `ms`. The work itself goes on; its later failure is nobody's any more. */
export function withDeadline<T>(
  work: Promise<T>,
  ms: number,
  what: string,
  timers: HealthTimers,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(ms, () => reject(new Error(`${what} took longer than ${ms / 1000} s.`)));
    work.then(resolve, reject).finally(cancel);
  });
}
