import { FleetdeckError } from '@fleetdeck/kernel';

/** Lets a few pieces of work through at once, a few more wait, and turns away the rest. */
export class Gate {
  private running = 0;
  private readonly queue: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly mayWait: number,
  ) {}

  /** @throws FleetdeckError `OVERLOADED` when too much waits already */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.atOnce) {
      if (this.queue.length >= this.mayWait) {
        throw new FleetdeckError('OVERLOADED', 'Too many metric requests are waiting; try again shortly.', {
          retryAfterSeconds: 1,
        });
      }
      await new Promise<void>((resolve) => this.queue.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      // The place is handed on, so that nobody slips in between.
      const next = this.queue.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
