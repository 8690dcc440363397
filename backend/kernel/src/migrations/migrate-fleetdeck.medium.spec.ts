import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, DefaultNamingStrategy, EntitySchema, type DataSourceOptions } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../testing/index.ts';
import { migrateFleetdeck } from './migrate-fleetdeck.ts';
import type { MigrationSet } from './migration.ts';

/** The advisory lock that every version of the migrator takes: it must not change. */
const LOCK_KEY = 0x666c7464;

const things: MigrationSet = {
  module: 'things',
  migrations: [
    {
      version: 1,
      name: 'thing',
      sql: `create table fleetdeck.thing (id integer primary key, name text not null);
            insert into fleetdeck.thing values (1, 'first');`,
    },
    { version: 2, name: 'weight', sql: 'alter table fleetdeck.thing add column weight double precision' },
  ],
};

interface Applied {
  module: string;
  version: number;
  name: string;
}

let database: TestDatabase;
const opened: DataSource[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  for (const dataSource of opened.splice(0)) await dataSource.destroy();
  await database.drop();
});

async function open(
  options: Partial<Extract<DataSourceOptions, { type: 'postgres' }>> = {},
): Promise<DataSource> {
  const dataSource = new DataSource({ type: 'postgres', url: database.url, ...options });
  opened.push(await dataSource.initialize());
  return dataSource;
}

async function applied(): Promise<Applied[]> {
  return database.dataSource.query<Applied[]>(
    'select module, version, name from fleetdeck.migration order by module, version',
  );
}

async function columnsOfThing(): Promise<string[]> {
  const rows = await database.dataSource.query<{ name: string }[]>(
    `select column_name as name from information_schema.columns
      where table_schema = 'fleetdeck' and table_name = 'thing' order by ordinal_position`,
  );
  return rows.map(({ name }) => name);
}

async function heldLocks(): Promise<number> {
  const rows = await database.dataSource.query<{ count: number }[]>(
    `select count(*)::int as count from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`,
  );
  return rows[0]?.count ?? -1;
}

/** Waits, in the database and not by the clock, until someone waits for an advisory lock. */
async function someoneWaitsForTheLock(): Promise<void> {
  await database.dataSource.query(`do $$ begin
    for i in 1..500 loop
      perform pg_stat_clear_snapshot();
      if exists (select from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())) then return; end if;
      perform pg_sleep(0.01);
    end loop;
    raise exception 'nobody waited for the lock within 5 s';
  end $$`);
}

/** Words of the error that the migration is expected to end with. */
async function failureOf(run: Promise<void>): Promise<{ code?: unknown; message: string }> {
  try {
    await run;
  } catch (thrown) {
    return thrown as { code?: unknown; message: string };
  }
  throw new Error('The migration was expected to fail.');
}

