/** Elects one worker among replicas. */
export interface Lease {
  /**
   * Runs `work` while this process holds the lease `name`, and again whenever it gets it back. The signal aborts
   * when the lease is lost. Resolves when `stop` is aborted and the work has ended.
   */
  hold(name: string, work: (signal: AbortSignal) => Promise<void>, stop: AbortSignal): Promise<void>;
}

/** Injection token of the {@link Lease}. */
export const LEASE = Symbol.for('@fleetdeck/kernel/LEASE');
