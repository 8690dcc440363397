import type { Partitions } from '../store/partitions.ts';
import { doubleArray, integerArray } from '../store/array-parameters.ts';
import { seenSince } from '../store/series-store.ts';
import type { Sql } from '../store/sql.ts';
import { HOUR_MS, TIER_MS, windowStart, type StoredKind, type Tier } from '../store/tiers.ts';
import { ROLLUP_LOCK } from './rollup-rows.ts';
import { insertSummed, SUMMED, type SummedRow } from './summed-rows.ts';

/** Windows that become one row each in one transaction: whoever adds roll-ups waits for it. */
const WINDOWS_AT_ONCE = 500;
/** Transactions of one run; what is left is done in the next one. */
const MAX_BATCHES = 100;
/** How much of the minutes is looked through at a time, in milliseconds. */
const STEP_MS = HOUR_MS;
const MAX_REPAIRS = 1000;

interface Span {
  tier: Tier;
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  /** Only series of this metric; of all with `null`. */
  metric: string | null;
}

interface Places {
  ids: number[];
  at: number[];
}

/**
 * Makes one row of the several that nodes, writes and late points leave of one series in one window. Only of windows
 * that every writer is past: those of minutes as they close, those of every tier that late points repaired. All in one
 * transaction, under the lock that nobody can add rows beside, so that a crash leaves it all undone and two at once do
 * it once.
 */
export class Compactor {
  private lastRepair = '0';
  private batches = 0;

  constructor(
    private readonly sql: () => Sql,
    private readonly partitions: Record<StoredKind, Partitions>,
    /** Told how many rows lost their sketch because it was damaged. */
    private readonly onDamaged: (rows: number) => void = () => undefined,
  ) {}

  /** Does what is due. @param now nothing that ends after it is over */
  async run(now: number): Promise<void> {
    this.batches = 0;
    const limit = await this.closedTo(now);
    await this.compactMinutes(limit);
    await this.compactRepaired(limit);
  }

  private async compactMinutes(limit: number): Promise<void> {
    let from = await this.compactedTo();
    while (from < limit) {
      const to = Math.min(windowStart(from, STEP_MS) + STEP_MS, limit);
      if (!(await this.compact({ tier: '1m', fromMs: from, toMs: to, metric: null }))) return;
      await this.sql().query(
        `update fleetdeck.metric_tier set rolled_to = $1::timestamptz
         where tier = '1m' and (rolled_to is null or rolled_to < $1::timestamptz)`,
        [new Date(to).toISOString()],
      );
      from = to;
    }
  }

  /** Late points add rows behind the mark; each process notes where. */
  private async compactRepaired(limit: number): Promise<void> {
    const repairs = await this.sql().query<{ id: string; metric: string; from_ms: number; to_ms: number }[]>(
      `select id, metric, (extract(epoch from from_at) * 1000)::double precision as from_ms,
         (extract(epoch from to_at) * 1000)::double precision as to_ms
       from fleetdeck.metric_repair where id > $1::bigint order by id limit ${MAX_REPAIRS}`,
      [this.lastRepair],
    );
    const spans = new Map<string, { fromMs: number; toMs: number }>();
    for (const { metric, from_ms: fromMs, to_ms: toMs } of repairs) {
      const known = spans.get(metric);
      spans.set(metric, {
        fromMs: Math.min(fromMs, known?.fromMs ?? fromMs),
        toMs: Math.max(toMs, known?.toMs ?? toMs),
      });
    }
    for (const tier of ['1m', '1h', '1d'] as const) {
      for (const [metric, { fromMs, toMs }] of spans) {
        const from = windowStart(fromMs, TIER_MS[tier]);
        const to = Math.min(windowStart(toMs, TIER_MS[tier]) + TIER_MS[tier], limit);
        if (!(await this.compact({ tier, fromMs: from, toMs: to, metric }))) return;
      }
    }
    this.lastRepair = repairs.at(-1)?.id ?? this.lastRepair;
  }

