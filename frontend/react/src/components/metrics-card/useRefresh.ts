import { useEffect, useEffectEvent, useRef } from 'react';

const LEAST_MS = 1_000;
const LEAST_DEADLINE_MS = 60_000;

/**
 * Calls back again and again while the page is visible, each time counted from the end of the call before. A hidden
 * page rests, and calls at once when it is shown again. What the call throws is its owner's to show. One that is not
 * settled after a minute, or three intervals where that is longer, is waited for no more.
 */
export function useRefresh(onRefresh: (() => void | Promise<unknown>) | undefined, refreshMs: number): void {
  const call = useEffectEvent(() => onRefresh?.());
  // The call under way outlives a change of the interval; what goes on after it is the newest round.
  const running = useRef(false);
  const goOn = useRef<(() => void) | null>(null);
  const enabled = onRefresh !== undefined && refreshMs > 0;
  useEffect(() => {
    if (!enabled) return undefined;
    const wait = Math.max(LEAST_MS, refreshMs);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const next = (delay: number): void => {
      clearTimeout(timer);
      if (!running.current && document.visibilityState !== 'hidden')
        timer = setTimeout(() => void run(), delay);
    };
    const run = async (): Promise<void> => {
      running.current = true;
      let limit: ReturnType<typeof setTimeout> | undefined;
      try {
        const deadline = new Promise((pass) => {
          limit = setTimeout(pass, Math.max(LEAST_DEADLINE_MS, 3 * wait));
        });
        await Promise.race([call(), deadline]);
      } catch {
        // The owner of the data shows what went wrong with it; the round goes on.
      }
      clearTimeout(limit);
      running.current = false;
      goOn.current?.();
    };
    const onVisibility = (): void => {
      if (document.visibilityState === 'hidden') clearTimeout(timer);
      else next(0);
    };
    goOn.current = () => next(wait);
    next(wait);
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      goOn.current = null;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [enabled, refreshMs]);
}
