import { fold } from '../../format/fold.ts';
import { toMs } from '../../environment.ts';
import { dayOf, parseDay, startOfDay } from './days.ts';
import { timeOf, type TimelineEntry } from './entries.ts';

/** Which entries of a timeline are shown. */
export interface TimelineFilter {
  /** Words that an entry contains, in title, description, actor, type or status, as they come or as they are called. */
  text: string;
  /** Only these types; all when empty. */
  types: readonly string[];
  /** Only these status words; all when empty. */
  statuses: readonly string[];
  /**
   * Where it begins: a day of the timeline's zone as `2026-01-15` or `today`, a moment as `2026-01-15T13:30Z`, or a time
   * ago as `now-15m`, `now-1h` or `now-7d`; `null` for no bound.
   */
  from: string | null;
  /** Where it ends: a day, which counts whole, or a moment. */
  to: string | null;
}

/** Shows everything. */
export const noFilter: TimelineFilter = { text: '', types: [], statuses: [], from: null, to: null };

/** Whether a filter hides anything at all. */
export function isFiltering({ text, types, statuses, from, to }: TimelineFilter): boolean {
  return text.trim() !== '' || types.length > 0 || statuses.length > 0 || isBound(from) || isBound(to);
}

/** A bound that goes back from now: how many of which unit. */
export const AGO = /^now-(\d{1,4})([mhd])$/;
const AGO_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The moment at which a bound of a filter begins, or ends where it is its last one, in ms since 1970; `null` when it is
 * none.
 */
export function boundAt(
  text: string | null,
  last: boolean,
  timeZone: string | undefined,
  now: number,
): number | null {
  const day = text === 'today' ? dayOf(now, timeZone) : parseDay(text);
  if (day !== null) return startOfDay(last ? day + 1 : day, timeZone);
  const [, count, unit = ''] = AGO.exec(text ?? '') ?? [];
  if (count) return now - Number(count) * (AGO_MS[unit] ?? 0);
  return /T.+Z$/.test(text ?? '') ? toMs(text) : null;
}

/** Whether it bounds anything. */
export const isBound = (text: string | null): boolean => boundAt(text, false, 'UTC', 0) !== null;

/** What a filter spans at a moment: from the first ms up to that before the second; `null` for no bound. */
export const rangeAt = ({ from, to }: TimelineFilter, timeZone: string | undefined, now: number) => ({
  from: boundAt(from, false, timeZone, now),
  to: boundAt(to, true, timeZone, now),
});

/** What type and status of an entry are called, in one text. */
type NamesOf = (entry: TimelineEntry) => string;

type Test = (entry: TimelineEntry) => boolean;
type Part = 'text' | 'types' | 'statuses' | 'range';

const folded = new WeakMap<TimelineEntry, string>();
function wordsOf(entry: TimelineEntry): string {
  const known = folded.get(entry);
  if (known !== undefined) return known;
  const { title, description, actor, type, status } = entry;
  const made = fold([title, description, actor, type, status].filter(Boolean).join('\n'));
  folded.set(entry, made);
  return made;
}

function testsOf(
  filter: TimelineFilter,
  timeZone: string | undefined,
  now: number,
  found: ReadonlySet<string> | null,
  namesOf: NamesOf,
): Partial<Record<Part, Test>> {
  // There are few pairs of type and status, and many entries.
  const named = new Map<string, string>();
  const namedAs = (entry: TimelineEntry): string => {
    const key = `${entry.type}\n${entry.status}`;
    const name = named.get(key) ?? fold(namesOf(entry));
    named.set(key, name);
    return name;
  };
  const words = fold(filter.text).split(/\s+/).filter(Boolean);
  const { from, to } = rangeAt(filter, timeZone, now);
  return {
    ...(words.length > 0 && {
      text: (entry) =>
        found?.has(entry.id) ||
        words.every((word) => wordsOf(entry).includes(word) || namedAs(entry).includes(word)),
    }),
    ...(filter.types.length > 0 && { types: (entry) => filter.types.includes(entry.type ?? '') }),
    ...(filter.statuses.length > 0 && { statuses: (entry) => filter.statuses.includes(entry.status ?? '') }),
    ...((from !== null || to !== null) && {
      range: (entry) => {
        const at = timeOf(entry);
        return at >= (from ?? -Infinity) && at < (to ?? Infinity);
      },
    }),
  };
}

