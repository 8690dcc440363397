import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';
import type { Page } from '@fleetdeck/dto';
import type { Environment } from '../../environment.ts';
import type { TimelineEntry } from './entries.ts';
import { encodeTimelineFilter, rangeAt, type TimelineFilter, type TimelineOption } from './filter.ts';

/** What a service that filters may tell beside a page; what it tells no more stays as it was told. */
export interface TimelineTold {
  /** How many entries the filter lets through, those of all pages. */
  total?: number;
  /** All types that there are, each with what it would show beside the other filters. */
  types?: readonly TimelineOption[];
  /** All statuses, likewise. */
  statuses?: readonly TimelineOption[];
}

/** A page of entries. What else it tells counts with `serverFilter`. */
export interface TimelinePage<E> extends Page<E>, TimelineTold {}

/** What a page is read by. */
export interface FetchOptions {
  filter: TimelineFilter;
  /** What the filter spans: from the first moment up to before the second, ms since 1970; `null` for no bound. */
  range: { from: number | null; to: number | null };
  signal: AbortSignal;
}

/** Reads a page of entries, newest first. `cursor` is `nextCursor` of the page before, `null` for the first. */
export type FetchPage<E> = (cursor: string | null, options: FetchOptions) => Promise<TimelinePage<E>>;

/** Reads the page that holds an entry, as for a link to it; `nextCursor` leads to older ones. */
export type FetchAround<E> = (entryId: string, options: FetchOptions) => Promise<TimelinePage<E>>;

/** Where pages come from. */
export interface PageSource<E> {
  /** Names what is read: another one begins anew at once. */
  source: string | undefined;
  fetchPage: FetchPage<E> | undefined;
  /** Where it begins: at the page that holds this entry, or at the newest. */
  around: string | null;
  fetchAround: FetchAround<E> | undefined;
  /** Whether `fetchPage` filters. */
  serverFilter: boolean;
  environment: Environment;
}

/** What {@link usePages} answers. */
export interface Pages<E> {
  entries: readonly E[];
  told: TimelineTold;
  /** How many pages that are. */
  count: number;
  /** They are of the filter before, until the service answers for the one that is set. */
  outdated: boolean;
  /** `done` when there is nothing older, or no way to read it; `full` when no more are kept. */
  state: 'idle' | 'loading' | 'error' | 'done' | 'full';
  loadOlder: () => void;
}

/** More entries than this are not kept: a narrower filter shows older ones. */
export const MAX_PAGED_ENTRIES = 10_000;

interface Held<E> extends Omit<Pages<E>, 'loadOlder' | 'outdated'> {
  place: string;
  key: string;
}

const TYPING_MS = 200;
const NONE: readonly never[] = [];
const NOTHING: TimelineTold = {};

/**
 * Reads pages, one at a time: the first by itself, the others when asked. A page that fails keeps those before and
 * can be asked for again. Another source or another place to begin at begins anew. So does another filter of a service,
 * its text once typing rests; what was there stays until the answer.
 */
export function usePages<E extends TimelineEntry>(
  { source, fetchPage, around, fetchAround, serverFilter, environment }: PageSource<E>,
  filter: TimelineFilter,
): Pages<E> {
  const pages = fetchPage !== undefined;
  const [typed, setTyped] = useState(filter.text);
  useEffect(() => {
    if (!serverFilter) return undefined;
    const timer = setTimeout(() => setTyped(filter.text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [serverFilter, filter.text]);
  const place = JSON.stringify([source, around]);
  const keyOf = (text: string): string =>
    place + (serverFilter ? encodeTimelineFilter({ ...filter, text }).toString() : '');
  // A text that was cleared has no more to come.
  const text = filter.text && typed;
  const resetKey = keyOf(text);
  const start: Held<E> = {
    ...{ place, key: resetKey, entries: NONE, told: NOTHING, count: 0 },
    state: pages ? 'loading' : 'done',
  };
  const [held, setHeld] = useState(start);
  const [wanted, setWanted] = useState(0);
  const cursor = useRef<string | null>(null);
  const running = useRef<AbortController | null>(null);
  const read = useEffectEvent((signal: AbortSignal) => {
    const range = rangeAt(filter, environment.timeZone, environment.clock.getSnapshot());
    const options = { filter: serverFilter ? { ...filter, text } : filter, range, signal };
    return around !== null && cursor.current === null
      ? fetchAround?.(around, options)
      : fetchPage?.(cursor.current, options);
  });

  const load = useEffectEvent((key: string): void => {
    const end = new AbortController();
    running.current = end;
    const finish = (change: (known: Held<E>) => Held<E>): void => {
      if (end.signal.aborted) return;
      running.current = null;
      setHeld((known) => change(known.key === key ? known : { ...start, key }));
    };
    // What fails at once fails as its promise would.
    new Promise<TimelinePage<E> | undefined>((resolve) => resolve(read(end.signal))).then(
      (page) => {
        if (page === undefined) return;
        const { items, nextCursor = null, ...told } = page;
        if (!end.signal.aborted) cursor.current = nextCursor;
        finish((known) => {
          const entries = [...known.entries, ...items].slice(0, MAX_PAGED_ENTRIES);
          const full = entries.length >= MAX_PAGED_ENTRIES;
          const count = known.count + 1;
          return {
            ...known,
            entries,
            told: { ...known.told, ...told },
            count,
            state: nextCursor === null ? 'done' : full ? 'full' : 'idle',
          };
        });
      },
      () => finish((known) => ({ ...known, state: 'error' })),
    );
  });

  useEffect(() => {
    if (!pages) return undefined;
    cursor.current = null;
    void load(resetKey);
    return () => {
      running.current?.abort();
      running.current = null;
    };
  }, [pages, resetKey]);
  const more = useEffectEvent(() => {
    if (running.current === null) void load(resetKey);
  });
  useEffect(() => {
    if (wanted > 0) more();
  }, [wanted]);

  const loadOlder = useCallback(() => {
    if (running.current !== null) return;
    setHeld((known) => ({ ...known, state: 'loading' }));
    setWanted((count) => count + 1);
  }, []);
  // What was read of another place counts no more, from the first moment on.
  const known = held.place === place ? held : start;
  const outdated = pages && known.key !== keyOf(filter.text);
  return {
    entries: known.entries,
    told: known.told,
    count: known.count,
    state: outdated ? 'loading' : known.state,
    outdated,
    loadOlder,
  };
}
