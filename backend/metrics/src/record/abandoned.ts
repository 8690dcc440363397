import type { Clock } from '@fleetdeck/kernel';

/** Counts work that was given up but has not ended: each may still hold a connection of the pool. */
export class Abandoned {
  private readonly waiting = new Set<{ since: number }>();

  /** @param heldBackMs how long such work counts as recent, in milliseconds */
  constructor(
    private readonly clock: Clock,
    private readonly heldBackMs: number,
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

  get recent(): number {
    const after = this.clock.monotonicMs() - this.heldBackMs;
    return [...this.waiting].filter(({ since }) => since > after).length;
  }
}
