import {
  severityOf,
  type HealthBucket,
  type HealthIncident,
  type HealthUptime,
  type StatusFamily,
} from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';
import type { HealthSegment } from './segments.ts';

type Durations = Record<StatusFamily, number>;

/** How long a component was in each status from `from` to `to`. */
function durationsOf(segments: readonly HealthSegment[], from: number, to: number): Durations {
  const spent: Durations = { healthy: 0, degraded: 0, critical: 0, unknown: Math.max(0, to - from) };
  for (const segment of segments) {
    const ms = Math.min(segment.to, to) - Math.max(segment.from, from);
    if (ms <= 0) continue;
    spent[segment.status] += ms;
    spent.unknown -= ms;
  }
  return spent;
}

/** Uptime by time: what is not critical is up, what is not known is neither. */
export function uptimeOf(segments: readonly HealthSegment[], from: number, to: number): HealthUptime {
  const { healthy, degraded, critical, unknown } = durationsOf(segments, from, to);
  const known = healthy + degraded + critical;
  return {
    percent: known === 0 ? null : ((healthy + degraded) / known) * 100,
    healthyMs: healthy,
    degradedMs: degraded,
    criticalMs: critical,
    unknownMs: unknown,
  };
}

/** The most incidents of one answer. */
export const MAX_INCIDENTS = 200;

/**
 * The stays outside `healthy`, newest first. Only `healthy` ends one: a status that changes between degraded and
 * critical, or a restart in between, is the same incident.
 *
 * @param ended when watching ended, which ends the last incident too
 */
export function incidentsOf(
  segments: readonly HealthSegment[],
  now: number,
  ended: number | null = null,
): HealthIncident[] {
  const incidents: HealthIncident[] = [];
  let nodes = new Set<string>();
  let current: HealthIncident | null = null;
  const close = (end: number | null): void => {
    if (!current) return;
    current.end = end === null ? null : isoTime(end);
    current.durationMs = (end ?? now) - Date.parse(current.begin);
    current.nodes = [...nodes].sort();
    incidents.push(current);
    current = null;
  };
  for (const segment of segments) {
    if (segment.status === 'healthy') {
      close(segment.from);
      continue;
    }
    const { status, reason } = segment;
    if (!current) {
      current = { begin: isoTime(segment.from), end: null, durationMs: 0, worst: status, reason };
      nodes = new Set();
    } else if (severityOf(status) > severityOf(current.worst)) {
      current.worst = status;
      current.reason = reason;
    }
    for (const node of segment.nodes) nodes.add(node);
  }
  close(ended);
  return incidents.reverse();
}

/** What each of `count` equal pieces of the time from `from` to `to` was like, as far as it has come by `now`. */
export function bucketsOf(
  segments: readonly HealthSegment[],
  { from, to, count, now }: { from: number; to: number; count: number; now: number },
): HealthBucket[] {
  const width = (to - from) / count;
  let first = 0;
  return Array.from({ length: count }, (_, index) => {
    const begin = from + index * width;
    const end = Math.min(begin + width, now);
    while (first < segments.length && (segments[first] as HealthSegment).to <= begin) first += 1;
    const inside: HealthSegment[] = [];
    for (let at = first; at < segments.length && (segments[at] as HealthSegment).from < end; at += 1) {
      inside.push(segments[at] as HealthSegment);
    }
    const spent = durationsOf(inside, begin, end);
    const status = worstOf(spent);
    const shown = inside.find((segment) => segment.status === status);
    return {
      status,
      inStatusMs: Math.round(spent[status]),
      unknownMs: Math.round(spent.unknown),
      reason: status === 'healthy' ? null : (shown?.reason ?? null),
    };
  });
}

function worstOf(spent: Durations): StatusFamily {
  return (['critical', 'degraded', 'healthy'] as const).find((status) => spent[status] > 0) ?? 'unknown';
}
