import { describe, expect, it } from '@jest/globals';
import { FakeTime } from '../testing/fake-time.ts';
import { RunClock } from './run-clock.ts';
import { RUN_LOST_AFTER_MS, straightened } from './segments.ts';

function runClock() {
  const time = new FakeTime();
  const start = time.now();
  const setBack: [from: number, to: number][] = [];
  const clock = new RunClock(time, (from, to) => setBack.push([from - start, to - start]));
  return { time, setBack, told: () => clock.now() - start, clock };
}

describe('the time of a run', () => {
  it('is the wall clock, also where that is set forward', () => {
    const { time, told, clock, setBack } = runClock();
    time.sleep(1500);
    expect(told()).toBe(1500);
    time.setWall(3_600_000);
    expect(told()).toBe(3_601_500);
    time.sleep(500);
    expect([told(), clock.monotonicMs() - time.monotonicMs()]).toEqual([3_602_000, 0]);
    expect(setBack).toEqual([]);
  });

  it('goes on while the wall clock is a little behind, until that has caught up', () => {
    const { time, told, setBack } = runClock();
    time.setWall(-RUN_LOST_AFTER_MS);
    expect(told()).toBe(0);
    time.sleep(10_000);
    expect(told()).toBe(9990);
    for (let hour = 0; hour < 13; hour++) {
      const before = told();
      time.sleep(3_600_000);
      expect(told()).toBeGreaterThan(before);
    }
    expect(told()).toBe(13 * 3_600_000 + 10_000 - RUN_LOST_AFTER_MS);
    expect(setBack).toEqual([]);
  });

  it('goes back with a clock that is set back by far, and says from when and to when', () => {
    const { time, told, setBack } = runClock();
    time.sleep(100_000);
    told();
    time.sleep(10_000);
    time.setWall(-60_000);
    expect(told()).toBe(50_000);
    expect(setBack).toEqual([[110_000, 50_000]]);
    time.sleep(1000);
    expect(told()).toBe(51_000);
  });
});

describe('times that went back with their clock', () => {
  const at = (...times: number[]) => times.map((at, index) => ({ sequence: index + 1, at }));

  it('are moved so far that what was seen before lies before', () => {
    const records = [...at(100, 500, 560, 260, 300)].reverse();
    expect(straightened(records).map(({ at }) => at)).toEqual([-200, 200, 260, 260, 300]);
  });

  it('add up where the clock was set back more than once', () => {
    expect(straightened(at(900, 1000, 800, 850, 750)).map(({ at }) => at)).toEqual([600, 700, 700, 750, 750]);
  });

  it('stay as they are where it never was', () => {
    expect(straightened(at(100, 100, 200))).toEqual(at(100, 100, 200));
  });
});
