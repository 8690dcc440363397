import type { HealthBucket, HealthIncident, HealthUptime, StatusFamily } from '@fleetdeck/dto';

/** Length of a piece in the samples. */
export const BUCKET_MS = 1_800_000;

/** The story's present: the 48 pieces begin a day before the last full half hour. */
export const PAST_FROM = '2026-01-14T14:30:00.000Z';
export const PAST_AS_OF = '2026-01-15T14:07:12.000Z';

const WORDS: Readonly<Record<string, StatusFamily>> = {
  h: 'healthy',
  d: 'degraded',
  c: 'critical',
  u: 'unknown',
};
const REASONS: Readonly<Record<string, string>> = {
  d: 'It answers slowly: over 250 ms, and not yet again under 150 ms.',
  c: 'No answer within 2000 ms.',
};

/** Pieces by letters: h, d, c and u. A bad piece was so for 12 minutes. */
export function bucketsOf(letters: string): HealthBucket[] {
  return [...letters].map((letter) => {
    const bad = letter === 'd' || letter === 'c';
    return {
      status: WORDS[letter] ?? 'unknown',
      inStatusMs: bad ? 720_000 : BUCKET_MS,
      unknownMs: letter === 'u' ? BUCKET_MS : 0,
      reason: REASONS[letter] ?? null,
    };
  });
}

/** A day with a slow hour, an outage, and a night of which nothing is known. */
export const DAY = `${'u'.repeat(10)}${'h'.repeat(14)}dd${'h'.repeat(9)}cc${'h'.repeat(11)}`;

/** The uptime that goes with {@link DAY}. */
export const DAY_UPTIME: HealthUptime = {
  percent: 97.896,
  healthyMs: 64_000_000,
  degradedMs: 1_440_000,
  criticalMs: 1_440_000,
  unknownMs: 18_000_000,
};

/** An incident that was over after 12 minutes. */
export function incident(over: Partial<HealthIncident> = {}): HealthIncident {
  return {
    begin: '2026-01-15T08:05:00.000Z',
    end: '2026-01-15T08:17:00.000Z',
    durationMs: 720_000,
    worst: 'critical',
    reason: 'No answer within 2000 ms.',
    ...over,
  };
}
