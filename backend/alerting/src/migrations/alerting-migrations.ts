import type { MigrationSet } from '@fleetdeck/kernel';

/**
 * The schema of the alerting module, for `migrateFleetdeck(dataSource, [leaseMigrations, alertingMigrations])`. Needs
 * PostgreSQL 14 or newer.
 */
export const alertingMigrations: MigrationSet = {
  module: 'alerting',
  migrations: [
    {
      version: 1,
      name: 'alerts, incidents, silences, notices and health signals',
      sql: `
        create table fleetdeck.alert_instance (
          key text primary key,
          rule text not null,
          series_labels jsonb not null,
          state text not null check (state in ('inactive', 'pending', 'firing', 'recovering')),
          held_ms double precision not null,
          evaluated_at timestamptz not null,
          no_data boolean not null,
          since timestamptz not null,
          began_at timestamptz not null,
          fired_at timestamptz,
          value double precision,
          reason text,
          incident_id text not null,
          version integer not null,
          notified_at timestamptz,
          last_notified_at timestamptz
        );
        create table fleetdeck.incident (
          id uuid primary key,
          rule text not null,
          labels jsonb not null,
          severity text not null check (severity in ('degraded', 'critical')),
          message text not null,
          runbook_url text,
          began_at timestamptz not null,
          fired_at timestamptz not null,
          ended_at timestamptz,
          reason text not null,
          end_reason text,
          value double precision,
          notified_at timestamptz,
          acknowledged_by text,
          acknowledged_at timestamptz,
          acknowledged_reason text
        );
        create index incident_began_at on fleetdeck.incident (began_at desc, id desc);
        create index incident_rule on fleetdeck.incident (rule, began_at desc, id desc);
        create index incident_open on fleetdeck.incident (began_at desc, id desc) where ended_at is null;
        create table fleetdeck.incident_event (
          id uuid primary key,
          incident_id uuid not null,
          rule text not null,
          kind text not null check (kind in ('state', 'acknowledged')),
          from_state text not null,
          to_state text not null,
          at timestamptz not null,
          duration_ms double precision,
          reason text not null,
          value double precision,
          actor text
        );
        create index incident_event_incident on fleetdeck.incident_event (incident_id, at);
        create index incident_event_at on fleetdeck.incident_event (at);
        create table fleetdeck.alert_silence (
          id uuid primary key,
          matchers jsonb not null,
          reason text not null,
          created_by text not null,
          created_at timestamptz not null,
          starts_at timestamptz not null,
          ends_at timestamptz not null
        );
        create index alert_silence_ends_at on fleetdeck.alert_silence (ends_at);
        create table fleetdeck.alert_notice (
          id uuid not null,
          sink text not null,
          seq bigint generated always as identity,
          kind text not null check (kind in ('firing', 'reminder', 'resolved')),
          incident_ids uuid[] not null,
          notice jsonb not null,
          status text not null check (status in ('waiting', 'sent', 'abandoned')),
          attempts integer not null,
          next_attempt_at timestamptz not null,
          created_at timestamptz not null,
          done_at timestamptz,
          last_error text,
          primary key (id, sink)
        );
        create index alert_notice_waiting on fleetdeck.alert_notice (seq) where status = 'waiting';
        create index alert_notice_incidents on fleetdeck.alert_notice using gin (incident_ids);
        create index alert_notice_created_at on fleetdeck.alert_notice (created_at);
        create table fleetdeck.alert_signal (
          node text not null,
          source text not null,
          severity text not null check (severity in ('degraded', 'critical')),
          message text not null,
          at timestamptz not null,
          seen_at timestamptz not null,
          primary key (node, source)
        );
      `,
    },
    {
      version: 2,
      name: 'which term of the evaluator writes, and when it last evaluated',
      sql: `
        create table fleetdeck.alert_evaluator (
          only_row boolean primary key default true check (only_row),
          fence bigint not null,
          evaluated_at timestamptz
        );
      `,
    },
    {
      version: 3,
      name: 'for how long a series has had no data',
      sql: `
        alter table fleetdeck.alert_instance add column missing_ms double precision not null default 0;
      `,
    },
    {
      version: 4,
      name: 'ends that wait for the turn of their group',
      sql: `
        create table fleetdeck.alert_waiting_end (
          incident_id uuid primary key,
          incident jsonb not null,
          group_told_at timestamptz not null
        );
        alter table fleetdeck.alert_instance add column ends_told_at timestamptz;
      `,
    },
  ],
};
