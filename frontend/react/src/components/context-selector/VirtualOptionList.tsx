import { useEffect } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { HeadingRow, OptionRow, type OptionListProps } from './OptionRow.tsx';

/** Props of {@link VirtualOptionList}. */
export interface VirtualOptionListProps extends OptionListProps {
  /** What scrolls. */
  scroller: HTMLElement | null;
}

const ROW_HEIGHT = 36;

/** Only the options in view, and the one that the keyboard is at. For long lists; loaded when one comes. */
export function VirtualOptionList({ scroller, ...list }: VirtualOptionListProps) {
  const { rows, highlighted } = list;
  const at = rows.findIndex((row) => row.kind === 'option' && row.index === highlighted);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 6,
    initialRect: { width: 320, height: 320 },
  });
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [at, virtual]);

  // Rows stand one by one, not in groups, so each option tells its section, also where the heading is out of view.
  const sections = rows.filter((row) => row.kind === 'heading');
  const idOf = (group: number): string => `${list.idPrefix}-section-${group}`;
  return (
    <div role="presentation" className="fd-context-virtual" style={{ blockSize: virtual.getTotalSize() }}>
      {sections.map(({ key, group, text }) => (
        <span key={key} id={idOf(group)} hidden>
          {text}
        </span>
      ))}
      {virtual.getVirtualItems().map(({ key, index, start }) => {
        const row = rows[index];
        if (row === undefined) return null;
        return (
          <div
            key={key}
            role="presentation"
            className="fd-context-virtual-row"
            data-index={index}
            ref={virtual.measureElement}
            style={{ transform: `translateY(${start}px)` }}
          >
            {row.kind === 'heading' ? (
              <HeadingRow text={row.text} id={`${list.idPrefix}-group-${row.group}`} />
            ) : (
              <OptionRow
                row={row}
                list={list}
                describedBy={sections.length > 0 ? idOf(row.group) : undefined}
              />
            )}
          </div>
        );
      })}
    </div>
  );
}
