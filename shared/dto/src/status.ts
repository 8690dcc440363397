/** The four groups that every status word belongs to, from calm to alarm; `unknown` stands outside the order. */
export type StatusFamily = 'healthy' | 'degraded' | 'critical' | 'unknown';

/** How a status is drawn. `progress` is never an alarm, although its words count to the family `degraded`. */
export type StatusTone = StatusFamily | 'progress';

/** What a status word means. */
export interface ResolvedStatus {
  readonly family: StatusFamily;
  readonly tone: StatusTone;
}

const HEALTHY: ResolvedStatus = { family: 'healthy', tone: 'healthy' };
const DEGRADED: ResolvedStatus = { family: 'degraded', tone: 'degraded' };
const PROGRESS: ResolvedStatus = { family: 'degraded', tone: 'progress' };
const CRITICAL: ResolvedStatus = { family: 'critical', tone: 'critical' };
const UNKNOWN: ResolvedStatus = { family: 'unknown', tone: 'unknown' };

const WORDS: ReadonlyMap<string, ResolvedStatus> = new Map([
  ['healthy', HEALTHY],
  ['success', HEALTHY],
  ['resolved', HEALTHY],
  ['online', HEALTHY],
  ['active', HEALTHY],
  ['completed', HEALTHY],
  ['degraded', DEGRADED],
  ['warning', DEGRADED],
  ['working', PROGRESS],
  ['pending', PROGRESS],
  ['in_progress', PROGRESS],
  ['critical', CRITICAL],
  ['failed', CRITICAL],
  ['offline', CRITICAL],
  ['error', CRITICAL],
  ['unknown', UNKNOWN],
  ['stopped', UNKNOWN],
  ['cancelled', UNKNOWN],
]);

/**
 * Maps any status word to its family and tone. Case and surrounding space do not matter, `in-progress` and
 * `in progress` mean `in_progress`. A word that nobody declared is `unknown`, never healthy.
 *
 * @example
 * resolveStatus('online'); // { family: 'healthy', tone: 'healthy' }
 * resolveStatus('in_progress'); // { family: 'degraded', tone: 'progress' }
 * resolveStatus('purple'); // { family: 'unknown', tone: 'unknown' }
 */
export function resolveStatus(word: string | null | undefined): ResolvedStatus {
  if (typeof word !== 'string') return UNKNOWN;
  return (
    WORDS.get(
      word
        .trim()
        .toLowerCase()
        .replace(/[\s-]+/g, '_'),
    ) ?? UNKNOWN
  );
}

const SEVERITY: Readonly<Record<StatusTone, number>> = {
  healthy: 0,
  progress: 1,
  unknown: 2,
  degraded: 3,
  critical: 4,
};

/** How bad a tone is, for sorting: healthy 0, progress 1, unknown 2, degraded 3, critical 4. */
export function severityOf(tone: StatusTone): number {
  return SEVERITY[tone];
}

/** The worst of several tones; `unknown` when there are none, since nothing is known then. */
export function worstTone(tones: Iterable<StatusTone>): StatusTone {
  let worst: StatusTone | undefined;
  for (const tone of tones) {
    if (worst === undefined || SEVERITY[tone] > SEVERITY[worst]) worst = tone;
  }
  return worst ?? 'unknown';
}
