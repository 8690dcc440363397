import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { STORED_KINDS } from '../store/tiers.ts';
import { ManualTimers } from '../testing/manual-timers.ts';
import { Maintenance, type MaintenanceParts } from './maintenance.ts';

const MINUTE = 60_000;
const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const clock = new FakeClock();
  const timers = new ManualTimers(clock);
  const lines: string[] = [];
  const done: string[] = [];
  /** What the steps of these names do instead of succeeding. */
  const instead = new Map<string, () => Promise<unknown>>();
  const step = (name: string) => async () => {
    done.push(name);
    await instead.get(name)?.();
    return true;
  };
  const parts = {
    registry: { forgetIdle: () => undefined, keep: () => Promise.resolve() },
    partitions: Object.fromEntries(
      STORED_KINDS.map((kind) => [kind, { ensureAhead: step(`ensure ${kind}`) }]),
    ),
    keeper: { isChosen: step('choose'), resign: () => Promise.resolve() },
    deadWriters: { recover: step('recover') },
    compactor: { run: step('compact') },
    tierRoller: { run: step('roll') },
    retention: { dropOld: step('drop'), keepWithinDisk: step('disk') },
    seriesStore: { forgetUnused: step('forget') },
    retentionMs: 0,
    clock,
    timers,
    warn: (line: string) => void lines.push(line),
  };
  const maintenance = new Maintenance(parts as unknown as MaintenanceParts);
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1000) {
      timers.advance(Math.min(1000, ms - passed));
      await settle();
    }
  };
  return { clock, timers, lines, done, instead, maintenance, pass };
}

const ALL = ['recover', 'compact', 'roll', 'drop', 'disk', 'forget'];

describe('Maintenance', () => {
  it('does each step whatever becomes of the others, and says which one fails and for how long', async () => {
    const { done, instead, lines, maintenance, pass } = setUp();
    for (const name of ['ensure raw', 'recover', 'compact', 'roll']) {
      instead.set(name, () => Promise.reject(new Error(`${name} failed`)));
    }
    maintenance.start(null);
    await pass(1000);
    expect(done).toEqual(['ensure raw', 'ensure 1m', 'ensure 1h', 'ensure 1d', 'choose', ...ALL]);
    expect(lines).toContain(
      'Maintenance of the metric tables failed at summing up hours and days; the next try is in a minute: roll failed',
    );
    instead.clear();
    instead.set('roll', () => Promise.reject(new Error('still')));
    await pass(10 * MINUTE);
    expect(maintenance.failing).toEqual({
      step: 'summing up hours and days',
      forMs: 10 * MINUTE,
      unanswered: 0,
    });
    instead.clear();
    await pass(MINUTE);
    expect(maintenance.failing).toBeNull();
    await maintenance.stop(1000);
  });

  it('goes on to the next step when one gets no answer, and with the late answer all is well', async () => {
    const { done, instead, maintenance, pass } = setUp();
    let answer: () => void = () => undefined;
    instead.set('roll', () => new Promise<void>((resolve) => (answer = resolve)));
    maintenance.start(null);
    await pass(MINUTE + 1000);
    expect(done.slice(-3)).toEqual(['drop', 'disk', 'forget']);
    expect(maintenance.failing).toMatchObject({ step: 'summing up hours and days' });
    instead.clear();
    answer();
    await pass(1000);
    expect(maintenance.failing).toBeNull();
    await maintenance.stop(1000);
  });

  it('begins a step that got no answer anew after ten minutes, and a third time only once one of two has ended', async () => {
    const { done, instead, lines, maintenance, pass } = setUp();
    const answers: (() => void)[] = [];
    instead.set('roll', () => new Promise<void>((resolve) => answers.push(resolve)));
    const runs = () => done.filter((name) => name === 'roll').length;
    maintenance.start(null);
    await pass(10 * MINUTE);
    expect(runs()).toBe(1);
    expect(maintenance.failing).toMatchObject({ step: 'summing up hours and days', unanswered: 1 });
    await pass(60 * MINUTE);
    expect(runs()).toBe(2);
    expect(maintenance.failing).toMatchObject({ unanswered: 2 });
    expect(lines).toEqual([
      'Maintenance of the metric tables failed at summing up hours and days; the next try is when it ends, or in 10 minutes: no answer in time',
      'Maintenance of the metric tables failed at summing up hours and days; the next try is when one of two that got no answer ends. Give the DataSource keepAlive and query_timeout: no answer in time',
    ]);
    // The others went on all the while.
    expect(done.filter((name) => name === 'drop').length).toBeGreaterThan(60);
    instead.clear();
    answers[0]?.();
    await pass(2 * MINUTE);
    expect(runs()).toBeGreaterThan(2);
    expect(maintenance.failing).toBeNull();
    await maintenance.stop(1000);
  });

  it('does not count against a process what it failed to do before another one was chosen', async () => {
    const { instead, maintenance, pass } = setUp();
    instead.set('roll', () => Promise.reject(new Error('no')));
    const lost = new AbortController();
    maintenance.start({ hold: (_name, work) => work(lost.signal, 1) });
    await pass(1000);
    expect(maintenance.failing).toMatchObject({ step: 'summing up hours and days' });
    lost.abort();
    await pass(MINUTE);
    expect(maintenance.failing).toBeNull();
    await maintenance.stop(1000);
  });
});
