import { severityOf, type StatusFamily } from '@fleetdeck/dto';
import { groupBy } from './group-by.ts';
import type { HealthRun, SeenTransition, TransitionRecord } from './transition.ts';

/** A run that was not seen for so long has ended without saying so. */
export const RUN_LOST_AFTER_MS = 45_000;

/** A piece of time in one status. Segments of one list do not overlap; time between them is unknown. */
export interface HealthSegment {
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  status: Exclude<StatusFamily, 'unknown'>;
  reason: string | null;
  /** The replicas that saw this status, sorted. */
  nodes: readonly string[];
}

interface Stay extends Omit<HealthSegment, 'nodes'> {
  run: HealthRun;
}

/**
 * Lays what several runs saw of one component over each other: at each moment the worst that any of them saw holds.
 * Time in which no run knew anything is in no segment.
 *
 * @param transitions of one component, in any order
 * @param now in milliseconds since the epoch
 */
export function segmentsOf(transitions: readonly SeenTransition[], now: number): HealthSegment[] {
  return lay(staysOf(transitions, now));
}

/** Each transition holds until the next one of its run, the last until the run was last seen. */
function staysOf(transitions: readonly SeenTransition[], now: number): Stay[] {
  const stays: Stay[] = [];
  for (const of of groupBy(transitions, ({ run }) => run.id).values()) {
    of.sort((a, b) => a.sequence - b.sequence);
    of.forEach(({ run, at, to: status, reason }, index) => {
      const end = Math.min(of[index + 1]?.at ?? runEnd(run, at, now), now);
      if (status === null || status === 'unknown' || end <= at) return;
      stays.push({ from: at, to: end, status, reason, run });
    });
  }
  return stays;
}

function runEnd({ endedAt, seenAt }: HealthRun, changedAt: number, now: number): number {
  // By a clock that was ahead: until when it watched by ours nobody knows, and it may have died long ago.
  if ((endedAt ?? seenAt) - now > RUN_LOST_AFTER_MS) return changedAt + RUN_LOST_AFTER_MS;
  return endedAt ?? (now - seenAt <= RUN_LOST_AFTER_MS ? now : seenAt);
}

/**
 * What one run saw of one component, oldest first, with times that never go back: where its clock was set back it had
 * been ahead, so all that it saw before is moved by as much.
 */
export function straightened<T extends Pick<TransitionRecord, 'sequence' | 'at'>>(
  records: readonly T[],
): T[] {
  let ahead = 0;
  let next = Infinity;
  const newestFirst = records
    .toSorted((a, b) => b.sequence - a.sequence)
    .map((record) => {
      ahead = Math.max(ahead, record.at - next);
      next = record.at - ahead;
      return ahead === 0 ? record : { ...record, at: next };
    });
  return newestFirst.reverse();
}

/** When the last run that watched the component left it, by unregistering; `null` while one watches, or none has said so. */
export function endOfWatch(transitions: readonly SeenTransition[], now: number): number | null {
  let left: number | null = null;
  let stopped = 0;
  for (const of of groupBy(transitions, ({ run }) => run.id).values()) {
    const last = of.reduce((a, b) => (b.sequence > a.sequence ? b : a));
    const end = last.to === null ? last.at : runEnd(last.run, last.at, now);
    if (last.to === null) left = Math.max(left ?? 0, end);
    else if (end >= now) return null;
    else stopped = Math.max(stopped, end);
  }
  // One that was only stopped comes back with its component, unless another one said since that it is gone.
  return left !== null && left >= stopped ? left : null;
}

function lay(stays: readonly Stay[]): HealthSegment[] {
  const edges = [
    ...stays.map((stay) => ({ at: stay.from, stay, opens: true })),
    ...stays.map((stay) => ({ at: stay.to, stay, opens: false })),
  ].sort((a, b) => a.at - b.at || Number(a.opens) - Number(b.opens));
  const open = new Set<Stay>();
  const segments: HealthSegment[] = [];
  edges.forEach(({ at, stay, opens }, index) => {
    if (opens) open.add(stay);
    else open.delete(stay);
    const until = edges[index + 1]?.at ?? at;
    const segment = until > at ? worst(open, at, until) : null;
    if (segment) append(segments, segment);
  });
  return segments;
}

function worst(open: ReadonlySet<Stay>, from: number, to: number): HealthSegment | null {
  let found: Stay | null = null;
  const nodes = new Set<string>();
  for (const stay of open) {
    const order = found === null ? 1 : severityOf(stay.status) - severityOf(found.status);
    if (order > 0) nodes.clear();
    if (order >= 0) nodes.add(stay.run.node);
    // Of several replicas that see the same, the one that saw it first gives the reason.
    if (order > 0 || (order === 0 && found !== null && stay.from < found.from)) found = stay;
  }
  return found && { from, to, status: found.status, reason: found.reason, nodes: [...nodes].sort() };
}

function append(segments: HealthSegment[], next: HealthSegment): void {
  const last = segments.at(-1);
  const goesOn =
    last?.to === next.from &&
    last.status === next.status &&
    last.reason === next.reason &&
    last.nodes.join('\n') === next.nodes.join('\n');
  if (goesOn) last.to = next.to;
  else segments.push(next);
}
