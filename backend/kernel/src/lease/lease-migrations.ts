import type { MigrationSet } from '../migrations/migration.ts';

/** The table of `createPostgresLease`, for `migrateFleetdeck(dataSource, [leaseMigrations])`. */
export const leaseMigrations: MigrationSet = {
  module: 'lease',
  migrations: [
    {
      version: 1,
      name: 'leases',
      sql: `
        create table fleetdeck.lease (
          name text primary key,
          holder text not null,
          fence bigint not null,
          expires_at timestamptz not null
        );
      `,
    },
  ],
};
