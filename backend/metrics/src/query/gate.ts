import { FleetdeckError } from '@fleetdeck/kernel';
import type { Timers } from '../timers.ts';

/** How long work at a {@link Gate} may take, with its wait. */
export interface GateDeadline {
  ms: number;
  timers: Timers;
  /** What it is rejected with then; work that had begun goes on, other work never begins. */
  late: (begun: boolean) => Error;
}

/** Lets a few pieces of work through at once, a few more wait, and turns away the rest. */
export class Gate {
  private running = 0;
  private readonly queue: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly mayWait: number,
  ) {}

  /** @throws FleetdeckError `OVERLOADED` when too much waits already, or what `late` makes */
  run<T>(work: () => Promise<T>, { ms, timers, late }: GateDeadline): Promise<T> {
    if (this.running >= this.atOnce && this.queue.length >= this.mayWait) {
      const sentence = 'Too many metric requests are waiting; try again shortly.';
      return Promise.reject(new FleetdeckError('OVERLOADED', sentence, { retryAfterSeconds: 1 }));
    }
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        this.running += 1;
        void Promise.resolve()
          .then(work)
          .then(resolve, reject)
          .finally(() => {
            cancel();
            this.running -= 1;
            this.queue.shift()?.();
          });
      };
      const cancel = timers.after(ms, () => {
        const place = this.queue.indexOf(begin);
        if (place >= 0) this.queue.splice(place, 1);
        reject(late(place < 0));
      });
      if (this.running < this.atOnce) begin();
      else this.queue.push(begin);
    });
  }
}
