import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { HEALTH_SPAN_MS, type StatusFamily } from '@fleetdeck/dto';
import { migrateFleetdeck } from '@fleetdeck/kernel';
import { createTestDatabase, type TestDatabase } from '@fleetdeck/kernel/testing';
import { HealthHistoryKeeper } from './history-keeper.ts';
import { HistoryStore, MAX_READ, MAX_WRITE, type HistoryDatabase } from './history-store.ts';
import { healthMigrations } from './migrations/health-migrations.ts';
import { FakeTime } from '../testing/fake-time.ts';
import { checkerFixture } from '../testing/checker.fixture.ts';
import type { HealthRun, TransitionRecord } from './transition.ts';

Logger.overrideLogger(false);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = new FakeTime().now();

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrateFleetdeck(database.dataSource, [healthMigrations]);
});
afterAll(() => database.drop());
beforeEach(() => database.dataSource.query('truncate fleetdeck.health_run cascade'));

function run(number: number, over: Partial<HealthRun> = {}): HealthRun {
  return {
    id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    ...{ node: `n${number}`, startedAt: START, seenAt: START, endedAt: null },
    ...over,
  };
}

function change(sequence: number, at: number, to: StatusFamily | null, over: Partial<TransitionRecord> = {}) {
  return { component: 'db', sequence, at, from: 'unknown' as const, to, reason: null, ...over };
}

/** A checker on fake time that keeps its history in the database, with one component to steer. */
function watched(node = 'a', time?: FakeTime, dataSource: HistoryDatabase | null = database.dataSource) {
  const fixture = checkerFixture(
    {
      history: { ...(dataSource && { dataSource }), node },
      defaults: { intervalMs: 1000 },
    },
    time,
  );
  const steer = { status: 'healthy' as 'healthy' | 'degraded' | 'critical', reason: 'refused' };
  fixture.checker.register('db', () => ({
    status: steer.status,
    ...(steer.status === 'healthy' ? {} : { reason: steer.reason }),
  }));
  fixture.checker.start();
  fixture.keeper.start();
  return { ...fixture, steer };
}

