import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { searchOptions, type ContextOption } from './contextOptions.ts';

/** Finds options for a query. `signal` ends when the answer is of no use any more. */
export type LoadOptions = (query: string, signal: AbortSignal) => Promise<readonly ContextOption[]>;

/** What {@link useOptions} answers. */
export interface FoundOptions {
  options: readonly ContextOption[];
  state: 'ready' | 'loading' | 'error';
  retry: () => void;
}

const TYPING_MS = 200;
const NONE: readonly ContextOption[] = [];

/**
 * The options that fit a query: by searching those that are given, or by asking `load` once the typing rests. While
 * it is asked, the answer before stays; one that comes late is dropped.
 */
export function useOptions(
  query: string,
  given: readonly ContextOption[] | undefined,
  load: LoadOptions | undefined,
): FoundOptions {
  const [found, setFound] = useState<Omit<FoundOptions, 'retry'>>({
    options: NONE,
    state: 'loading',
  });
  const [attempt, setAttempt] = useState(0);
  const ask = useEffectEvent((text: string, signal: AbortSignal) => load?.(text, signal));
  const asks = load !== undefined;

  useEffect(() => {
    if (!asks) return undefined;
    const end = new AbortController();
    const run = async (): Promise<void> => {
      setFound((before) => ({ ...before, state: 'loading' }));
      let next: Omit<FoundOptions, 'retry'>;
      try {
        next = { options: (await ask(query, end.signal)) ?? NONE, state: 'ready' };
      } catch {
        next = { options: NONE, state: 'error' };
      }
      if (!end.signal.aborted) setFound(next);
    };
    const timer = setTimeout(() => void run(), query === '' ? 0 : TYPING_MS);
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  }, [asks, query, attempt]);

  const searched = useMemo(() => searchOptions(given ?? NONE, query), [given, query]);
  return {
    ...(asks ? found : { options: searched, state: 'ready' as const }),
    retry: () => setAttempt((count) => count + 1),
  };
}
