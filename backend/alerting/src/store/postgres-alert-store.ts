import type { AlertNotice, NoticeIncident, Silence } from '@fleetdeck/dto';
import { isoTime, messageOf } from '@fleetdeck/kernel';
import type { Delivery } from '../notify/notice-sink.ts';
import type { Instance } from '../rule/instance.ts';
import { acknowledgementOf, type AcknowledgementColumns } from './acknowledgement.ts';
import type {
  AlertStore,
  Refused,
  StoredSignal,
  StoredState,
  StoreHistory,
  StoreNews,
  StoreWrite,
} from './alert-store.ts';
import { silenceOf, type SilenceRow } from './silence-store.ts';
import type { Sql, SqlRunner } from './sql.ts';
import { PiecewiseWriter } from './write-piecewise.ts';
import { writeDeliveries, writeEnds, writeEvents, writeIncidents, writeInstances } from './write.sql.ts';

/** How long a replica that says nothing keeps its components unwell. */
const SIGNAL_TTL = `interval '60 seconds'`;
const MAX_PRUNED = 5000;

interface InstanceRow extends AcknowledgementColumns {
  key: string;
  rule: string;
  series_labels: Record<string, string>;
  state: Instance['standing']['state'];
  held_ms: number;
  evaluated_at: Date;
  no_data: boolean;
  since: Date;
  began_at: Date;
  fired_at: Date | null;
  value: number | null;
  reason: string | null;
  incident_id: string;
  version: number;
  notified_at: Date | null;
  last_notified_at: Date | null;
  missing_ms: number;
  ends_told_at: Date | null;
}

interface DeliveryRow {
  sink: string;
  notice: AlertNotice;
  attempts: number;
  next_attempt_at: Date;
  last_error: string | null;
}

/** The evaluator's state in PostgreSQL. */
export class PostgresAlertStore implements AlertStore {
  constructor(private readonly sql: Sql) {}

  async begin(fence: number, now: number): Promise<StoredState> {
    // By itself, before anything is read: what the evaluator before commits until then is read too.
    if (!(await claim(this.sql, fence, false))) {
      throw new Error(
        `An evaluator has begun with a fence above ${fence}. If none runs, the lease counts from the start again: ` +
          'its fences must go on rising.',
      );
    }
    const news = await this.news(now);
    const instances = await readInstances(this.sql);
    const waiting = await this.sql.query<DeliveryRow[]>(
      `select sink, notice, attempts, next_attempt_at, last_error
       from fleetdeck.alert_notice where status = 'waiting' order by seq`,
    );
    const ends = await this.sql.query<{ incident: NoticeIncident; group_told_at: Date }[]>(
      'select incident, group_told_at from fleetdeck.alert_waiting_end order by group_told_at, incident_id',
    );
    const open = [
      ...ends.map(({ incident }) => incident.incidentId),
      ...instances.map(({ incidentId }) => incidentId).filter((id) => id !== ''),
      ...waiting.flatMap(({ notice }) => notice.incidents.map(({ incidentId }) => incidentId)),
    ];
    const told = await this.sql.query<{ sink: string; ids: string[] }[]>(
      `select sink, array_agg(distinct incident) as ids
       from fleetdeck.alert_notice, unnest(incident_ids) as told (incident)
       where kind <> 'resolved' and status = 'sent' and incident_ids && $1::uuid[]
       group by sink`,
      [open],
    );
    return {
      instances,
      ends: ends.map(({ incident, group_told_at: at }) => ({ incident, groupToldAt: at.getTime() })),
      deliveries: waiting.map(deliveryOf),
      told: told.map(({ sink, ids }) => ({ sink, incidentIds: ids })),
      news,
    };
  }

