import type { MigrationSet } from '@fleetdeck/kernel';

/**
 * The schema of the metrics module, for `migrateFleetdeck(dataSource, [metricsMigrations])`. Needs PostgreSQL 14 or
 * newer.
 *
 * Points lie in one partition an hour, so that old ones go by dropping a table instead of by deleting rows. Their
 * index is a B-tree on (series_id, at): each question is about a few series over a span, which a BRIN on the time
 * alone would answer by reading whole hours of all series.
 */
export const metricsMigrations: MigrationSet = {
  module: 'metrics',
  migrations: [
    {
      version: 1,
      name: 'metrics, series and hourly raw points',
      sql: `
        create table fleetdeck.metric (
          name text primary key,
          kind text not null check (kind in ('gauge', 'counter', 'distribution')),
          unit text not null,
          help text not null,
          labels text[] not null,
          expected_every_ms double precision check (expected_every_ms > 0),
          good_direction text not null check (good_direction in ('up', 'down', 'none')),
          declared boolean not null
        );
        create table fleetdeck.metric_series (
          id integer generated always as identity primary key,
          metric text not null references fleetdeck.metric (name),
          labels jsonb not null,
          labels_hash text not null,
          last_seen_at timestamptz not null,
          unique (metric, labels_hash)
        );
        create table fleetdeck.metric_point (
          series_id integer not null,
          at timestamptz not null,
          value double precision not null
        ) partition by range (at);
        create index metric_point_series_at on fleetdeck.metric_point (series_id, at);
        create table fleetdeck.metric_writer (
          id uuid primary key,
          batch bigint not null,
          seen_at timestamptz not null
        );
      `,
    },
  ],
};
