import type { MigrationSet } from '@fleetdeck/kernel';

/** Tables of the service's own sign-in. */
export const accessMigrations: MigrationSet = {
  module: 'access',
  migrations: [
    {
      version: 1,
      name: 'sessions and used sign-in links',
      sql: `
        create table fleetdeck.session (
          id_hash bytea primary key,
          subject text not null,
          role text not null check (role in ('viewer', 'operator', 'admin')),
          created_at timestamptz not null default now(),
          expires_at timestamptz not null
        );
        create index session_expires_at on fleetdeck.session (expires_at);
        create table fleetdeck.used_sign_in_link (
          id text primary key,
          expires_at timestamptz not null
        );
      `,
    },
  ],
};
