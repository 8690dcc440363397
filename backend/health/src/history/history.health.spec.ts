import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { checkerFixture } from '../testing/checker.fixture.ts';
import { HistoryHealth } from './history.health.ts';
import { MAX_PENDING } from './history-writer.ts';

Logger.overrideLogger(false);

/** A history whose database refuses until it is told to answer. */
function historyFixture() {
  const state = { up: false };
  const dataSource = {
    query: () => (state.up ? Promise.resolve([]) : Promise.reject(new Error('connection refused'))),
  };
  const fixture = checkerFixture({ history: { dataSource } });
  const { keeper, time } = fixture;
  fixture.checker.start();
  keeper.start();
  const change = (count: number) => {
    for (let i = 0; i < count; i++) {
      const at = new Date(time.now()).toISOString();
      keeper.record({ component: 'db', from: 'healthy', to: 'critical', reason: null, at });
    }
  };
  return { ...fixture, state, change, health: new HistoryHealth(keeper, time) };
}

describe('the health of the history', () => {
  it('is well while it is written, and says how much waits while it is not', async () => {
    const { time, state, change, health } = historyFixture();
    change(3);
    await time.advance(0);
    expect(await health.checkHealth()).toEqual({
      status: 'degraded',
      reason: 'The history cannot be written, so changes wait in memory.',
      details: { pendingChanges: 3, lostChanges: 0 },
    });
    state.up = true;
    await time.advance(5000);
    expect(await health.checkHealth()).toEqual({
      status: 'healthy',
      details: { pendingChanges: 0, lostChanges: 0 },
    });
  });

  it('takes one write that fails for chance, since it is tried again at once', async () => {
    const { time, checker, health, state, change } = historyFixture();
    state.up = true;
    checker.contribute(health);
    await time.advance(0);
    const seen: (string | undefined)[] = [];
    for (const up of [false, true, false, false]) {
      state.up = up;
      change(1);
      await time.advance(10_000);
      seen.push(checker.report().components['health-history']?.status);
    }
    expect(seen).toEqual(['healthy', 'healthy', 'healthy', 'degraded']);
  });

  it('is degraded for a minute after changes were lost, and counts them for good', async () => {
    const { time, state, change, health, keeper, ports } = historyFixture();
    const counted = () => ports.recorded.filter(({ name }) => name === 'fleetdeck_health_history_lost');
    await time.advance(15_000);
    expect(counted().map(({ value }) => value)).toEqual([0]);
    change(MAX_PENDING + 2);
    state.up = true;
    await time.advance(15_000);
    expect(counted().map(({ value }) => value)).toEqual([0, 2]);
    expect(await health.checkHealth()).toEqual({
      status: 'degraded',
      reason: 'Changes were lost in the last minute: more than 50000 waited for the database.',
      details: { pendingChanges: 0, lostChanges: 2 },
    });
    // What was lost is in no answer about the past.
    expect((await keeper.past(0, 'db')).complete).toBe(false);
    await time.advance(59_999);
    expect((await health.checkHealth()).status).toBe('degraded');
    await time.advance(1);
    expect(await health.checkHealth()).toMatchObject({ status: 'healthy', details: { lostChanges: 2 } });
    expect(counted()).toHaveLength(2);
  });
});

describe('the past of a component', () => {
  /** A history whose database counts what it is asked, and answers as a test says. */
  function asking(answer: () => Promise<unknown>) {
    let reads = 0;
    const query = (sql: string) =>
      sql.startsWith('with runs') ? ((reads += 1), answer()) : Promise.resolve([]);
    return { ...checkerFixture({ history: { dataSource: { query } } }), reads: () => reads };
  }

  it('is read once for all who ask within two seconds, from the newest they ask for', async () => {
    const { reader, checker, time, reads } = asking(() => Promise.resolve([]));
    for (const name of ['db', 'disk']) checker.register(name, () => ({ status: 'healthy' }));
    await Promise.all(Array.from({ length: 100 }, () => reader.history('db')));
    await time.advance(1999);
    await reader.history('db', { limit: 3 });
    expect(reads()).toBe(1);
    await reader.history('disk');
    // It reaches further back than what was read.
    await reader.history('db', { from: 0 });
    expect(reads()).toBe(3);
    await reader.history('db');
    expect(reads()).toBe(3);
    await time.advance(2000);
    await reader.history('db');
    expect(reads()).toBe(4);
    await time.advance(2000);
    expect(time.pending).toBe(0);
  });

  it('has what this process saw meanwhile, also while a reading is shared', async () => {
    const { reader, keeper, checker, time, reads } = asking(() => Promise.resolve([]));
    keeper.start();
    let status: 'healthy' | 'critical' = 'healthy';
    checker.register('db', () => ({ status }), { intervalMs: 1000 });
    checker.start();
    await time.advance(0);
    expect((await reader.history('db')).incidents).toEqual([]);
    status = 'critical';
    await time.advance(1001);
    expect((await reader.history('db')).incidents).toHaveLength(1);
    expect(reads()).toBe(1);
  });

  it('is asked for again at once after a reading that failed', async () => {
    let up = false;
    const { reader, checker, reads } = asking(() =>
      up ? Promise.resolve([]) : Promise.reject(new Error('connection refused')),
    );
    checker.register('db', () => ({ status: 'healthy' }));
    expect((await reader.history('db')).complete).toBe(false);
    up = true;
    expect((await reader.history('db')).complete).toBe(true);
    expect(reads()).toBe(2);
  });

  it('is kept of few components at once', async () => {
    const { keeper, reads } = asking(() => Promise.resolve([]));
    for (let i = 0; i < 30; i++) await keeper.past(0, `c${i}`);
    await keeper.past(0, 'c29');
    expect(reads()).toBe(30);
    await keeper.past(0, 'c0');
    expect(reads()).toBe(31);
  });
});

describe('the past, while the database answers nothing', () => {
  it('is told from memory once ten reads wait for it, so that they do not pile up', async () => {
    let asked = 0;
    const query = () => ((asked += 1), new Promise<never>(() => undefined));
    const { keeper, time } = checkerFixture({ history: { dataSource: { query } } });
    const reads = Array.from({ length: 50 }, (_, i) => keeper.past(0, `c${i}`));
    expect(asked).toBe(10);
    await expect(reads[49]).resolves.toMatchObject({
      complete: false,
      problem: expect.stringContaining('wait'),
    });
    await time.advance(5_000);
    expect(await Promise.all(reads)).toHaveLength(50);
    await keeper.past(0, null);
    expect(asked).toBe(10);
  });
});
