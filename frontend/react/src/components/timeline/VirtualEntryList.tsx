import { Fragment, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { defaultRangeExtractor, measureElement, useVirtualizer } from '@tanstack/react-virtual';
import { BlockEntryList } from './BlockEntryList.tsx';
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

const ROW_HEIGHT = 37;

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
      const drawn = defaultRangeExtractor(range);
      const first = rows[drawn[0] ?? 0];
      const heading = rows.findIndex((row) => row.kind === 'heading' && row.part === first?.part);
      return heading >= 0 && heading < (drawn[0] ?? 0) ? [heading, ...drawn] : drawn;
    },
  });

  const wanted =
    linked === null ? -1 : rows.findIndex((row) => row.kind === 'entry' && row.entry.id === linked);
  useEffect(() => {
    if (wanted >= 0) virtual.scrollToIndex(wanted, { align: 'center' });
  }, [wanted, virtual]);

  const drawn = virtual.getVirtualItems();
  const last = drawn.at(-1);
  const first = drawn[0];
  // A heading that was kept from above stands directly before the first row that is drawn.
  const kept = first !== undefined && drawn[1] !== undefined && drawn[1].index > first.index + 1;
  const top = first === undefined ? 0 : kept ? (drawn[1]?.start ?? 0) - first.size : first.start;
  const below = last === undefined ? virtual.getTotalSize() : virtual.getTotalSize() - last.end;

  const parts: { part: number; heading: ReactNode; id: string; items: ReactNode[] }[] = [];
  for (const { index } of drawn) {
    const row: TimelineRow<E> | undefined = rows[index];
    if (row === undefined) continue;
    let part = parts.at(-1);
    if (part?.part !== row.part) {
      part = { part: row.part, heading: null, id: `${view.idPrefix}-part-${row.part}`, items: [] };
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
      const alone = view.feed && part.items.length === 0;
      part.items.push(
        <PlacedItem
          key={row.entry.id}
          placed={{
            entry: row.entry,
            index: row.index,
            firstSeen: row.index === seen,
            row: index,
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
      {parts.map(({ part, heading, id, items }) =>
        view.feed ? (
          <Fragment key={part}>{items}</Fragment>
        ) : (
          <DayPart key={part} labelledBy={heading ? id : undefined} heading={heading}>
            {items}
          </DayPart>
        ),
      )}
      <div role="presentation" aria-hidden="true" style={{ blockSize: Math.max(0, below) }} />
    </>
  );
}