describe('migrateFleetdeck', () => {
  it('runs every migration once, in order, and says so', async () => {
    const heard: string[] = [];
    const onApplied = (module: string, { version }: { version: number }): void => {
      heard.push(`${module} ${version}`);
    };
    await migrateFleetdeck(database.dataSource, [things], { onApplied });
    await migrateFleetdeck(database.dataSource, [things], { onApplied });
    expect(heard).toEqual(['things 1', 'things 2']);
    expect(await applied()).toEqual([
      { module: 'things', version: 1, name: 'thing' },
      { module: 'things', version: 2, name: 'weight' },
    ]);
    expect(await columnsOfThing()).toEqual(['id', 'name', 'weight']);
    expect(await heldLocks()).toBe(0);
  });

  it('adds what a newer program brings, and leaves the other modules alone', async () => {
    const first: MigrationSet = { module: 'things', migrations: things.migrations.slice(0, 1) };
    const other: MigrationSet = {
      module: 'others',
      migrations: [{ version: 1, name: 'other', sql: 'create table fleetdeck.other (id integer)' }],
    };
    await migrateFleetdeck(database.dataSource, [first]);
    await migrateFleetdeck(database.dataSource, [other, things]);
    expect((await applied()).map(({ module, version }) => `${module} ${version}`)).toEqual([
      'others 1',
      'things 1',
      'things 2',
    ]);
  });

  it('is not moved by a hostile DataSource: prefix, naming strategy, synchronize, a schema of its own', async () => {
    class Shouting extends DefaultNamingStrategy {
      override tableName(target: string, given: string | undefined): string {
        return `SHOP_${given ?? target}`.toUpperCase();
      }
      override columnName(property: string, given: string | undefined): string {
        return `c_${given ?? property}`;
      }
    }
    const order = new EntitySchema<{ id: number; migration: string }>({
      name: 'migration',
      columns: { id: { type: Number, primary: true }, migration: { type: String } },
    });
    await database.dataSource.query('create schema shop');
    const options = {
      schema: 'shop',
      entityPrefix: 'shop_',
      namingStrategy: new Shouting(),
      synchronize: true,
      entities: [order],
      migrationsTableName: 'migration',
      extra: { options: '-c search_path=shop,public -c default_transaction_isolation=serializable' },
    };
    const hostile = await open(options);
    await migrateFleetdeck(hostile, [things]);
    await hostile.synchronize();
    const restarted = await open(options);
    await migrateFleetdeck(restarted, [things]);

    const tables = await database.dataSource.query<{ name: string }[]>(
      `select table_schema || '.' || table_name as name from information_schema.tables
        where table_schema not in ('pg_catalog', 'information_schema') order by 1`,
    );
    expect(tables.map(({ name }) => name)).toEqual([
      'fleetdeck.migration',
      'fleetdeck.thing',
      'shop.shop_SHOP_MIGRATION',
    ]);
    expect(await columnsOfThing()).toEqual(['id', 'name', 'weight']);
    expect(await restarted.query<unknown>('select id, name from fleetdeck.thing')).toEqual([
      { id: 1, name: 'first' },
    ]);
  });

  it('lets the time limits of the host’s connections neither end a migration nor get lost', async () => {
    const limits = '-c statement_timeout=100 -c lock_timeout=50 -c idle_in_transaction_session_timeout=100';
    const impatient = await open({ poolSize: 1, extra: { options: limits } });
    const slow: MigrationSet = {
      module: 'slow',
      migrations: [{ version: 1, name: 'slow', sql: 'select pg_sleep(0.3); create table fleetdeck.slow ()' }],
    };
    await migrateFleetdeck(impatient, [slow]);
    const settings = await impatient.query<unknown>(
      `select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
              current_setting('idle_in_transaction_session_timeout') as idle`,
    );
    expect(settings).toEqual([{ statement: '100ms', lock: '50ms', idle: '100ms' }]);
  });

  it('lets two replicas start at once: one works, the other waits, each migration runs once', async () => {
    const heard: string[] = [];
    const blocker = database.dataSource.createQueryRunner();
    await blocker.query('select pg_advisory_lock($1)', [LOCK_KEY]);
    const replicas = await Promise.all([open(), open()]);
    const runs = replicas.map((replica, i) =>
      migrateFleetdeck(replica, [things], { onApplied: (_m, { version }) => heard.push(`${i}:${version}`) }),
    );
    await someoneWaitsForTheLock();
    await blocker.query('select pg_advisory_unlock($1)', [LOCK_KEY]);
    await blocker.release();
    await Promise.all(runs);

    expect(heard.map((entry) => entry.slice(2))).toEqual(['1', '2']);
    expect(new Set(heard.map((entry) => entry.slice(0, 1))).size).toBe(1);
    expect(await applied()).toHaveLength(2);
    expect(await heldLocks()).toBe(0);
  });

  it('refuses a released migration that reads differently now, before it changes anything', async () => {
    await migrateFleetdeck(database.dataSource, [
      { module: 'things', migrations: things.migrations.slice(0, 1) },
    ]);
    const changed: MigrationSet = {
      module: 'things',
      migrations: [
        { version: 1, name: 'thing', sql: 'create table fleetdeck.thing (id bigint primary key)' },
        { version: 2, name: 'weight', sql: 'alter table fleetdeck.thing add column weight double precision' },
      ],
    };
    const other: MigrationSet = {
      module: 'others',
      migrations: [{ version: 1, name: 'other', sql: 'create table fleetdeck.other ()' }],
    };
    const failure = await failureOf(migrateFleetdeck(database.dataSource, [other, changed]));
    expect(failure.code).toBe('MIGRATION_CHANGED');
    expect(failure.message).toContain('Migration 1 of module "things" ("thing") is not the one that ran');
    expect(await applied()).toEqual([{ module: 'things', version: 1, name: 'thing' }]);
    expect(await heldLocks()).toBe(0);
  });

  it('does not take a change of white space for a change', async () => {
    await migrateFleetdeck(database.dataSource, [things]);
    const formatted = things.migrations.map((migration) => ({
      ...migration,
      sql: `\n\n  ${migration.sql.replaceAll(/\s+/g, '\n\t')}  `,
    }));
    await migrateFleetdeck(database.dataSource, [{ module: 'things', migrations: formatted }]);
    expect(await applied()).toHaveLength(2);
  });

  it('refuses a schema that a newer program wrote, naming both versions', async () => {
    await migrateFleetdeck(database.dataSource, [things]);
    const older: MigrationSet = { module: 'things', migrations: things.migrations.slice(0, 1) };
    const failure = await failureOf(migrateFleetdeck(database.dataSource, [older]));
    expect(failure.code).toBe('SCHEMA_NEWER');
    expect(failure.message).toContain('version 2 of module "things" ("weight"), this program knows up to 1');
    expect(await heldLocks()).toBe(0);
  });

  it('keeps what went well when a later migration fails, and nothing of the one that failed', async () => {
    const broken: MigrationSet = {
      module: 'things',
      migrations: [
        things.migrations[0] as MigrationSet['migrations'][number],
        {
          version: 2,
          name: 'weight',
          sql: `alter table fleetdeck.thing add column weight double precision;
                insert into fleetdeck.thing (id, name) values (1, 'again');`,
        },
      ],
    };
    const failure = await failureOf(migrateFleetdeck(database.dataSource, [broken]));
    expect(failure.message).toContain(
      'Migration 2 of module "things" ("weight") failed and was undone: duplicate key',
    );
    expect(await applied()).toEqual([{ module: 'things', version: 1, name: 'thing' }]);
    expect(await columnsOfThing()).toEqual(['id', 'name']);
    expect(await heldLocks()).toBe(0);
    // The mended migration goes on where it stopped.
    await migrateFleetdeck(database.dataSource, [things]);
    expect(await columnsOfThing()).toEqual(['id', 'name', 'weight']);
  });

  it('undoes a migration whose record cannot be written: both or neither', async () => {
    const unrecorded: MigrationSet = {
      module: 'things',
      migrations: [
        {
          version: 1,
          name: 'thing',
          sql: `create table fleetdeck.thing (id integer);
                create unique index one_row on fleetdeck.migration ((1));
                insert into fleetdeck.migration values ('x', 1, 'x', 'x');`,
        },
      ],
    };
    const failure = await failureOf(migrateFleetdeck(database.dataSource, [unrecorded]));
    expect(failure.message).toContain('"one_row"');
    expect(await applied()).toEqual([]);
    expect(await columnsOfThing()).toEqual([]);
  });

  it('waits for another migrator only for so long, and names that as the reason', async () => {
    const blocker = database.dataSource.createQueryRunner();
    await blocker.query('select pg_advisory_lock($1)', [LOCK_KEY]);
    try {
      const replica = await open();
      const failure = await failureOf(migrateFleetdeck(replica, [things], { lockTimeoutMs: 200 }));
      expect(failure.code).toBe('MIGRATION_LOCKED');
      expect(failure.message).toContain('Another process has been migrating this database for over 0.2 s');
    } finally {
      await blocker.query('select pg_advisory_unlock($1)', [LOCK_KEY]);
      await blocker.release();
    }
    expect(await heldLocks()).toBe(0);
  });

  it('waits only for so long for a table that a forgotten transaction holds', async () => {
    await migrateFleetdeck(database.dataSource, [
      { module: 'things', migrations: things.migrations.slice(0, 1) },
    ]);
    const forgotten = database.dataSource.createQueryRunner();
    await forgotten.startTransaction();
    try {
      await forgotten.query('select * from fleetdeck.thing');
      const failure = await failureOf(migrateFleetdeck(await open(), [things], { lockTimeoutMs: 200 }));
      expect(failure.message).toContain('Migration 2 of module "things" ("weight") failed and was undone');
      expect(failure.message).toContain('lock timeout');
    } finally {
      await forgotten.rollbackTransaction();
      await forgotten.release();
    }
  });

  it('tells the reason when the connection dies under a migration', async () => {
    const suicidal: MigrationSet = {
      module: 'things',
      migrations: [{ version: 1, name: 'end', sql: 'select pg_terminate_backend(pg_backend_pid())' }],
    };
    const replica = await open();
    const failure = await failureOf(migrateFleetdeck(replica, [suicidal]));
    expect(failure.message).toContain(
      'Migration 1 of module "things" ("end") failed and was undone: terminating',
    );
    expect(await heldLocks()).toBe(0);
  });

  it('does not call it a lock when the connection dies while it waits for one', async () => {
    const blocker = database.dataSource.createQueryRunner();
    await blocker.query('select pg_advisory_lock($1)', [LOCK_KEY]);
    try {
      const run = failureOf(migrateFleetdeck(await open(), [things]));
      await someoneWaitsForTheLock();
      await blocker.query(
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted",
      );
      const failure = await run;
      expect(failure.message).toContain('terminating connection');
      expect(failure.code).not.toBe('MIGRATION_LOCKED');
    } finally {
      await blocker.query('select pg_advisory_unlock($1)', [LOCK_KEY]);
      await blocker.release();
    }
  });

  describe('as a user who', () => {
    const role = `fleetdeck_user_${process.pid}_${process.env['JEST_WORKER_ID'] ?? '0'}`;

    beforeEach(async () => {
      await database.dataSource.query(`create role ${role} login password 'test'`);
    });

    afterEach(async () => {
      for (const dataSource of opened.splice(0)) await dataSource.destroy();
      await database.dataSource.query(`reassign owned by ${role} to current_user`);
      await database.dataSource.query(`drop owned by ${role}`);
      await database.dataSource.query(`drop role ${role}`);
    });

    function openAsUser(): Promise<DataSource> {
      const url = new URL(database.url);
      url.username = role;
      url.password = 'test';
      return open({ url: url.href });
    }

    it('owns the database and nothing else, works', async () => {
      const { pathname } = new URL(database.url);
      await database.dataSource.query(`alter database ${pathname.slice(1)} owner to ${role}`);
      await migrateFleetdeck(await openAsUser(), [things]);
      expect(await applied()).toHaveLength(2);
    });

    it('was given the schema, but may create none, works', async () => {
      await database.dataSource.query(`create schema fleetdeck authorization ${role}`);
      await migrateFleetdeck(await openAsUser(), [things]);
      expect(await applied()).toHaveLength(2);
    });

    it('may only read and write, starts when somebody else has migrated', async () => {
      await migrateFleetdeck(database.dataSource, [things]);
      await database.dataSource.query(`grant usage on schema fleetdeck to ${role}`);
      await database.dataSource.query(`grant select on all tables in schema fleetdeck to ${role}`);
      await expect(migrateFleetdeck(await openAsUser(), [things])).resolves.toBeUndefined();
    });
  });
});