/** A type or status to filter by. */
export interface TimelineOption {
  value: string;
  /** What it is called. @default the value for a type, its word for a status */
  label?: string;
  /** How many entries it would show beside what the other filters hide. Left out where nobody knows. */
  count?: number;
}

/** Options that somebody gave, then those of `others` that are not among them; what the former lack they take from there. */
export function joinOptions(
  given: readonly TimelineOption[],
  others: readonly TimelineOption[],
): readonly TimelineOption[] {
  const rest = new Map(others.map((option) => [option.value, option]));
  const first = given.map((option) => ({ ...rest.get(option.value), ...option }));
  for (const { value } of given) rest.delete(value);
  return [...first, ...rest.values()];
}

/** What a filter leaves, and how many each of its options would. */
export interface Filtered<E> {
  shown: readonly E[];
  types: readonly TimelineOption[];
  statuses: readonly TimelineOption[];
}

/**
 * Applies a filter. Entries without a type or status count under the empty text.
 * @param found ids of entries that a service found by the text, perhaps in what it does not tell
 * @param namesOf words by which the text finds an entry as well
 */
export function applyFilter<E extends TimelineEntry>(
  entries: readonly E[],
  filter: TimelineFilter,
  timeZone: string | undefined,
  now: number,
  found: ReadonlySet<string> | null = null,
  namesOf: NamesOf = () => '',
): Filtered<E> {
  const { types: ofTypes, statuses: ofStatuses, ...others } = testsOf(filter, timeZone, now, found, namesOf);
  const common = Object.values(others);
  const types = new Map<string, number>(filter.types.map((value) => [value, 0]));
  const statuses = new Map<string, number>(filter.statuses.map((value) => [value, 0]));
  const shown: E[] = [];
  const count = (counts: Map<string, number>, value: string, one: boolean): void => {
    counts.set(value, (counts.get(value) ?? 0) + (one ? 1 : 0));
  };
  for (const entry of entries) {
    const fits = common.every((test) => test(entry));
    const typed = ofTypes === undefined || ofTypes(entry);
    const stated = ofStatuses === undefined || ofStatuses(entry);
    count(types, entry.type ?? '', fits && stated);
    count(statuses, entry.status ?? '', fits && typed);
    if (fits && typed && stated) shown.push(entry);
  }
  const list = (counts: Map<string, number>): TimelineOption[] =>
    [...counts]
      .filter(([value]) => value !== '')
      .map(([value, counted]) => ({ value, count: counted }))
      .sort((a, b) => (a.value < b.value ? -1 : 1));
  return { shown, types: list(types), statuses: list(statuses) };
}

const NAMES = { text: 'q', types: 'type', statuses: 'status', from: 'from', to: 'to' } as const;

/**
 * A filter as parameters of an address, to be put there by `replaceState`, so that the way back leads out of the page
 * and not through every letter typed; parts that hide nothing are left out.
 *
 * @param others - what the address says already: its other parameters are kept
 * @example encodeTimelineFilter({ ...noFilter, types: ['deployment'] }).toString(); // "type=deployment"
 */
export function encodeTimelineFilter(filter: TimelineFilter, others?: URLSearchParams): URLSearchParams {
  const parameters = new URLSearchParams(others);
  for (const name of Object.values(NAMES)) parameters.delete(name);
  if (filter.text.trim() !== '') parameters.set(NAMES.text, filter.text.trim());
  for (const type of filter.types) parameters.append(NAMES.types, type);
  for (const status of filter.statuses) parameters.append(NAMES.statuses, status);
  if (isBound(filter.from)) parameters.set(NAMES.from, filter.from ?? '');
  if (isBound(filter.to)) parameters.set(NAMES.to, filter.to ?? '');
  return parameters;
}

/** The filter that an address names; what it cannot understand hides nothing. */
export function decodeTimelineFilter(parameters: URLSearchParams): TimelineFilter {
  const bound = (name: string): string | null => {
    const text = parameters.get(name);
    return isBound(text) ? text : null;
  };
  return {
    text: parameters.get(NAMES.text) ?? '',
    types: [...new Set(parameters.getAll(NAMES.types))],
    statuses: [...new Set(parameters.getAll(NAMES.statuses))],
    from: bound(NAMES.from),
    to: bound(NAMES.to),
  };
}
