import type { MigrationSet } from '@fleetdeck/kernel';

/**
 * The schema of the health module's history, for `migrateFleetdeck(dataSource, [healthMigrations])`.
 *
 * Each process is a run that says until when it watched, so that the time after a crash is unknown and not the status
 * it last saw. Transitions are numbered by their run, so that one written twice is stored once.
 */
export const healthMigrations: MigrationSet = {
  module: 'health',
  migrations: [
    {
      version: 1,
      name: 'runs and transitions',
      sql: `
        create table fleetdeck.health_run (
          id uuid primary key,
          node text not null,
          started_at timestamptz not null,
          seen_at timestamptz not null,
          ended_at timestamptz
        );
        create index health_run_seen_at on fleetdeck.health_run (seen_at);
        create table fleetdeck.health_transition (
          run uuid not null references fleetdeck.health_run (id) on delete cascade,
          sequence bigint not null,
          component text not null,
          at timestamptz not null,
          previous text not null check (previous in ('healthy', 'degraded', 'critical', 'unknown')),
          status text check (status in ('healthy', 'degraded', 'critical', 'unknown')),
          reason text,
          primary key (run, sequence)
        );
        create index health_transition_component on fleetdeck.health_transition (component, run, at);
        create index health_transition_run_at on fleetdeck.health_transition (run, at);
      `,
    },
  ],
};