  /** Compacts what there is in a span. Gives back whether all of it is, which takes more than one run when it is much. */
  private async compact(span: Span): Promise<boolean> {
    let after = 0;
    for (;;) {
      const places = await this.find(span, after);
      if (places.ids.length === 0) return true;
      if (this.batches >= MAX_BATCHES) return false;
      this.batches += 1;
      await this.merge(span.tier, places);
      if (places.ids.length < WINDOWS_AT_ONCE) return true;
      // What was found of the last series may not be all of it.
      after = places.ids.at(-1) ?? after;
    }
  }

  /**
   * Windows of several rows, series by series: an index answers, however much there is of other times, and of series
   * that were silent since before nothing is read.
   */
  private async find({ tier, fromMs, toMs, metric }: Span, after: number): Promise<Places> {
    const rows = await this.sql().query<{ series_id: number; at_ms: number }[]>(
      `select s.id as series_id, (extract(epoch from d.at) * 1000)::double precision as at_ms
       from fleetdeck.metric_series s cross join lateral (
         select r.at from fleetdeck.metric_rollup_${tier} r
         where r.series_id = s.id and r.at >= $1::timestamptz and r.at < $2::timestamptz
         group by r.at having count(*) > 1
       ) d where s.id >= $3 and ($4::text is null or s.metric = $4) and s.last_seen_at >= $5::timestamptz order by s.id limit ${WINDOWS_AT_ONCE}`,
      [
        new Date(fromMs).toISOString(),
        new Date(toMs).toISOString(),
        after,
        metric,
        new Date(seenSince(fromMs)).toISOString(),
      ],
    );
    return { ids: rows.map((row) => row.series_id), at: rows.map((row) => row.at_ms) };
  }

  private async merge(tier: Tier, found: Places): Promise<void> {
    let damaged = 0;
    await this.sql().transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [ROLLUP_LOCK]);
      // Read anew: another process may have been first.
      const rows = await manager.query<(SummedRow & { at_ms: number })[]>(
        `select ${SUMMED}, (extract(epoch from r.at) * 1000)::double precision as at_ms
         from unnest($1::integer[], $2::double precision[]) as p (series_id, at_ms)
           join fleetdeck.metric_rollup_${tier} r on r.series_id = p.series_id and r.at = to_timestamp(p.at_ms / 1000)
         group by r.series_id, r.at having count(*) > 1`,
        [integerArray(found.ids), doubleArray(found.at)],
      );
      if (rows.length === 0) return;
      const at = rows.map((row) => row.at_ms);
      await manager.query(
        `delete from fleetdeck.metric_rollup_${tier} r
         using unnest($1::integer[], $2::double precision[]) as p (series_id, at_ms)
         where r.series_id = p.series_id and r.at = to_timestamp(p.at_ms / 1000)`,
        [integerArray(rows.map((row) => row.series_id)), doubleArray(at)],
      );
      damaged = await insertSummed(manager, tier, rows, at);
    });
    if (damaged > 0) this.onDamaged(damaged);
  }

  /** Up to where no writer adds to minutes any more, but for late points. */
  private async closedTo(now: number): Promise<number> {
    const [row] = await this.sql().query<{ ms: number | null }[]>(
      `select (extract(epoch from min(rolled_to)) * 1000)::double precision as ms
       from fleetdeck.metric_writer where not ended`,
    );
    return windowStart(Math.min(row?.ms ?? now, now), TIER_MS['1m']);
  }

  private async compactedTo(): Promise<number> {
    const [row] = await this.sql().query<{ ms: number | null }[]>(
      `select (extract(epoch from rolled_to) * 1000)::double precision as ms
       from fleetdeck.metric_tier where tier = '1m'`,
    );
    if (row?.ms != null) return row.ms;
    const [oldest] = await this.partitions['1m'].list();
    return oldest?.startMs ?? Infinity;
  }
}
