import { Sketch } from '../sketch/sketch.ts';
import { Slices } from '../slices.ts';
import { bytesArray, doubleArray, integerArray } from '../store/array-parameters.ts';
import type { Sql } from '../store/sql.ts';
import type { Tier } from '../store/tiers.ts';

/** Several rows of one series as one, its sketches not merged yet. */
export interface SummedRow {
  series_id: number;
  points: string;
  sum: number | null;
  vast_sum: number | null;
  min: number;
  max: number;
  last_value: number;
  last_ms: number;
  increase: number | null;
  vast_increase: number | null;
  increase_ms: number | null;
  restarts: number | null;
  /** Sketches that stand one after the other. */
  sketches: Buffer | null;
}

/** From here on numbers are summed up apart and scaled down: PostgreSQL refuses a sum that a 64 bit float cannot hold. */
const VAST = '1e290';
const SCALE = 2 ** 64;

function sums(name: string): string {
  return `sum(r.${name}) filter (where abs(r.${name}) < ${VAST}) as ${name},
  sum(r.${name} / ${SCALE}::double precision) filter (where abs(r.${name}) >= ${VAST}) as vast_${name}`;
}

/** The sum of both parts, infinite when a 64 bit float cannot hold it; `null` without any row that had one. */
function sumOf(sum: number | null, vast: number | null): number | null {
  return vast === null ? sum : (sum ?? 0) + vast * SCALE;
}

/** What makes a {@link SummedRow} of rows `r` that are grouped by their series. */
export const SUMMED = `r.series_id, sum(r.points) as points, ${sums('sum')}, min(r.min) as min, max(r.max) as max,
  (array_agg(r.last_value order by r.last_at desc, r.last_value desc))[1] as last_value,
  (extract(epoch from max(r.last_at)) * 1000)::double precision as last_ms,
  ${sums('increase')}, sum(r.increase_ms) as increase_ms,
  sum(r.restarts)::integer as restarts, string_agg(r.sketch, ''::bytea) as sketches`;

/**
 * Writes rows to a tier, their sketches merged.
 * @param at the begin of the window of each, in milliseconds
 * @returns how many rows have no sketch because one of theirs is damaged: their percentiles are lost, the rest is kept
 */
export async function insertSummed(
  sql: Pick<Sql, 'query'>,
  tier: Tier,
  rows: readonly SummedRow[],
  at: readonly number[],
): Promise<number> {
  const { sketches, damaged } = await mergedSketches(rows);
  await sql.query(
    `insert into fleetdeck.metric_rollup_${tier}
       (series_id, at, points, sum, min, max, last_value, last_at, increase, increase_ms, sketch, restarts)
     select series_id, to_timestamp(at_ms / 1000), points, sum, min, max, last_value, to_timestamp(last_ms / 1000),
       increase, increase_ms, sketch, restarts
     from unnest($1::integer[], $2::double precision[], $3::double precision[], $4::double precision[], $5::double precision[],
       $6::double precision[], $7::double precision[], $8::double precision[], $9::double precision[],
       $10::double precision[], $11::bytea[], $12::integer[])
       as r (series_id, at_ms, points, sum, min, max, last_value, last_ms, increase, increase_ms, sketch, restarts)`,
    [
      integerArray(rows.map((row) => row.series_id)),
      doubleArray(at),
      doubleArray(rows.map((row) => Number(row.points))),
      doubleArray(rows.map((row) => sumOf(row.sum, row.vast_sum))),
      doubleArray(rows.map((row) => row.min)),
      doubleArray(rows.map((row) => row.max)),
      doubleArray(rows.map((row) => row.last_value)),
      doubleArray(rows.map((row) => row.last_ms)),
      doubleArray(rows.map((row) => sumOf(row.increase, row.vast_increase))),
      doubleArray(rows.map((row) => row.increase_ms)),
      bytesArray(sketches),
      integerArray(rows.map((row) => row.restarts)),
    ],
  );
  return damaged;
}

/** The sketches of each row in one. A metric of a thousand series has 60,000 of them in an hour. */
async function mergedSketches(
  rows: readonly SummedRow[],
): Promise<{ sketches: (Uint8Array | null)[]; damaged: number }> {
  const slices = new Slices();
  const sketch = new Sketch();
  const merged: (Uint8Array | null)[] = [];
  let damaged = 0;
  for (const { sketches } of rows) {
    if (sketches === null) {
      merged.push(null);
      continue;
    }
    sketch.clear();
    try {
      await sketch.mergeInSlices(sketches, slices);
      merged.push(sketch.encode());
    } catch {
      // Where the next one begins is not known either. All other series must not wait for this one for ever.
      merged.push(null);
      damaged += 1;
    }
  }
  return { sketches: merged, damaged };
}
