import type { Environment } from '../../environment.ts';
import { numberFormat } from '../../format/intl.ts';
import type { PlacedPoint } from './chartModel.ts';
import { chartsWords } from '../../messages/charts.ts';

/** The most rows of the table of a chart. */
export const MAX_TABLE_ROWS = 500;

/** Props of {@link ChartTable}. */
export interface ChartTableProps {
  id: string;
  titleId: string;
  lines: readonly { id: string; label: string; points: readonly PlacedPoint[] }[];
  environment: Environment;
  writeTime: (ms: number) => string;
  writeValue: (value: number) => string;
}

/** The values of a chart as a table, newest first. */
export function ChartTable({ id, titleId, lines, environment, writeTime, writeValue }: ChartTableProps) {
  const { messages, locale } = environment;
  const words = chartsWords(messages);
  const rows = new Map<number, (number | null | undefined)[]>();
  lines.forEach(({ points }, column) => {
    for (const { at, value } of points) {
      const row = rows.get(at) ?? [];
      row[column] = value;
      rows.set(at, row);
    }
  });
  const times = [...rows.keys()].sort((a, b) => b - a);
  const shown = times.slice(0, MAX_TABLE_ROWS);
  const number = (value: number): string => numberFormat(locale, {}).format(value);
  return (
    <div id={id} className="fd-chart-table" role="group" aria-labelledby={titleId} tabIndex={0}>
      {times.length > shown.length && (
        <p className="fd-chart-note">{words.newestRows(number(shown.length), number(times.length))}</p>
      )}
      <table aria-labelledby={titleId}>
        <thead>
          <tr>
            <th scope="col">{words.time}</th>
            {lines.map((line) => (
              <th key={line.id} scope="col">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((at) => (
            <tr key={at}>
              <th scope="row">{writeTime(at)}</th>
              {lines.map((line, column) => {
                const value = rows.get(at)?.[column];
                return <td key={line.id}>{typeof value === 'number' ? writeValue(value) : words.gap}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
