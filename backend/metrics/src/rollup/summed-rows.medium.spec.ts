import { expect, it } from '@jest/globals';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { Sketch } from '../sketch/sketch.ts';
import { Partitions } from '../store/partitions.ts';
import { STORED_KINDS, TABLES, type StoredKind } from '../store/tiers.ts';
import { useMetricsSuite } from '../testing/metrics-suite.ts';
import { Compactor } from './compactor.ts';
import { TierRoller } from './tier-roller.ts';

const NOON = Date.parse('2026-01-02T12:00:00.000Z');
const MINUTE = 60_000;
const HUGE = 1.7e308;

const suite = useMetricsSuite();

interface Minute {
  sum: number;
  increase?: number;
  sketch?: Uint8Array;
}

/** Puts rows of minutes into the table: those of one series side by side, or all into its first minute. */
async function putMinutes(series: Record<string, Minute[]>, sameMinute = false): Promise<void> {
  const { dataSource } = suite.database;
  for (const [host, minutes] of Object.entries(series)) {
    const [made] = await dataSource.query<{ id: number }[]>(
      `insert into fleetdeck.metric_series (metric, labels, labels_hash, last_seen_at)
       values ('took', jsonb_build_object('host', $1::text), $1, now()) returning id`,
      [host],
    );
    for (const [i, { sum, increase, sketch }] of minutes.entries()) {
      await dataSource.query(
        `insert into fleetdeck.metric_rollup_1m
           (series_id, points, at, sum, min, max, last_value, last_at, increase, increase_ms, sketch)
         values ($1, 1, $2, $3::double precision, 0, 1, 1, $2, $4::double precision, 1000, $5)`,
        [
          made?.id,
          new Date(NOON + (sameMinute ? 0 : i * MINUTE)).toISOString(),
          String(sum),
          increase === undefined ? null : String(increase),
          sketch ? Buffer.from(sketch) : null,
        ],
      );
    }
  }
}

async function readTier(tier: string) {
  const rows = await suite.database.dataSource.query<
    { host: string; points: string; sum: number; increase: number | null; sketch: Buffer | null }[]
  >(
    `select s.labels->>'host' as host, r.points, r.sum, r.increase, r.sketch
     from fleetdeck.metric_rollup_${tier} r join fleetdeck.metric_series s on s.id = r.series_id order by 1`,
  );
  return Object.fromEntries(
    rows.map(({ host, points, sum, increase, sketch }) => [
      host,
      { points: Number(points), sum, increase, p50: sketch && Sketch.decode(sketch).quantile(0.5) },
    ]),
  );
}

async function setUp() {
  await suite.start(
    { metrics: [{ name: 'took', kind: 'distribution', labels: ['host'] }] },
    {
      clock: new FakeClock(new Date(NOON).toISOString()),
    },
  );
  const sql = () => suite.database.dataSource;
  const made = STORED_KINDS.map((kind) => [kind, new Partitions(sql, TABLES[kind])] as const);
  const partitions = Object.fromEntries(made) as Record<StoredKind, Partitions>;
  let damaged = 0;
  const onDamaged = (count: number) => void (damaged += count);
  return {
    roller: new TierRoller(sql, partitions, onDamaged),
    compactor: new Compactor(sql, partitions, onDamaged),
    damaged: () => damaged,
  };
}

it('sums that a 64 bit float cannot hold become infinite in their own series and stop no other', async () => {
  const { roller } = await setUp();
  await putMinutes({
    both: [{ sum: HUGE }, { sum: -HUGE }, { sum: 5 }],
    exact: [{ sum: 0.1, increase: 1 }, { sum: 0.2 }, { sum: 5e-324, increase: 2 }],
    huge: [{ sum: HUGE, increase: HUGE }, { sum: HUGE, increase: HUGE }, { sum: -1 }],
    infinite: [{ sum: Infinity }, { sum: 1 }],
    low: [{ sum: -HUGE }, { sum: -HUGE }],
    single: [{ sum: HUGE }],
  });
  await roller.run(NOON + 36 * 60 * MINUTE);
  const hours = await readTier('1h');
  expect(hours).toEqual({
    both: { points: 3, sum: 5, increase: null, p50: null },
    exact: { points: 3, sum: 0.1 + 0.2, increase: 3, p50: null },
    huge: { points: 3, sum: Infinity, increase: Infinity, p50: null },
    infinite: { points: 2, sum: Infinity, increase: null, p50: null },
    low: { points: 2, sum: -Infinity, increase: null, p50: null },
    single: { points: 1, sum: HUGE, increase: null, p50: null },
  });
  // Days are summed up once an hour of the next one is there.
  await suite.database.dataSource.query(
    `update fleetdeck.metric_tier set rolled_to = '2026-01-03T00:00:00Z' where tier = '1h'`,
  );
  await roller.run(NOON + 36 * 60 * MINUTE);
  expect(await readTier('1d')).toEqual(hours);
});

it('a damaged sketch takes the percentiles of its own window and stops no other series', async () => {
  const { roller, compactor, damaged } = await setUp();
  const sketch = Sketch.of([7]).encode();
  const broken = sketch.slice(0, -1);
  await putMinutes(
    {
      broken: [
        { sum: 7, sketch: broken },
        { sum: 7, sketch },
      ],
      well: [
        { sum: 7, sketch },
        { sum: 7, sketch },
      ],
    },
    true,
  );
  await compactor.run(NOON + 10 * MINUTE);
  const expected = {
    broken: { points: 2, sum: 14, increase: null, p50: null },
    well: { points: 2, sum: 14, increase: null, p50: 7 },
  };
  expect(await readTier('1m')).toEqual(expected);
  await roller.run(NOON + 60 * MINUTE);
  expect(await readTier('1h')).toEqual(expected);
  expect(damaged()).toBe(1);
});
