import type { Alert, MatcherOperator, SilenceInput, SilenceMatcher } from '@fleetdeck/dto';
import type { Preferences } from '../../preferences.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** For how long people may be left in peace without a date being written, in milliseconds. */
export const SILENCE_SPANS = [
  ['30 minutes', 30 * MINUTE_MS],
  ['1 hour', HOUR_MS],
  ['4 hours', 4 * HOUR_MS],
  ['1 day', DAY_MS],
  ['1 week', 7 * DAY_MS],
] as const;

/** The words of a matcher's operator. */
export const OPERATOR_WORDS: Readonly<Record<MatcherOperator, string>> = {
  equals: 'is',
  notEquals: 'is not',
  startsWith: 'starts with',
};

/** A matcher while it is written; the id keeps its row apart from the others. */
export interface DraftMatcher extends SilenceMatcher {
  id: number;
}

/** A silence while it is written. */
export interface SilenceDraft {
  matchers: readonly DraftMatcher[];
  /** In milliseconds; `null` for the end that is written in `until`. */
  spanMs: number | null;
  /** As a field of date and time gives it, without a zone. */
  until: string;
  reason: string;
}

/** A draft with one matcher to fill in. */
export function emptyDraft(): SilenceDraft {
  return {
    matchers: [{ id: 1, label: 'rule', is: 'equals', value: '' }],
    spanMs: HOUR_MS,
    until: '',
    reason: '',
  };
}

/** A draft that matches one alert. */
export function draftOf({ labels }: Alert): SilenceDraft {
  const own = Object.entries(labels).filter(([label]) => label !== 'severity');
  const matchers = own.map(([label, value], index) => ({
    id: index + 1,
    label,
    is: 'equals' as const,
    value,
  }));
  return { ...emptyDraft(), matchers };
}

/** The matchers without what only the form needs. */
export function matchersOf({ matchers }: SilenceDraft): SilenceMatcher[] {
  return matchers.map(({ label, is, value }) => ({ label: label.trim(), is, value: value.trim() }));
}

/** When a draft would end, in ms since 1970; `null` while that is not written. */
export function endOf(
  { spanMs, until }: SilenceDraft,
  now: number,
  timeZone: Preferences['timeZone'],
): number | null {
  if (spanMs !== null) return now + spanMs;
  const end = Date.parse(timeZone === 'utc' ? `${until}Z` : until);
  return Number.isNaN(end) ? null : end;
}

/** What is sent for a draft, or what is still missing in it, a sentence. */
export function inputOf(
  draft: SilenceDraft,
  now: number,
  timeZone: Preferences['timeZone'],
): { input: SilenceInput } | { missing: string } {
  const matchers = matchersOf(draft);
  if (matchers.some(({ label }) => label === '')) return { missing: 'Name the label of each condition.' };
  if (matchers.some(({ is, value }) => value === '' && is === 'startsWith'))
    return { missing: 'Write what the value starts with; every value starts with nothing.' };
  const end = endOf(draft, now, timeZone);
  if (end === null) return { missing: 'Say until when.' };
  if (end <= now) return { missing: 'The end must lie ahead.' };
  const reason = draft.reason.trim();
  if (reason === '') return { missing: 'Say why, for those who wonder later.' };
  return { input: { matchers, reason, endsAt: new Date(end).toISOString() } };
}

/** A matcher in words. */
export function matcherText({ label, is, value }: SilenceMatcher): string {
  return `${label} ${OPERATOR_WORDS[is]} ${value === '' ? 'empty' : value}`;
}