  async news(now: number): Promise<StoreNews> {
    const [row] = await this.sql.query<
      [{ silences: SilenceRow[]; acks: AckRow[]; signals: StoredSignal[]; fence: string | null }]
    >(
      `select
         (select coalesce(jsonb_agg(to_jsonb(s) order by s.created_at), '[]')
          from fleetdeck.alert_silence s where ends_at > $1) as silences,
         (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'by', acknowledged_by, 'at', acknowledged_at,
            'reason', acknowledged_reason)), '[]')
          from fleetdeck.incident where ended_at is null and acknowledged_at is not null) as acks,
         (select coalesce(jsonb_agg(jsonb_build_object('source', source, 'severity', severity, 'message', message)
            order by at), '[]')
          from fleetdeck.alert_signal where seen_at > clock_timestamp() - ${SIGNAL_TTL}) as signals,
         (select fence from fleetdeck.alert_evaluator) as fence`,
      [new Date(now)],
    );
    return {
      silences: row.silences.map((each): Silence => silenceOf(each, now)),
      acknowledgements: new Map(
        row.acks.map(({ id, by, at, reason }) => [id, { by, at: isoTime(Date.parse(at)), reason }]),
      ),
      signals: row.signals,
      fence: row.fence === null ? null : Number(row.fence),
    };
  }

  async commit(write: StoreWrite, fence: number, evaluated: boolean): Promise<boolean> {
    return this.sql.transaction(async (manager) => {
      // The row stays locked until the end, so that no other evaluator begins in between.
      if (!(await claim(manager, fence, evaluated))) return false;
      await writeInstances(manager, write.instances, write.forget);
      await writeEnds(manager, write.ends, write.forgetEnds);
      await writeHistory(manager, write);
      return true;
    });
  }

  async commitRest(write: StoreWrite, fence: number, evaluated: boolean): Promise<Refused | false> {
    return this.sql.transaction(async (manager) => {
      if (!(await claim(manager, fence, evaluated))) return false;
      const writer = new PiecewiseWriter(manager);
      const refused = [
        await writer.write(write.forget, (keys) => writeInstances(manager, [], keys)),
        await writer.write(write.instances, (instances) => writeInstances(manager, instances, [])),
        await writer.write(write.forgetEnds, (ids) => writeEnds(manager, [], ids)),
        await writer.write(write.ends, (ends) => writeEnds(manager, ends, [])),
        await writer.write(write.incidents, (incidents) => writeIncidents(manager, incidents)),
        await writer.write(write.events, (events) => writeEvents(manager, events)),
      ];
      const deliveries = await writer.write(write.deliveries, (some) => writeDeliveries(manager, some));
      await writer.write(write.deliveries, (some) => noteTold(manager, some));
      const rows = [...refused, deliveries].reduce((sum, { length }) => sum + length, 0);
      return { rows, deliveries, reason: messageOf(writer.refusal) };
    });
  }

  async sinceEvaluationMs(): Promise<number | null> {
    const [row] = await this.sql.query<{ ms: number | null }[]>(
      `select extract(epoch from clock_timestamp() - evaluated_at)::float8 * 1000 as ms
       from fleetdeck.alert_evaluator`,
    );
    return row?.ms ?? null;
  }

  async knownIncidents(ids: readonly string[]): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }[]>(
      'select id from fleetdeck.incident where id = any ($1::uuid[])',
      [ids],
    );
    return rows.map(({ id }) => id);
  }

  async record(write: StoreHistory): Promise<void> {
    await this.sql.transaction((manager) => writeHistory(manager, write, true));
  }

  async saveSignals(node: string, signals: readonly (StoredSignal & { at: number })[]): Promise<void> {
    await this.sql.query(
      `with gone as (
         delete from fleetdeck.alert_signal
         where (node = $1 and source <> all ($2::text[])) or seen_at < clock_timestamp() - interval '1 hour'
       )
       insert into fleetdeck.alert_signal (node, source, severity, message, at, seen_at)
       select $1, source, severity, message, at, clock_timestamp()
       from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) as said (source, severity, message, at)
       on conflict (node, source) do update
         set severity = excluded.severity, message = excluded.message, at = excluded.at, seen_at = excluded.seen_at`,
      [
        node,
        signals.map(({ source }) => source),
        signals.map(({ severity }) => severity),
        signals.map(({ message }) => message),
        signals.map(({ at }) => new Date(at)),
      ],
    );
  }

  async prune(before: number): Promise<void> {
    const limit = [new Date(before), MAX_PRUNED];
    await this.sql.query(
      `delete from fleetdeck.alert_notice where (id, sink) in (
         select id, sink from fleetdeck.alert_notice n
         where created_at < $1 and status <> 'waiting' and not exists (
           select from fleetdeck.incident
           where id = any (n.incident_ids) and (ended_at is null or ended_at >= $1))
         limit $2)`,
      limit,
    );
    await this.sql.query(
      `delete from fleetdeck.incident_event where id in (
         select e.id from fleetdeck.incident_event e
         where e.at < $1 and not exists (
           select from fleetdeck.incident i where i.id = e.incident_id and (i.ended_at is null or i.ended_at >= $1))
         limit $2)`,
      limit,
    );
    await this.sql.query(
      `delete from fleetdeck.incident where id in (
         select id from fleetdeck.incident where ended_at < $1 limit $2)`,
      limit,
    );
    await this.sql.query(
      `delete from fleetdeck.alert_silence where id in (
         select id from fleetdeck.alert_silence where ends_at < $1 limit $2)`,
      limit,
    );
  }
}

