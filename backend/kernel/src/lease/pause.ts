/** Waits `ms` milliseconds, or until the signal is aborted. Does not keep the process alive. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, ms)).unref();
    signal.addEventListener('abort', done);
  });
}

/** Gives the outcome of `work`, or rejects when it takes longer than `ms`. */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`PostgreSQL has not answered within ${Math.round(ms)} ms.`)),
      Math.max(0, ms),
    ).unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
