import { useCallback, useEffect, useMemo, useState, type RefObject } from 'react';
import { timeOf, type TimelineEntry } from './entries.ts';

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
 * is scrolled, an entry is open, or the focus is in the list. Back at the top they are shown by themselves. Another
 * `list`, as of another filter, is read anew.
 */
export function useFreshHold<E extends TimelineEntry>(
  entries: readonly E[],
  bodyRef: RefObject<HTMLElement | null>,
  { enabled, busy, list }: { enabled: boolean; busy: boolean; list: string },
): FreshHold<E> {
  // The newest entry that the reader had when the reading of this list began; everything above it is new.
  const [frontier, setFrontier] = useState<{ list: string; id: string; at: number } | null>(null);
  const [scrolled, setScrolled] = useState(false);
  const [focused, setFocused] = useState(false);
  const reading = enabled && (scrolled || focused || busy);
  const [first] = entries;
  const newest = useMemo(
    () => (first === undefined ? null : { list, id: first.id, at: timeOf(first) }),
    [first, list],
  );

  // Set while rendering, so that a list that becomes longer in the same moment does not flash its new entries.
  if (reading && frontier?.list !== list && newest !== null) setFrontier(newest);
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

  const held = useMemo(() => {
    if (!reading || frontier?.list !== list) return 0;
    const found = entries.findIndex(({ id }) => id === frontier.id);
    // When its entry is gone, its time still tells what came later.
    return Math.max(0, found >= 0 ? found : entries.findIndex((entry) => timeOf(entry) <= frontier.at));
  }, [reading, frontier, list, entries]);
  const release = useCallback(() => setFrontier(newest), [newest]);
  const visible = useMemo(() => (held === 0 ? entries : entries.slice(held)), [entries, held]);
  return { visible, held, release };
}
