import { randomUUID } from 'node:crypto';
import { FleetdeckError, type Clock } from '@fleetdeck/kernel';
import type { PointBatch } from '../record/point-buffer.ts';
import type { Partitions } from './partitions.ts';
import type { SeriesStore } from './series-store.ts';
import { codeOf, COLLISIONS, NO_PARTITION, numberArray, type Sql } from './sql.ts';

const INSERT = `insert into fleetdeck.metric_point (series_id, at, value)
  select p.series_id, to_timestamp(p.at_ms / 1000), p.value
  from unnest($1::integer[], $2::double precision[], $3::double precision[]) as p (series_id, at_ms, value)`;

// The ticket and the points are one statement: a write whose answer was lost is not done twice.
const INSERT_ONCE = `with ticket as (
    insert into fleetdeck.metric_writer as w (id, batch, seen_at) values ($4, $5, $6::timestamptz)
    on conflict (id) do update set batch = excluded.batch, seen_at = excluded.seen_at where w.batch < excluded.batch
    returning 1
  ) ${INSERT} where exists (select from ticket)`;

/** Writes batches of points. */
export class PointWriter {
  private readonly id = randomUUID();

  constructor(
    private readonly sql: () => Sql,
    private readonly series: SeriesStore,
    private readonly partitions: Partitions,
    private readonly clock: Clock,
    /** Told how many points of a written batch went to an `other` series. */
    private readonly onOverflow: (count: number, example: string) => void,
  ) {}

  /** Writes a batch durably, a second time when it collided with another replica. Without a ticket: see {@link write}. */
  async writeNow(batch: PointBatch): Promise<void> {
    try {
      await this.write(batch, null);
    } catch (thrown) {
      if (!COLLISIONS.includes(codeOf(thrown))) throw thrown;
      await this.write(batch, null);
    }
  }

  /**
   * Writes a batch durably.
   * @param ticket increases with each batch; a batch of a ticket that was written is not written again. `null`
   *   writes in any case
   */
  async write(batch: PointBatch, ticket: number | null): Promise<void> {
    const now = this.clock.now();
    await this.series.resolve(batch.series, now);
    await this.partitions.ensure(batch.at);
    const points = [numberArray(batch.series.map(idOf)), numberArray(batch.at), numberArray(batch.values)];
    try {
      if (ticket === null) await this.sql().query(INSERT, points);
      else await this.sql().query(INSERT_ONCE, [...points, this.id, ticket, new Date(now).toISOString()]);
    } catch (thrown) {
      if (codeOf(thrown) === NO_PARTITION) this.partitions.forget();
      throw thrown;
    }
    const overflowed = batch.series.filter((each) => each.overflowed);
    if (overflowed[0]) this.onOverflow(overflowed.length, overflowed[0].metric.descriptor.name);
  }
}

function idOf(series: PointBatch['series'][number]): number {
  if (series.id !== null) return series.id;
  throw new FleetdeckError(
    'INTERNAL',
    `Series ${series.canonical} of ${series.metric.descriptor.name} has no id.`,
  );
}
