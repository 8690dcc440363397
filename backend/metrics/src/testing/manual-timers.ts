import type { FakeClock } from '@fleetdeck/kernel/testing';
import type { Timers } from '../timers.ts';

/** Timers that fire when the fake clock is moved, in order of their time. */
export class ManualTimers implements Timers {
  private readonly waiting = new Set<{ at: number; work: () => void }>();

  constructor(private readonly clock: FakeClock) {}

  /** How many are waiting. */
  get size(): number {
    return this.waiting.size;
  }

  now(): number {
    return this.clock.now();
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.clock.monotonicMs() + ms, work };
    this.waiting.add(timer);
    return () => this.waiting.delete(timer);
  }

  /** Moves the clock, firing what becomes due on the way. */
  advance(ms: number): void {
    const end = this.clock.monotonicMs() + ms;
    for (;;) {
      const next = [...this.waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.waiting.delete(next);
      this.clock.advance(Math.max(0, next.at - this.clock.monotonicMs()));
      next.work();
    }
    this.clock.advance(end - this.clock.monotonicMs());
  }
}
