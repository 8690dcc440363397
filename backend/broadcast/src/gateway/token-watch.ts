import type { Clock } from '@fleetdeck/kernel';
import { wakeAfter } from '../limits/wake-after.ts';

/** The longest delay that a timer takes, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Times around the end of a token, in milliseconds. */
export interface TokenTimes {
  tokenNoticeMs: number;
  tokenGraceMs: number;
}

/** What a {@link TokenWatch} tells. */
export interface TokenEvents {
  /** The token ends soon. Comes once for each token. */
  ending(expiresAt: number): void;
  /** The token has ended, and so has the time to send another. */
  ended(): void;
}

/** Watches the end of a client's token. */
export class TokenWatch {
  private callOff: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly times: TokenTimes,
    private readonly events: TokenEvents,
  ) {}

  /** Watches a token, the one before no longer. `null` does not end. */
  start(expiresAt: number | null): void {
    this.stop();
    if (expiresAt !== null) this.await(expiresAt - this.times.tokenNoticeMs, () => this.tell(expiresAt));
  }

  stop(): void {
    this.callOff?.();
  }

  private tell(expiresAt: number): void {
    this.await(expiresAt + this.times.tokenGraceMs, () => this.events.ended());
    this.events.ending(expiresAt);
  }

  private await(at: number, then: () => void): void {
    const leftMs = at - this.clock.now();
    if (leftMs <= 0) {
      then();
      return;
    }
    this.callOff = wakeAfter(this.clock, Math.min(leftMs, LONGEST_TIMER_MS), () => this.await(at, then));
  }
}
