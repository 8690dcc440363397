import type { IncidentEvent } from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';
import type { Delivery } from '../notify/notice-sink.ts';
import type { WaitingEnd } from '../notify/waiting-ends.ts';
import type { Instance } from '../rule/instance.ts';
import type { IncidentRecord } from './alert-store.ts';
import type { SqlRunner } from './sql.ts';
import { storable } from './storable.ts';

// Rows go as one JSON parameter each: a list of any length is one statement with one plan.

/** Writes instances as they are now and forgets others. */
export async function writeInstances(
  runner: SqlRunner,
  instances: readonly Instance[],
  forget: readonly string[],
): Promise<void> {
  if (forget.length > 0) {
    await runner.query('delete from fleetdeck.alert_instance where key = any ($1::text[])', [forget]);
  }
  if (instances.length === 0) return;
  const rows = instances.map((instance) => ({
    key: instance.key,
    rule: instance.rule,
    series_labels: instance.seriesLabels,
    state: instance.standing.state,
    held_ms: instance.standing.heldMs,
    evaluated_at: isoTime(instance.standing.evaluatedAt),
    no_data: instance.standing.noData,
    since: isoTime(instance.since),
    began_at: isoTime(instance.beganAt),
    fired_at: timeOrNull(instance.firedAt),
    value: instance.value,
    reason: instance.reason,
    incident_id: instance.incidentId,
    version: instance.version,
    notified_at: timeOrNull(instance.notifiedAt),
    last_notified_at: timeOrNull(instance.lastNotifiedAt),
    missing_ms: instance.missingMs,
    ends_told_at: timeOrNull(instance.endsToldAt),
  }));
  await runner.query(
    `insert into fleetdeck.alert_instance
     select * from jsonb_populate_recordset(null::fleetdeck.alert_instance, $1::jsonb)
     on conflict (key) do update set
       state = excluded.state, held_ms = excluded.held_ms, evaluated_at = excluded.evaluated_at,
       no_data = excluded.no_data, since = excluded.since, began_at = excluded.began_at,
       fired_at = excluded.fired_at, value = excluded.value, reason = excluded.reason,
       incident_id = excluded.incident_id, version = excluded.version, notified_at = excluded.notified_at,
       last_notified_at = excluded.last_notified_at, missing_ms = excluded.missing_ms,
       ends_told_at = excluded.ends_told_at`,
    [jsonOf(rows)],
  );
}

/** Writes ends that wait for their group and forgets others. */
export async function writeEnds(
  runner: SqlRunner,
  ends: readonly WaitingEnd[],
  forget: readonly string[],
): Promise<void> {
  if (forget.length > 0) {
    await runner.query('delete from fleetdeck.alert_waiting_end where incident_id = any ($1::uuid[])', [
      forget,
    ]);
  }
  if (ends.length === 0) return;
  const rows = ends.map(({ incident, groupToldAt }) => ({
    incident_id: incident.incidentId,
    incident,
    group_told_at: isoTime(groupToldAt),
  }));
  await runner.query(
    `insert into fleetdeck.alert_waiting_end
     select * from jsonb_populate_recordset(null::fleetdeck.alert_waiting_end, $1::jsonb)
     on conflict (incident_id) do nothing`,
    [jsonOf(rows)],
  );
}

/** Writes incidents; leaves acknowledgements as they are. */
export async function writeIncidents(runner: SqlRunner, incidents: readonly IncidentRecord[]): Promise<void> {
  if (incidents.length === 0) return;
  const rows = incidents.map((incident) => ({
    id: incident.id,
    rule: incident.rule,
    labels: incident.labels,
    severity: incident.severity,
    message: incident.message,
    runbook_url: incident.runbookUrl,
    began_at: incident.beganAt,
    fired_at: incident.firedAt,
    ended_at: incident.endedAt,
    reason: incident.reason,
    end_reason: incident.endReason,
    value: incident.value,
    notified_at: incident.notifiedAt,
  }));
  await runner.query(
    `insert into fleetdeck.incident
     select * from jsonb_populate_recordset(null::fleetdeck.incident, $1::jsonb)
     on conflict (id) do update set
       ended_at = excluded.ended_at, end_reason = excluded.end_reason,
       notified_at = coalesce(incident.notified_at, excluded.notified_at)`,
    [jsonOf(rows)],
  );
}

/** Writes events that are not there yet. */
export async function writeEvents(runner: SqlRunner, events: readonly IncidentEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => ({
    id: event.id,
    incident_id: event.incidentId,
    rule: event.rule,
    kind: event.kind,
    from_state: event.from,
    to_state: event.to,
    at: event.at,
    duration_ms: event.durationMs,
    reason: event.reason,
    value: event.value,
    actor: event.by,
  }));
  await runner.query(
    `insert into fleetdeck.incident_event
     select * from jsonb_populate_recordset(null::fleetdeck.incident_event, $1::jsonb)
     on conflict (id) do nothing`,
    [jsonOf(rows)],
  );
}

/**
 * Writes deliveries as they are now; one that is done stays so.
 * @param onlyArrivals whether of those that are stored only that they have arrived is written
 */
export async function writeDeliveries(
  runner: SqlRunner,
  deliveries: readonly Delivery[],
  onlyArrivals = false,
): Promise<void> {
  if (deliveries.length === 0) return;
  const rows = deliveries.map((delivery, place) => ({
    place,
    id: delivery.notice.id,
    sink: delivery.sink,
    kind: delivery.notice.kind,
    incident_ids: delivery.notice.incidents.map(({ incidentId }) => incidentId),
    notice: delivery.notice,
    status: delivery.status,
    attempts: delivery.attempts,
    next_attempt_at: isoTime(delivery.nextAttemptAt),
    created_at: delivery.notice.at,
    done_at: timeOrNull(delivery.doneAt),
    last_error: delivery.lastError,
  }));
  await runner.query(
    `insert into fleetdeck.alert_notice (id, sink, kind, incident_ids, notice, status, attempts, next_attempt_at,
       created_at, done_at, last_error)
     select id, sink, kind, incident_ids, notice, status, attempts, next_attempt_at, created_at, done_at, last_error
     from jsonb_to_recordset($1::jsonb) as said (id uuid, sink text, kind text, incident_ids uuid[], notice jsonb,
       status text, attempts integer, next_attempt_at timestamptz, created_at timestamptz, done_at timestamptz,
       last_error text, place integer)
     order by place
     on conflict (id, sink) do update set
       notice = excluded.notice, status = excluded.status, attempts = excluded.attempts,
       next_attempt_at = excluded.next_attempt_at, done_at = excluded.done_at, last_error = excluded.last_error
       where alert_notice.status = 'waiting' and (excluded.status = 'sent' or not $2)`,
    [jsonOf(rows), onlyArrivals],
  );
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}

function jsonOf(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'string' ? storable(value) : value,
  );
}
