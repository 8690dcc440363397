import {
  DEFAULT_PAGE_SIZE,
  INCIDENT_STATUSES,
  type Incident,
  type IncidentEvent,
  type IncidentPage,
  type IncidentQuery,
  type IncidentStatus,
} from '@fleetdeck/dto';
import { decodeCursor, encodeCursor, FleetdeckError, isoTime } from '@fleetdeck/kernel';
import { acknowledgementOf, type AcknowledgementColumns } from './acknowledgement.ts';
import { writeEvents } from './write.sql.ts';
import type { Sql, SqlRunner } from './sql.ts';

interface IncidentRow extends AcknowledgementColumns {
  id: string;
  rule: string;
  labels: Record<string, string>;
  severity: Incident['severity'];
  message: string;
  runbook_url: string | null;
  began_at: Date;
  fired_at: Date;
  ended_at: Date | null;
  reason: string;
  end_reason: string | null;
  value: number | null;
  notified_at: Date | null;
}

interface EventRow {
  id: string;
  incident_id: string;
  rule: string;
  kind: IncidentEvent['kind'];
  from_state: IncidentEvent['from'];
  to_state: IncidentEvent['to'];
  at: Date;
  duration_ms: number | null;
  reason: string;
  value: number | null;
  actor: string | null;
}

/** Events of one incident that an answer holds. */
const MAX_EVENTS = 500;
/** Rules in a status that facets count at most: the most frequent ones. */
const MAX_FACETS = 1000;

/** Reads incidents, and writes that people took notice of them. */
export class IncidentReader {
  constructor(private readonly sql: Sql) {}

  /** One page, newest begin first. @throws FleetdeckError `INVALID_CURSOR`, `INVALID_INPUT` */
  async page(query: IncidentQuery): Promise<IncidentPage> {
    const { limit = DEFAULT_PAGE_SIZE, cursor } = query;
    const { common, chosen, values } = conditionsOf(query);
    const where = [...common, ...chosen];
    const pageValues = [...values];
    const place = (value: unknown): string => `$${pageValues.push(value)}`;
    if (cursor !== undefined) {
      const [beganAt, id] = keyOf(cursor);
      where.push(`(began_at, id) < (${place(beganAt)}::timestamptz, ${place(id)}::uuid)`);
    }
    const rows = await this.sql.query<IncidentRow[]>(
      `select * from fleetdeck.incident ${whereOf(where)}
       order by began_at desc, id desc limit ${place(limit + 1)}`,
      pageValues,
    );
    const items = rows.slice(0, limit).map(incidentOf);
    const last = items.at(-1);
    const nextCursor = rows.length > limit && last ? encodeCursor([last.beganAt, last.id]) : null;
    return { items, nextCursor, ...(query.facets && { facets: await this.facets(query) }) };
  }

  private async facets(query: IncidentQuery): Promise<NonNullable<IncidentPage['facets']>> {
    const { common, values } = conditionsOf({ ...query, rule: [], status: [] });
    const counts = await this.sql.query<{ rule: string; status: IncidentStatus; count: number }[]>(
      `select rule, ${STATUS} as status, count(*)::int as count
       from fleetdeck.incident ${whereOf(common)} group by 1, 2 order by 3 desc, 1 limit ${MAX_FACETS}`,
      values,
    );
    const rules = listOf(query.rule);
    const statuses = listOf(query.status);
    const ofRule = ({ rule }: { rule: string }): boolean => rules.length === 0 || rules.includes(rule);
    const inStatus = ({ status }: { status: IncidentStatus }): boolean =>
      statuses.length === 0 || statuses.includes(status);
    const sum = (rows: typeof counts): number => rows.reduce((total, { count }) => total + count, 0);
    return {
      total: sum(counts.filter((row) => ofRule(row) && inStatus(row))),
      rules: [...new Set(counts.map(({ rule }) => rule))].map((value) => ({
        value,
        count: sum(counts.filter((row) => row.rule === value && inStatus(row))),
      })),
      statuses: INCIDENT_STATUSES.map((value) => ({
        value,
        count: sum(counts.filter((row) => row.status === value && ofRule(row))),
      })),
    };
  }

  /** One incident with its events; `null` when there is none of that id. */
  async one(id: string): Promise<Incident | null> {
    const [row] = await this.sql.query<IncidentRow[]>('select * from fleetdeck.incident where id = $1', [id]);
    if (!row) return null;
    const events = await this.sql.query<EventRow[]>(
      `select * from (
         select * from fleetdeck.incident_event where incident_id = $1 order by at desc, id desc limit ${MAX_EVENTS}
       ) newest order by at, id`,
      [id],
    );
    return { ...incidentOf(row), events: events.map(eventOf) };
  }

