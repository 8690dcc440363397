import type { Sql } from './sql.ts';
import type { TimedTable } from './tiers.ts';

/** Key of the advisory lock for adding and dropping partitions: the bytes of "flmp". */
const LOCK_KEY = 0x666c6d70;
const PARTITIONS_AHEAD = 2;

/** A partition with its size. */
export interface StoredPartition {
  table: TimedTable;
  startMs: number;
  bytes: number;
}

/** The partitions of one table. Safe from several replicas at once. */
export class Partitions {
  private readonly known = new Set<number>();

  constructor(
    private readonly sql: () => Sql,
    private readonly table: TimedTable,
  ) {}

  /** Makes the partitions for rows of these times, where they are missing. */
  async ensure(times: readonly number[]): Promise<void> {
    const { partitionMs, table } = this.table;
    const starts = new Set<number>();
    let newest = Number.NaN;
    for (const time of times) {
      const start = Math.floor(time / partitionMs) * partitionMs;
      if (start === newest) continue;
      newest = start;
      if (!this.known.has(start)) starts.add(start);
    }
    if (starts.size === 0) return;
    await this.sql().transaction(async (manager) => {
      await manager.query(`select set_config('lock_timeout', '5000', true)`);
      await manager.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
      const existing = new Set((await list(manager, this.table)).map(({ startMs }) => startMs));
      for (const start of [...starts].sort((a, b) => a - b)) {
        if (existing.has(start)) continue;
        const name = `fleetdeck.${nameOf(this.table, start)}`;
        // Made apart and attached: `create table ... partition of` would lock out every writer meanwhile.
        await manager.query(
          `create table ${name} (like fleetdeck.${table} including defaults including storage)`,
        );
        await manager.query(
          `alter table fleetdeck.${table} attach partition ${name} for values from ('${new Date(start).toISOString()}') to ('${new Date(start + partitionMs).toISOString()}')`,
        );
      }
    });
    for (const start of starts) this.known.add(start);
  }

  /** Makes the partitions that are about to be needed. */
  async ensureAhead(now: number): Promise<void> {
    const { partitionMs } = this.table;
    const ahead = partitionMs > 2 * 86_400_000 ? 1 : PARTITIONS_AHEAD;
    await this.ensure(Array.from({ length: ahead + 1 }, (_, i) => now + i * partitionMs));
  }

  /**
   * Drops the partitions that end at or before a time.
   * @throws an error of PostgreSQL when a long read holds the table: writers queue behind a drop that waits, so it
   *   does not wait for long
   */
  async dropBefore(time: number): Promise<void> {
    await this.drop((startMs) => startMs + this.table.partitionMs <= time);
  }

  /** Drops one partition. */
  async dropAt(start: number): Promise<void> {
    await this.drop((startMs) => startMs === start);
  }

  /** All partitions with their sizes, oldest first. */
  list(): Promise<StoredPartition[]> {
    return list(this.sql(), this.table);
  }

  /** Forgets what is there, after the database said otherwise. */
  forget(): void {
    this.known.clear();
  }

  private async drop(chosen: (startMs: number) => boolean): Promise<void> {
    await this.sql().transaction(async (manager) => {
      await manager.query(`select set_config('lock_timeout', '500', true)`);
      await manager.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
      for (const { startMs } of await list(manager, this.table)) {
        if (!chosen(startMs)) continue;
        this.known.delete(startMs);
        await manager.query(`drop table fleetdeck.${nameOf(this.table, startMs)}`);
      }
    });
  }
}

/** The begin in UTC, by the hour or by the day. */
function nameOf({ table, partitionMs }: TimedTable, start: number): string {
  const digits = partitionMs < 86_400_000 ? 13 : 10;
  return `${table}_p${new Date(start).toISOString().slice(0, digits).replace(/\D/g, '')}`;
}

async function list(sql: Pick<Sql, 'query'>, table: TimedTable): Promise<StoredPartition[]> {
  const rows = await sql.query<{ name: string; bytes: string }[]>(
    `select c.relname as name, pg_total_relation_size(c.oid) as bytes
     from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass`,
    [`fleetdeck.${table.table}`],
  );
  const partitions = rows.flatMap(({ name, bytes }) => {
    const match = /_p(\d{4})(\d\d)(\d\d)(\d\d)?$/.exec(name);
    if (!match) return [];
    const [, year, month, day, hour = '00'] = match;
    const startMs = Date.parse(`${year}-${month}-${day}T${hour}:00:00Z`);
    return [{ table, startMs, bytes: Number(bytes) }];
  });
  return partitions.sort((a, b) => a.startMs - b.startMs);
}
