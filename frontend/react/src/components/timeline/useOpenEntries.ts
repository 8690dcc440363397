import { useCallback, useLayoutEffect, useMemo, useRef } from 'react';
import { useControlled } from '../useControlled.ts';
import type { TimelineProps } from './TimelineProps.ts';

const NO_IDS: readonly string[] = [];

/** Which entries are open, and a way to open or close one: always the same function, so that the others are not drawn anew. */
export function useOpenEntries({
  expanded,
  defaultExpanded = NO_IDS,
  onExpandedChange,
}: Pick<TimelineProps, 'expanded' | 'defaultExpanded' | 'onExpandedChange'>): [
  ReadonlySet<string>,
  (entryId: string) => void,
] {
  const [ids, setIds] = useControlled(expanded, defaultExpanded, onExpandedChange);
  const open = useMemo(() => new Set(ids), [ids]);
  const toggleRef = useRef((_entryId: string): void => undefined);
  useLayoutEffect(() => {
    toggleRef.current = (entryId) =>
      setIds(open.has(entryId) ? ids.filter((each) => each !== entryId) : [...ids, entryId]);
  });
  return [open, useCallback((entryId: string) => toggleRef.current(entryId), [])];
}
