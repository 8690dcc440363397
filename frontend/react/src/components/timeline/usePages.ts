import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';
import type { Page } from '@fleetdeck/dto';
import type { TimelineEntry } from './entries.ts';
import type { TimelineFilter } from './filter.ts';

/** Reads a page of entries, newest first. `cursor` is `nextCursor` of the page before, `null` for the first. */
export type FetchPage<E> = (
  cursor: string | null,
  options: { filter: TimelineFilter; signal: AbortSignal },
) => Promise<Page<E>>;

/** What {@link usePages} answers. */
export interface Pages<E> {
  entries: readonly E[];
  /** `done` when there is nothing older, or no way to read it. */
  state: 'idle' | 'loading' | 'error' | 'done';
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
 * can be asked for again. Another `resetKey` begins anew.
 */
export function usePages<E extends TimelineEntry>(
  fetchPage: FetchPage<E> | undefined,
  filter: TimelineFilter,
  resetKey: string,
): Pages<E> {
  const pages = fetchPage !== undefined;
  const start: Held<E> = { key: resetKey, entries: NONE, state: pages ? 'loading' : 'done' };
  const [held, setHeld] = useState(start);
  const [wanted, setWanted] = useState(0);
  const cursor = useRef<string | null>(null);
  const running = useRef<AbortController | null>(null);
  const read = useEffectEvent((signal: AbortSignal) => fetchPage?.(cursor.current, { filter, signal }));

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
          const over = page.nextCursor === null || entries.length >= MAX_PAGED_ENTRIES;
          return { key, entries, state: over ? 'done' : 'idle' };
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
  const { entries, state } = held.key === resetKey ? held : start;
  return { entries, state, loadOlder };
}
