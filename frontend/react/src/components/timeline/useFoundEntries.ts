import { useCallback, useMemo, useState } from 'react';
import { useClockValue } from '../../clock.ts';
import type { Environment } from '../../environment.ts';
import { statusWord } from '../../messages.ts';
import { mergeEntries, notNewer, type TimelineEntry } from './entries.ts';
import { applyFilter, type Filtered, type TimelineFilter, type TimelineOption } from './filter.ts';
import type { TimelineProps } from './TimelineProps.ts';
import { usePages, type Pages } from './usePages.ts';

/** What {@link useFoundEntries} answers. */
export interface FoundEntries<E> extends Filtered<E> {
  /** All that are known, newest first. */
  all: readonly E[];
  pages: Pages<E>;
  /** What a type is called. */
  typeName: (type: string) => string;
  /** The entry around which they were read; `null` where they begin at the newest. */
  around: string | null;
  /** Reads around an entry, or from the newest on. */
  readAround: (entryId: string | null) => void;
}

/** Live entries and those of pages as one list, and what the filter leaves of it. */
export function useFoundEntries<E extends TimelineEntry>(
  {
    entries: given,
    source,
    fetchPage,
    fetchAround,
    serverFilter,
    typeOptions,
    typeLabel,
  }: Pick<TimelineProps<E>, 'source' | 'fetchPage' | 'fetchAround' | 'typeLabel'> & {
    entries: readonly E[];
    serverFilter: boolean;
    typeOptions: readonly TimelineOption[];
  },
  filter: TimelineFilter,
  environment: Environment,
): FoundEntries<E> {
  const { timeZone, clock, messages, locale } = environment;
  // A link to what was not read yet shows the entries around it, until the reader goes back to the newest.
  const [link, setLink] = useState<{ id: string | null; source: string | undefined } | null>(null);
  const around = link?.source === source ? (link?.id ?? null) : null;
  const pages = usePages({ source, fetchPage, fetchAround, around, serverFilter, environment }, filter);
  const all = useMemo(
    () => mergeEntries(pages.entries, around === null ? given : notNewer(given, pages.entries[0])),
    [pages.entries, given, around],
  );
  const found = useMemo(
    () => (serverFilter && !pages.outdated ? new Set(pages.entries.map(({ id }) => id)) : null),
    [serverFilter, pages.outdated, pages.entries],
  );
  // A range that goes back from now, which is named by a word, moves on each minute.
  const minute = useClockValue(
    /^[a-z]/.test(filter.from ?? '') ? clock : null,
    (at) => at - (at % 60_000),
    0,
  );
  const toldTypes = serverFilter ? pages.told.types : undefined;
  const typeName = useCallback(
    (type: string): string =>
      [...typeOptions, ...(toldTypes ?? [])].find(({ value, label }) => value === type && label)?.label ??
      typeLabel?.(type) ??
      type,
    [typeOptions, toldTypes, typeLabel],
  );
  // A function that is made anew at each render filters anew only while there is a text to find.
  const named = filter.text === '' ? null : typeName;
  const filtered = useMemo(
    () =>
      applyFilter(all, filter, timeZone, minute, found, ({ type, status }) =>
        [type && named?.(type), status && statusWord(status, messages, locale)].join(' '),
      ),
    [all, filter, timeZone, minute, found, named, messages, locale],
  );
  return { ...filtered, all, pages, typeName, around, readAround: (id) => setLink({ id, source }) };
}
