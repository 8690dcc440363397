import type { EntityManager } from 'typeorm';
import type { MetricEntry, Series } from '../registry/series.ts';
import type { Sql } from './sql.ts';
import { HOUR_MS } from './tiers.ts';

/**
 * Silence after which a series may be forgotten, beyond the retention of its points, and a metric without one; in
 * milliseconds. What is in use is told every hour, so nothing goes that a process still writes to.
 */
const GRACE_MS = 3 * HOUR_MS;
/**
 * A series that was silent for longer no longer counts against the cap, though its roll-ups are still kept: pods come
 * and go. It is as long as Prometheus and Mimir hold one in memory, which is what their limits count.
 */
const ACTIVE_MS = 3 * HOUR_MS;
/**
 * By how much the note of when a series was last in use may be behind its newest point, in milliseconds: it is made
 * once an hour, points may be 5 minutes ahead, and the clocks of processes differ.
 */
const SEEN_BEHIND_MS = 3 * HOUR_MS;
/** Rows that are deleted at a time, and how many times in one run. */
const DELETED_AT_ONCE = 1000;
const MAX_DELETES = 20;
/** Series that are asked for at a time: a service that starts may have many thousand new ones. */
const SERIES_AT_ONCE = 500;

interface SeriesRow {
  id: number;
  metric: string;
  labels_hash: string;
}

/** The least `last_seen_at` of a series that may have a point at or after a time; both in milliseconds since the epoch. */
export function seenSince(fromMs: number): number {
  return fromMs - SEEN_BEHIND_MS;
}

/** The series that the database knows, with the cap on how many a metric may have. */
export class SeriesStore {
  /** How many times series were made here. */
  made = 0;

  constructor(
    private readonly sql: () => Sql,
    private readonly cap: number,
    /** Tells the database of metrics that it has forgotten, in the transaction that needs them. */
    private readonly declare: (manager: Pick<Sql, 'query'>, metrics: readonly MetricEntry[]) => Promise<void>,
  ) {}

  /**
   * Looks up, or creates, the ids of series. Each is told to the database again every hour, since one that nobody
   * used for longer than the retention is deleted.
   */
  async resolve(series: Iterable<Series>, now: number): Promise<void> {
    const stale = [...new Set(series)].filter((each) => each.id === null || now - each.seenAt > HOUR_MS);
    for (let from = 0; from < stale.length; from += SERIES_AT_ONCE) {
      await this.lookUp(stale.slice(from, from + SERIES_AT_ONCE), now);
    }
  }

  /**
   * Deletes series whose last point is gone for good, metrics that nobody declares and that have no series, and notes
   * of writers and repairs that nobody needs. What is locked is in use.
   */
  async forgetUnused(now: number, retentionMs: number): Promise<void> {
    await this.deleteInLots(
      `delete from fleetdeck.metric_series where id in (
         select id from fleetdeck.metric_series where last_seen_at < $1::timestamptz
         limit ${DELETED_AT_ONCE} for update skip locked)`,
      now - retentionMs - GRACE_MS,
    );
    await this.deleteInLots(
      `delete from fleetdeck.metric where name in (
         select m.name from fleetdeck.metric m where m.seen_at < $1::timestamptz
           and not exists (select from fleetdeck.metric_series s where s.metric = m.name)
         limit ${DELETED_AT_ONCE} for update of m skip locked)`,
      now - GRACE_MS,
    );
    await this.sql().query('delete from fleetdeck.metric_repair where noted_at < $1::timestamptz', [
      new Date(now - HOUR_MS).toISOString(),
    ]);
    await this.sql().query('delete from fleetdeck.metric_writer where ended and seen_at < $1::timestamptz', [
      new Date(now - 24 * HOUR_MS).toISOString(),
    ]);
  }

  private async deleteInLots(statement: string, before: number): Promise<void> {
    for (let i = 0; i < MAX_DELETES; i += 1) {
      const [, deleted] = await this.sql().query<[unknown[], number]>(statement, [
        new Date(before).toISOString(),
      ]);
      if (deleted < DELETED_AT_ONCE) return;
    }
  }