describe('the store', () => {
  it('keeps a transition once, however often it is written', async () => {
    const store = new HistoryStore(database.dataSource);
    const records = [change(1, START, 'healthy'), change(2, START + 5, null, { reason: 'a\0b' })];
    await store.write(run(1), records);
    await store.write(run(1, { seenAt: START + 9 }), records);
    const { transitions: read } = await store.read(START - 1, 'db');
    expect(read.map(({ sequence, to, reason }) => [sequence, to, reason])).toEqual([
      [2, null, 'ab'],
      [1, 'healthy', null],
    ]);
    expect(read[0]?.run).toEqual(run(1, { seenAt: START + 9 }));
  });

  it('goes by the newest word of a run, also where an older write comes later or the clock was set back', async () => {
    const store = new HistoryStore(database.dataSource);
    const seen = async (over: Partial<HealthRun>) => {
      await store.write(run(1, over), [change(1, START, 'healthy')]);
      const [one] = (await store.read(0, 'db')).transitions;
      return one && [one.run.seenAt - START, one.run.endedAt && one.run.endedAt - START];
    };
    expect(await seen({ seenAt: START + HOUR_MS })).toEqual([HOUR_MS, null]);
    expect(await seen({ seenAt: START + HOUR_MS - 20_000 })).toEqual([HOUR_MS, null]);
    expect(await seen({ seenAt: START + 1000 })).toEqual([1000, null]);
    expect(await seen({ seenAt: START + 2000, endedAt: START + 2000 })).toEqual([2000, 2000]);
    expect(await seen({ seenAt: START + 1900 })).toEqual([2000, 2000]);
  });

  it('reads with the change that still held when the span began, and nothing of runs that had ended', async () => {
    const store = new HistoryStore(database.dataSource);
    const old = [1, 2].map((n) => change(n, START - n * DAY_MS, 'healthy'));
    await store.write(run(1, { seenAt: START - DAY_MS / 2 }), old);
    await store.write(run(2, { seenAt: START + 1 }), [
      change(1, START - 2 * DAY_MS, 'healthy'),
      change(2, START - DAY_MS, 'critical'),
      change(3, START - DAY_MS, 'critical', { component: 'disk' }),
      change(4, START, 'healthy'),
    ]);
    const sequences = async (component: string | null) =>
      (await store.read(START - 1, component)).transitions.map(
        ({ run: { node }, sequence }) => `${node} ${sequence}`,
      );
    expect(await sequences('db')).toEqual(['n2 4', 'n2 2']);
    expect(await sequences(null)).toEqual(['n2 4', 'n2 3', 'n2 2']);
  });

  it('forgets what ended before a moment, but not what still held then', async () => {
    const store = new HistoryStore(database.dataSource);
    await store.write(run(1, { seenAt: START - DAY_MS }), [change(1, START - 2 * DAY_MS, 'healthy')]);
    await store.write(run(2), [
      change(1, START - 3 * DAY_MS, 'critical'),
      change(2, START - 2 * DAY_MS, 'healthy'),
      change(3, START, 'critical'),
    ]);
    await store.forgetBefore(START - DAY_MS / 2);
    const { transitions: left } = await store.read(0, null);
    expect(left.map(({ run: { node }, sequence }) => `${node} ${sequence}`)).toEqual(['n2 3', 'n2 2']);
  });

  it('takes a pg.Pool as well, by its rows', async () => {
    const pool = {
      query: async (sql: string, given?: unknown[]) => ({
        rows: await database.dataSource.query<unknown[]>(sql, given),
      }),
    };
    await new HistoryStore(pool).write(run(1), [change(1, START, 'healthy')]);
    expect((await new HistoryStore(pool).read(0, 'db')).transitions).toHaveLength(1);
  });
});

