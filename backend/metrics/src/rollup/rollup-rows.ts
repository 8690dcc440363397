import type { Partitions } from '../store/partitions.ts';
import { bytesArray, doubleArray, integerArray } from '../store/array-parameters.ts';
import type { Sql } from '../store/sql.ts';
import { TIER_MS, windowStart, type StoredKind, type Tier } from '../store/tiers.ts';
import type { WindowTotals } from './window-totals.ts';

/** One row of the minute tier. */
export interface RollupRow {
  readonly seriesId: number;
  /** Begin of the minute, in milliseconds since the epoch. */
  readonly at: number;
  readonly totals: WindowTotals;
}

/** Key of the advisory lock between those who add roll-ups (shared) and the one who sums them up: "flmr". */
export const ROLLUP_LOCK = 0x666c6d72;

const REST = 'sum, min, max, last_value, last_at, increase, increase_ms, sketch, restarts';
const COLUMNS = `series_id, points, at, ${REST}`;

/** Rows of one statement: to encode those of all series at once would hold up the process. */
const ROWS_AT_ONCE = 500;

/**
 * Adds rows of minutes, within a transaction that holds {@link ROLLUP_LOCK}. An hour or a day that is complete already
 * gets them as well, so that a late point repairs every tier: each tier may have many rows of one window, which reading
 * merges.
 */
export async function addRows(sql: Pick<Sql, 'query'>, rows: readonly RollupRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await sql.query(ADD_ROWS, rowParameters(rows.slice(from, from + ROWS_AT_ONCE)));
  }
}

const ADD_ROWS = addRowsStatement();

function addRowsStatement(): string {
  const tier = (name: Tier, width: string) => `, added_${name} as (
    insert into fleetdeck.metric_rollup_${name} (${COLUMNS})
    select series_id, points, date_bin('${width}', at, 'epoch'), ${REST} from added
    where date_bin('${width}', at, 'epoch') < (select rolled_to from fleetdeck.metric_tier where tier = '${name}')
  )`;
  return `with added as materialized (
    select series_id, points, to_timestamp(at_ms / 1000) as at, sum, min, max, last_value,
      to_timestamp(last_ms / 1000) as last_at, increase, increase_ms, sketch, restarts
    from unnest($1::integer[], $2::integer[], $3::double precision[], $4::double precision[], $5::double precision[],
      $6::double precision[], $7::double precision[], $8::double precision[], $9::double precision[],
      $10::double precision[], $11::bytea[], $12::integer[])
      as r (series_id, points, at_ms, sum, min, max, last_value, last_ms, increase, increase_ms, sketch, restarts)
  )${tier('1h', '1 hour')}${tier('1d', '1 day')}, added_1m as (
    insert into fleetdeck.metric_rollup_1m (${COLUMNS}) select ${COLUMNS} from added
  ) select`;
}

function rowParameters(rows: readonly RollupRow[]): unknown[] {
  return [
    integerArray(rows.map(({ seriesId }) => seriesId)),
    integerArray(rows.map(({ totals }) => totals.points)),
    doubleArray(rows.map(({ at }) => at)),
    doubleArray(rows.map(({ totals }) => totals.sum)),
    doubleArray(rows.map(({ totals }) => totals.min)),
    doubleArray(rows.map(({ totals }) => totals.max)),
    doubleArray(rows.map(({ totals }) => totals.lastValue)),
    doubleArray(rows.map(({ totals }) => totals.lastAt)),
    doubleArray(rows.map(({ totals }) => totals.increase)),
    doubleArray(rows.map(({ totals }) => totals.increaseMs)),
    bytesArray(rows.map(({ totals }) => totals.encode())),
    integerArray(rows.map(({ totals }) => totals.restarts)),
  ];
}

/** Makes the partitions that rows of these minutes may go to, in every tier. */
export async function ensureRowPartitions(
  partitions: Record<StoredKind, Partitions>,
  times: readonly number[],
): Promise<void> {
  const minutes = [...new Set(times)];
  await partitions['1m'].ensure(minutes);
  await partitions['1h'].ensure(minutes.map((at) => windowStart(at, TIER_MS['1h'])));
  await partitions['1d'].ensure(minutes.map((at) => windowStart(at, TIER_MS['1d'])));
}
