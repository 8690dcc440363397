import type { Partitions } from '../store/partitions.ts';
import type { Sql } from '../store/sql.ts';
import { HOUR_MS, TIER_MS, windowStart, type StoredKind } from '../store/tiers.ts';
import { addRows, ensureRowPartitions, ROLLUP_LOCK } from './rollup-rows.ts';
import { WindowTotals } from './window-totals.ts';

/** Silence after which a writer is taken for dead, in milliseconds. A living one is heard of every minute. */
export const WRITER_DEAD_MS = 150_000;
/** Points that are read at a time. */
const POINTS_AT_ONCE = 20_000;
/** How far back roll-ups may have to be made, in hours. */
const MAX_HOURS = 24 * 31;

interface PointRow {
  series_id: number;
  at_ms: number;
  value: number;
  increase: number | null;
  increase_ms: number | null;
  restarts: number | null;
  sketched: boolean;
}

/** Rolls up what writers that were killed had still open, from the points that they had written. */
export class DeadWriters {
  constructor(
    private readonly sql: () => Sql,
    private readonly partitions: Record<StoredKind, Partitions>,
  ) {}

  /** Does so for every writer that has been silent for too long. Gives back how many there were. */
  async recover(now: number): Promise<number> {
    const rows = await this.sql().query<{ id: string; rolled_ms: number }[]>(
      `select id, (extract(epoch from rolled_to) * 1000)::double precision as rolled_ms
       from fleetdeck.metric_writer where not ended and seen_at < $1::timestamptz limit 100`,
      [new Date(now - WRITER_DEAD_MS).toISOString()],
    );
    let recovered = 0;
    for (const { id, rolled_ms: rolledTo } of rows) {
      // Before the transaction, which would otherwise need a second connection.
      const hours = Math.min(MAX_HOURS, Math.ceil((now - rolledTo) / HOUR_MS) + 1);
      const times = Array.from(
        { length: hours },
        (_, hour) => windowStart(now, HOUR_MS) - (hour - 1) * HOUR_MS,
      );
      await ensureRowPartitions(this.partitions, times);
      if (await this.recoverOne(id, now)) recovered += 1;
    }
    return recovered;
  }

  private async recoverOne(id: string, now: number): Promise<boolean> {
    return this.sql().transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [ROLLUP_LOCK]);
      // A write that is under way is waited for; after this none of this writer can begin.
      const [writer] = await manager.query<{ number: number; rolled_ms: number }[]>(
        `select number, (extract(epoch from rolled_to) * 1000)::double precision as rolled_ms
         from fleetdeck.metric_writer where id = $1 and not ended and seen_at < $2::timestamptz for update`,
        [id, new Date(now - WRITER_DEAD_MS).toISOString()],
      );
      if (!writer) return false;
      let from = writer.rolled_ms;
      for (;;) {
        const [next] = await manager.query<{ ms: number | null }[]>(
          `select (extract(epoch from min(at)) * 1000)::double precision as ms from fleetdeck.metric_point
           where writer = $1 and at >= $2::timestamptz`,
          [writer.number, new Date(from).toISOString()],
        );
        if (next?.ms == null) break;
        const minute = windowStart(next.ms, TIER_MS['1m']);
        await this.rollUp(manager, writer.number, minute);
        from = minute + TIER_MS['1m'];
      }
      await manager.query(
        `update fleetdeck.metric_writer set ended = true, rolled_to = 'infinity' where id = $1`,
        [id],
      );
      return true;
    });
  }

  private async rollUp(sql: Pick<Sql, 'query'>, writer: number, minute: number): Promise<void> {
    const windows = new Map<number, WindowTotals>();
    for (let offset = 0; ; offset += POINTS_AT_ONCE) {
      const points = await sql.query<PointRow[]>(
        `select p.series_id, (extract(epoch from p.at) * 1000)::double precision as at_ms, p.value, p.increase,
           p.increase_ms, p.restarts, m.kind <> 'counter' as sketched
         from fleetdeck.metric_point p join fleetdeck.metric_series s on s.id = p.series_id
           join fleetdeck.metric m on m.name = s.metric
         where p.writer = $1 and p.at >= $2::timestamptz and p.at < $3::timestamptz
         order by p.series_id, p.at, p.value offset $4 limit $5`,
        [
          writer,
          new Date(minute).toISOString(),
          new Date(minute + TIER_MS['1m']).toISOString(),
          offset,
          POINTS_AT_ONCE,
        ],
      );
      for (const point of points) {
        let totals = windows.get(point.series_id);
        if (!totals) windows.set(point.series_id, (totals = new WindowTotals(point.sketched)));
        totals.add(point.value, point.at_ms, point.increase, point.increase_ms, point.restarts);
      }
      if (points.length < POINTS_AT_ONCE) break;
    }
    const rows = [...windows.entries()].map(([seriesId, totals]) => ({ seriesId, at: minute, totals }));
    await addRows(sql, rows);
  }
}
