import type { Clock } from '@fleetdeck/kernel';
import { Abandoned } from '../record/abandoned.ts';
import { counterSteps, type CounterSteps } from '../record/counter-steps.ts';
import type { PointBatch } from '../record/point-buffer.ts';
import type { Series } from '../registry/series.ts';
import type { MinuteRow } from '../rollup/open-windows.ts';
import { addRows, ensureRowPartitions, ROLLUP_LOCK } from '../rollup/rollup-rows.ts';
import { addPoint, planBatch, statementOf, toRow, type PlannedBatch } from './batch-plan.ts';
import type { Partitions } from './partitions.ts';
import type { SeriesStore } from './series-store.ts';
import { codeOf, COLLISIONS, isSqlState, NO_PARTITION, type Sql } from './sql.ts';
import { TIER_MS, windowStart, type StoredKind } from './tiers.ts';
import { withDeadline, type Timers } from '../timers.ts';
import { beginSession, type WriterSession } from './writer-session.ts';

/** How long after its end a minute is rolled up, in milliseconds: points on their way still find it open. */
const CLOSE_AFTER_MS = 2000;
/** After this the begin of a session counts as failed, in milliseconds. */
const BEGIN_DEADLINE_MS = 10_000;
/** After this rolling up counts as failed: points must not wait behind a connection that says nothing. */
const ROLL_UP_DEADLINE_MS = 10_000;
/** How much may be without an answer, perhaps for good, each with a connection of the pool. */
const UNANSWERED = {
  begins: { heldBackMs: 120_000, mostRecent: 2, most: 6 },
  rollUps: { heldBackMs: 600_000, mostRecent: 1, most: 2 },
  leaves: { heldBackMs: 600_000, mostRecent: 2, most: 4 },
} as const;
/** How long rolling up waits for writes that are under way, in milliseconds. */
const UNDER_WAY_MS = 5000;

/** What a {@link PointWriter} works with. */
export interface PointWriterParts {
  sql: () => Sql;
  series: SeriesStore;
  partitions: Record<StoredKind, Partitions>;
  clock: Clock;
  timers: Timers;
  /** How long single points are kept; older ones go to the roll-ups only. */
  rawRetentionMs: number;
  /** Told how many points of a written batch went to an `other` series. */
  onOverflow(count: number, example: string): void;
  /** Told of minutes that are over and rolled up, but not of the open one that a last write rolls up. */
  onClosed(rows: readonly MinuteRow[]): void;
  /** Notes points that change a past minute, in the transaction that writes them. */
  noteRepair(sql: Pick<Sql, 'query'>, series: readonly Series[], at: readonly number[]): Promise<void>;
  /** Told of points that changed a past minute. */
  onRepair(series: readonly Series[], at: readonly number[]): void;
}

/**
 * Writes batches of points, and the roll-up of each minute once it is over. Points and roll-ups cannot differ: a
 * point of a past minute is written in one transaction with its roll-up, and as long as a minute is open its points are
 * in `metric_point` under this writer's number, from where another process rolls them up should this one die.
 */
export class PointWriter {
  private session: WriterSession | null = null;
  private beginning: Promise<WriterSession> | null = null;
  private readonly planned = new WeakMap<PointBatch, PlannedBatch>();
  private readonly underWay = new Map<PointBatch, Promise<unknown>>();
  private readonly begins: Abandoned;
  private readonly rollUps: Abandoned;
  private readonly leaves: Abandoned;

  constructor(private readonly parts: PointWriterParts) {
    this.begins = new Abandoned(parts.clock, UNANSWERED.begins);
    this.rollUps = new Abandoned(parts.clock, UNANSWERED.rollUps);
    this.leaves = new Abandoned(parts.clock, UNANSWERED.leaves);
  }

  /** Writes a batch durably that is not tried again by its sender; a second time when it collided with another replica. */
  async writeNow(batch: PointBatch): Promise<void> {
    const work = this.tryTwice(batch);
    const settled = work.catch(() => undefined);
    this.underWay.set(batch, settled);
    void settled.then(() => this.underWay.delete(batch));
    await work;
  }

  /**
   * Writes a batch durably.
   * @param ticket increases with each batch; a batch of a ticket that was written is not written again. `null`
   *   writes in any case
   */
  async write(batch: PointBatch, ticket: number | null): Promise<void> {
    const { clock, series } = this.parts;
    const now = clock.now();
    await series.resolve(batch.series, now);
    let planned = this.planned.get(batch);
    if (planned && planned.session !== this.session) {
      if (ticket !== null && (await this.wasWritten(planned.session, ticket))) return;
      planned = await this.plan(batch, planned.steps, now);
    }
    planned ??= await this.plan(batch, counterSteps(batch), now);
    await this.send(planned, ticket, now);
  }

