import { randomUUID } from 'node:crypto';
import { OpenWindows } from '../rollup/open-windows.ts';
import type { Sql } from './sql.ts';
import { TIER_MS, windowStart } from './tiers.ts';

/** One run of this process as a writer: what the database knows of it in `metric_writer`. */
export interface WriterSession {
  readonly id: string;
  readonly number: number;
  /** Minutes of this session that are not rolled up yet. */
  readonly windows: OpenWindows;
  /** Up to here its points are rolled up; a point before it is rolled up as it is written. */
  rolledTo: number;
}

/** Makes the process known as a writer. Its first minute is the one that is now open. */
export async function beginSession(sql: Pick<Sql, 'query'>, now: number): Promise<WriterSession> {
  const id = randomUUID();
  const rolledTo = windowStart(now, TIER_MS['1m']);
  const [row] = await sql.query<{ number: number }[]>(
    `insert into fleetdeck.metric_writer (id, rolled_to, seen_at) values ($1, $2::timestamptz, $3::timestamptz)
     returning number`,
    [id, new Date(rolledTo).toISOString(), new Date(now).toISOString()],
  );
  return { id, number: row?.number ?? 0, windows: new OpenWindows(), rolledTo };
}
