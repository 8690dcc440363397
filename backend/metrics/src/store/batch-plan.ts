import { FleetdeckError } from '@fleetdeck/kernel';
import type { CounterSteps } from '../record/counter-steps.ts';
import type { PointBatch } from '../record/point-buffer.ts';
import type { Series } from '../registry/series.ts';
import { OpenWindows, type MinuteRow } from '../rollup/open-windows.ts';
import type { RollupRow } from '../rollup/rollup-rows.ts';
import { doubleArray, integerArray } from './array-parameters.ts';
import type { WriterSession } from './writer-session.ts';

/** A batch with everything that must not change from one attempt to the next. */
export interface PlannedBatch {
  readonly session: WriterSession;
  readonly batch: PointBatch;
  readonly steps: CounterSteps | null;
  /** Places of the points that are kept singly; with `null` as writer where the roll-up is written with them. */
  readonly raw: readonly number[];
  readonly rawWriters: readonly (number | null)[];
  /** Places of the points whose minute is still open. */
  readonly open: readonly number[];
  /** Roll-ups that are written with the points. */
  readonly rows: readonly MinuteRow[];
  /** Places of the points of those. */
  readonly late: readonly number[];
}

/** Tells the points of a batch apart: those of open minutes, and those that are written with their roll-up. */
export function planBatch(
  batch: PointBatch,
  { session, steps, rawSince }: { session: WriterSession; steps: CounterSteps | null; rawSince: number },
): PlannedBatch {
  const raw: number[] = [];
  const open: number[] = [];
  const late: number[] = [];
  const lateWindows = new OpenWindows();
  for (let i = 0; i < batch.at.length; i += 1) {
    const at = batch.at[i] as number;
    const keepsRaw = (batch.series[i] as Series).metric.raw;
    if (keepsRaw && at >= rawSince) raw.push(i);
    if (at < session.rolledTo || !keepsRaw) {
      late.push(i);
      addPoint(lateWindows, batch, steps, i);
    } else {
      open.push(i);
    }
  }
  // In the order of the index: its pages are then each touched once a batch, which is a fifth of the whole cost.
  raw.sort((a, b) => idOf(batch.series[a] as Series) - idOf(batch.series[b] as Series));
  const rawWriters = raw.map((i) => ((batch.at[i] as number) < session.rolledTo ? null : session.number));
  return { session, batch, steps, raw, rawWriters, open, late, rows: lateWindows.rowsBefore(Infinity) };
}

/** The statement that writes the single points of a batch, if its ticket is good. */
export function statementOf(
  { batch, session, steps, raw, rawWriters }: PlannedBatch,
  ticket: number | null,
  now: number,
): { statement: string; parameters: unknown[] } {
  const parameters: unknown[] = [
    integerArray(raw.map((i) => idOf(batch.series[i] as Series))),
    doubleArray(raw.map((i) => batch.at[i] as number)),
    doubleArray(raw.map((i) => batch.values[i] as number)),
  ];
  const next = (value: unknown) => `$${parameters.push(value)}`;
  let columns = 'series_id, at, value, writer';
  let values = 'p.series_id, to_timestamp(p.at_ms / 1000), p.value';
  let arrays = '$1::integer[], $2::double precision[], $3::double precision[]';
  let names = 'series_id, at_ms, value';
  if (rawWriters.every((writer) => writer === session.number)) {
    values += `, ${next(session.number)}::integer`;
  } else {
    values += ', p.writer';
    arrays += `, ${next(integerArray(rawWriters))}::integer[]`;
    names += ', writer';
  }
  if (steps) {
    columns += ', increase, increase_ms';
    values += ', p.increase, p.increase_ms';
    arrays += `, ${next(doubleArray(raw.map((i) => steps.increase[i] ?? null)))}::double precision[]`;
    arrays += `, ${next(doubleArray(raw.map((i) => steps.increaseMs[i] ?? null)))}::double precision[]`;
    names += ', increase, increase_ms';
    // Rare, so that nearly all batches do without.
    if (steps.restarted) {
      columns += ', restarts';
      values += ', p.restarts';
      arrays += `, ${next(integerArray(raw.map((i) => steps.restarts[i] ?? null)))}::integer[]`;
      names += ', restarts';
    }
  }
  const id = next(session.id);
  // Whoever takes the session for dead waits for this row, so that nothing is written that it did not see.
  let ticketed = `select 1 from fleetdeck.metric_writer where id = ${id} and not ended for share`;
  if (ticket !== null) {
    const batchNumber = `${next(ticket)}::bigint`;
    ticketed = `update fleetdeck.metric_writer set batch = ${batchNumber},
      seen_at = ${next(new Date(now).toISOString())}::timestamptz
      where id = ${id} and batch < ${batchNumber} and not ended returning 1`;
  }
  const insert = `points as (
      insert into fleetdeck.metric_point (${columns})
      select ${values} from unnest(${arrays}) as p (${names}) where exists (select from ticket)
    )`;
  return {
    statement: `with ticket as (${ticketed}), ${insert} select exists (select from ticket) as done`,
    parameters,
  };
}

/** Adds one point of a batch to the minutes that will be rolled up. */
export function addPoint(
  windows: OpenWindows,
  batch: PointBatch,
  steps: CounterSteps | null,
  i: number,
): void {
  windows.add(
    batch.series[i] as Series,
    batch.values[i] as number,
    batch.at[i] as number,
    steps?.increase[i] ?? null,
    steps?.increaseMs[i] ?? null,
    steps?.restarts[i] ?? null,
  );
}

/** The row of the minute tier. */
export function toRow({ series, at, totals }: MinuteRow): RollupRow {
  return { seriesId: idOf(series), at, totals };
}

function idOf(series: Series): number {
  if (series.id !== null) return series.id;
  throw new FleetdeckError(
    'INTERNAL',
    `Series ${series.canonical} of ${series.metric.descriptor.name} has no id.`,
  );
}
