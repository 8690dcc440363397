import type { Clock } from '../clock.ts';

interface Alarm {
  dueMs: number;
  callback: () => void;
}

/** A clock that stands still until it is told to move. */
export class FakeClock implements Clock {
  private current: number;
  private alarms: Alarm[] = [];

  /** @param start where it begins, ISO 8601. */
  constructor(start = '2026-01-01T00:00:00.000Z') {
    this.current = Date.parse(start);
  }

  now(): number {
    return this.current;
  }

  monotonicMs(): number {
    return this.current;
  }

  wakeAfter(ms: number, callback: () => void): () => void {
    const alarm = { dueMs: this.current + ms, callback };
    this.alarms.push(alarm);
    return () => {
      this.alarms = this.alarms.filter((other) => other !== alarm);
    };
  }

  /** Moves on, and calls back what falls due on the way, each at its own time. */
  advance(ms: number): void {
    const end = this.current + ms;
    for (let next = this.nextBy(end); next; next = this.nextBy(end)) {
      const due = next;
      this.alarms = this.alarms.filter((other) => other !== due);
      this.current = Math.max(this.current, due.dueMs);
      due.callback();
    }
    this.current = end;
  }

  private nextBy(end: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.alarms) {
      if (alarm.dueMs <= end && (!next || alarm.dueMs < next.dueMs)) next = alarm;
    }
    return next;
  }
}
