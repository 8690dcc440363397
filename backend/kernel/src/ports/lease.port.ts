/** Elects one worker among replicas. */
export interface Lease {
  /**
   * Runs `work` while this process holds the lease `name`, and again whenever it gets it back. The signal aborts
   * when the lease is lost, with a {@link LeaseLost} as its reason, or when `stop` is aborted. Resolves when `stop`
   * is aborted and the work has ended. Work that ends or throws by itself gives the lease away; it is tried again
   * later, here or on another replica.
   *
   * @param work gets the fence beside the signal: a number that rises with every change of the holder. Write with it,
   *   so that a worker that lost the lease without knowing cannot overwrite its successor.
   */
  hold(
    name: string,
    work: (signal: AbortSignal, fence: number) => Promise<void>,
    stop: AbortSignal,
  ): Promise<void>;
}

/** Injection token of the {@link Lease}. */
export const LEASE = Symbol.for('@fleetdeck/kernel/LEASE');

/**
 * Why a lease was lost.
 * - `taken`: another process holds it
 * - `unreachable`: it could not be renewed in time; nobody may have it
 */
export type LeaseLossReason = 'taken' | 'unreachable';

/** What the signal of a lease's work is aborted with when the lease is lost. */
export class LeaseLost extends Error {
  constructor(
    readonly lease: string,
    readonly loss: LeaseLossReason,
  ) {
    super(
      loss === 'taken'
        ? `Another process holds the lease "${lease}".`
        : `The lease "${lease}" could not be renewed in time.`,
    );
    this.name = 'LeaseLost';
  }
}

/** Why a signal was aborted; `null` when not for the loss of a lease. Also of another copy of this package. */
export function leaseLossOf(signal: AbortSignal): LeaseLossReason | null {
  const reason = signal.reason as { name?: unknown; loss?: LeaseLossReason } | undefined;
  return reason?.name === 'LeaseLost' ? (reason.loss ?? null) : null;
}
