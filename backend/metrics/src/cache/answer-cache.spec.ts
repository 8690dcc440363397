import { describe, expect, it, jest } from '@jest/globals';
import { Keyv } from 'cacheable';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { ManualTimers } from '../testing/manual-timers.ts';
import { SteppedClock } from '../testing/stepped-clock.ts';
import { AnswerCache, type AnswerStore } from './answer-cache.ts';

const ABOUT_X = { metricNames: ['x'], fromMs: 1000, toMs: 2000 };

function make({ capacity = 10, store = null as AnswerStore | null, clock = new FakeClock() } = {}) {
  return { clock, cache: new AnswerCache(clock, new ManualTimers(clock), capacity, store) };
}

/** A load that counts how often it is asked. */
function counted<T>(answer: () => T) {
  const load = () => {
    load.times += 1;
    return Promise.resolve(answer());
  };
  load.times = 0;
  return load;
}

describe('AnswerCache', () => {
  it('gives a hundred equal questions at once one answer, and those that follow while it lives', async () => {
    const { cache, clock } = make();
    const load = counted(() => 'a');
    const ask = () => cache.get('k', 1000, ABOUT_X, load);
    await Promise.all(Array.from({ length: 100 }, ask));
    clock.advance(999);
    await ask();
    expect(load.times).toBe(1);
    clock.advance(1);
    await ask();
    expect(load.times).toBe(2);
  });

  it('lets an answer live no longer when the clock is set back, with and without a store', async () => {
    for (const store of [null, new Keyv()]) {
      const clock = new SteppedClock();
      const { cache } = make({ clock, store });
      const load = counted(() => 'a');
      await cache.get('k', 1000, ABOUT_X, load);
      clock.setBack(3_600_000);
      clock.advance(999);
      await cache.get('k', 1000, ABOUT_X, load);
      expect(load.times).toBe(1);
      clock.advance(1);
      await cache.get('k', 1000, ABOUT_X, load);
      expect(load.times).toBe(2);
    }
  });

  it('trusts no answer of another process from a time that has not come, and none for longer than its life', async () => {
    const store = new Keyv();
    const ahead = make({ clock: new FakeClock('2026-01-01T00:01:01.000Z'), store }).cache;
    await ahead.get('far', 1000, ABOUT_X, () => Promise.resolve('far'));
    const alittle = make({ clock: new FakeClock('2026-01-01T00:00:50.000Z'), store }).cache;
    await alittle.get('near', 1000, ABOUT_X, () => Promise.resolve('near'));
    const { cache, clock } = make({ store });
    const ask = (key: string) => cache.get(key, 1000, ABOUT_X, () => Promise.resolve('own'));
    expect(await ask('far')).toBe('own');
    expect(await ask('near')).toBe('near');
    clock.advance(1000);
    expect(await ask('near')).toBe('own');
  });

  it('with a life of 0 is only shared while it is on its way', async () => {
    const { cache } = make();
    const load = counted(() => 'a');
    await Promise.all([cache.get('k', 0, ABOUT_X, load), cache.get('k', 0, ABOUT_X, load)]);
    await cache.get('k', 0, ABOUT_X, load);
    expect(load.times).toBe(2);
    expect(cache.size).toBe(0);
  });

  it('keeps failures for nobody', async () => {
    const { cache } = make();
    await expect(cache.get('k', 1000, ABOUT_X, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(cache.get('k', 1000, ABOUT_X, () => Promise.resolve(1))).resolves.toBe(1);
  });

  it('is bounded, and drops the oldest first', async () => {
    const { cache } = make({ capacity: 2 });
    for (const key of ['a', 'b', 'c']) await cache.get(key, 1000, ABOUT_X, () => Promise.resolve(key));
    expect(cache.size).toBe(2);
    expect(await cache.get('b', 1000, ABOUT_X, () => Promise.resolve('again'))).toBe('b');
    expect(await cache.get('a', 1000, ABOUT_X, () => Promise.resolve('again'))).toBe('again');
  });

  it('forgets exactly the answers that cover what changed', async () => {
    const { cache } = make();
    const scopes = {
      before: { metricNames: ['x'], fromMs: 0, toMs: 1500 },
      touched: { metricNames: ['y', 'x'], fromMs: 1000, toMs: 1501 },
      after: { metricNames: ['x'], fromMs: 1601, toMs: 3000 },
      other: { metricNames: ['y'], fromMs: 0, toMs: 3000 },
    };
    const ask = async () => {
      const answers: string[] = [];
      for (const [key, scope] of Object.entries(scopes)) {
        await cache.get(key, 1000, scope, () => {
          answers.push(key);
          return Promise.resolve(key);
        });
      }
      return answers;
    };
    expect(await ask()).toEqual(['before', 'touched', 'after', 'other']);
    await cache.forget(new Set(['x']), 1500, 1600);
    expect(await ask()).toEqual(['touched']);
    await cache.clear();
    expect(await ask()).toHaveLength(4);
  });

  it('does not keep an answer whose subject changed while it was on its way', async () => {
    const { cache } = make();
    let answer: (value: string) => void = () => undefined;
    const old = cache.get('k', 1000, ABOUT_X, () => new Promise<string>((resolve) => (answer = resolve)));
    await cache.forget(new Set(['y']), 1000, 1000);
    await cache.forget(new Set(['x']), 1000, 1000);
    const newer = cache.get('k', 1000, ABOUT_X, () => Promise.resolve('new'));
    answer('old');
    expect(await old).toBe('old');
    expect(await newer).toBe('new');
    expect(await cache.get('k', 1000, ABOUT_X, () => Promise.resolve('newest'))).toBe('new');
  });

  it('shares answers with other processes through a store, and forgets those of others that it has seen', async () => {
    const clock = new FakeClock();
    const store = new Keyv();
    const first = make({ clock, store }).cache;
    const second = make({ clock, store }).cache;
    const load = counted(() => ({ value: 1 }));
    await first.get('k', 1000, ABOUT_X, load);
    expect(await second.get('k', 1000, ABOUT_X, load)).toEqual({ value: 1 });
    expect(load.times).toBe(1);
    await second.forget(new Set(['x']), 1999, 1999);
    await second.get('k', 1000, ABOUT_X, load);
    expect(load.times).toBe(2);
  });

  it('forgets also the answers of others about all time to come', async () => {
    const store = new Keyv();
    const recent = { metricNames: ['x'], fromMs: 1000, toMs: Infinity };
    const load = counted(() => 'a');
    const [first, second] = [make({ store }).cache, make({ store }).cache];
    await first.get('k', 1000, recent, load);
    await second.get('k', 1000, recent, load);
    expect(load.times).toBe(1);
    await second.forget(new Set(['x']), 5000, 5000);
    await second.get('k', 1000, recent, load);
    expect(load.times).toBe(2);
  });

  it('trusts no answer of a process that died before it could forget it, but those of after the change', async () => {
    const clock = new FakeClock();
    const store = new Keyv();
    const dead = make({ clock, store }).cache;
    await dead.get('k', 900_000, ABOUT_X, () => Promise.resolve('before'));
    await dead.get('other', 900_000, { ...ABOUT_X, metricNames: ['y'] }, () => Promise.resolve('untouched'));
    clock.advance(70_000);
    const living = make({ clock, store }).cache;
    await living.forget(new Set(['x']), 1500, 1500);
    const ask = (cache: AnswerCache, key: string) =>
      cache.get(key, 900_000, ABOUT_X, () => Promise.resolve('after'));
    expect(await ask(living, 'k')).toBe('after');
    expect(await ask(living, 'other')).toBe('untouched');
    clock.advance(70_000);
    await make({ clock, store }).cache.get('late', 900_000, ABOUT_X, () => Promise.resolve('since'));
    expect(await ask(living, 'late')).toBe('since');
    await living.clear();
    await dead.get('k2', 900_000, ABOUT_X, () => Promise.resolve('before'));
    expect(await ask(living, 'k2')).toBe('after');
  });

  it('remembers a bounded number of changes, and trusts less when there were more', async () => {
    const clock = new FakeClock();
    const store = new Keyv();
    const dead = make({ clock, store }).cache;
    await dead.get('k', 900_000, ABOUT_X, () => Promise.resolve('before'));
    clock.advance(70_000);
    const living = make({ clock, store }).cache;
    await living.forget(new Set(['x']), 1500, 1500);
    for (let i = 0; i < 2000; i += 1) await living.forget(new Set(['y']), 0, 1);
    expect(await living.get('k', 900_000, ABOUT_X, () => Promise.resolve('after'))).toBe('after');
  });

  it('answers without the store when that fails or says nothing', async () => {
    const failing = new Keyv();
    jest.spyOn(failing, 'get').mockRejectedValue(new Error('ECONNREFUSED'));
    const { cache } = make({ store: failing });
    expect(await cache.get('k', 1000, ABOUT_X, () => Promise.resolve(7))).toBe(7);
    const silent = new Keyv();
    jest.spyOn(silent, 'get').mockReturnValue(new Promise<never>(() => undefined));
    const clock = new FakeClock();
    const timers = new ManualTimers(clock);
    const slow = new AnswerCache(clock, timers, 10, silent);
    const asked = slow.get('k', 1000, ABOUT_X, () => Promise.resolve(8));
    timers.advance(250);
    expect(await asked).toBe(8);
  });
});
