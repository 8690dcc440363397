import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { TokenWatch } from './token-watch.ts';

const DAY_MS = 86_400_000;

function setUp() {
  const clock = new FakeClock();
  const told: string[] = [];
  const watch = new TokenWatch(
    clock,
    { tokenNoticeMs: 60_000, tokenGraceMs: 10_000 },
    { ending: () => told.push('ending'), ended: () => told.push('ended') },
  );
  const pass = (ms: number): void => clock.advance(ms);
  return { watch, told, pass, now: clock.now() };
}

describe('TokenWatch', () => {
  it('tells a minute before the end, and ends ten seconds after it', () => {
    const { watch, told, pass, now } = setUp();
    watch.start(now + 100_000);
    pass(39_999);
    expect(told).toEqual([]);
    pass(1);
    expect(told).toEqual(['ending']);
    pass(69_999);
    expect(told).toEqual(['ending']);
    pass(1);
    expect(told).toEqual(['ending', 'ended']);
  });

  it('forgets the token before when another is given, and one without an end is never over', () => {
    const { watch, told, pass, now } = setUp();
    watch.start(now + 100_000);
    pass(50_000);
    watch.start(null);
    pass(DAY_MS);
    expect(told).toEqual(['ending']);
  });

  it('waits longer than a timer can', () => {
    const { watch, told, pass, now } = setUp();
    watch.start(now + 40 * DAY_MS);
    pass(39 * DAY_MS);
    expect(told).toEqual([]);
    pass(DAY_MS);
    expect(told).toEqual(['ending']);
    watch.stop();
  });
});
