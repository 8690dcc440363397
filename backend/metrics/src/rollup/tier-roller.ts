import type { EntityManager } from 'typeorm';
import { Sketch } from '../sketch/sketch.ts';
import { Slices } from '../slices.ts';
import type { Partitions } from '../store/partitions.ts';
import { byteaArray, nullableArray, numberArray, type Sql } from '../store/sql.ts';
import { TIER_MS, windowStart, type StoredKind, type Tier } from '../store/tiers.ts';
import { ROLLUP_LOCK } from './rollup-rows.ts';

/** Series that are summed up at a time: between two lots the process does other things. */
const SERIES_AT_ONCE = 500;
/** Windows that one run sums up at most, each in a transaction of its own. */
const MAX_WINDOWS = 200;

interface SummedRow {
  series_id: number;
  points: string;
  sum: number;
  min: number;
  max: number;
  last_value: number;
  last_ms: number;
  increase: number | null;
  increase_ms: number | null;
  sketches: Buffer | null;
}

const FINER: Record<'1h' | '1d', Tier> = { '1h': '1m', '1d': '1h' };

/** Sums up minutes to hours and hours to days, once all writers are past them. One process does it at a time. */
export class TierRoller {
  constructor(
    private readonly sql: () => Sql,
    private readonly partitions: Record<StoredKind, Partitions>,
  ) {}

  /** Sums up what is complete. @param now no window that ends after it is complete */
  async run(now: number): Promise<void> {
    for (const tier of ['1h', '1d'] as const) {
      for (let windows = 0; windows < MAX_WINDOWS; windows += 1) {
        if (!(await this.rollNext(tier, now))) break;
      }
    }
  }

  /** Sums up the next window of a tier. Gives back whether there may be another one. */
  private async rollNext(tier: '1h' | '1d', now: number): Promise<boolean> {
    const limit = windowStart(await this.completeTo(tier, now), TIER_MS[tier]);
    const next = await this.nextWindow(tier, limit);
    if (next === null) return false;
    await this.partitions[tier].ensure([next]);
    return this.sql().transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [ROLLUP_LOCK]);
      // Another process may have been first, or a writer have begun whose clock is behind.
      if (windowStart(await this.completeTo(tier, now, manager), TIER_MS[tier]) < next + TIER_MS[tier]) {
        return false;
      }
      if ((await this.nextWindow(tier, limit, manager)) !== next) return true;
      let last = -1;
      for (;;) {
        const rows = await this.read(manager, FINER[tier], next, next + TIER_MS[tier], last);
        if (rows.length > 0) await this.write(manager, tier, next, rows);
        if (rows.length < SERIES_AT_ONCE) break;
        last = rows.at(-1)?.series_id ?? last;
      }
      await manager.query('update fleetdeck.metric_tier set rolled_to = $2::timestamptz where tier = $1', [
        tier,
        new Date(next + TIER_MS[tier]).toISOString(),
      ]);
      return true;
    });
  }

  /** Up to where the finer tier is complete. */
  private async completeTo(
    tier: '1h' | '1d',
    now: number,
    sql: Pick<Sql, 'query'> = this.sql(),
  ): Promise<number> {
    const [row] = await sql.query<{ ms: number | null }[]>(
      tier === '1h'
        ? `select (extract(epoch from min(rolled_to)) * 1000)::double precision as ms
           from fleetdeck.metric_writer where not ended`
        : `select coalesce(extract(epoch from rolled_to) * 1000, 0)::double precision as ms
           from fleetdeck.metric_tier where tier = '1h'`,
    );
    return Math.min(row?.ms ?? now, now);
  }

  /** The next window that holds something; `null` when there is none before the limit. */
  private async nextWindow(
    tier: '1h' | '1d',
    limit: number,
    sql: Pick<Sql, 'query'> = this.sql(),
  ): Promise<number | null> {
    const [row] = await sql.query<{ ms: number | null }[]>(
      `select (extract(epoch from min(r.at)) * 1000)::double precision as ms
       from fleetdeck.metric_rollup_${FINER[tier]} r
       where r.at >= coalesce((select rolled_to from fleetdeck.metric_tier where tier = $1), '-infinity')
         and r.at < $2::timestamptz`,
      [tier, new Date(limit).toISOString()],
    );
    return row?.ms == null ? null : windowStart(row.ms, TIER_MS[tier]);
  }

  private read(
    sql: EntityManager,
    finer: Tier,
    from: number,
    to: number,
    after: number,
  ): Promise<SummedRow[]> {
    return sql.query<SummedRow[]>(
      `select series_id, sum(points) as points, sum(sum) as sum, min(min) as min, max(max) as max,
         (array_agg(last_value order by last_at desc, last_value desc))[1] as last_value,
         (extract(epoch from max(last_at)) * 1000)::double precision as last_ms,
         sum(increase) as increase, sum(increase_ms) as increase_ms, string_agg(sketch, ''::bytea) as sketches
       from fleetdeck.metric_rollup_${finer}
       where at >= $1::timestamptz and at < $2::timestamptz and series_id > $3
       group by series_id order by series_id limit ${SERIES_AT_ONCE}`,
      [new Date(from).toISOString(), new Date(to).toISOString(), after],
    );
  }

  private async write(sql: EntityManager, tier: Tier, at: number, rows: SummedRow[]): Promise<void> {
    const sketches = await mergedSketches(rows);
    await sql.query(
      `insert into fleetdeck.metric_rollup_${tier}
         (series_id, points, at, sum, min, max, last_value, last_at, increase, increase_ms, sketch)
       select series_id, points, $1::timestamptz, sum, min, max, last_value, to_timestamp(last_ms / 1000), increase,
         increase_ms, sketch
       from unnest($2::integer[], $3::bigint[], $4::double precision[], $5::double precision[],
         $6::double precision[], $7::double precision[], $8::double precision[], $9::double precision[],
         $10::double precision[], $11::bytea[])
         as r (series_id, points, sum, min, max, last_value, last_ms, increase, increase_ms, sketch)`,
      [
        new Date(at).toISOString(),
        numberArray(rows.map((row) => row.series_id)),
        numberArray(rows.map((row) => Number(row.points))),
        numberArray(rows.map((row) => row.sum)),
        numberArray(rows.map((row) => row.min)),
        numberArray(rows.map((row) => row.max)),
        numberArray(rows.map((row) => row.last_value)),
        numberArray(rows.map((row) => row.last_ms)),
        nullableArray(rows.map((row) => row.increase)),
        nullableArray(rows.map((row) => row.increase_ms)),
        byteaArray(sketches),
      ],
    );
  }
}

/** The sketches of each row in one. A metric of a thousand series has 60,000 of them in an hour. */
async function mergedSketches(rows: readonly SummedRow[]): Promise<(Uint8Array | null)[]> {
  const slices = new Slices();
  const sketch = new Sketch();
  const merged: (Uint8Array | null)[] = [];
  for (const { sketches } of rows) {
    if (sketches === null) {
      merged.push(null);
      continue;
    }
    sketch.clear();
    await sketch.mergeInSlices(sketches, slices);
    merged.push(sketch.encode());
  }
  return merged;
}
