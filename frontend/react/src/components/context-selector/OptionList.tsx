import { HeadingRow, OptionRow, type OptionListProps } from './OptionRow.tsx';
import type { ContextRow } from './contextOptions.ts';

/** All options at once, in groups that their headings name. */
export function OptionList(props: OptionListProps) {
  const groups: ContextRow[][] = [];
  for (const row of props.rows) (groups[row.group] ??= []).push(row);
  return groups.map((rows, group) => {
    const [first] = rows;
    const headingId = `${props.idPrefix}-group-${group}`;
    const named = first?.kind === 'heading';
    return (
      <div
        key={first?.key}
        role={named ? 'group' : 'presentation'}
        aria-labelledby={named ? headingId : undefined}
      >
        {rows.map((row) =>
          row.kind === 'heading' ? (
            <HeadingRow key={row.key} text={row.text} id={headingId} />
          ) : (
            <OptionRow key={row.key} row={row} list={props} />
          ),
        )}
      </div>
    );
  });
}
