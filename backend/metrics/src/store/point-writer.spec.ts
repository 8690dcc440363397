import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { MetricEntry } from '../registry/series.ts';
import { ManualTimers } from '../testing/manual-timers.ts';
import { PointWriter, type PointWriterParts } from './point-writer.ts';

const MINUTE = 60_000;
const settle = () => new Promise((resolve) => setImmediate(resolve));
const never = () => new Promise<never>(() => undefined);

function setUp() {
  const clock = new FakeClock('2026-01-02T12:00:00.000Z');
  const timers = new ManualTimers(clock);
  const metric = new MetricEntry(
    {
      ...{ name: 'level', kind: 'gauge', unit: '', help: '', labels: [] },
      ...{ expectedEveryMs: null, goodDirection: 'none' },
    },
    true,
    true,
  );
  const series = metric.seriesOf({}, 10);
  series.id = 1;
  /** Sessions that were begun and left, and roll-ups that were begun. */
  const seen = { begun: 0, left: 0, rollUps: 0 };
  /** What hangs instead of being answered. */
  const hangs = { points: false, rollUps: false, leaves: false, begins: false };
  const query = (statement: string): Promise<unknown> => {
    if (statement.includes('insert into fleetdeck.metric_writer')) {
      seen.begun += 1;
      return hangs.begins ? never() : Promise.resolve([{ number: seen.begun }]);
    }
    if (statement.includes(`seen_at = 'epoch'`)) {
      seen.left += 1;
      return hangs.leaves ? never() : Promise.resolve([]);
    }
    if (statement.includes('insert into fleetdeck.metric_point ') && hangs.points) return never();
    return Promise.resolve([{ done: true, rolled: true }]);
  };
  const transaction = (work: (manager: object) => Promise<unknown>): Promise<unknown> => {
    seen.rollUps += 1;
    return hangs.rollUps ? never() : work({ query });
  };
  const partition = { ensure: () => Promise.resolve() };
  const closed: number[] = [];
  const parts = {
    sql: () => ({ query, transaction }),
    series: { resolve: () => Promise.resolve() },
    partitions: { raw: partition, '1m': partition, '1h': partition, '1d': partition },
    clock,
    timers,
    rawRetentionMs: 60 * MINUTE,
    onOverflow: () => undefined,
    onClosed: (rows: readonly { totals: { points: number } }[]) =>
      closed.push(rows.reduce((sum, { totals }) => sum + totals.points, 0)),
    noteRepair: () => Promise.resolve(),
    onRepair: () => undefined,
  };
  const writer = new PointWriter(parts as unknown as PointWriterParts);
  const send = () => writer.writeNow({ series: [series], at: [clock.now()], values: [1] });
  /** One point, and the minute that it falls into is over and rolled up. Says how that failed, if it did. */
  const minute = async (): Promise<string | null> => {
    await send();
    timers.advance(MINUTE + 2000);
    const rolledUp = writer.rollUp().then(
      () => null,
      (thrown: unknown) => (thrown as Error).message,
    );
    await settle();
    timers.advance(10_000);
    await settle();
    return rolledUp;
  };
  return { timers, seen, hangs, closed, writer, send, minute };
}

describe('PointWriter', () => {
  it('waits once for a write that hangs, and leaves its session once', async () => {
    const { seen, hangs, closed, send, minute } = setUp();
    await minute();
    hangs.points = true;
    void send();
    await settle();
    hangs.points = false;
    for (let i = 0; i < 5; i += 1) await minute();
    expect(seen).toMatchObject({ begun: 2, left: 1 });
    expect(closed).toEqual([1, 1, 1, 1, 1]);
  });

  it('holds two connections at most for roll-ups that hang, and leaves what is open to the table', async () => {
    const { seen, hangs, closed, minute } = setUp();
    hangs.rollUps = true;
    expect(await minute()).toBe('no answer within 10 s');
    expect(await minute()).toContain('an earlier roll-up got no answer');
    expect(seen).toMatchObject({ rollUps: 1, left: 2 });
    for (let i = 0; i < 30; i += 1) await minute();
    expect(seen).toMatchObject({ rollUps: 2, left: 32 });
    expect(closed).toEqual([]);
  });

  it('holds few connections for telling that it left', async () => {
    const { seen, hangs, minute } = setUp();
    hangs.rollUps = true;
    hangs.leaves = true;
    for (let i = 0; i < 60; i += 1) await minute();
    expect(seen.left).toBeLessThanOrEqual(4);
  });

  it('holds few connections for sessions that cannot begin', async () => {
    const { timers, seen, hangs, send } = setUp();
    hangs.begins = true;
    for (let i = 0; i < 200; i += 1) {
      const outcome = expect(send()).rejects.toThrow();
      await settle();
      timers.advance(10_000);
      await outcome;
    }
    expect(seen.begun).toBe(6);
  });
});
