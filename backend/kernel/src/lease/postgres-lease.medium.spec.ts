import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrateFleetdeck } from '../migrations/migrate-fleetdeck.ts';
import { leaseLossOf, LeaseLost, type LeaseLossReason } from '../ports/lease.port.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { leaseContract } from './lease.contract.ts';
import { leaseMigrations } from './lease-migrations.ts';
import { createPostgresLease, type PostgresLeaseOptions } from './postgres-lease.ts';

const TTL_MS = 600;
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateFleetdeck(database.dataSource, [leaseMigrations]);
});
afterAll(() => database.drop());

/** The database, which can refuse, say nothing, or answer. */
class Line {
  mood: 'answers' | 'refuses' | 'hangs' = 'answers';
  asked = 0;
  readonly query = (async (statement: string, parameters?: unknown[]) => {
    this.asked += 1;
    if (this.mood === 'refuses') throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    if (this.mood === 'hangs') return new Promise(() => undefined);
    return database.dataSource.query<unknown>(statement, parameters);
  }) as TestDatabase['dataSource']['query'];
}

function start(name: string, line: Line, options: PostgresLeaseOptions = {}) {
  const stop = new AbortController();
  const losses: (LeaseLossReason | null)[] = [];
  const fences: number[] = [];
  const errors: unknown[] = [];
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  const lease = createPostgresLease(line, {
    ttlMs: TTL_MS,
    onError: (_name, thrown) => errors.push(thrown),
    ...options,
  });
  const done = lease.hold(
    name,
    (signal, fence) => {
      fences.push(fence);
      tell();
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          losses.push(leaseLossOf(signal));
          resolve();
          tell();
        }),
      );
    },
    stop.signal,
  );
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        listeners.delete(check);
        resolve();
      };
      listeners.add(check);
      check();
    });
  return { losses, fences, errors, until, end: () => (stop.abort(), done) };
}

leaseContract('createPostgresLease', () => createPostgresLease(database.dataSource, { ttlMs: TTL_MS }));

describe('createPostgresLease', () => {
  it('holds on for many times its time to live, through a short loss of the connection', async () => {
    const line = new Line();
    const holder = start('steady', line);
    await holder.until(() => holder.fences.length === 1);
    const other = start('steady', new Line());
    const asked = line.asked;
    while (line.asked < asked + 3) await new Promise((resolve) => setTimeout(resolve, 20));
    line.mood = 'refuses';
    while (holder.errors.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    line.mood = 'answers';
    const back = line.asked;
    while (line.asked < back + 4) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(holder.losses).toEqual([]);
    expect(other.fences).toEqual([]);
    await other.end();
    await holder.end();
    expect(holder.losses).toEqual([null]);
  });

  it.each(['refuses', 'hangs'] as const)(
    'is lost as unreachable when the database %s for its time to live, and comes back with the next fence',
    async (mood) => {
      const line = new Line();
      const holder = start(`away-${mood}`, line);
      await holder.until(() => holder.fences.length === 1);
      line.mood = mood;
      await holder.until(() => holder.losses.length === 1);
      expect(holder.losses).toEqual(['unreachable']);
      line.mood = 'answers';
      await holder.until(() => holder.fences.length === 2);
      expect(holder.fences[1]).toBe((holder.fences[0] ?? 0) + 1);
      await holder.end();
    },
  );

  it('passes to another replica when its holder cannot reach the database, and the old holder stays out', async () => {
    const line = new Line();
    const cutOff = start('partition', line);
    await cutOff.until(() => cutOff.fences.length === 1);
    line.mood = 'refuses';
    const other = start('partition', new Line());
    await other.until(() => other.fences.length === 1);
    await cutOff.until(() => cutOff.losses.length === 1);
    line.mood = 'answers';
    expect(other.fences).toEqual([2]);
    await cutOff.end();
    await other.end();
    expect(cutOff.fences).toEqual([1]);
  });

  it('is lost as taken when another process has it', async () => {
    const holder = start('stolen', new Line());
    await holder.until(() => holder.fences.length === 1);
    await database.dataSource.query(
      `update fleetdeck.lease set holder = 'thief', fence = fence + 1 where name = 'stolen'`,
    );
    await holder.until(() => holder.losses.length === 1);
    expect(holder.losses).toEqual(['taken']);
    await holder.end();
  });

  it('follows a killed holder within one and a quarter of the time to live', async () => {
    await database.dataSource.query(
      `insert into fleetdeck.lease values ('killed', 'gone', 7, clock_timestamp() + interval '600 ms')`,
    );
    const [{ until }] = await database.dataSource.query<[{ until: Date }]>(
      `select expires_at as until from fleetdeck.lease where name = 'killed'`,
    );
    const follower = start('killed', new Line(), { random: () => 0.999 });
    await follower.until(() => follower.fences.length === 1);
    const [{ since }] = await database.dataSource.query<[{ since: Date }]>(
      `select expires_at - interval '600 ms' as since from fleetdeck.lease where name = 'killed'`,
    );
    expect(follower.fences).toEqual([8]);
    expect(since.getTime()).toBeGreaterThanOrEqual(until.getTime());
    await follower.end();
  });

  it('tries on, saying so, while the database is away from the beginning', async () => {
    const line = new Line();
    line.mood = 'refuses';
    const late = start('late', line, { holder: 'node-1' });
    while (late.errors.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    line.mood = 'answers';
    await late.until(() => late.fences.length === 1);
    const rows = await database.dataSource.query<unknown[]>(
      `select holder from fleetdeck.lease where name = 'late'`,
    );
    expect(rows).toEqual([{ holder: 'node-1' }]);
    await late.end();
  });

  it('does not begin work that was stopped while the lease was asked for', async () => {
    const line = new Line();
    const stop = new AbortController();
    const slow: Line['query'] = (async (statement: string, parameters?: unknown[]) => {
      const rows = await line.query<unknown>(statement, parameters);
      stop.abort();
      return rows;
    }) as Line['query'];
    const begun: boolean[] = [];
    await createPostgresLease({ query: slow }, { ttlMs: TTL_MS }).hold(
      'stopped-early',
      (signal) => {
        begun.push(signal.aborted);
        return Promise.resolve();
      },
      stop.signal,
    );
    expect(begun).toEqual([true]);
  });

  it('tells a heartbeat that ends while its question is under way to end quietly', async () => {
    const line = new Line();
    const holder = start('hanging', line, { ttlMs: 300 });
    await holder.until(() => holder.fences.length === 1);
    const asked = line.asked;
    line.mood = 'hangs';
    while (line.asked === asked) await new Promise((resolve) => setTimeout(resolve, 5));
    await holder.end();
    expect(holder.losses).toEqual([null]);
    expect(holder.errors).toEqual([]);
  });

  it.each([99, 600_001, Number.NaN])('refuses a time to live of %p', (ttlMs) => {
    expect(() => createPostgresLease(database.dataSource, { ttlMs })).toThrow(
      'ttlMs must be a number of milliseconds from 100 to 600000',
    );
  });

  it('has default for everything', () => {
    expect(createPostgresLease(database.dataSource)).toBeDefined();
    expect(new LeaseLost('cleaner', 'taken').message).toBe('Another process holds the lease "cleaner".');
    expect(new LeaseLost('cleaner', 'unreachable').message).toContain('could not be renewed');
  });
});
