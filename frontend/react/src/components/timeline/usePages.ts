import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';
import type { Page } from '@fleetdeck/dto';
import type { TimelineEntry } from './entries.ts';
import type { TimelineFilter } from './filter.ts';

/** Reads a page of entries, newest first. `cursor` is `nextCursor` of the page before, `null` for the first. */
export type FetchPage<E> = (
  cursor: string | null,
  options: { filter: TimelineFilter; signal: AbortSignal },
) => Promise<Page<E>>;

/** Reads the page that holds an entry, as for a link to it; `nextCursor` leads to older ones. */
export type FetchAround<E> = (
  entryId: string,
  options: { filter: TimelineFilter; signal: AbortSignal },
) => Promise<Page<E>>;

/** Where pages come from. */
export interface PageSource<E> {
  fetchPage: FetchPage<E> | undefined;
  /** Where it begins: at the page that holds this entry, or at the newest. */
  around: string | null;
  fetchAround: FetchAround<E> | undefined;
}

/** What {@link usePages} answers. */
export interface Pages<E> {
  entries: readonly E[];
  /** How many pages that are. */
  count: number;
  /** `done` when there is nothing older, or no way to read it; `full` when no more are kept. */
  state: 'idle' | 'loading' | 'error' | 'done' | 'full';
  loadOlder: () => void;
}

/** More entries than this are not kept: a narrower filter shows older ones. */
export const MAX_PAGED_ENTRIES = 10_000;

interface Held<E> extends Omit<Pages<E>, 'loadOlder'> {
  key: string;
}

const NONE: readonly never[] = [];

/**
 * Reads pages, one at a time: the first by itself, the others when asked. A page that fails keeps those before and
 * can be asked for again. Another `filterKey` or another place to begin at begins anew.
 */
export function usePages<E extends TimelineEntry>(
  { fetchPage, around, fetchAround }: PageSource<E>,
  filter: TimelineFilter,
  filterKey: string,
): Pages<E> {
  const pages = fetchPage !== undefined;
  const resetKey = JSON.stringify([filterKey, around]);
  const start: Held<E> = { key: resetKey, entries: NONE, count: 0, state: pages ? 'loading' : 'done' };
  const [held, setHeld] = useState(start);
  const [wanted, setWanted] = useState(0);
  const cursor = useRef<string | null>(null);
  const running = useRef<AbortController | null>(null);
  const read = useEffectEvent((signal: AbortSignal) =>
    around !== null && cursor.current === null
      ? fetchAround?.(around, { filter, signal })
      : fetchPage?.(cursor.current, { filter, signal }),
  );

  const load = useEffectEvent((key: string): void => {
    const end = new AbortController();
    running.current = end;
    const finish = (change: (known: Held<E>) => Held<E>): void => {
      if (end.signal.aborted) return;
      running.current = null;
      setHeld((known) => change(known.key === key ? known : { ...start, key }));
    };
    Promise.resolve(read(end.signal)).then(
      (page) => {
        if (page === undefined) return;
        if (!end.signal.aborted) cursor.current = page.nextCursor;
        finish((known) => {
          const entries = [...known.entries, ...page.items].slice(0, MAX_PAGED_ENTRIES);
          const full = entries.length >= MAX_PAGED_ENTRIES;
          const count = known.count + 1;
          return { key, entries, count, state: page.nextCursor === null ? 'done' : full ? 'full' : 'idle' };
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
  // What was read for another key counts no more, from the first moment on.
  const { entries, count, state } = held.key === resetKey ? held : start;
  return { entries, count, state, loadOlder };
}
