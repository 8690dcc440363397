import type { Clock } from '@fleetdeck/kernel';
import type { HealthTimers } from '../health.timers.ts';

/** Clock and timers that stand still until they are told to move. */
export class FakeTime implements Clock, HealthTimers {
  /** What `random` answers; 0.5 means no jitter. */
  chance = 0.5;
  private current = Date.parse('2026-01-01T00:00:00.000Z');
  private wallAhead = 0;
  private waiting: { at: number; work: () => void }[] = [];

  now(): number {
    return this.current + this.wallAhead;
  }

  monotonicMs(): number {
    return this.current;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, work: () => void): () => void {
    const entry = { at: this.current + ms, work };
    this.waiting.push(entry);
    return () => {
      this.waiting = this.waiting.filter((other) => other !== entry);
    };
  }

  /** How many waits are open. */
  get pending(): number {
    return this.waiting.length;
  }

  /** Lets time pass in which nothing runs, as when the process is stopped or its machine sleeps. */
  sleep(ms: number): void {
    this.current += ms;
  }

  /** Sets the wall clock alone, back where it is below 0. */
  setWall(ms: number): void {
    this.wallAhead += ms;
  }

  /** Lets time pass, with everything that falls due in it, in order. */
  async advance(ms: number): Promise<void> {
    const target = this.current + ms;
    for (;;) {
      await settle();
      const due = this.waiting.filter(({ at }) => at <= target).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.waiting = this.waiting.filter((other) => other !== due);
      this.current = Math.max(this.current, due.at);
      due.work();
    }
    this.current = target;
  }
}

/** Lets everything that is decided already take effect. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
