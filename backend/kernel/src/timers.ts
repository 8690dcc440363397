/** What makes things happen later, so that tests can make them happen now. */
export interface Timers {
  /** Runs `work` once, after `ms` milliseconds. Gives back what cancels it. Must not keep the process alive. */
  after(ms: number, work: () => void): () => void;
}

/** {@link Timers} for what also spreads its work in time. */
export interface SpreadingTimers extends Timers {
  /** From 0 to below 1. */
  random(): number;
}

/** The machine's own timers. They do not keep the process alive. */
export const systemTimers: SpreadingTimers = {
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/**
 * Gives the outcome of `work`, or rejects with what `late` makes when it takes longer than `ms`. The work itself goes
 * on; what becomes of it then is nobody's any more.
 */
export function withDeadline<T>(work: Promise<T>, ms: number, timers: Timers, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = timers.after(ms, () => reject(late()));
    work.then(resolve, reject).finally(cancel);
  });
}