describe('the history of a component', () => {
  it('tells uptime, incidents and changes, and outlives the process', async () => {
    const first = watched();
    await first.time.advance(HOUR_MS - 1000);
    first.steer.status = 'critical';
    await first.time.advance(600_000);
    first.steer.status = 'healthy';
    await first.time.advance(HOUR_MS - 600_000);
    first.checker.beginShutdown();
    await first.keeper.close();
    // Nobody watched for an hour.
    await first.time.advance(HOUR_MS);
    const second = watched('b', first.time);
    await second.time.advance(HOUR_MS);
    const history = await second.reader.history('db');
    expect(history).toMatchObject({ component: 'db', durable: true, complete: true, nextCursor: null });
    expect(history.uptime['1h']).toMatchObject({ percent: 100, healthyMs: HOUR_MS, unknownMs: 0 });
    expect(history.uptime['24h']).toEqual({
      percent: ((3 * HOUR_MS - 1000 - 600_000) / (3 * HOUR_MS - 1000)) * 100,
      healthyMs: 3 * HOUR_MS - 1000 - 600_000,
      degradedMs: 0,
      criticalMs: 600_000,
      unknownMs: DAY_MS - 3 * HOUR_MS + 1000,
    });
    expect(history.incidents).toEqual([
      {
        begin: new Date(START + HOUR_MS).toISOString(),
        end: new Date(START + HOUR_MS + 600_000).toISOString(),
        ...{ durationMs: 600_000, worst: 'critical', reason: 'refused', nodes: ['a'] },
      },
    ]);
    expect(history.items.map(({ from, to, node }) => `${node} ${from} ${to}`)).toEqual([
      ...['b unknown healthy', 'a critical healthy', 'a healthy critical', 'a unknown healthy'],
    ]);
    const onlyB = await second.reader.history('db', { node: 'b' });
    expect([onlyB.incidents, onlyB.items.length]).toEqual([[], 1]);
    await second.keeper.close();
  });

  it.each([
    ['kept in the database', () => watched()],
    ['in memory', () => watched('a', undefined, null)],
  ])('counts the time in which the process was paused as unknown, %s', async (_name, start) => {
    const { time, steer, reader, keeper } = start();
    await time.advance(HOUR_MS);
    time.sleep(2 * HOUR_MS);
    // What a check finds first, after the pause, is not what it was like in it.
    steer.status = 'critical';
    await time.advance(HOUR_MS);
    steer.status = 'healthy';
    await time.advance(HOUR_MS);
    const { uptime, incidents, items } = await reader.history('db');
    // A beat is every 15 s, so the pause may have begun up to that much later.
    expect(uptime['24h'].unknownMs).toBeGreaterThanOrEqual(DAY_MS - 3 * HOUR_MS);
    expect(uptime['24h'].unknownMs).toBeLessThanOrEqual(DAY_MS - 3 * HOUR_MS + 15_000);
    // Until the next check, a second later.
    expect(uptime['24h'].criticalMs).toBe(HOUR_MS + 1000);
    expect(incidents).toMatchObject([{ begin: new Date(START + 3 * HOUR_MS).toISOString() }]);
    expect(items.map(({ from, to, reason }) => [from, to, reason])).toContainEqual([
      ...['healthy', 'unknown', 'The process was paused.'],
    ]);
    await keeper.close();
  });

  describe.each([
    ['kept in the database', () => watched()],
    ['in memory', () => watched('a', undefined, null)],
  ])('%s, when the clock', (_name, start) => {
    it('is set back during an outage, tells one incident that lasted as long as it did', async () => {
      const { time, steer, reader, keeper, health } = start();
      await time.advance(2 * HOUR_MS - 1000);
      steer.status = 'critical';
      await time.advance(180_000);
      time.setWall(-HOUR_MS);
      await time.advance(120_000);
      expect(health('db')?.since).toBe(new Date(START + HOUR_MS).toISOString());
      steer.status = 'healthy';
      await time.advance(60_000);
      const incident = {
        begin: new Date(START + HOUR_MS).toISOString(),
        end: new Date(START + HOUR_MS + 300_000).toISOString(),
        ...{ durationMs: 300_000, worst: 'critical', reason: 'refused' },
      };
      const history = await reader.history('db');
      expect(history.incidents).toMatchObject([incident]);
      expect(history.uptime['24h']).toMatchObject({ criticalMs: 300_000, degradedMs: 0 });
      expect(history.uptime['1h']).toMatchObject({ criticalMs: 300_000, unknownMs: 0 });
      expect(history.items.map(({ reason }) => reason)).toContain('The clock was set back.');
      // Nor does it come again when the clock gets there.
      await time.advance(2 * HOUR_MS);
      expect((await reader.history('db')).incidents).toMatchObject([incident]);
      expect((await reader.timeline()).components['db']?.uptime.criticalMs).toBe(300_000);
      await keeper.close();
    });

    it('is set back soon after an outage, loses none of it and begins none', async () => {
      const { time, steer, reader, keeper, checker } = start();
      await time.advance(2 * HOUR_MS - 1000);
      steer.status = 'critical';
      await time.advance(5000);
      steer.status = 'healthy';
      await time.advance(5000);
      time.setWall(-HOUR_MS);
      const incident = { begin: new Date(START + HOUR_MS).toISOString(), durationMs: 5000 };
      expect((await reader.history('db')).incidents).toMatchObject([incident]);
      for (const ms of [HOUR_MS - 10_000, 5000, HOUR_MS]) {
        await time.advance(ms);
        expect((await reader.history('db')).incidents).toMatchObject([incident]);
      }
      const times = checker.transitions('db').map(({ at }) => at);
      expect(times).toEqual(times.toSorted());
      await keeper.close();
    });

    it('is set back a little, counts on through an outage', async () => {
      const { time, steer, reader, keeper } = start();
      await time.advance(HOUR_MS - 1000);
      time.setWall(-30_000);
      steer.status = 'critical';
      await time.advance(5000);
      steer.status = 'healthy';
      await time.advance(15_000);
      const { incidents, items } = await reader.history('db');
      expect(incidents).toMatchObject([{ begin: new Date(START + HOUR_MS - 1).toISOString() }]);
      expect(incidents[0]?.durationMs).toBeCloseTo(5000, -2);
      expect(items).toHaveLength(3);
      await keeper.close();
    });

    it('is set forward during an outage, knows only the time that was watched', async () => {
      const { time, steer, reader, keeper } = start();
      await time.advance(HOUR_MS - 1000);
      steer.status = 'critical';
      await time.advance(60_000);
      time.setWall(HOUR_MS);
      await time.advance(60_000);
      steer.status = 'healthy';
      await time.advance(HOUR_MS);
      const { incidents, uptime } = await reader.history('db');
      expect(incidents).toMatchObject([
        { begin: new Date(START + HOUR_MS).toISOString(), end: expect.any(String) },
      ]);
      expect(uptime['24h'].criticalMs).toBeGreaterThanOrEqual(105_000);
      expect(uptime['24h'].criticalMs).toBeLessThanOrEqual(120_000);
      await keeper.close();
    });
  });

  it('is known after a restart as well when the clock was set back before it', async () => {
    const first = watched();
    await first.time.advance(2 * HOUR_MS - 1000);
    first.steer.status = 'critical';
    await first.time.advance(180_000);
    first.time.setWall(-HOUR_MS);
    await first.time.advance(120_000);
    first.steer.status = 'healthy';
    await first.time.advance(60_000);
    first.checker.beginShutdown();
    await first.keeper.close();
    const second = watched('b', first.time);
    await second.time.advance(60_000);
    const { incidents, uptime } = await second.reader.history('db');
    expect(incidents).toMatchObject([
      { begin: new Date(START + HOUR_MS).toISOString(), durationMs: 300_000, nodes: ['a'] },
    ]);
    expect(uptime['1h'].criticalMs).toBe(300_000);
    await second.keeper.close();
  });

  it('does not take a run that crashed for alive because its clock was ahead', async () => {
    const { time, reader, keeper } = watched();
    const store = new HistoryStore(database.dataSource);
    await store.write(run(9, { startedAt: START - HOUR_MS, seenAt: START + 10 * DAY_MS }), [
      change(1, START - HOUR_MS, 'healthy'),
      change(2, START - HOUR_MS / 2, 'critical'),
    ]);
    await time.advance(HOUR_MS);
    const { incidents } = await reader.history('db');
    expect(incidents).toMatchObject([
      { begin: new Date(START - HOUR_MS / 2).toISOString(), end: new Date(START).toISOString() },
    ]);
    await keeper.close();
  });

  it('knows the time in which the process was only slow', async () => {
    const { time, reader, keeper } = watched();
    await time.advance(HOUR_MS);
    time.sleep(44_000);
    await time.advance(HOUR_MS - 44_000);
    const { uptime } = await reader.history('db');
    expect(uptime['1h'].unknownMs).toBe(0);
    await keeper.close();
  });

  it('counts the time after a crash as unknown', async () => {
    const { time, reader, keeper } = watched();
    const store = new HistoryStore(database.dataSource);
    await store.write(run(9, { startedAt: START - 3 * HOUR_MS, seenAt: START - 2 * HOUR_MS }), [
      change(1, START - 3 * HOUR_MS, 'healthy'),
    ]);
    await time.advance(0);
    const { uptime } = await reader.history('db');
    expect(uptime['24h']).toMatchObject({ healthyMs: HOUR_MS, unknownMs: DAY_MS - HOUR_MS });
    await keeper.close();
  });

  it('comes in pages without a gap or a double, by a cursor', async () => {
    const { time, steer, reader, keeper } = watched();
    for (let i = 0; i < 9; i++) {
      await time.advance(1000);
      steer.status = steer.status === 'healthy' ? 'critical' : 'healthy';
    }
    const whole = (await reader.history('db', { limit: 200 })).items.map(({ at }) => at);
    const read: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await reader.history('db', { limit: 4, ...(cursor ? { cursor } : {}) });
      read.push(...page.items.map(({ at }) => at));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(read).toEqual(whole);
    expect(whole.length).toBeGreaterThan(8);
    const from = Date.parse(whole.at(-1) ?? '') + 1;
    expect((await reader.history('db', { from, to: from + 3000 })).items).toHaveLength(2);
    await keeper.close();
  });

  it('refuses what makes no sense', async () => {
    const { reader, keeper } = watched();
    await expect(reader.history('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(reader.history('db', { from: 5, to: 5 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(reader.history('db', { cursor: '!' })).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
    const cursor = Buffer.from('["a","b","c"]').toString('base64url');
    await expect(reader.history('db', { cursor })).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
    await keeper.close();
  });

  it('remembers a component that is no longer watched', async () => {
    const { time, checker, reader, keeper } = watched();
    await time.advance(5000);
    checker.unregister('db');
    await time.advance(5000);
    const { items, uptime } = await reader.history('db');
    expect(items.map(({ to }) => to)).toEqual([null, 'healthy']);
    expect(uptime['1h'].healthyMs).toBe(5000);
    await keeper.close();
  });

  it('ends an incident when its component is no longer watched', async () => {
    const { time, checker, steer, reader, keeper } = watched();
    steer.status = 'critical';
    await time.advance(5000);
    checker.unregister('db');
    await time.advance(60_000);
    const { incidents } = await reader.history('db');
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({ worst: 'critical', durationMs: 5000, end: expect.any(String) });
    await keeper.close();
  });

  it('is told from memory, and says that it is not whole, while the database is away', async () => {
    const away = { query: () => Promise.reject(new Error('connection refused')) };
    const { checker, time, reader } = checkerFixture({ history: { dataSource: away } });
    checker.register('db', () => ({ status: 'critical', reason: 'refused' }));
    checker.start();
    await time.advance(60_000);
    const history = await reader.history('db');
    expect(history).toMatchObject({ durable: true, complete: false });
    expect(history.incidents).toMatchObject([{ end: null, durationMs: 60_000, reason: 'refused' }]);
  });
});

describe('the timeline', () => {
  it('tells the past of every component in pieces whose edges stand still', async () => {
    const { time, steer, checker, reader, keeper } = watched();
    checker.register('idle', () => new Promise<never>(() => undefined), {
      timeoutMs: 86_400_000,
      intervalMs: 86_400_000,
    });
    await time.advance(HOUR_MS - 1000);
    steer.status = 'degraded';
    await time.advance(HOUR_MS / 2);
    const timeline = await reader.timeline();
    const db = timeline.components['db'];
    expect(timeline).toMatchObject({ bucketMs: HOUR_MS / 2, durable: true, complete: true });
    expect(db?.buckets).toHaveLength(48);
    expect(db?.buckets.slice(-4).map(({ status }) => status)).toEqual([
      'unknown',
      'healthy',
      'healthy',
      'degraded',
    ]);
    expect(timeline.components['idle']?.buckets.every(({ status }) => status === 'unknown')).toBe(true);
    expect(db?.uptime.percent).toBe(100);
    await keeper.close();
  });

  it('keeps the past of every other component when one changed more often than is read', async () => {
    const { checker, time, reader } = checkerFixture({ history: { dataSource: database.dataSource } });
    for (const name of ['stable', 'late', 'flap']) checker.register(name, () => ({ status: 'healthy' }));
    await time.advance(DAY_MS);
    const now = time.now();
    const store = new HistoryStore(database.dataSource);
    const writes = (number: number, records: TransitionRecord[]) =>
      store.write(run(number, { seenAt: now }), records);
    // Of another replica too, where the same component holds still.
    await writes(2, [change(1, START - 2000, 'healthy', { component: 'flap' })]);
    await writes(1, [
      change(1, START - 2000, 'degraded', { component: 'flap' }),
      change(2, START - 1000, 'healthy', { component: 'stable' }),
      change(3, START + HOUR_MS, 'critical', { component: 'late' }),
    ]);
    const flaps = Array.from({ length: MAX_READ + 2000 }, (_, n) =>
      change(n + 4, START + 2 * HOUR_MS + 6000 * n, n % 2 ? 'healthy' : 'degraded', { component: 'flap' }),
    );
    for (let n = 0; n < flaps.length; n += MAX_WRITE) await writes(1, flaps.slice(n, n + MAX_WRITE));

    const { components, complete } = await reader.timeline();
    expect(complete).toBe(false);
    expect(components['stable']?.uptime).toMatchObject({ healthyMs: DAY_MS, unknownMs: 0 });
    expect(components['late']?.uptime).toMatchObject({ criticalMs: 23 * HOUR_MS, unknownMs: HOUR_MS });
    // The rest of what flapped is not told as what it was like before: only the other replica knows of it.
    const words = components['flap']?.buckets.map(({ status }) => status);
    expect(words?.slice(0, 4)).toEqual(Array(4).fill('healthy'));
    expect(words?.at(-1)).toBe('healthy');
    const alone = await reader.history('flap', { node: 'n1' });
    expect(alone.complete).toBe(false);
    expect(alone.uptime['24h'].unknownMs).toBeGreaterThanOrEqual(2 * HOUR_MS + 2000 * 6000);
    expect(alone.uptime['24h'].degradedMs).toBeLessThan(12 * HOUR_MS);
  });

  it('is read once for all who ask within two seconds', async () => {
    let reads = 0;
    const counting = {
      query: (sql: string, given?: unknown[]) => {
        if (sql.startsWith('with runs')) reads += 1;
        return database.dataSource.query<unknown>(sql, given);
      },
    };
    const { time, reader } = checkerFixture({ history: { dataSource: counting } });
    await Promise.all(Array.from({ length: 100 }, () => reader.timeline()));
    expect(reads).toBe(1);
    await reader.timeline({ spanMs: HOUR_MS, buckets: 4 });
    await time.advance(2000);
    await reader.timeline();
    expect(reads).toBe(3);
    for (let buckets = 1; buckets <= 25; buckets++) await reader.timeline({ buckets });
    expect(reads).toBe(28);
  });
});

describe('without a database', () => {
  it('the history begins with the process, and says so', async () => {
    const { checker, time, reader } = checkerFixture({ defaults: { intervalMs: 1000 } });
    checker.register('db', () => ({ status: 'healthy' }));
    checker.start();
    await time.advance(HOUR_MS);
    const { durable, complete, uptime } = await reader.history('db');
    expect([durable, complete, uptime['24h'].healthyMs, uptime['24h'].unknownMs]).toEqual([
      ...[false, true, HOUR_MS, HEALTH_SPAN_MS['24h'] - HOUR_MS],
    ]);
  });

  it('says when it had to give something up', async () => {
    const { checker, time, reader, keeper } = checkerFixture({ defaults: { intervalMs: 1000 } });
    let runs = 0;
    checker.register('flap', () => ({ status: runs++ % 2 ? 'healthy' : 'critical' }));
    checker.start();
    await time.advance(150_000);
    expect((await reader.history('flap')).complete).toBe(false);
    expect(keeper.state).toEqual({ durable: false, pending: 0, lost: 0, failing: false });
  });

  it('refuses a retention that makes no sense', () => {
    expect(() => new HealthHistoryKeeper({ history: { retentionDays: 0 } })).toThrow(
      'history.retentionDays must be',
    );
  });
});
