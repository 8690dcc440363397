import type { Silence, SilenceMatcher } from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';
import type { SqlRunner } from './sql.ts';

/** A row of the table; times are texts when it comes through JSON. */
export interface SilenceRow {
  id: string;
  matchers: SilenceMatcher[];
  reason: string;
  created_by: string;
  created_at: Date | string;
  starts_at: Date | string;
  ends_at: Date | string;
}

/** A row as it goes onto the wire. */
export function silenceOf(row: SilenceRow, now: number): Silence {
  const startsAt = new Date(row.starts_at).getTime();
  const endsAt = new Date(row.ends_at).getTime();
  return {
    id: row.id,
    matchers: row.matchers,
    reason: row.reason,
    createdBy: row.created_by,
    createdAt: isoTime(new Date(row.created_at).getTime()),
    startsAt: isoTime(startsAt),
    endsAt: isoTime(endsAt),
    state: endsAt <= now ? 'ended' : startsAt > now ? 'waiting' : 'active',
  };
}

/** Silences in PostgreSQL. */
export class SilenceStore {
  constructor(private readonly sql: SqlRunner) {}

  /** The newest, at most `limit`. */
  async list(now: number, limit: number, withEnded: boolean): Promise<Silence[]> {
    const rows = await this.sql.query<SilenceRow[]>(
      `select * from fleetdeck.alert_silence where $3 or ends_at > $1 order by created_at desc, id desc limit $2`,
      [new Date(now), limit, withEnded],
    );
    return rows.map((row) => silenceOf(row, now));
  }

  /** How many have not ended. */
  async count(now: number): Promise<number> {
    const [row] = await this.sql.query<[{ count: number }]>(
      'select count(*)::int as count from fleetdeck.alert_silence where ends_at > $1',
      [new Date(now)],
    );
    return row.count;
  }

  async add(silence: Silence): Promise<void> {
    await this.sql.query(
      `insert into fleetdeck.alert_silence (id, matchers, reason, created_by, created_at, starts_at, ends_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        silence.id,
        JSON.stringify(silence.matchers),
        silence.reason,
        silence.createdBy,
        silence.createdAt,
        silence.startsAt,
        silence.endsAt,
      ],
    );
  }

  /** Ends one now; `null` when there is none of that id. One that has ended already stays as it is. */
  async end(id: string, now: number): Promise<{ before: Silence; after: Silence } | null> {
    const [row] = await this.sql.query<(SilenceRow & { new_end: Date })[]>(
      `with before as (select * from fleetdeck.alert_silence where id = $1 for update),
       changed as (
         update fleetdeck.alert_silence s
         set ends_at = least(s.ends_at, $2), starts_at = least(s.starts_at, $2)
         from before where s.id = before.id
         returning s.ends_at)
       select before.*, changed.ends_at as new_end from before, changed`,
      [id, new Date(now)],
    );
    if (!row) return null;
    return { before: silenceOf(row, now), after: silenceOf({ ...row, ends_at: row.new_end }, now) };
  }
}
