/** What makes things happen later, and chance, so that tests can decide both. */
export interface AlertingTimers {
  /** Runs `work` once, after `ms` milliseconds. Gives back what cancels it. Must not keep the process alive. */
  after(ms: number, work: () => void): () => void;
  /** From 0 to below 1; spreads retries. */
  random(): number;
}

/** Injection token of the {@link AlertingTimers}. Without a provider the machine's own are used. */
export const ALERTING_TIMERS = Symbol.for('@fleetdeck/alerting/TIMERS');

/** The machine's own timers. */
export const systemTimers: AlertingTimers = {
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** Gives the outcome of `work`, or rejects with `late` when it takes longer than `ms`. */
export function withDeadline<T>(
  work: Promise<T>,
  ms: number,
  timers: AlertingTimers,
  late: string,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = timers.after(ms, () => reject(new Error(late)));
    work.then(resolve, reject).finally(cancel);
  });
}