  private async lookUp(stale: readonly Series[], now: number): Promise<void> {
    const ids = await this.sql().transaction(async (manager) => {
      let known = await this.find(manager, stale, now);
      let missing = stale.filter((each) => !known.has(keyOf(each)));
      if (missing.length > 0) {
        // The metric's row is what replicas queue at, so that together they stay below the cap.
        const metrics = new Map(missing.map(({ metric }) => [metric.descriptor.name, metric]));
        const held = await manager.query<{ name: string }[]>(
          'select name from fleetdeck.metric where name = any($1) order by name for no key update',
          [[...metrics.keys()]],
        );
        for (const { name } of held) metrics.delete(name);
        if (metrics.size > 0) await this.declare(manager, [...metrics.values()]);
        known = await this.find(manager, stale, now);
        missing = stale.filter((each) => !known.has(keyOf(each)));
        await this.create(manager, missing, known, now);
      }
      return known;
    });
    if (stale.some((each) => each.id === null)) this.made += 1;
    // Only now: what a transaction that did not commit has created does not exist.
    for (const each of stale) {
      const own = ids.get(keyOf(each));
      each.id = own ?? ids.get(keyOf(each.metric.other)) ?? null;
      each.seenAt = now;
      each.overflowed = own === undefined || each === each.metric.other;
    }
  }

  private async find(
    manager: EntityManager,
    series: readonly Series[],
    now: number,
  ): Promise<Map<string, number>> {
    const wanted = series.flatMap((each) => [each, each.metric.other]);
    const rows = await manager.query<SeriesRow[]>(
      `with wanted as (
         select s.id from fleetdeck.metric_series s
         join (select distinct * from unnest($1::text[], $2::text[])) as w (metric, labels_hash)
           on s.metric = w.metric and s.labels_hash = w.labels_hash
         order by s.id for no key update of s
       ), seen as (
         update fleetdeck.metric_series s set last_seen_at = $3::timestamptz from wanted w where s.id = w.id
         returning s.id, s.metric, s.labels_hash
       )
       select id, metric, labels_hash from seen`,
      [
        wanted.map((each) => each.metric.descriptor.name),
        wanted.map((each) => each.hash),
        new Date(now).toISOString(),
      ],
    );
    return new Map(rows.map((row) => [`${row.metric} ${row.labels_hash}`, row.id]));
  }

  private async create(
    manager: EntityManager,
    missing: readonly Series[],
    known: Map<string, number>,
    now: number,
  ): Promise<void> {
    const metrics = [...new Set(missing.map((each) => each.metric))];
    const counts = await manager.query<{ metric: string; count: number }[]>(
      `select metric, count(*)::int as count from fleetdeck.metric_series
       where metric = any($1) and labels <> '{"other":"true"}'::jsonb and last_seen_at > $2::timestamptz
       group by metric`,
      [metrics.map((metric) => metric.descriptor.name), new Date(now - ACTIVE_MS).toISOString()],
    );
    const room = new Map(metrics.map((metric) => [metric.descriptor.name, this.cap]));
    for (const { metric, count } of counts) room.set(metric, this.cap - count);

    const wanted = new Map<string, Series>();
    for (const each of missing) {
      const name = each.metric.descriptor.name;
      const left = room.get(name) ?? 0;
      const isOther = each === each.metric.other;
      const chosen = left > 0 || isOther ? each : each.metric.other;
      if (!isOther) room.set(name, left - 1);
      if (!known.has(keyOf(chosen))) wanted.set(keyOf(chosen), chosen);
    }
    const chosen = [...wanted.values()];
    const rows = await manager.query<SeriesRow[]>(
      `insert into fleetdeck.metric_series (metric, labels, labels_hash, last_seen_at)
       select metric, labels::jsonb, labels_hash, $4::timestamptz
       from unnest($1::text[], $2::text[], $3::text[]) as w (metric, labels, labels_hash)
       on conflict (metric, labels_hash) do update set last_seen_at = excluded.last_seen_at
       returning id, metric, labels_hash`,
      [
        chosen.map((each) => each.metric.descriptor.name),
        chosen.map((each) => each.canonical),
        chosen.map((each) => each.hash),
        new Date(now).toISOString(),
      ],
    );
    for (const row of rows) known.set(`${row.metric} ${row.labels_hash}`, row.id);
  }
}

function keyOf(series: Series): string {
  return `${series.metric.descriptor.name} ${series.hash}`;
}
