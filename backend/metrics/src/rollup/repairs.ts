import { randomUUID } from 'node:crypto';
import type { Clock } from '@fleetdeck/kernel';
import type { AnswerCache } from '../cache/answer-cache.ts';
import type { Repair } from '../query/marks.ts';
import type { Series } from '../registry/series.ts';
import type { Sql } from '../store/sql.ts';

/** Lets go of cached answers that late points changed, here at once and in other processes as soon as they look. */
export class Repairs {
  /** Who notes them, so that this process does not hear its own again. */
  readonly id = randomUUID();

  constructor(
    private readonly cache: AnswerCache,
    private readonly clock: Clock,
  ) {}

  /** Notes points of past minutes, in the transaction that writes them: others must hear of what is there. */
  async note(sql: Pick<Sql, 'query'>, series: readonly Series[], at: readonly number[]): Promise<void> {
    const repairs = repairsOf(series, at);
    if (repairs.length === 0) return;
    const iso = (ms: number) => new Date(ms).toISOString();
    await sql.query(
      `insert into fleetdeck.metric_repair (metric, from_at, to_at, noted_at, noted_by)
       select metric, from_at, to_at, $4::timestamptz, $5
       from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) as r (metric, from_at, to_at)`,
      [
        repairs.map(({ metric }) => metric),
        repairs.map(({ fromMs }) => iso(fromMs)),
        repairs.map(({ toMs }) => iso(toMs)),
        iso(this.clock.now()),
        this.id,
      ],
    );
  }

  /** Points of past minutes were written here. */
  written(series: readonly Series[], at: readonly number[]): void {
    this.heard(repairsOf(series, at));
  }

  /** Past spans changed, here or elsewhere; `null` when they are too many to be told one by one. */
  heard(repairs: readonly Repair[] | null): void {
    if (repairs === null) {
      void this.cache.clear();
      return;
    }
    for (const { metric, fromMs, toMs } of repairs) void this.cache.forget(new Set([metric]), fromMs, toMs);
  }
}

/** The span of each metric in which points came. */
function repairsOf(series: readonly Series[], at: readonly number[]): Repair[] {
  const spans = new Map<string, Repair>();
  series.forEach((each, i) => {
    const metric = each.metric.descriptor.name;
    const time = at[i] as number;
    const span = spans.get(metric);
    if (!span) spans.set(metric, { metric, fromMs: time, toMs: time });
    else {
      span.fromMs = Math.min(span.fromMs, time);
      span.toMs = Math.max(span.toMs, time);
    }
  });
  return [...spans.values()];
}
