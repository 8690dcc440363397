import { Inject, Injectable } from '@nestjs/common';
import {
  DEFAULT_PAGE_SIZE,
  HEALTH_SPAN_MS,
  HEALTH_SPANS,
  MAX_PAGE_SIZE,
  type HealthHistory,
  type HealthSpan,
  type HealthTimeline,
  type HealthUptime,
} from '@fleetdeck/dto';
import { decodeCursor, encodeCursor, FleetdeckError, isoTime } from '@fleetdeck/kernel';
import { HealthChecker } from '../health.checker.ts';
import { groupBy } from './group-by.ts';
import { HealthHistoryKeeper } from './history-keeper.ts';
import { endOfWatch, segmentsOf, type HealthSegment } from './segments.ts';
import { bucketsOf, incidentsOf, MAX_INCIDENTS, uptimeOf } from './summaries.ts';
import type { SeenTransition } from './transition.ts';

/** What {@link HealthHistoryReader.history} is asked; times in milliseconds since the epoch. */
export interface HealthHistoryQuery {
  /** @default 30 days before `to` */
  from?: number;
  /** @default now */
  to?: number;
  /** Only what this replica saw. */
  node?: string;
  /** Changes a page, 1 to 200. @default 50 */
  limit?: number;
  cursor?: string;
}

/** What {@link HealthHistoryReader.timeline} is asked. */
export interface HealthTimelineQuery {
  /** How far back to go, in milliseconds. @default 24 hours */
  spanMs?: number;
  /** Pieces of equal length. @default 48 */
  buckets?: number;
}

/** So long one reading of all components serves those who ask the same. */
const SHARED_MS = 2_000;
const MAX_SHARED = 20;

/** Answers what happened: changes, incidents and uptime of a component, and the past of all of them at a glance. */
@Injectable()
export class HealthHistoryReader {
  private readonly shared = new Map<string, { at: number; answer: Promise<HealthTimeline> }>();

  constructor(
    @Inject(HealthHistoryKeeper) private readonly keeper: HealthHistoryKeeper,
    @Inject(HealthChecker) private readonly checker: HealthChecker,
  ) {}

  /**
   * The past of one component, also of one that is no longer watched. Where several replicas watched it, the worst that
   * any of them saw at a moment holds.
   * @throws FleetdeckError `NOT_FOUND` when nobody ever watched it, `INVALID_INPUT` when `from` is not before `to`,
   * `INVALID_CURSOR`
   */
  async history(component: string, query: HealthHistoryQuery = {}): Promise<HealthHistory> {
    const now = this.keeper.clock.now();
    const { to = now, node } = query;
    const { from = to - HEALTH_SPAN_MS['30d'] } = query;
    if (!(from < to)) {
      throw new FleetdeckError('INVALID_INPUT', 'from must be before to.', {
        fields: [{ field: 'from', message: 'must be before to' }],
      });
    }
    const after = query.cursor === undefined ? null : readCursor(query.cursor);
    const past = await this.keeper.past(Math.min(from, now - HEALTH_SPAN_MS['30d']), component);
    if (past.transitions.length === 0 && !this.checker.has(component)) {
      throw new FleetdeckError('NOT_FOUND', `There is no health component "${component}".`);
    }
    const seen = past.transitions.filter(({ run }) => node === undefined || run.node === node);
    const segments = segmentsOf(seen, now);
    const touching = incidentsOf(segments, now, endOfWatch(seen, now)).filter(
      ({ begin, end }) => Date.parse(begin) <= to && (end === null || Date.parse(end) >= from),
    );
    return {
      component,
      asOf: isoTime(now),
      from: isoTime(from),
      to: isoTime(to),
      durable: past.durable,
      complete: past.complete,
      uptime: uptimes(segments, now),
      incidents: touching.slice(0, MAX_INCIDENTS),
      ...page(
        seen.filter(({ at }) => at >= from && at <= to),
        after,
        query.limit,
      ),
    };
  }

  /** The past of all components that are watched, in equal pieces whose edges stand still while time goes on. */
  timeline({
    spanMs = HEALTH_SPAN_MS['24h'],
    buckets = 48,
  }: HealthTimelineQuery = {}): Promise<HealthTimeline> {
    const now = this.keeper.clock.now();
    const key = `${spanMs}/${buckets}`;
    const known = this.shared.get(key);
    if (known && now >= known.at && now - known.at < SHARED_MS) return known.answer;
    if (this.shared.size >= MAX_SHARED) this.shared.clear();
    const answer = this.readTimeline(now, spanMs, buckets);
    this.shared.set(key, { at: now, answer });
    return answer;
  }

  private async readTimeline(now: number, spanMs: number, buckets: number): Promise<HealthTimeline> {
    const bucketMs = spanMs / buckets;
    const to = Math.ceil(now / bucketMs) * bucketMs;
    const from = to - spanMs;
    const { transitions, durable, complete } = await this.keeper.past(from, null);
    const byComponent = groupBy(transitions, ({ component }) => component);
    const components = this.checker.names.map((name) => {
      const segments = segmentsOf(byComponent.get(name) ?? [], now);
      const past = {
        buckets: bucketsOf(segments, { from, to, count: buckets, now }),
        uptime: uptimeOf(segments, from, now),
      };
      return [name, past] as const;
    });
    return {
      asOf: isoTime(now),
      from: isoTime(from),
      to: isoTime(now),
      durable,
      complete,
      bucketMs,
      components: Object.fromEntries(components),
    };
  }
}

function uptimes(segments: readonly HealthSegment[], now: number): Record<HealthSpan, HealthUptime> {
  const entries = HEALTH_SPANS.map((span) => [span, uptimeOf(segments, now - HEALTH_SPAN_MS[span], now)]);
  return Object.fromEntries(entries) as Record<HealthSpan, HealthUptime>;
}

type Place = readonly [at: number, run: string, sequence: number];

function placeOf({ at, run, sequence }: SeenTransition): Place {
  return [at, run.id, sequence];
}

function newestFirst(a: Place, b: Place): number {
  return b[0] - a[0] || (a[1] === b[1] ? b[2] - a[2] : a[1] < b[1] ? 1 : -1);
}

function readCursor(cursor: string): Place {
  const [at, run, sequence] = decodeCursor(cursor, 3);
  if (typeof at === 'number' && typeof run === 'string' && typeof sequence === 'number') {
    return [at, run, sequence];
  }
  throw new FleetdeckError(
    'INVALID_CURSOR',
    'cursor is not one that this list gave out; start again without it.',
    {
      fields: [{ field: 'cursor', message: 'must be the nextCursor of the page before' }],
    },
  );
}

function page(
  transitions: readonly SeenTransition[],
  after: Place | null,
  limit = DEFAULT_PAGE_SIZE,
): Pick<HealthHistory, 'items' | 'nextCursor'> {
  const size = Math.min(limit, MAX_PAGE_SIZE);
  const rest = transitions
    .map((transition) => ({ transition, place: placeOf(transition) }))
    .filter(({ place }) => after === null || newestFirst(after, place) < 0)
    .sort((a, b) => newestFirst(a.place, b.place));
  const shown = rest.slice(0, size);
  const last = shown.at(-1);
  return {
    items: shown.map(({ transition: { from, to, reason, at, run } }) => ({
      from,
      to,
      reason,
      at: isoTime(at),
      node: run.node,
    })),
    nextCursor: rest.length > size && last ? encodeCursor(last.place) : null,
  };
}
