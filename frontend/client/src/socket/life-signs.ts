import type { PageSignals } from './page-signals.ts';

/** Browsers run the timers of a hidden page once a minute, so that a shorter deadline would mean nothing there. */
const HIDDEN_DEADLINE_MS = 70_000;

/** Notices a connection that looks open although nothing comes any more. */
export class LifeSigns {
  private deadlineMs = 0;
  private lastAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly now: () => number,
    private readonly page: PageSignals,
    private readonly onSilence: () => void,
  ) {}

  begin(deadlineMs: number): void {
    this.deadlineMs = deadlineMs;
    this.note();
    this.check();
  }

  /** A sign of life came. */
  note(): void {
    this.lastAt = this.now();
  }

  /** Looks now, because timers may have stood still, and again when the deadline is over. */
  check(): void {
    clearTimeout(this.timer);
    const deadlineMs = this.page.hidden() ? Math.max(this.deadlineMs, HIDDEN_DEADLINE_MS) : this.deadlineMs;
    const leftMs = deadlineMs - (this.now() - this.lastAt);
    if (leftMs <= 0) this.onSilence();
    // One timer that looks again, instead of one for each message. A clock set back makes it no longer.
    else this.timer = setTimeout(() => this.check(), Math.min(leftMs, deadlineMs));
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
