import type { Clock } from '@fleetdeck/kernel';

/** How much work may be without an answer before no more begins. */
export interface AbandonedLimits {
  /** How long work that was given up counts as recent, in milliseconds. */
  heldBackMs: number;
  /** The most that is recent. */
  mostRecent: number;
  /** The most altogether, however long ago it was given up. */
  most: number;
}

/** Counts work that was given up but has not ended: each may still hold a connection of the pool. */
export class Abandoned {
  private readonly waiting = new Set<{ since: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: AbandonedLimits,
  ) {}

  add(work: Promise<unknown>): void {
    const mine = { since: this.clock.monotonicMs() };
    this.waiting.add(mine);
    const ended = (): void => void this.waiting.delete(mine);
    work.then(ended, ended);
  }

  get all(): number {
    return this.waiting.size;
  }

  /** Whether more must not begin: until some of it ends, or is no longer recent. */
  get isFull(): boolean {
    const { heldBackMs, mostRecent, most } = this.limits;
    if (this.waiting.size >= most) return true;
    const after = this.clock.monotonicMs() - heldBackMs;
    return [...this.waiting].filter(({ since }) => since > after).length >= mostRecent;
  }
}
