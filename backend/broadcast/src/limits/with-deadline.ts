/**
 * Settles as `work` does, or rejects with `late()` when it takes longer than `ms`. The work itself goes on: what it
 * gives after the deadline is dropped.
 */
export function withDeadline<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
