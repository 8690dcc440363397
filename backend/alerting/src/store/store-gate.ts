import type { Clock } from '@fleetdeck/kernel';
import { withDeadline, type AlertingTimers } from '../timers.ts';

/** How long a question that was given up may hold back the next, in milliseconds. */
const HELD_BACK_MS = 60_000;

/**
 * Asks the store one thing at a time, each with a deadline. What was given up may still arrive at the store: until
 * it is settled nothing else is asked, so that an old write cannot overwrite a newer one.
 */
export class StoreGate {
  private last: Promise<unknown> = Promise.resolve();
  private open: { since: number } | null = null;

  constructor(
    private readonly timeoutMs: number,
    private readonly clock: Clock,
    private readonly timers: AlertingTimers,
  ) {}

  /** @throws Error when the store fails, does not answer in time, or still owes an answer */
  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(() => this.ask(work));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async ask<T>(work: () => Promise<T>): Promise<T> {
    const now = this.clock.monotonicMs();
    if (this.open && now - this.open.since < HELD_BACK_MS) {
      throw new Error('The database still owes the answer to an earlier question.');
    }
    const mine = { since: now };
    this.open = mine;
    const asked = work();
    const settled = (): void => {
      if (this.open === mine) this.open = null;
    };
    asked.then(settled, settled);
    const late = () => new Error(`No answer within ${this.timeoutMs} ms.`);
    return withDeadline(asked, this.timeoutMs, this.timers, late);
  }
}
