import { useEffect, useSyncExternalStore } from 'react';

const RETRY_MS = 30_000;
const NOTHING = {};

/** What {@link useLazyPart} answers. */
export interface LoadedPart<T> {
  /** `undefined` before it was loaded, `null` when that failed. */
  readonly part?: T | null;
}

/** Code that is loaded when it is first wanted; see {@link lazyPart}. */
export interface LazyPart<T> {
  /** Loads it, unless it is there or on its way; `null` when that failed. Never rejects. */
  load: () => Promise<T | null>;
  get: () => LoadedPart<T>;
  subscribe: (listener: () => void) => () => void;
}

/**
 * Code that is loaded when it is first wanted, and kept. What failed can be loaded again: `lazy` of React would keep
 * its first failure.
 *
 * @param load imports it, and answers what is wanted of it
 * @example
 * const chartPart = lazyPart(() => import('@fleetdeck/react/charts').then((part) => part.TimeSeriesChart));
 */
export function lazyPart<T>(load: () => Promise<T>): LazyPart<T> {
  let loaded: LoadedPart<T> = NOTHING;
  let running: Promise<T | null> | undefined;
  const listeners = new Set<() => void>();
  const end = (part: T | null): T | null => {
    loaded = { part };
    if (part === null) running = undefined;
    for (const listener of listeners) listener();
    return part;
  };
  return {
    load: () => (running ??= load().then(end, () => end(null))),
    get: () => loaded,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const onServer = (): LoadedPart<never> => NOTHING;

/**
 * A part, loaded once it is `wanted`. One that could not be loaded is tried again when it is wanted anew, and every
 * 30 s while it is.
 *
 * @example
 * const { part: Chart } = useLazyPart(chartPart);
 * return Chart ? <Chart title="Latency" series={series} /> : Chart === null ? 'No chart' : 'Loading';
 */
export function useLazyPart<T>(part: LazyPart<T>, wanted = true): LoadedPart<T> {
  const loaded = useSyncExternalStore(part.subscribe, part.get, onServer);
  const missing = wanted && !loaded.part;
  useEffect(() => {
    if (!missing) return undefined;
    void part.load();
    const timer = setInterval(() => void part.load(), RETRY_MS);
    return () => clearInterval(timer);
  }, [part, missing]);
  return loaded;
}
