import { describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '@fleetdeck/kernel';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { wakeAfter } from './wake-after.ts';

describe('wakeAfter', () => {
  it("goes with the clock's own timers", () => {
    const clock = new FakeClock();
    const woken = jest.fn();
    wakeAfter(clock, 10, woken);
    wakeAfter(clock, 10, woken)();
    clock.advance(10);
    expect(woken).toHaveBeenCalledTimes(1);
  });

  it("goes with the machine's timers when the clock has none, and can be called off", async () => {
    const calledOff = jest.fn();
    wakeAfter(systemClock, 1, calledOff)();
    await new Promise<void>((resolve) => {
      const keepAlive = setTimeout(() => undefined, 30_000);
      wakeAfter(systemClock, 5, () => {
        clearTimeout(keepAlive);
        resolve();
      });
    });
    expect(calledOff).not.toHaveBeenCalled();
  });
});
