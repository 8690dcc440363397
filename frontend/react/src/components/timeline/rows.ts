import type { DayGroup, GroupOf } from './days.ts';
import { timeOf, type TimelineEntry } from './entries.ts';

/** Entries under one heading. `null` where the day is not known, as on a server: then there is no heading. */
export interface EntryGroup<E> {
  group: DayGroup | null;
  entries: readonly E[];
  /** Place of its first entry among all that are shown. */
  offset: number;
}

/** Cuts entries, newest first, into groups. */
export function groupEntries<E extends TimelineEntry>(
  entries: readonly E[],
  groupOf: GroupOf | null,
): readonly EntryGroup<E>[] {
  if (groupOf === null) return entries.length === 0 ? [] : [{ group: null, entries, offset: 0 }];
  const groups: EntryGroup<E>[] = [];
  let begin = 0;
  for (let index = 1; index <= entries.length; index += 1) {
    const first = entries[begin];
    const next = entries[index];
    if (first === undefined) break;
    const group = groupOf(timeOf(first));
    if (next !== undefined && groupOf(timeOf(next)) === group) continue;
    groups.push({ group, entries: entries.slice(begin, index), offset: begin });
    begin = index;
  }
  return groups;
}

/** A row of a long list: a heading or an entry. */
export type TimelineRow<E> =
  | { readonly kind: 'heading'; readonly group: DayGroup; readonly count: number; readonly part: number }
  | { readonly kind: 'entry'; readonly entry: E; readonly index: number; readonly part: number };

/** Groups as rows, for a list that draws only some of them. */
export function rowsOf<E>(groups: readonly EntryGroup<E>[]): readonly TimelineRow<E>[] {
  const rows: TimelineRow<E>[] = [];
  groups.forEach(({ group, entries, offset }, part) => {
    if (group !== null) rows.push({ kind: 'heading', group, count: entries.length, part });
    entries.forEach((entry, at) => rows.push({ kind: 'entry', entry, index: offset + at, part }));
  });
  return rows;
}
