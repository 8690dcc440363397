import { createElement } from 'react';
import { DayHeading, firstSeenIndex, PlacedItem, type EntryView } from './EntryList.tsx';
import type { TimelineEntry } from './entries.ts';
import type { EntryGroup } from './rows.ts';

/** Entries of one block: the browser skips the drawing of whole blocks, which it does slowly for single rows. */
const BLOCK = 100;
/** Height of a row before it was measured, px. */
export const ROW_HEIGHT = 37;

/**
 * All entries of a long list, in blocks that are laid out only where they are seen: find-in-page and paper get every
 * one of them. Times do not tick, since paper does not, and ten thousand of them would take the page a frame each second.
 */
export function BlockEntryList<E extends TimelineEntry>({
  groups,
  view,
}: {
  groups: readonly EntryGroup<E>[];
  view: EntryView<E>;
}) {
  const seen = firstSeenIndex(
    groups.flatMap(({ entries }) => entries),
    view.lastSeen,
  );
  const { feed } = view;
  const still = { ...view, still: true };
  return groups.map(({ group, entries, offset }) => {
    const id = `${view.idPrefix}-${group ?? 'all'}`;
    const begins = Array.from({ length: Math.ceil(entries.length / BLOCK) }, (_, block) => block * BLOCK);
    const heading = group !== null && (
      <DayHeading
        {...{ group, id }}
        count={entries.length}
        level={view.headingLevel}
        environment={view.environment}
      />
    );
    return (
      <div
        key={id}
        role={feed ? undefined : 'group'}
        aria-labelledby={feed || group === null ? undefined : id}
        className="fd-timeline-part"
      >
        {!feed && heading}
        {begins.map((begin) => {
          const block = entries.slice(begin, begin + BLOCK);
          return createElement(
            feed ? 'div' : 'ol',
            {
              key: begin,
              start: feed ? undefined : begin + 1,
              className: 'fd-timeline-list fd-timeline-block',
              style: { containIntrinsicBlockSize: `auto ${block.length * ROW_HEIGHT}px` },
            },
            block.map((entry, at) => (
              <PlacedItem
                key={entry.id}
                placed={{
                  entry,
                  index: offset + begin + at,
                  firstSeen: offset + begin + at === seen,
                }}
                view={still}
                heading={feed && begin + at === 0 ? heading : undefined}
              />
            )),
          );
        })}
      </div>
    );
  });
}
