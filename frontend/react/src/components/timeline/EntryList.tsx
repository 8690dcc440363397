import { createElement, Fragment, type CSSProperties, type ReactNode, type Ref } from 'react';
import type { Environment } from '../../environment.ts';
import { numberFormat } from '../../format/intl.ts';
import type { DayGroup } from './days.ts';
import { timeOf, type TimelineEntry } from './entries.ts';
import type { EntryGroup } from './rows.ts';
import { TimelineItem } from './TimelineItem.tsx';
import { timelineWords } from '../../messages/timeline.ts';

/** How entries are drawn, whichever of them. */
export interface EntryView<E extends TimelineEntry> {
  headingLevel: 2 | 3 | 4 | 5 | 6;
  idPrefix: string;
  /** A feed of articles instead of lists: it grows while it is read. */
  feed: boolean;
  open: ReadonlySet<string>;
  onToggle: (id: string) => void;
  renderEntry: ((entry: E) => ReactNode) | undefined;
  renderDetails: ((entry: E) => ReactNode) | undefined;
  canOpen: (entry: E) => boolean;
  typeLabel: (type: string) => string;
  /** Entries up to this time were there at the last visit; ms since 1970. */
  lastSeen: number | null;
  /** All are drawn, for find-in-page and paper: times stand still. */
  still?: boolean;
  environment: Environment;
}

/** An entry, and where it is among all that are shown. */
export interface PlacedEntry<E> {
  entry: E;
  index: number;
  /** The first one of those seen before. */
  firstSeen: boolean;
  /** How many its list has, where that is not drawn whole. */
  setSize?: number;
  /** Its place among them, from 1. */
  place?: number;
  row?: number;
  /** Room above it for rows that are left out, px. */
  gap?: number;
  ref?: Ref<HTMLElement>;
}

/** The heading of a group of days. */
export function DayHeading({
  group,
  count,
  id,
  level,
  environment,
  measured,
}: {
  group: DayGroup;
  count: number;
  id: string;
  level: 2 | 3 | 4 | 5 | 6;
  environment: Environment;
  measured?: { ref: Ref<HTMLElement>; row: number };
}) {
  const { messages, locale } = environment;
  const words = timelineWords(messages);
  const written = numberFormat(locale, {}).format(count);
  return createElement(
    `h${level}`,
    { className: 'fd-timeline-day', id, ref: measured?.ref, 'data-index': measured?.row },
    words[group],
    ' ',
    <span key="count" className="fd-timeline-count" aria-hidden="true">
      {written}
    </span>,
    <span key="words" className="fd-hidden">
      {words.entries(written, count === 1)}
    </span>,
  );
}

/** One entry as an item of a list, or as an article of a feed. */
export function PlacedItem<E extends TimelineEntry>({
  placed,
  view,
  heading,
}: {
  placed: PlacedEntry<E>;
  view: EntryView<E>;
  /** In a feed the heading of the day stands in the first article of the day. */
  heading?: ReactNode;
}) {
  const { entry, index, firstSeen, setSize, place, row, gap, ref } = placed;
  const { feed, onToggle, environment, idPrefix, still = false } = view;
  const open = view.open.has(entry.id);
  return createElement(
    feed ? 'article' : 'li',
    {
      className: 'fd-entry',
      'data-open': open || undefined,
      'data-index': row,
      style: gap ? { marginBlockStart: gap } : undefined,
      ref,
      'aria-posinset': feed ? index + 1 : place,
      'aria-setsize': feed ? -1 : setSize,
      ...(feed && {
        tabIndex: 0,
        'aria-label': entry.title,
        id: `${idPrefix}-entry-${index}`,
      }),
    },
    heading,
    firstSeen ? (
      <p key="seen" className="fd-timeline-seen">
        {timelineWords(environment.messages).seenBefore}
      </p>
    ) : null,
    <TimelineItem
      key="item"
      entry={entry}
      open={open}
      onToggle={onToggle}
      type={entry.type ? view.typeLabel(entry.type) : null}
      expandable={view.canOpen(entry)}
      line={view.renderEntry?.(entry)}
      details={open ? view.renderDetails?.(entry) : undefined}
      still={still}
      environment={environment}
    />,
  );
}

/** Index of the first entry that was there at the last visit, when newer ones stand above it; else -1. */
export function firstSeenIndex(entries: readonly TimelineEntry[], lastSeen: number | null): number {
  if (lastSeen === null) return -1;
  const index = entries.findIndex((entry) => timeOf(entry) <= lastSeen);
  return index > 0 ? index : -1;
}

/** All entries of all groups. */
export function EntryList<E extends TimelineEntry>({
  groups,
  view,
}: {
  groups: readonly EntryGroup<E>[];
  view: EntryView<E>;
}) {
  const all = groups.flatMap(({ entries }) => entries);
  const seen = firstSeenIndex(all, view.lastSeen);
  return groups.map(({ group, entries, offset }) => {
    const id = `${view.idPrefix}-${group ?? 'all'}`;
    const heading =
      group === null ? null : (
        <DayHeading
          key="day"
          {...{ group, id }}
          count={entries.length}
          level={view.headingLevel}
          environment={view.environment}
        />
      );
    const items = entries.map((entry, at) => (
      <PlacedItem
        key={entry.id}
        placed={{ entry, index: offset + at, firstSeen: offset + at === seen }}
        view={view}
        heading={view.feed && at === 0 ? heading : undefined}
      />
    ));
    return view.feed ? (
      <Fragment key={id}>{items}</Fragment>
    ) : (
      <DayPart key={id} labelledBy={heading ? id : undefined} heading={heading}>
        {items}
      </DayPart>
    );
  });
}

/** A group of days: its heading and its list. */
export function DayPart({
  labelledBy,
  heading,
  style,
  children,
}: {
  labelledBy: string | undefined;
  heading: ReactNode;
  style?: CSSProperties;
  children: ReactNode;
}) {
  return (
    <div role="group" aria-labelledby={labelledBy} className="fd-timeline-part" style={style}>
      {heading}
      <ol className="fd-timeline-list">{children}</ol>
    </div>
  );
}
