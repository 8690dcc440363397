import type { MigrationSet } from '@fleetdeck/kernel';

/**
 * The schema of the metrics module, for `migrateFleetdeck(dataSource, [metricsMigrations])`. Needs PostgreSQL 14 or
 * newer.
 *
 * Points lie in one partition an hour, so that old ones go by dropping a table instead of by deleting rows. Their
 * index is a B-tree on (series_id, at): each question is about a few series over a span, which a BRIN on the time
 * alone would answer by reading whole hours of all series.
 *
 * `metric_writer` is one process that records: its points from `rolled_to` on are in no roll-up yet. `metric_tier` says
 * up to where the hours and the days are complete, and the minutes compacted. `metric_repair` tells other processes which past spans changed.
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
    {
      version: 2,
      name: 'roll-ups of minutes, hours and days; points know their writer',
      sql: `
        alter table fleetdeck.metric add column raw boolean not null default true;
        -- Anew and not altered: the order of these columns saves 8 bytes of each point.
        drop table fleetdeck.metric_point;
        create table fleetdeck.metric_point (
          series_id integer not null,
          writer integer,
          at timestamptz not null,
          value double precision not null,
          increase double precision,
          increase_ms double precision
        ) partition by range (at);
        create index metric_point_series_at on fleetdeck.metric_point (series_id, at);
        drop table fleetdeck.metric_writer;
        create table fleetdeck.metric_writer (
          id uuid primary key,
          number integer generated always as identity,
          batch bigint not null default 0,
          rolled_to timestamptz not null,
          seen_at timestamptz not null,
          ended boolean not null default false
        );
        create table fleetdeck.metric_rollup_1m (
          series_id integer not null,
          points integer not null,
          at timestamptz not null,
          sum double precision not null,
          min double precision not null,
          max double precision not null,
          last_value double precision not null,
          last_at timestamptz not null,
          increase double precision,
          increase_ms double precision,
          sketch bytea
        ) partition by range (at);
        create index metric_rollup_1m_series_at on fleetdeck.metric_rollup_1m (series_id, at);
        alter table fleetdeck.metric_rollup_1m alter column sketch set storage external;
        create table fleetdeck.metric_rollup_1h (like fleetdeck.metric_rollup_1m including storage)
          partition by range (at);
        alter table fleetdeck.metric_rollup_1h alter column points type bigint;
        create index metric_rollup_1h_series_at on fleetdeck.metric_rollup_1h (series_id, at);
        create table fleetdeck.metric_rollup_1d (like fleetdeck.metric_rollup_1h including storage)
          partition by range (at);
        create index metric_rollup_1d_series_at on fleetdeck.metric_rollup_1d (series_id, at);
        create table fleetdeck.metric_tier (
          tier text primary key check (tier in ('1h', '1d')),
          rolled_to timestamptz
        );
        insert into fleetdeck.metric_tier (tier) values ('1h'), ('1d');
        create table fleetdeck.metric_keeper (
          one boolean primary key default true check (one),
          holder uuid not null,
          held_until timestamptz not null
        );
        create table fleetdeck.metric_repair (
          id bigint generated always as identity primary key,
          metric text not null,
          from_at timestamptz not null,
          to_at timestamptz not null,
          noted_at timestamptz not null,
          noted_by uuid not null
        );
      `,
    },
    {
      version: 3,
      name: 'up to where minutes are compacted',
      sql: `
        alter table fleetdeck.metric_tier drop constraint metric_tier_tier_check;
        alter table fleetdeck.metric_tier add constraint metric_tier_tier_check check (tier in ('1m', '1h', '1d'));
        insert into fleetdeck.metric_tier (tier) values ('1m');
      `,
    },
    {
      version: 4,
      name: 'when a metric was last in use',
      sql: `alter table fleetdeck.metric add column seen_at timestamptz not null default now();`,
    },
    {
      version: 5,
      name: 'how many totals of a counter began anew',
      sql: `
        alter table fleetdeck.metric_point add column restarts integer;
        alter table fleetdeck.metric_rollup_1m add column restarts integer;
        alter table fleetdeck.metric_rollup_1h add column restarts integer;
        alter table fleetdeck.metric_rollup_1d add column restarts integer;
      `,
    },
    {
      version: 6,
      name: 'series by when they were last in use',
      sql: `create index metric_series_metric_seen on fleetdeck.metric_series (metric, last_seen_at);`,
    },
  ],
};
