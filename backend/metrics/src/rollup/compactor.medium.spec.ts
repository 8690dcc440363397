import { beforeEach, describe, expect, it } from '@jest/globals';
import type { MetricAggregation } from '@fleetdeck/dto';
import type { Lease } from '@fleetdeck/kernel';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { Partitions } from '../store/partitions.ts';
import { STORED_KINDS, TABLES, type StoredKind } from '../store/tiers.ts';
import { SpiedSql, type MetricsApp } from '../testing/metrics-app.ts';
import { until, useMetricsSuite } from '../testing/metrics-suite.ts';
import { Compactor } from './compactor.ts';
import { ROLLUP_LOCK } from './rollup-rows.ts';

const NOON = Date.parse('2026-01-02T12:00:00.000Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const iso = (ms: number) => new Date(ms).toISOString();

const suite = useMetricsSuite();
let clock: FakeClock;
let nodes: MetricsApp[];
/** Lets a node look after the tables, in the order of `nodes`: without it only what a test does itself compacts. */
let grants: (() => void)[];

beforeEach(async () => {
  clock = new FakeClock(iso(NOON));
  grants = [];
  const lease: Lease = {
    hold: (_name, work, stop) =>
      new Promise((resolve, reject) => {
        grants.push(() => void work(stop, 1).then(resolve, reject));
        stop.addEventListener('abort', () => resolve());
      }),
  };
  const start = () =>
    suite.start(
      {
        metrics: [
          { name: 'took', kind: 'distribution', labels: ['host'] },
          { name: 'jobs', kind: 'counter', labels: ['host'] },
        ],
        maxCachedAnswers: 0,
      },
      { clock, lease },
    );
  nodes = [await start(), await start()];
});

function makeCompactor() {
  const sql = new SpiedSql(suite.database.dataSource);
  const made = STORED_KINDS.map((kind) => [kind, new Partitions(() => sql, TABLES[kind])] as const);
  return {
    sql,
    compactor: new Compactor(() => sql, Object.fromEntries(made) as Record<StoredKind, Partitions>),
  };
}

/** How many rows each window has, and how many points are in all of them. */
async function rowsOf(tier = '1m') {
  const rows = await suite.database.dataSource.query<{ rows: number; points: number }[]>(
    `select count(*)::integer as rows, sum(points)::integer as points from fleetdeck.metric_rollup_${tier}
     group by series_id, at order by series_id, at`,
  );
  return rows.map(({ rows: each, points }) => [each, points]);
}

/** Both nodes record the same two series for two minutes, and roll them up. */
async function recordTwice() {
  for (let minute = 0; minute < 2; minute += 1) {
    for (const [i, { aggregator }] of nodes.entries()) {
      for (let n = 0; n < 40; n += 1) aggregator.record('took', 1 + n * 10 + i * 3 + minute, { host: 'a' });
      aggregator.increment('jobs', 5 + i, { host: 'a' });
      await aggregator.getMetrics({ metricName: 'took', timeWindow: '1m', aggregation: 'count' });
    }
    clock.advance(MINUTE);
  }
  clock.advance(5000);
  for (const { timers } of nodes) timers.advance(1000);
  await until(async () => (await rowsOf()).flat().length === 8 && (await isClosed()));
}

async function isClosed(): Promise<boolean> {
  const [row] = await suite.database.dataSource.query<{ closed: boolean }[]>(
    `select min(rolled_to) >= $1::timestamptz as closed from fleetdeck.metric_writer where not ended`,
    [iso(NOON + 2 * MINUTE)],
  );
  return row?.closed === true;
}

async function isLockWaitedFor(): Promise<boolean> {
  const rows = await suite.database.dataSource.query<unknown[]>(
    `select from pg_locks where locktype = 'advisory' and not granted and objid = $1
       and database = (select oid from pg_database where datname = current_database())`,
    [ROLLUP_LOCK],
  );
  return rows.length > 0;
}

async function answers() {
  clock.advance(2000);
  const ask = async (metricName: string, aggregation: MetricAggregation[]) =>
    (
      await (nodes[0] as MetricsApp).aggregator.getMetrics({
        metricName,
        aggregation,
        timeWindow: '1m',
        from: iso(NOON),
        to: iso(NOON + 2 * MINUTE),
      })
    ).map(({ points }) => points);
  return [
    await ask('took', ['count', 'sum', 'avg', 'min', 'max', 'last', 'p50', 'p95', 'p99', 'ratePerSecond']),
    await ask('jobs', ['count', 'last', 'ratePerMinute']),
  ];
}

describe('minutes that two nodes wrote', () => {
  it('become one row a series, and every answer stays what it was', async () => {
    await recordTwice();
    expect(await rowsOf()).toEqual([
      [2, 80],
      [2, 80],
      [2, 2],
      [2, 2],
    ]);
    const before = await answers();
    expect(before[0]?.[0]).toMatchObject([{ value: 80 }, { value: 80 }]);
    await makeCompactor().compactor.run(clock.now());
    expect(await rowsOf()).toEqual([
      [1, 80],
      [1, 80],
      [1, 2],
      [1, 2],
    ]);
    expect(await answers()).toEqual(before);
    // The single points are not what answers.
    await suite.database.dataSource.query('delete from fleetdeck.metric_point');
    expect(await answers()).toEqual(before);
  });

  it('are looked for in no series that was silent since long before, however long it is kept', async () => {
    await recordTwice();
    await suite.database.dataSource.query(
      `update fleetdeck.metric_series set last_seen_at = '${iso(NOON - 4 * HOUR)}' where metric = 'took'`,
    );
    await makeCompactor().compactor.run(clock.now());
    // It cannot have rows of this hour: that they are left alone shows that it is not read.
    expect(await rowsOf()).toEqual([
      [2, 80],
      [2, 80],
      [1, 2],
      [1, 2],
    ]);
  });

  it('are left alone while one of the nodes may still add to them', async () => {
    await recordTwice();
    await suite.database.dataSource.query(
      `update fleetdeck.metric_writer set rolled_to = $1::timestamptz
       where id = (select id from fleetdeck.metric_writer order by number limit 1)`,
      [iso(NOON + MINUTE)],
    );
    await makeCompactor().compactor.run(clock.now());
    expect((await rowsOf()).map(([rows]) => rows)).toEqual([1, 2, 1, 2]);
  });

  it('are compacted in the background, by the node that holds the lease', async () => {
    await recordTwice();
    grants[0]?.();
    await until(async () => {
      for (const { timers } of nodes) timers.advance(MINUTE);
      return (await rowsOf()).every(([rows]) => rows === 1);
    });
    // Counters that stand still say so: their later minutes follow.
    expect((await rowsOf()).slice(0, 4).map(([, points]) => points)).toEqual([80, 80, 2, 2]);
  });

  it('are compacted once when two do it at the same time', async () => {
    await recordTwice();
    const before = await answers();
    const two = [makeCompactor(), makeCompactor()];
    await Promise.all(two.map(({ compactor }) => compactor.run(clock.now())));
    expect((await rowsOf()).flat()).toEqual([1, 80, 1, 80, 1, 2, 1, 2]);
    expect(await answers()).toEqual(before);
  });

  it('are as before when it breaks off half way, and are compacted the next time', async () => {
    await recordTwice();
    const before = await answers();
    const { sql, compactor } = makeCompactor();
    let deleted = 0;
    sql.beforeStatement = (statement) => {
      if (statement.includes('delete from fleetdeck.metric_rollup_1m')) deleted += 1;
      if (deleted === 1 && statement.includes('insert into fleetdeck.metric_rollup_1m')) {
        throw Object.assign(new Error('terminating connection'), { code: '57P01' });
      }
    };
    await expect(compactor.run(clock.now())).rejects.toThrow('terminating connection');
    expect(deleted).toBe(1);
    expect((await rowsOf()).flat()).toEqual([2, 80, 2, 80, 2, 2, 2, 2]);
    expect(await answers()).toEqual(before);
    await compactor.run(clock.now());
    expect((await rowsOf()).flat()).toEqual([1, 80, 1, 80, 1, 2, 1, 2]);
    expect(await answers()).toEqual(before);
  });

  it('take a late point once, while they are compacted and after it', async () => {
    await recordTwice();
    const { sql, compactor } = makeCompactor();
    const late = (value: number) =>
      (nodes[1] as MetricsApp).aggregator.addPoints([
        { name: 'took', value, labels: { host: 'a' }, at: iso(NOON + 30_000) },
      ]);
    // It comes when the rows were read and not deleted yet, and has to wait for the lock.
    const sent: Promise<unknown>[] = [];
    let outcome = 'none';
    sql.beforeStatement = async (statement) => {
      if (!statement.includes('delete from fleetdeck.metric_rollup_1m') || sent.length > 0) return;
      sent.push(late(7777).then(() => (outcome = outcome === 'none' ? 'written' : outcome)));
      await until(async () => {
        if (outcome === 'none' && (await isLockWaitedFor())) outcome = 'waits';
        return outcome !== 'none';
      });
    };
    await compactor.run(clock.now());
    expect(outcome).toBe('waits');
    await Promise.all(sent);
    expect((await rowsOf())[0]).toEqual([2, 81]);
    await late(8888);
    expect((await rowsOf())[0]).toEqual([3, 82]);
    const before = await answers();
    expect(before[0]?.[0]?.[0]?.value).toBe(82);
    expect(before[0]?.[4]?.[0]?.value).toBe(8888);
    await until(async () => {
      await compactor.run(clock.now());
      return (await rowsOf())[0]?.[0] === 1;
    });
    expect((await rowsOf())[0]).toEqual([1, 82]);
    expect(await answers()).toEqual(before);
  });
});

describe('hours', () => {
  it('that late points repaired become one row again', async () => {
    await recordTwice();
    const [node] = nodes as [MetricsApp, MetricsApp];
    grants[0]?.();
    clock.advance(HOUR);
    await until(async () => {
      for (const { timers } of nodes) timers.advance(MINUTE);
      return (await rowsOf('1h')).length === 2;
    });
    for (const value of [1, 2]) {
      await node.aggregator.addPoints([{ name: 'took', value, labels: { host: 'a' }, at: iso(NOON + 1000) }]);
    }
    expect((await rowsOf('1h'))[0]).toEqual([3, 162]);
    const { compactor } = makeCompactor();
    await until(async () => {
      await compactor.run(clock.now());
      return (await rowsOf('1h'))[0]?.[0] === 1;
    });
    expect((await rowsOf('1h'))[0]).toEqual([1, 162]);
  });
});
