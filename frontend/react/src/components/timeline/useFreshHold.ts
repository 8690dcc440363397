import { useCallback, useEffect, useState, type RefObject } from 'react';
import type { TimelineEntry } from './entries.ts';

/** What {@link useFreshHold} answers. */
export interface FreshHold<E> {
  /** What is shown: without the entries that are held. */
  visible: readonly E[];
  /** How many are held. */
  held: number;
  /** Shows them. */
  release: () => void;
}

const TOP_PX = 4;

/**
 * Holds back entries that come while the older ones are read, so that nothing moves under the reader: while the list
 * is scrolled, an entry is open, or the focus is in the list. Back at the top they are shown by themselves.
 */
export function useFreshHold<E extends TimelineEntry>(
  entries: readonly E[],
  bodyRef: RefObject<HTMLElement | null>,
  { enabled, busy }: { enabled: boolean; busy: boolean },
): FreshHold<E> {
  // Id of the newest entry that the reader had when the reading began; everything above it is new.
  const [frontier, setFrontier] = useState<string | null>(null);
  const [scrolled, setScrolled] = useState(false);
  const [focused, setFocused] = useState(false);
  const reading = enabled && (scrolled || focused || busy);
  const newest = entries[0]?.id ?? null;

  // Set while rendering, so that a list that becomes longer in the same moment does not flash its new entries.
  if (reading && frontier === null && newest !== null) setFrontier(newest);
  if (!reading && frontier !== null) setFrontier(null);

  useEffect(() => {
    const body = bodyRef.current;
    if (!enabled || body === null) return undefined;
    const look = (): void =>
      setScrolled(body.scrollTop > TOP_PX || body.getBoundingClientRect().top < -TOP_PX);
    const onFocus = ({ type }: FocusEvent): void => setFocused(type === 'focusin');
    look();
    document.addEventListener('scroll', look, { capture: true, passive: true });
    body.addEventListener('focusin', onFocus);
    body.addEventListener('focusout', onFocus);
    return () => {
      document.removeEventListener('scroll', look, { capture: true });
      body.removeEventListener('focusin', onFocus);
      body.removeEventListener('focusout', onFocus);
    };
  }, [enabled, bodyRef]);

  const found = frontier === null || !reading ? 0 : entries.findIndex(({ id }) => id === frontier);
  // When the frontier itself is gone, as by a filter, nothing can be told apart.
  const held = Math.max(0, found);
  const release = useCallback(() => setFrontier(newest), [newest]);
  return { visible: held === 0 ? entries : entries.slice(held), held, release };
}
