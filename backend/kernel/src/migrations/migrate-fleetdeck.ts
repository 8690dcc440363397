import { createHash } from 'node:crypto';
import type { DataSource, QueryRunner } from 'typeorm';
import { FleetdeckError, messageOf } from '../fleetdeck-error.ts';
import type { Migration, MigrationSet } from './migration.ts';

/** Key of the advisory lock: the bytes of "fltd". Locks are per database, so installations do not meet. */
const LOCK_KEY = 0x666c7464;

/** PostgreSQL's code when `lock_timeout` ends a wait. */
const LOCK_NOT_AVAILABLE = '55P03';

/** How a migration run behaves. */
export interface MigrateOptions {
  /** How long to wait for another process that is migrating, and for each lock on a table, in milliseconds. @default 60000 */
  lockTimeoutMs?: number;
  /** Hears of each migration that ran. */
  onApplied?: (module: string, migration: Migration) => void;
}

interface AppliedRow {
  module: string;
  version: number;
  name: string;
  checksum: string;
}

/**
 * Brings the schema `fleetdeck` up to date, module by module, each migration in its own transaction. Safe to call
 * from several replicas at once: one works, the others wait. It uses plain SQL with its own table
 * `fleetdeck.migration`, so the DataSource's prefix, naming strategy, `synchronize` and own migrations do not matter.
 * Needs a connection of its own for the time it runs, not one of a pool in transaction mode.
 *
 * @example
 * await migrateFleetdeck(dataSource, [metricsMigrations]);
 * @throws FleetdeckError `SCHEMA_NEWER` when the database holds a version that this code does not know,
 *   `MIGRATION_CHANGED` when one that ran reads differently now, `MIGRATION_LOCKED` when another process migrates for too long
 * @throws RangeError when the sets or options are not well formed
 * @throws Error when a migration fails; it is undone, those before it stay
 */
export async function migrateFleetdeck(
  dataSource: DataSource,
  sets: readonly MigrationSet[],
  options: MigrateOptions = {},
): Promise<void> {
  const lockTimeoutMs = options.lockTimeoutMs ?? 60_000;
  assertLockTimeout(lockTimeoutMs);
  assertWellFormed(sets);
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    const limits = await replaceLimits(runner, lockTimeoutMs);
    try {
      await lock(runner, lockTimeoutMs);
      try {
        await migrateLocked(runner, sets, options);
      } finally {
        await quietly(runner.query('select pg_advisory_unlock($1)', [LOCK_KEY]));
      }
    } finally {
      await quietly(setLimits(runner, limits));
    }
  } finally {
    await runner.release();
  }
}

/** The greatest `lock_timeout` that PostgreSQL takes. */
const MAX_LOCK_TIMEOUT_MS = 2_147_483_647;

function assertLockTimeout(ms: number): void {
  if (ms >= 1 && ms <= MAX_LOCK_TIMEOUT_MS) return;
  throw new RangeError(
    `lockTimeoutMs must be a number of milliseconds from 1 to ${MAX_LOCK_TIMEOUT_MS}, it is ${ms}.`,
  );
}

function assertWellFormed(sets: readonly MigrationSet[]): void {
  const seen = new Set<string>();
  for (const { module, migrations } of sets) {
    if (seen.has(module)) {
      throw new RangeError(`Module "${module}" is listed twice; give each module once.`);
    }
    seen.add(module);
    migrations.forEach(({ version }, index) => {
      if (version !== index + 1) {
        throw new RangeError(
          `Migrations of module "${module}" must count from 1 without holes; number ${index + 1} has version ${version}.`,
        );
      }
    });
  }
}

/** Clean-up after a failure: a dead connection has lost its lock anyway, and the first error is the one to tell. */
async function quietly(cleanUp: Promise<unknown>): Promise<void> {
  await cleanUp.catch(() => undefined);
}

interface Setting {
  name: string;
  value: string;
}

/**
 * Takes the connection's own time limits off, which are meant for requests, and bounds every wait for a lock, that
 * of another migrator as that of a table. Returns what was set before, since the connection goes back to the pool.
 */
