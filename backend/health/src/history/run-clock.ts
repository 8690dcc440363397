import type { Clock } from '@fleetdeck/kernel';
import { RUN_LOST_AFTER_MS } from './segments.ts';

/** While the wall clock is behind, time goes on by this share, so that the wall clock catches up. */
const CATCHING_UP = 0.999;

/**
 * The time of one run of the process: the wall clock, but it does not go back with it. Where that is set back it goes
 * on by the monotonic clock until the wall clock has caught up; only by more than {@link RUN_LOST_AFTER_MS}, which
 * other replicas would take for a run that is lost, it follows, and says so.
 */
export class RunClock implements Clock {
  private told: number;
  private toldAt: number;

  /** @param setBack hears of a time that goes back: from when, and to when */
  constructor(
    private readonly clock: Clock,
    private readonly setBack: (from: number, to: number) => void,
  ) {
    this.told = clock.now();
    this.toldAt = clock.monotonicMs();
  }

  now(): number {
    const wall = this.clock.now();
    const monotonic = this.clock.monotonicMs();
    const passed = monotonic - this.toldAt;
    const counted = this.told + passed;
    this.toldAt = monotonic;
    if (counted - wall > RUN_LOST_AFTER_MS) {
      this.told = wall;
      this.setBack(Math.floor(counted), wall);
    } else {
      this.told = Math.max(wall, this.told + CATCHING_UP * passed);
    }
    return Math.floor(this.told);
  }

  monotonicMs(): number {
    return this.clock.monotonicMs();
  }
}