  /** Takes note that a batch is written: its points of open minutes will be rolled up. */
  written(batch: PointBatch): void {
    const planned = this.planned.get(batch);
    this.planned.delete(batch);
    const overflowed = batch.series.filter((each) => each.overflowed);
    if (overflowed[0]) this.parts.onOverflow(overflowed.length, overflowed[0].metric.descriptor.name);
    if (!planned || planned.session !== this.session) return;
    for (const i of planned.open) addPoint(planned.session.windows, batch, planned.steps, i);
    const { series, at } = repairedBy(planned);
    if (series.length > 0) this.parts.onRepair(series, at);
  }

  /**
   * Rolls up the minutes that are over, or with `everything` the open one too, as the last thing a session does.
   * Must not run while a batch is on its way.
   */
  async rollUp(everything = false): Promise<void> {
    const { clock, timers } = this.parts;
    const { session } = this;
    if (!session) return;
    const now = clock.now();
    const rolledTo = everything ? Infinity : windowStart(now - CLOSE_AFTER_MS, TIER_MS['1m']);
    if (rolledTo <= session.rolledTo) return;
    if (this.rollUps.isFull) {
      // The minutes are then rolled up from the table; kept open here they would grow without a bound.
      this.leave(session);
      throw new Error('an earlier roll-up got no answer, so it is done by whoever looks after the tables');
    }
    // From here on what comes for these minutes is written with its roll-up.
    const before = session.rolledTo;
    session.rolledTo = rolledTo;
    try {
      const others = this.othersOf(session);
      if (others.length > 0 && !(await this.haveEnded(others, everything))) this.leave(session);
      if (this.session !== session) return;
      const rows = session.windows.rowsBefore(rolledTo);
      const late = () => {
        this.rollUps.add(rollUp);
        return new Error(`no answer within ${ROLL_UP_DEADLINE_MS / 1000} s`);
      };
      const rollUp = this.rollUpRows(session, rows, { before, rolledTo, now, ended: everything });
      if (!(await withDeadline(rollUp, ROLL_UP_DEADLINE_MS, timers, late))) {
        this.leave(session);
        return;
      }
      session.windows.dropBefore(rolledTo);
      if (everything) this.session = null;
      else this.parts.onClosed(rows);
    } catch (thrown) {
      if (codeOf(thrown) === NO_PARTITION) this.forgetPartitions();
      if (this.session === session && !isSqlState(thrown)) {
        // The answer was lost: whether the minutes are rolled up, only the database knows.
        this.leave(session);
      } else {
        session.rolledTo = before;
      }
      throw thrown;
    }
  }

