import type { StatusFamily } from '@fleetdeck/dto';
import { groupBy } from './group-by.ts';
import { RUN_LOST_AFTER_MS } from './segments.ts';
import type { HealthRun, SeenTransition, TransitionRecord } from './transition.ts';

/** What the history needs of a database: a TypeORM `DataSource` has it, so has a `pg.Pool`. */
export interface HistoryDatabase {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

/** The most transitions of a span that are read for one answer. */
export const MAX_READ = 10_000;
/** The most transitions that are written by one statement. */
export const MAX_WRITE = 1_000;

/** Runs and transitions in PostgreSQL. */
export class HistoryStore {
  constructor(private readonly database: HistoryDatabase) {}

  /** Says until when the run watched, and adds transitions; what is there already stays as it is. */
  async write(run: HealthRun, records: readonly TransitionRecord[]): Promise<void> {
    const column = <T>(read: (record: TransitionRecord) => T): T[] => records.map(read);
    await this.database.query(
      `with run as (
         insert into fleetdeck.health_run as known (id, node, started_at, seen_at, ended_at)
         values ($1, $2, $3, $4, $5)
         on conflict (id) do update
           -- A write may come late; further back than that the clock was set back.
           set seen_at = case
               when known.ended_at is not null then known.seen_at
               when excluded.seen_at < known.seen_at - interval '${RUN_LOST_AFTER_MS} ms' then excluded.seen_at
               else greatest(known.seen_at, excluded.seen_at)
             end,
             ended_at = coalesce(known.ended_at, excluded.ended_at)
         returning id
       )
       insert into fleetdeck.health_transition (run, sequence, component, at, previous, status, reason)
       select run.id, given.* from run, unnest(
         $6::bigint[], $7::text[], $8::timestamptz[], $9::text[], $10::text[], $11::text[]
       ) as given
       on conflict do nothing`,
      [
        run.id,
        run.node,
        new Date(run.startedAt),
        new Date(run.seenAt),
        run.endedAt === null ? null : new Date(run.endedAt),
        column(({ sequence }) => sequence),
        column(({ component }) => component),
        column(({ at }) => new Date(at).toISOString()),
        column(({ from }) => from),
        column(({ to }) => to),
        // PostgreSQL takes no NUL in a text, and one that it refuses would hold up all behind it.
        column(({ reason }) => reason?.replaceAll('\0', '') ?? null),
      ],
    );
  }

  /**
   * What runs saw since a moment, with the last change of each component before it, which still held then. Of more than
   * {@link MAX_READ} changes the oldest are left out, of those components first that changed the most: one that flaps
   * costs no other its past. What held before is then left out too, since nobody knows until when it did.
   */
  async read(since: number, component: string | null): Promise<StoredPast> {
    const only = component === null ? '' : 'and t.component = $2';
    const answer = await this.database.query(
      `with runs as (select * from fleetdeck.health_run where seen_at >= $1),
       counted as (
         select t.run, t.component, count(*) as changes
         from runs join fleetdeck.health_transition t on t.run = runs.id
         where t.at >= $1 ${only}
         group by t.run, t.component
       ),
       newest as (
         select one.* from counted cross join lateral (
           select t.*, row_number() over (order by t.at desc, t.sequence desc) as place
           from fleetdeck.health_transition t
           where t.run = counted.run and t.component = counted.component and t.at >= $1
           order by t.at desc, t.sequence desc
           limit ${MAX_READ}
         ) one
         order by one.place, one.at desc, one.run, one.sequence
         limit ${MAX_READ}
       ),
       held as (
         select distinct on (t.run, t.component) t.*, 0 as place
         from runs join fleetdeck.health_transition t on t.run = runs.id
         where t.at < $1 ${only}
         -- Not by time, which goes back where a clock was set back.
         order by t.run, t.component, t.sequence desc
       )
       select runs.id, runs.node, runs.started_at, runs.seen_at, runs.ended_at,
         seen.sequence, seen.component, seen.at, seen.previous, seen.status, seen.reason,
         seen.place = 0 as held, coalesce(counted.changes, 0) as changes,
         (select coalesce(sum(changes), 0) from counted) as all_changes
       from (select * from newest union all select * from held) seen
       join runs on runs.id = seen.run
       left join counted on counted.run = seen.run and counted.component = seen.component
       order by seen.at desc, seen.run desc, seen.sequence desc`,
      component === null ? [new Date(since)] : [new Date(since), component],
    );
    const rows = (Array.isArray(answer) ? answer : (answer as { rows: unknown[] }).rows) as TransitionRow[];
    const changes = rows.filter(({ held }) => !held);
    const read = groupBy(changes, pairOf);
    const known = rows.filter(
      (row) => !row.held || Number(row.changes) === (read.get(pairOf(row))?.length ?? 0),
    );
    return {
      transitions: known.map(fromRow),
      complete: changes.length === Number(rows[0]?.all_changes ?? 0),
    };
  }

  /** Forgets what ended before a moment. The change that still held then stays. */
  async forgetBefore(moment: number): Promise<void> {
    const at = [new Date(moment)];
    await this.database.query('delete from fleetdeck.health_run where seen_at < $1', at);
    await this.database.query(
      `delete from fleetdeck.health_transition t
       using (
         select run, component, max(sequence) as newest from fleetdeck.health_transition
         where at < $1 group by run, component
       ) kept
       where t.run = kept.run and t.component = kept.component and t.sequence < kept.newest and t.at < $1`,
      at,
    );
  }
}

/** What {@link HistoryStore.read} found. */
export interface StoredPast {
  transitions: SeenTransition[];
  /** `false` when there is more than is read. */
  complete: boolean;
}

interface TransitionRow {
  id: string;
  node: string;
  started_at: Date;
  seen_at: Date;
  ended_at: Date | null;
  sequence: string;
  component: string;
  at: Date;
  previous: StatusFamily;
  status: StatusFamily | null;
  reason: string | null;
  /** Whether it is from before the span, and held when that began. */
  held: boolean;
  /** How many changes its run saw of its component in the span. */
  changes: string;
  /** How many changes there are in the span. */
  all_changes: string;
}

function pairOf({ id, component }: TransitionRow): string {
  return `${id} ${component}`;
}

function fromRow(row: TransitionRow): SeenTransition {
  return {
    component: row.component,
    sequence: Number(row.sequence),
    at: row.at.getTime(),
    from: row.previous,
    to: row.status,
    reason: row.reason,
    run: {
      id: row.id,
      node: row.node,
      startedAt: row.started_at.getTime(),
      seenAt: row.seen_at.getTime(),
      endedAt: row.ended_at?.getTime() ?? null,
    },
  };
}
