import { describe, expect, it } from '@jest/globals';
import { isoTime, systemClock } from './clock.ts';
import { FakeClock, FakePublisher } from './testing/index.ts';

describe('clocks', () => {
  it('write a time as it goes onto the wire, in UTC with milliseconds', () => {
    expect(isoTime(Date.UTC(2026, 0, 31, 8))).toBe('2026-01-31T08:00:00.000Z');
  });

  it('of the machine tell the time of day, and durations that never run backwards', () => {
    const before = Date.now();
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
    const first = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first);
    expect(first).not.toBe(now);
  });

  it('for tests stand still until they are told to move', () => {
    const clock = new FakeClock('2026-01-31T08:00:00.000Z');
    const origin = clock.monotonicMs();
    clock.advance(1500);
    expect(isoTime(clock.now())).toBe('2026-01-31T08:00:01.500Z');
    expect(clock.monotonicMs() - origin).toBe(1500);
  });

  it('for tests wake whoever asked, in order and each at its own time, unless it was called off', () => {
    const clock = new FakeClock();
    const origin = clock.now();
    const woken: [string, number][] = [];
    const note = (who: string) => () => void woken.push([who, clock.now() - origin]);
    clock.wakeAfter(20, note('later'));
    clock.wakeAfter(10, () => {
      note('sooner')();
      clock.wakeAfter(5, note('again'));
    });
    clock.wakeAfter(15, note('never'))();
    clock.wakeAfter(26, note('not yet'));
    clock.advance(25);
    expect(woken).toEqual([
      ['sooner', 10],
      ['again', 15],
      ['later', 20],
    ]);
    expect(clock.now() - origin).toBe(25);
  });
});

describe('the publisher for tests', () => {
  it('keeps what was published and counts a position for each topic', () => {
    const publisher = new FakePublisher();
    publisher.publish('health', { a: 1 });
    publisher.publish('system', 'hello');
    expect(publisher.published).toEqual([
      { topic: 'health', data: { a: 1 } },
      { topic: 'system', data: 'hello' },
    ]);
    expect(publisher.position('health')).toEqual({ epoch: 'fake', offset: 1 });
    expect(publisher.position('alerts')).toEqual({ epoch: 'fake', offset: 0 });
  });
});
