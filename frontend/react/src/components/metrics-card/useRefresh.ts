import { useEffect, useEffectEvent } from 'react';

const LEAST_MS = 1_000;

/**
 * Calls back again and again while the page is visible, each time counted from the end of the call before. A hidden
 * page rests, and calls at once when it is shown again. What the call throws is its owner's to show.
 */
export function useRefresh(onRefresh: (() => void | Promise<unknown>) | undefined, refreshMs: number): void {
  const call = useEffectEvent(() => onRefresh?.());
  const enabled = onRefresh !== undefined && refreshMs > 0;
  useEffect(() => {
    if (!enabled) return undefined;
    const wait = Math.max(LEAST_MS, refreshMs);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let running = false;
    let over = false;
    const next = (delay: number): void => {
      clearTimeout(timer);
      if (!over && !running && document.visibilityState !== 'hidden')
        timer = setTimeout(() => void run(), delay);
    };
    const run = async (): Promise<void> => {
      running = true;
      try {
        await call();
      } catch {
        // The owner of the data shows what went wrong with it; the round goes on.
      }
      running = false;
      next(wait);
    };
    const onVisibility = (): void => {
      if (document.visibilityState === 'hidden') clearTimeout(timer);
      else next(0);
    };
    next(wait);
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [enabled, refreshMs]);
}
