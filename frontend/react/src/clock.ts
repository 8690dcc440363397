import { useSyncExternalStore } from 'react';

/** What {@link createPageClock} takes. */
export interface PageClockOptions {
  /** The present in ms since 1970. @default Date.now */
  now?: () => number;
  /** How often the clock ticks, in ms. @default 1000 */
  intervalMs?: number;
}

/** One clock for a whole page: everything that shows an age reads the same moment and is drawn together. */
export interface PageClock {
  /** The moment of the last tick, in ms since 1970. It stays the same between two ticks. */
  getSnapshot: () => number;
  /** Calls back on each tick. The clock runs only while somebody listens and the page is visible. */
  subscribe: (listener: () => void) => () => void;
}

const systemNow = (): number => Date.now();

/**
 * Makes a page clock. One timer serves all listeners; a hidden page has none, and ticks at once when it is shown.
 */
export function createPageClock({ now = systemNow, intervalMs = 1000 }: PageClockOptions = {}): PageClock {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let value: number | undefined;

  const tick = (): void => {
    value = now();
    for (const listener of [...listeners]) listener();
  };
  const run = (): void => {
    if (timer === undefined && document.visibilityState !== 'hidden') timer = setInterval(tick, intervalMs);
  };
  const halt = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const onVisibility = (): void => {
    if (document.visibilityState === 'hidden') halt();
    else {
      tick();
      run();
    }
  };

  return {
    getSnapshot: () => {
      // At rest nothing renews the value, so a reader does; within one interval it must not change under React.
      if (value === undefined || (timer === undefined && Math.abs(now() - value) >= intervalMs))
        value = now();
      return value;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      if (listeners.size === 1) {
        document.addEventListener('visibilitychange', onVisibility);
        run();
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        document.removeEventListener('visibilitychange', onVisibility);
        halt();
      };
    },
  };
}

/** The subscription to what never changes. */
export const idle = (): (() => void) => () => undefined;

/**
 * Reads something off a clock and renders again only when that changes, not on each tick.
 *
 * @param clock - the page's clock, or `null` when nothing depends on it
 * @param read - gives a string, number or boolean for a moment
 * @param onServer - what is rendered where no clock runs, and first on a page that is hydrated
 */
export function useClockValue<T extends string | number | boolean | null>(
  clock: PageClock | null,
  read: (now: number) => T,
  onServer: T,
): T {
  return useSyncExternalStore(
    clock?.subscribe ?? idle,
    () => (clock ? read(clock.getSnapshot()) : onServer),
    () => onServer,
  );
}
