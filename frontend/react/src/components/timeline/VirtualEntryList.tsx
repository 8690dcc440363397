import { Fragment, useCallback, useEffect, useEffectEvent, useMemo, useState, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { defaultRangeExtractor, measureElement, useVirtualizer } from '@tanstack/react-virtual';
import { BlockEntryList, ROW_HEIGHT } from './BlockEntryList.tsx';
import { DayHeading, DayPart, firstSeenIndex, PlacedItem, type EntryView } from './EntryList.tsx';
import type { TimelineEntry } from './entries.ts';
import { rowsOf, type EntryGroup, type TimelineRow } from './rows.ts';

/** Props of {@link VirtualEntryList}. */
export interface VirtualEntryListProps<E extends TimelineEntry> {
  groups: readonly EntryGroup<E>[];
  view: EntryView<E>;
  /** What scrolls. */
  scroller: HTMLElement | null;
  /** The entry that is scrolled to. */
  linked: string | null;
  /** All entries are drawn, as for find-in-page. */
  whole: boolean;
}

/** Whether the page is being printed: known before the browser takes its picture. */
function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const begin = (): void => flushSync(() => setPrinting(true));
    const end = (): void => setPrinting(false);
    window.addEventListener('beforeprint', begin);
    window.addEventListener('afterprint', end);
    return () => {
      window.removeEventListener('beforeprint', begin);
      window.removeEventListener('afterprint', end);
    };
  }, []);
  return printing;
}

/** A long list: only what is in view, or all of it in blocks where it is asked for, and on paper. */
export function VirtualEntryList<E extends TimelineEntry>(props: VirtualEntryListProps<E>) {
  const { groups, view } = props;
  const printing = usePrinting();
  return props.whole || printing ? <BlockEntryList {...{ groups, view }} /> : <EntryRows {...props} />;
}

/**
 * Only the entries in view, in the same groups and lists as all would be: what is left out is room above and below.
 * The heading of the day in view always stays, and sticks to the top.
 */
function EntryRows<E extends TimelineEntry>(props: VirtualEntryListProps<E>) {
  const { groups, view, scroller, linked } = props;
  const rows = useMemo(() => rowsOf(groups), [groups]);
  const entries = useMemo(() => groups.flatMap((group) => group.entries), [groups]);
  const seen = firstSeenIndex(entries, view.lastSeen);
  const [focused, setFocused] = useState<string | null>(null);
  const onFocus = useEffectEvent(({ type, target }: FocusEvent) => {
    const at = target instanceof Element && target.closest<HTMLElement>('[data-index]')?.dataset.index;
    const row = type === 'focusin' && at ? rows[Number(at)] : undefined;
    setFocused(row?.kind === 'entry' ? row.entry.id : null);
  });
  useEffect(() => {
    const listener = (event: FocusEvent): void => onFocus(event);
    scroller?.addEventListener('focusin', listener);
    scroller?.addEventListener('focusout', listener);
    return () => {
      scroller?.removeEventListener('focusin', listener);
      scroller?.removeEventListener('focusout', listener);
    };
  }, [scroller]);
  const indexOf = (id: string | null): number =>
    id === null ? -1 : rows.findIndex((row) => row.kind === 'entry' && row.entry.id === id);
  const kept = indexOf(focused);

  // The same function until the rows change, or all would be measured anew.
  const getItemKey = useCallback(
    (index: number) => {
      const row = rows[index];
      if (row === undefined) return index;
      return row.kind === 'heading' ? `day ${row.group}` : `entry ${row.entry.id}`;
    },
    [rows],
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller,
    estimateSize: () => ROW_HEIGHT,
    getItemKey,
    // In a feed the heading of the day is a row of its own, and stands in the first article that is drawn.
    measureElement: (element: HTMLElement, entry, instance) =>
      measureElement(element, entry, instance) -
      (element.querySelector<HTMLElement>('.fd-timeline-day')?.offsetHeight ?? 0),
    // What is read stays where it is when newer entries come above it.
    anchorTo: 'end',
    overscan: 8,
    rangeExtractor: (range) => {
      const inView = defaultRangeExtractor(range);
      // A row that has the focus stays, or the focus would go to the top of the page.
      const drawn = new Set(kept < 0 ? inView : [...inView, kept]);
      for (const at of [inView[0] ?? 0, kept]) {
        const part = rows[at]?.part;
        const heading = rows.findIndex((row) => row.kind === 'heading' && row.part === part);
        if (heading >= 0) drawn.add(heading);
      }
      return [...drawn].toSorted((a, b) => a - b);
    },
  });

  const wanted = indexOf(linked);
  useEffect(() => {
    if (wanted >= 0) virtual.scrollToIndex(wanted, { align: 'center' });
  }, [wanted, virtual]);

  const drawn = virtual.getVirtualItems();
  const last = drawn.at(-1);
  const below = last === undefined ? virtual.getTotalSize() : virtual.getTotalSize() - last.end;

  const parts: { part: number; heading: ReactNode; id: string; gap: number; items: ReactNode[] }[] = [];
  let top = 0;
  let end = 0;
  for (const [place, { index, start, size }] of drawn.entries()) {
    const row: TimelineRow<E> | undefined = rows[index];
    if (row === undefined) continue;
    // A heading that was kept from above stands directly before the row after it.
    const next = drawn[place + 1];
    const begin = row.kind === 'heading' && next !== undefined ? next.start - size : start;
    let gap = begin - end;
    end = begin + size;
    if (place === 0) {
      top = gap;
      gap = 0;
    }
    let part = parts.at(-1);
    if (part?.part !== row.part) {
      part = { part: row.part, heading: null, id: `${view.idPrefix}-part-${row.part}`, gap, items: [] };
      parts.push(part);
    }
    if (row.kind === 'heading') {
      part.heading = (
        <DayHeading
          key="day"
          group={row.group}
          count={row.count}
          id={part.id}
          level={view.headingLevel}
          environment={view.environment}
          measured={{ ref: virtual.measureElement, row: index }}
        />
      );
    } else {
      const day = groups[row.part];
      const alone = view.feed && part.items.length === 0;
      part.items.push(
        <PlacedItem
          key={row.entry.id}
          placed={{
            entry: row.entry,
            index: row.index,
            firstSeen: row.index === seen,
            setSize: day?.entries.length,
            place: row.index - (day?.offset ?? 0) + 1,
            row: index,
            gap: alone ? part.gap : gap,
            ref: virtual.measureElement,
          }}
          view={view}
          heading={alone ? part.heading : undefined}
        />,
      );
    }
  }
  return (
    <>
      <div role="presentation" aria-hidden="true" style={{ blockSize: Math.max(0, top) }} />
      {parts.map(({ part, heading, id, gap, items }) =>
        view.feed ? (
          <Fragment key={part}>{items}</Fragment>
        ) : (
          <DayPart
            key={part}
            labelledBy={heading ? id : undefined}
            heading={heading}
            style={gap > 0 ? { marginBlockStart: gap } : undefined}
          >
            {items}
          </DayPart>
        ),
      )}
      <div role="presentation" aria-hidden="true" style={{ blockSize: Math.max(0, below) }} />
    </>
  );
}
