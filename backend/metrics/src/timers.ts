/** What makes things happen later, so that tests can make them happen now. */
export interface Timers {
  /** Runs `work` once, after `ms` milliseconds. Gives back what cancels it. */
  after(ms: number, work: () => void): () => void;
}

/** Injection token of the {@link Timers}. Without a provider the module uses {@link systemTimers}. */
export const METRICS_TIMERS = Symbol.for('@fleetdeck/metrics/TIMERS');

/** The machine's own timers. They do not keep the process alive. */
export const systemTimers: Timers = {
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Gives the outcome of `work`, or rejects with what `late` makes when it takes longer than `ms`. */
export function withDeadline<T>(work: Promise<T>, ms: number, timers: Timers, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = timers.after(ms, () => reject(late()));
    work.then(resolve, reject).finally(cancel);
  });
}
