import type { EntityManager } from 'typeorm';
import type { Partitions } from '../store/partitions.ts';
import type { Sql } from '../store/sql.ts';
import { TIER_MS, windowStart, type StoredKind, type Tier } from '../store/tiers.ts';
import { ROLLUP_LOCK } from './rollup-rows.ts';
import { insertSummed, SUMMED, type SummedRow } from './summed-rows.ts';

/** Series that are summed up at a time: between two lots the process does other things. */
const SERIES_AT_ONCE = 500;
/** Windows that one run sums up at most, each in a transaction of its own. */
const MAX_WINDOWS = 200;

const FINER: Record<'1h' | '1d', Tier> = { '1h': '1m', '1d': '1h' };

/** Sums up minutes to hours and hours to days, once all writers are past them. One process does it at a time. */
export class TierRoller {
  constructor(
    private readonly sql: () => Sql,
    private readonly partitions: Record<StoredKind, Partitions>,
    /** Told how many rows lost their sketch because it was damaged. */
    private readonly onDamaged: (rows: number) => void = () => undefined,
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
    let damaged = 0;
    const more = await this.sql().transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [ROLLUP_LOCK]);
      // Another process may have been first, or a writer have begun whose clock is behind.
      if (windowStart(await this.completeTo(tier, now, manager), TIER_MS[tier]) < next + TIER_MS[tier]) {
        return false;
      }
      if ((await this.nextWindow(tier, limit, manager)) !== next) return true;
      let last = -1;
      for (;;) {
        const rows = await this.read(manager, FINER[tier], next, next + TIER_MS[tier], last);
        if (rows.length > 0) {
          damaged += await insertSummed(
            manager,
            tier,
            rows,
            rows.map(() => next),
          );
        }
        if (rows.length < SERIES_AT_ONCE) break;
        last = rows.at(-1)?.series_id ?? last;
      }
      await manager.query('update fleetdeck.metric_tier set rolled_to = $2::timestamptz where tier = $1', [
        tier,
        new Date(next + TIER_MS[tier]).toISOString(),
      ]);
      return true;
    });
    if (damaged > 0) this.onDamaged(damaged);
    return more;
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
      `select ${SUMMED} from fleetdeck.metric_rollup_${finer} r
       where r.at >= $1::timestamptz and r.at < $2::timestamptz and r.series_id > $3
       group by r.series_id order by r.series_id limit ${SERIES_AT_ONCE}`,
      [new Date(from).toISOString(), new Date(to).toISOString(), after],
    );
  }
}
