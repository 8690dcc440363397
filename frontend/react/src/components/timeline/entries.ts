import { toMs, type Environment, type TimeInput } from '../../environment.ts';
import { dateFormat } from '../../format/intl.ts';

/** Something that happened. */
export interface TimelineEntry {
  /** Unique: an entry that comes again under its id replaces the one before. */
  id: string;
  /** When it happened. An entry whose time cannot be read stands last. */
  at: TimeInput;
  /** What happened, one line. */
  title: string;
  /** Any status word: gives the entry its shape. */
  status?: string | null;
  /** What kind of event it is, as `deployment`. */
  type?: string | null;
  /** Who did it. */
  actor?: string | null;
  /** Further text, shown when the entry is opened. */
  description?: string | null;
  /** Fields that are shown when the entry is opened, and exported. */
  data?: Readonly<Record<string, unknown>> | null;
}

/** When an entry happened, in ms since 1970; the beginning of time when that cannot be read. */
export const timeOf = (entry: TimelineEntry): number => toMs(entry.at) ?? -8.64e15;

/** A moment with its day, year and zone. */
export const wholeTime = (at: number, { locale, timeZone, hourCycle }: Environment): string =>
  dateFormat(locale, { timeZone, hourCycle, dateStyle: 'full', timeStyle: 'long' }).format(at);

/** All entries of some lists, each id once, newest first. Of two under one id that of the later list counts. */
export function mergeEntries<E extends TimelineEntry>(...lists: readonly (readonly E[])[]): readonly E[] {
  const byId = new Map<string, E>();
  for (const list of lists) for (const entry of list) byId.set(entry.id, entry);
  const merged = [...byId.values()];
  const times = merged.map(timeOf);
  const sorted = times.every((time, index) => index === 0 || (times[index - 1] ?? 0) >= time);
  if (sorted) return merged;
  // The sort is stable, so entries of one moment keep the order in which they came.
  return merged
    .map((entry, index) => ({ entry, time: times[index] ?? 0 }))
    .sort((a, b) => b.time - a.time)
    .map(({ entry }) => entry);
}

/** The entries that are no newer than one, so that between them and it there is no gap that looks like silence. */
export function notNewer<E extends TimelineEntry>(entries: readonly E[], than: E | undefined): readonly E[] {
  return than === undefined ? [] : entries.filter((entry) => timeOf(entry) <= timeOf(than));
}