  /** Writes the roll-ups of a session's minutes; `false` when somebody took it for dead. */
  private async rollUpRows(
    session: WriterSession,
    rows: readonly MinuteRow[],
    { before, rolledTo, now, ended }: { before: number; rolledTo: number; now: number; ended: boolean },
  ): Promise<boolean> {
    const { sql, partitions, series: store } = this.parts;
    await store.resolve(
      rows.map(({ series }) => series),
      now,
    );
    await ensureRowPartitions(
      partitions,
      rows.map(({ at }) => at),
    );
    const done = await sql().transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock_shared($1)', [ROLLUP_LOCK]);
      const [mark] = await manager.query<{ rolled: boolean }[]>(
        `with mark as (
           update fleetdeck.metric_writer set rolled_to = $3::timestamptz, seen_at = $4::timestamptz, ended = $5
           where id = $1 and not ended and rolled_to = $2::timestamptz returning 1
         ) select exists (select from mark) as rolled`,
        [
          session.id,
          new Date(before).toISOString(),
          ended ? 'infinity' : new Date(rolledTo).toISOString(),
          new Date(now).toISOString(),
          ended,
        ],
      );
      if (!mark?.rolled) return false;
      await addRows(manager, rows.map(toRow));
      return true;
    });
    // Not rolled up by this statement: either its answer was lost the time before, or somebody took the session for
    // dead. A session that goes on under its old number in the second case would be rolled up twice.
    return done || this.isAt(session, rolledTo);
  }

  /**
   * Writes of a session that are under way. One that hangs in a session that was left is nobody's concern any more, and
   * one that has none yet will find these minutes rolled up.
   */
  private othersOf(session: WriterSession): Promise<unknown>[] {
    return [...this.underWay]
      .filter(([batch]) => this.planned.get(batch)?.session === session)
      .map(([, settled]) => settled);
  }

  /** Whether they end in time. The last thing that a session does is not to wait for them. */
  private async haveEnded(others: readonly Promise<unknown>[], everything: boolean): Promise<boolean> {
    if (everything) return false;
    const ended = Promise.all(others).then(() => true);
    return withDeadline(ended, UNDER_WAY_MS, this.parts.timers, () => new Error('late')).catch(() => false);
  }

  private async tryTwice(batch: PointBatch): Promise<void> {
    try {
      await this.write(batch, null);
    } catch (thrown) {
      if (COLLISIONS.includes(codeOf(thrown))) {
        await this.write(batch, null);
      } else {
        const { session } = this;
        if (isSqlState(thrown)) this.planned.get(batch)?.steps?.undo();
        // When the answer was lost the points may be there without this process knowing: their minute is then rolled
        // up from the table, not from memory.
        else if (session && this.planned.has(batch)) this.leave(session);
        throw thrown;
      }
    }
    this.written(batch);
  }

  private async plan(batch: PointBatch, steps: CounterSteps | null, now: number): Promise<PlannedBatch> {
    const session = await this.current(now);
    const planned = planBatch(batch, { session, steps, rawSince: now - this.parts.rawRetentionMs });
    this.planned.set(batch, planned);
    return planned;
  }

  private async send(planned: PlannedBatch, ticket: number | null, now: number): Promise<void> {
    const { batch, session, raw, rows } = planned;
    const { partitions, sql } = this.parts;
    await partitions.raw.ensure(raw.map((i) => batch.at[i] as number));
    await ensureRowPartitions(
      partitions,
      rows.map(({ at }) => at),
    );
    const { statement, parameters } = statementOf(planned, ticket, now);
    let outcome: { done: boolean } | undefined;
    try {
      if (rows.length === 0) {
        [outcome] = await sql().query<{ done: boolean }[]>(statement, parameters);
      } else {
        outcome = await sql().transaction(async (manager) => {
          await manager.query('select pg_advisory_xact_lock_shared($1)', [ROLLUP_LOCK]);
          const [row] = await manager.query<{ done: boolean }[]>(statement, parameters);
          if (!row?.done) return row;
          await addRows(manager, rows.map(toRow));
          const { series, at } = repairedBy(planned);
          if (series.length > 0) await this.parts.noteRepair(manager, series, at);
          return row;
        });
      }
    } catch (thrown) {
      if (codeOf(thrown) === NO_PARTITION) this.forgetPartitions();
      throw thrown;
    }
    if (outcome?.done !== false || (ticket !== null && (await this.wasWritten(session, ticket)))) return;
    // Somebody took this session for dead: what it had open is being rolled up from the table.
    this.leave(session);
    await this.write(batch, ticket);
  }

  private current(now: number): Promise<WriterSession> {
    if (this.session) return Promise.resolve(this.session);
    // One that hangs must not be what every later write waits for.
    this.beginning ??= this.begin(now).finally(() => {
      this.beginning = null;
    });
    return this.beginning;
  }

  private async begin(now: number): Promise<WriterSession> {
    if (this.begins.isFull) throw new Error('earlier begins of a session are still waiting for an answer');
    const work = beginSession(this.parts.sql(), now);
    this.session = await withDeadline(work, BEGIN_DEADLINE_MS, this.parts.timers, () => {
      this.begins.add(work);
      return new Error(`no answer within ${BEGIN_DEADLINE_MS / 1000} s`);
    });
    return this.session;
  }

  /** Ends a session without rolling up what it has open: that is done from the table, by whoever looks after the tables. */
  private leave(session: WriterSession): void {
    if (this.session === session) this.session = null;
    // Its silence says the same, later.
    if (this.leaves.isFull) return;
    const work = this.parts
      .sql()
      .query(`update fleetdeck.metric_writer set seen_at = 'epoch' where id = $1 and not ended`, [
        session.id,
      ]);
    this.leaves.add(work);
  }

  private async wasWritten(session: WriterSession, ticket: number): Promise<boolean> {
    const [row] = await this.parts
      .sql()
      .query<{ written: boolean }[]>(
        'select batch >= $2 as written from fleetdeck.metric_writer where id = $1',
        [session.id, ticket],
      );
    return row?.written === true;
  }

  private async isAt(session: WriterSession, rolledTo: number): Promise<boolean> {
    const [row] = await this.parts
      .sql()
      .query<{ there: boolean }[]>(
        `select rolled_to = $2::timestamptz as there from fleetdeck.metric_writer where id = $1`,
        [session.id, rolledTo === Infinity ? 'infinity' : new Date(rolledTo).toISOString()],
      );
    return row?.there === true;
  }

  private forgetPartitions(): void {
    for (const each of Object.values(this.parts.partitions)) each.forget();
  }
}

/** The points of a batch that change a minute which was rolled up before. */
function repairedBy({ batch, late, session }: PlannedBatch): { series: Series[]; at: number[] } {
  const repaired = late.filter((i) => (batch.at[i] as number) < session.rolledTo);
  return {
    series: repaired.map((i) => batch.series[i] as Series),
    at: repaired.map((i) => batch.at[i] as number),
  };
}
