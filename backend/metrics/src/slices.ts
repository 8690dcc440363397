import { setImmediate } from 'node:timers/promises';

/** How long a piece of work may hold the event loop, in milliseconds. */
const SLICE_MS = 5;

/**
 * Cuts long work into pieces, between which the process does other things.
 *
 * @example
 * const slices = new Slices();
 * for (const each of many) {
 *   work(each);
 *   if (slices.over) await slices.pause();
 * }
 */
export class Slices {
  private endsAt: number;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.endsAt = now() + SLICE_MS;
  }

  /** Whether the piece has taken as long as one may. */
  get over(): boolean {
    return this.now() >= this.endsAt;
  }

  /** Lets the process do other things, then begins the next piece. */
  async pause(): Promise<void> {
    await setImmediate();
    this.endsAt = this.now() + SLICE_MS;
  }
}
