import { useEffect, useEffectEvent, type RefObject } from 'react';

/** So far outside the window an element still counts as on screen, so that nobody sees it catch up. */
const MARGIN = '25%';
const listeners = new WeakMap<Element, (onScreen: boolean) => void>();
let observer: IntersectionObserver | undefined;

/**
 * Tells when an element comes into the window, nearly, and when it leaves; nothing where that cannot be known. One
 * observer serves the whole page.
 */
export function useOnScreen(ref: RefObject<Element | null>, onChange: (onScreen: boolean) => void): void {
  const tell = useEffectEvent(onChange);
  useEffect(() => {
    const element = ref.current;
    if (element === null || typeof IntersectionObserver === 'undefined') return undefined;
    observer ??= new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) listeners.get(target)?.(isIntersecting);
      },
      { rootMargin: MARGIN },
    );
    const watching = observer;
    listeners.set(element, (onScreen) => tell(onScreen));
    watching.observe(element);
    return () => {
      listeners.delete(element);
      watching.unobserve(element);
    };
  }, [ref]);
}
