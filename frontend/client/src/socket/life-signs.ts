import { isHidden } from './page-signals.ts';

/** Browsers run the timers of a hidden page once a minute, so that a shorter deadline would mean nothing there. */
const HIDDEN_DEADLINE_MS = 70_000;

/** Notices a connection that looks open although nothing comes any more. */
export interface LifeSigns {
  begin(deadlineMs: number): void;
  /** A sign of life came. */
  note: () => void;
  /** Looks now, because timers may have stood still, and again when the deadline is over. */
  check(): void;
  end(): void;
}

/** Makes {@link LifeSigns}. Only what came counts, not how often a timer ran. */
export function createLifeSigns(now: () => number, onSilence: () => void): LifeSigns {
  let deadlineMs = 0;
  let lastAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const note = (): void => {
    lastAt = now();
  };
  const end = (): void => clearTimeout(timer);
  const check = (): void => {
    end();
    const limitMs = isHidden() ? Math.max(deadlineMs, HIDDEN_DEADLINE_MS) : deadlineMs;
    const leftMs = limitMs - (now() - lastAt);
    if (leftMs <= 0) onSilence();
    // One timer that looks again, instead of one for each message. A clock set back makes it no longer.
    else timer = setTimeout(check, Math.min(leftMs, limitMs));
  };
  return {
    begin(ms) {
      deadlineMs = ms;
      note();
      check();
    },
    note,
    check,
    end,
  };
}
