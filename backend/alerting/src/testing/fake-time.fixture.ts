import { FakeClock } from '@fleetdeck/kernel/testing';
import type { AlertingTimers } from '../timers.ts';

/** Timers that fire when the fake clock is moved, in order of their time. */
export class FakeTime implements AlertingTimers {
  readonly clock: FakeClock;
  /** What `random` answers. */
  chance = 0.5;
  private readonly waiting = new Set<{ at: number; work: () => void }>();

  constructor(start?: string) {
    this.clock = new FakeClock(start);
  }

  get size(): number {
    return this.waiting.size;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.clock.now() + ms, work };
    this.waiting.add(timer);
    return () => this.waiting.delete(timer);
  }

  random(): number {
    return this.chance;
  }

  /** Moves the clock, firing what becomes due on the way; `settle` is awaited after each. */
  async advance(ms: number, settle: () => Promise<void> = turn): Promise<void> {
    const end = this.clock.now() + ms;
    for (;;) {
      const next = [...this.waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.waiting.delete(next);
      this.clock.advance(Math.max(0, next.at - this.clock.now()));
      next.work();
      await settle();
    }
    this.clock.advance(end - this.clock.now());
    await settle();
  }
}

/** Lets everything that is decided already take effect. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
