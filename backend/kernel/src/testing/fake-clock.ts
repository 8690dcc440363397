import type { Clock } from '../clock.ts';

/** A clock that stands still until it is told to move. */
export class FakeClock implements Clock {
  private current: number;

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

  advance(ms: number): void {
    this.current += ms;
  }
}
