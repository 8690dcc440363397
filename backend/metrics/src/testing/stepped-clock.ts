import { FakeClock } from '@fleetdeck/kernel/testing';

/** A {@link FakeClock} whose time of day can be set back, as NTP does; its monotonic time goes on. */
export class SteppedClock extends FakeClock {
  private behindMs = 0;

  override now(): number {
    return super.now() - this.behindMs;
  }

  override monotonicMs(): number {
    return super.now();
  }

  setBack(ms: number): void {
    this.behindMs += ms;
  }
}