async function replaceLimits(runner: QueryRunner, lockTimeoutMs: number): Promise<Setting[]> {
  const before = (await runner.query(
    `select name, current_setting(name) as value from pg_settings where name in
      ('lock_timeout', 'statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')`,
  )) as Setting[];
  const lockTimeout = `${Math.ceil(lockTimeoutMs)}ms`;
  await setLimits(
    runner,
    before.map(({ name }) => ({ name, value: name === 'lock_timeout' ? lockTimeout : '0' })),
  );
  return before;
}

async function setLimits(runner: QueryRunner, limits: readonly Setting[]): Promise<void> {
  await runner.query(
    'select set_config(name, value, false) from json_to_recordset($1) as limits(name text, value text)',
    [JSON.stringify(limits)],
  );
}

async function lock(runner: QueryRunner, timeoutMs: number): Promise<void> {
  try {
    await runner.query('select pg_advisory_lock($1)', [LOCK_KEY]);
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw thrown;
    throw new FleetdeckError(
      'MIGRATION_LOCKED',
      `Another process has been migrating this database for over ${timeoutMs / 1000} s; wait for it to end, or stop it, then start again.`,
      { cause: thrown },
    );
  }
}

/** Creates only what is missing: `create … if not exists` asks for the right to create even when nothing is missing. */
async function prepare(runner: QueryRunner): Promise<void> {
  const [found] = (await runner.query(
    `select to_regnamespace('fleetdeck') is not null as "schema", to_regclass('fleetdeck.migration') is not null as "table"`,
  )) as [{ schema: boolean; table: boolean }];
  if (!found.schema) await runner.query('create schema fleetdeck');
  if (!found.table) {
    await runner.query(`create table fleetdeck.migration (
      module text not null,
      version integer not null,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now(),
      primary key (module, version)
    )`);
  }
}

async function migrateLocked(
  runner: QueryRunner,
  sets: readonly MigrationSet[],
  options: MigrateOptions,
): Promise<void> {
  await prepare(runner);
  const rows = (await runner.query(
    'select module, version, name, checksum from fleetdeck.migration',
  )) as AppliedRow[];
  // Everything is checked before anything is changed.
  for (const set of sets)
    assertKnown(
      set,
      rows.filter((row) => row.module === set.module),
    );
  for (const { module, migrations } of sets) {
    const applied = new Set(rows.filter((row) => row.module === module).map((row) => row.version));
    for (const migration of migrations) {
      if (applied.has(migration.version)) continue;
      await apply(runner, module, migration);
      options.onApplied?.(module, migration);
    }
  }
}

function assertKnown({ module, migrations }: MigrationSet, rows: readonly AppliedRow[]): void {
  for (const row of rows) {
    const known = migrations[row.version - 1];
    if (!known) {
      throw new FleetdeckError(
        'SCHEMA_NEWER',
        `The database holds version ${row.version} of module "${module}" ("${row.name}"), this program knows up to ${migrations.length}. Run the newer program, or restore a backup.`,
      );
    }
    if (row.checksum !== checksum(known)) {
      throw new FleetdeckError(
        'MIGRATION_CHANGED',
        `Migration ${row.version} of module "${module}" ("${row.name}") is not the one that ran on this database. A released migration must not change: put it back and add a new one.`,
      );
    }
  }
}

async function apply(runner: QueryRunner, module: string, migration: Migration): Promise<void> {
  await runner.query('begin');
  try {
    await runner.query(migration.sql);
    await runner.query(
      'insert into fleetdeck.migration (module, version, name, checksum) values ($1, $2, $3, $4)',
      [module, migration.version, migration.name, checksum(migration)],
    );
    await runner.query('commit');
  } catch (thrown) {
    await quietly(runner.query('rollback'));
    throw new Error(
      `Migration ${migration.version} of module "${module}" ("${migration.name}") failed and was undone: ${messageOf(thrown)}`,
      { cause: thrown },
    );
  }
}

// White space does not count, so that a formatter cannot make a released migration look changed.
function checksum(migration: Migration): string {
  return createHash('sha256').update(migration.sql.replace(/\s+/g, ' ').trim()).digest('hex');
}
