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
    private readonly query: Sql['query'],
    private readonly cache: AnswerCache,
    private readonly clock: Clock,
  ) {}

  /** Points of past minutes were written. */
  note(series: readonly Series[], at: readonly number[]): void {
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
    const repairs = [...spans.values()];
    this.heard(repairs);
    const iso = (ms: number) => new Date(ms).toISOString();
    void this.query(
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
      // Other processes then show what they cached until it is out of date, 15 minutes at most.
    ).catch(() => undefined);
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
