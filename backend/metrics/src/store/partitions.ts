import type { Sql } from './sql.ts';

/** How long a partition reaches, in milliseconds. */
export const HOUR_MS = 3_600_000;

/** Key of the advisory lock for adding and dropping partitions: the bytes of "flmp". */
const LOCK_KEY = 0x666c6d70;
const PREFIX = 'metric_point_p';
const HOURS_AHEAD = 2;

/** The hourly partitions of `fleetdeck.metric_point`. Safe from several replicas at once. */
export class Partitions {
  private readonly known = new Set<number>();

  constructor(private readonly sql: () => Sql) {}

  /** Makes the partitions for points of these times, where they are missing. */
  async ensure(times: readonly number[]): Promise<void> {
    const hours = new Set<number>();
    for (const time of times) {
      const hour = Math.floor(time / HOUR_MS) * HOUR_MS;
      if (!this.known.has(hour)) hours.add(hour);
    }
    if (hours.size === 0) return;
    await this.sql().transaction(async (manager) => {
      await manager.query(`select set_config('lock_timeout', '5000', true)`);
      await manager.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
      const existing = new Set(await list(manager));
      for (const hour of [...hours].sort((a, b) => a - b)) {
        if (existing.has(hour)) continue;
        const name = `fleetdeck.${nameOf(hour)}`;
        // Made apart and attached: `create table ... partition of` would lock out every writer meanwhile.
        await manager.query(`create table ${name} (like fleetdeck.metric_point including defaults)`);
        await manager.query(
          `alter table fleetdeck.metric_point attach partition ${name} for values from ('${new Date(hour).toISOString()}') to ('${new Date(hour + HOUR_MS).toISOString()}')`,
        );
      }
    });
    for (const hour of hours) this.known.add(hour);
  }

  /** Makes the partitions that are about to be needed. */
  async ensureAhead(now: number): Promise<void> {
    await this.ensure(Array.from({ length: HOURS_AHEAD + 1 }, (_, ahead) => now + ahead * HOUR_MS));
  }

  /**
   * Drops the partitions that end at or before a time.
   * @throws an error of PostgreSQL when a long read holds the table: writers queue behind a drop that waits, so it
   *   does not wait for long
   */
  async dropBefore(time: number): Promise<void> {
    await this.sql().transaction(async (manager) => {
      await manager.query(`select set_config('lock_timeout', '500', true)`);
      await manager.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
      for (const hour of await list(manager)) {
        if (hour + HOUR_MS > time) continue;
        this.known.delete(hour);
        await manager.query(`drop table fleetdeck.${nameOf(hour)}`);
      }
    });
  }

  /** Forgets what is there, after the database said otherwise. */
  forget(): void {
    this.known.clear();
  }
}

function nameOf(hour: number): string {
  return PREFIX + new Date(hour).toISOString().slice(0, 13).replace(/\D/g, '');
}

async function list(sql: Pick<Sql, 'query'>): Promise<number[]> {
  const rows = await sql.query<{ name: string }[]>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'fleetdeck.metric_point'::regclass`,
  );
  return rows.flatMap(({ name }) => {
    const match = /^metric_point_p(\d{4})(\d\d)(\d\d)(\d\d)$/.exec(name);
    return match ? [Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:00:00Z`)] : [];
  });
}
