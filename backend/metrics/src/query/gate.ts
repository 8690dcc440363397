import { FleetdeckError } from '@fleetdeck/kernel';
import type { Timers } from '../timers.ts';

/** How long work at a {@link Gate} may take, with its wait. */
export interface GateDeadline {
  ms: number;
  timers: Timers;
  /** What it is rejected with then; work that had begun goes on, other work never begins. */
  late: (begun: boolean) => Error;
}

/** How long work that was given up keeps its place, in milliseconds: an answer that has not come by then may never come. */
const HELD_BACK_MS = 60_000;

/** Lets a few pieces of work through at once, a few more wait, and turns away the rest. */
export class Gate {
  private running = 0;
  /** Work that has begun and not ended, with that which lost its place. */
  private unanswered = 0;
  private readonly queue: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly mayWait: number,
    /** Work that may have begun without ending, however long ago: each may hold a connection of the pool. */
    private readonly mostUnanswered = 3 * atOnce,
  ) {}

  private get isOpen(): boolean {
    return this.running < this.atOnce && this.unanswered < this.mostUnanswered;
  }

  private admit(): void {
    while (this.isOpen && this.queue.length > 0) this.queue.shift()?.();
  }

  /** @throws FleetdeckError `OVERLOADED` when too much waits already, or what `late` makes */
  run<T>(work: () => Promise<T>, { ms, timers, late }: GateDeadline): Promise<T> {
    if (!this.isOpen && this.queue.length >= this.mayWait) {
      const sentence = 'Too many metric requests are waiting; try again shortly.';
      return Promise.reject(new FleetdeckError('OVERLOADED', sentence, { retryAfterSeconds: 1 }));
    }
    return new Promise((resolve, reject) => {
      let inPlace = false;
      const leave = (): void => {
        if (inPlace) this.running -= 1;
        inPlace = false;
        this.admit();
      };
      const begin = (): void => {
        inPlace = true;
        this.running += 1;
        this.unanswered += 1;
        void Promise.resolve()
          .then(work)
          .then(resolve, reject)
          .finally(() => {
            cancel();
            this.unanswered -= 1;
            leave();
          });
      };
      let cancel = timers.after(ms, () => {
        const place = this.queue.indexOf(begin);
        if (place >= 0) this.queue.splice(place, 1);
        else cancel = timers.after(HELD_BACK_MS, leave);
        reject(late(place < 0));
      });
      if (this.isOpen) begin();
      else this.queue.push(begin);
    });
  }
}
