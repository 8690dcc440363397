import { randomUUID } from 'node:crypto';
import type { Sql } from '../store/sql.ts';

/** For how long a process is the keeper without saying so again, in milliseconds. */
const TERM_MS = 150_000;

/**
 * Chooses the one process that looks after the tables, where no Lease is installed. Two at once would do no harm (each
 * step has a lock of its own), only work twice, so the clocks of the processes need not agree exactly.
 */
export class Keeper {
  private readonly id = randomUUID();

  constructor(private readonly sql: () => Sql) {}

  /** Whether this process is the keeper from now on. */
  async isChosen(now: number): Promise<boolean> {
    const rows = await this.sql().query<unknown[]>(
      `insert into fleetdeck.metric_keeper as k (holder, held_until) values ($1, $2::timestamptz)
       on conflict (one) do update set holder = excluded.holder, held_until = excluded.held_until
         where k.holder = excluded.holder or k.held_until < $3::timestamptz
       returning 1`,
      [this.id, new Date(now + TERM_MS).toISOString(), new Date(now).toISOString()],
    );
    return rows.length > 0;
  }

  /** Lets another process be it at once. */
  async resign(): Promise<void> {
    await this.sql().query('delete from fleetdeck.metric_keeper where holder = $1', [this.id]);
  }
}
