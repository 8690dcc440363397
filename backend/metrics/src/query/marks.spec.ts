import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@fleetdeck/kernel/testing';
import type { Sql } from '../store/sql.ts';
import { TierMarks, type Repair } from './marks.ts';

/** Marks over a database that has so many minutes rolled up and these repairs, which can be changed. */
function setUp() {
  const clock = new FakeClock('2026-01-01T12:00:30.000Z');
  const database = { minutes: null as number | null, repairs: [] as number[], asked: 0 };
  const query = (() => {
    database.asked += 1;
    const repairs = database.repairs.map((id) => ({ id, metric: `m${id}`, from_ms: id, to_ms: id + 1 }));
    const newest = database.repairs.at(-1) ?? null;
    return Promise.resolve([
      { minutes: database.minutes, hours: null, days: null, newest_repair: newest, repairs },
    ]);
  }) as unknown as Sql['query'];
  const heard: (readonly Repair[] | null)[] = [];
  const marks = new TierMarks(query, clock, 'own', (repairs) => heard.push(repairs));
  /** Asks once what is known is too old, and gives back what was told. */
  const hear = async () => {
    clock.advance(2000);
    await marks.get();
    return heard.pop();
  };
  return { clock, database, marks, hear };
}

describe('TierMarks', () => {
  it('asks once for all that want to know, at most every two seconds', async () => {
    const { clock, database, marks } = setUp();
    await Promise.all([marks.get(), marks.get()]);
    clock.advance(1999);
    await marks.get();
    expect(database.asked).toBe(1);
    clock.advance(1);
    await marks.get();
    expect(database.asked).toBe(2);
  });

  it('takes no minute for rolled up that is open, or that a writer is still in', async () => {
    const { clock, database, marks } = setUp();
    const open = Date.parse('2026-01-01T12:00:00.000Z');
    expect(await marks.get()).toEqual({ minutes: open, hours: -Infinity, days: -Infinity });
    for (const [minutes, expected] of [
      [open - 120_000, open - 120_000],
      [open + 600_000, open],
    ] as const) {
      database.minutes = minutes;
      clock.advance(2000);
      expect((await marks.get()).minutes).toBe(expected);
    }
  });

  it('tells each repair once, also one that was noted early and committed late', async () => {
    const { database, hear } = setUp();
    database.repairs = [1, 3];
    expect(await hear()).toEqual([
      { metric: 'm1', fromMs: 1, toMs: 2 },
      { metric: 'm3', fromMs: 3, toMs: 4 },
    ]);
    expect(await hear()).toEqual([]);
    database.repairs = [1, 2, 3];
    expect(await hear()).toEqual([{ metric: 'm2', fromMs: 2, toMs: 3 }]);
  });

  it('says when there may be more repairs than it was told', async () => {
    const { database, hear } = setUp();
    database.repairs = Array.from({ length: 999 }, (_, id) => id + 1);
    expect(await hear()).toHaveLength(999);
    // Some are known; others before them may have been left out.
    database.repairs = Array.from({ length: 1000 }, (_, id) => id + 900);
    expect(await hear()).toBeNull();
  });
});