/** Notes the fence of an evaluator; `false` when one with a higher fence has begun. */
async function claim(runner: SqlRunner, fence: number, evaluated: boolean): Promise<boolean> {
  const rows = await runner.query<unknown[]>(
    `insert into fleetdeck.alert_evaluator as known (fence, evaluated_at)
     values ($1, case when $2 then clock_timestamp() end)
     on conflict (only_row) do update
       set fence = excluded.fence, evaluated_at = coalesce(excluded.evaluated_at, known.evaluated_at)
       where known.fence <= excluded.fence
     returning 1`,
    [fence, evaluated],
  );
  return rows.length > 0;
}

interface AckRow {
  id: string;
  by: string;
  at: string;
  reason: string | null;
}

/** @param afterwards whether another evaluator decides over what is stored already */
async function writeHistory(runner: SqlRunner, write: StoreHistory, afterwards = false): Promise<void> {
  await writeIncidents(runner, write.incidents);
  await writeEvents(runner, write.events);
  await writeDeliveries(runner, write.deliveries, afterwards);
  await noteTold(runner, write.deliveries);
}

/** Notes of incidents when people were first told of them: when the first notice of one arrived anywhere. */
async function noteTold(runner: SqlRunner, deliveries: readonly Delivery[]): Promise<void> {
  const rows = deliveries
    .filter(({ status, notice }) => status === 'sent' && notice.kind !== 'resolved')
    .flatMap(({ doneAt, notice }) =>
      notice.incidents.map(({ incidentId }) => ({ id: incidentId, at: isoTime(doneAt ?? 0) })),
    );
  if (rows.length === 0) return;
  await runner.query(
    `update fleetdeck.incident set notified_at = told.at
     from (select id, min(at) as at from jsonb_to_recordset($1::jsonb) as said (id uuid, at timestamptz) group by id) told
     where incident.id = told.id and notified_at is null`,
    [JSON.stringify(rows)],
  );
}

/** Every stored instance, with what people said about its incident. */
export async function readInstances(runner: SqlRunner): Promise<Instance[]> {
  const rows = await runner.query<InstanceRow[]>(
    `select a.*, i.acknowledged_by, i.acknowledged_at, i.acknowledged_reason
     from fleetdeck.alert_instance a left join fleetdeck.incident i on i.id::text = a.incident_id
     order by a.began_at, a.key`,
  );
  return rows.map(instanceOf);
}

function instanceOf(row: InstanceRow): Instance {
  return {
    key: row.key,
    rule: row.rule,
    seriesLabels: row.series_labels,
    standing: {
      state: row.state,
      heldMs: row.held_ms,
      evaluatedAt: row.evaluated_at.getTime(),
      noData: row.no_data,
    },
    since: row.since.getTime(),
    beganAt: row.began_at.getTime(),
    firedAt: row.fired_at?.getTime() ?? null,
    value: row.value,
    reason: row.reason,
    incidentId: row.incident_id,
    version: row.version,
    notifiedAt: row.notified_at?.getTime() ?? null,
    lastNotifiedAt: row.last_notified_at?.getTime() ?? null,
    missingMs: row.missing_ms,
    endsToldAt: row.ends_told_at?.getTime() ?? null,
    acknowledgement: acknowledgementOf(row),
  };
}

function deliveryOf(row: DeliveryRow): Delivery {
  return {
    sink: row.sink,
    notice: row.notice,
    status: 'waiting',
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at.getTime(),
    doneAt: null,
    lastError: row.last_error,
    released: true,
  };
}