  /** Those of some incidents that are on record, without their events. */
  async some(ids: readonly string[]): Promise<Incident[]> {
    const rows = await this.sql.query<IncidentRow[]>(
      'select * from fleetdeck.incident where id = any ($1::uuid[])',
      [ids],
    );
    return rows.map(incidentOf);
  }

  /** Notes an acknowledgement and its event; `false` when there is one already, which stays. */
  async acknowledge(
    id: string,
    ack: { by: string; at: string; reason: string | null },
    event: IncidentEvent,
  ): Promise<boolean> {
    return this.sql.transaction(async (manager: SqlRunner) => {
      const changed = await manager.query<unknown[]>(
        `with acknowledged as (
           update fleetdeck.incident
           set acknowledged_by = $2, acknowledged_at = $3, acknowledged_reason = $4
           where id = $1 and acknowledged_at is null
           returning id)
         select id from acknowledged`,
        [id, ack.by, ack.at, ack.reason],
      );
      if (changed.length === 0) return false;
      await writeEvents(manager, [event]);
      return true;
    });
  }
}

/** What an incident is now, as {@link IncidentStatus}. */
const STATUS = `case when ended_at is null then severity else 'ended' end`;

/** The conditions of a query: `chosen` are those that its facets leave out. */
function conditionsOf(query: IncidentQuery): { common: string[]; chosen: string[]; values: unknown[] } {
  const { state, severity, rule, status, search, from, to } = query;
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
    const message = 'must be before "to"';
    throw new FleetdeckError('INVALID_INPUT', `from ${message}.`, { fields: [{ field: 'from', message }] });
  }
  const values: unknown[] = [];
  const place = (value: unknown): string => `$${values.push(value)}`;
  const words = search?.trim().split(/\s+/).filter(Boolean) ?? [];
  const common = [
    ...(state === undefined ? [] : [`ended_at is ${state === 'open' ? '' : 'not '}null`]),
    ...(severity === undefined ? [] : [`severity = ${place(severity)}`]),
    ...(from === undefined ? [] : [`began_at >= ${place(from)}`]),
    ...(to === undefined ? [] : [`began_at < ${place(to)}`]),
    ...words.map(
      (word) =>
        `concat_ws(' ', rule, labels::text, message, reason, end_reason) ilike ${place(`%${literally(word)}%`)}`,
    ),
  ];
  const chosen = [
    ...(listOf(rule).length === 0 ? [] : [`rule = any (${place(listOf(rule))}::text[])`]),
    ...(listOf(status).length === 0 ? [] : [`${STATUS} = any (${place(listOf(status))}::text[])`]),
  ];
  return { common, chosen, values };
}

const whereOf = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
const listOf = <T extends string>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;
/** A text as a pattern of `like` that matches nothing else. */
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text can be the id of an incident or a silence. */
export function isUuid(value: string): boolean {
  return UUID.test(value);
}

function keyOf(cursor: string): [string, string] {
  const [beganAt, id] = decodeCursor(cursor, 2);
  if (
    typeof beganAt === 'string' &&
    typeof id === 'string' &&
    isUuid(id) &&
    !Number.isNaN(Date.parse(beganAt))
  ) {
    return [isoTime(Date.parse(beganAt)), id];
  }
  const message = 'must be the nextCursor of the page before';
  throw new FleetdeckError('INVALID_CURSOR', `cursor ${message}.`, {
    fields: [{ field: 'cursor', message }],
  });
}

function incidentOf(row: IncidentRow): Incident {
  const timeOf = (date: Date | null): string | null => (date === null ? null : isoTime(date.getTime()));
  return {
    id: row.id,
    rule: row.rule,
    labels: row.labels,
    severity: row.severity,
    message: row.message,
    runbookUrl: row.runbook_url,
    beganAt: isoTime(row.began_at.getTime()),
    firedAt: isoTime(row.fired_at.getTime()),
    endedAt: timeOf(row.ended_at),
    durationMs: row.ended_at === null ? null : row.ended_at.getTime() - row.began_at.getTime(),
    reason: row.reason,
    endReason: row.end_reason,
    value: row.value,
    notifiedAt: timeOf(row.notified_at),
    acknowledgement: acknowledgementOf(row),
  };
}

function eventOf(row: EventRow): IncidentEvent {
  return {
    id: row.id,
    incidentId: row.incident_id,
    rule: row.rule,
    kind: row.kind,
    from: row.from_state,
    to: row.to_state,
    at: isoTime(row.at.getTime()),
    durationMs: row.duration_ms,
    reason: row.reason,
    value: row.value,
    by: row.actor,
  };
}
