import { chartDashes } from '../../tokens.ts';
import type { PlacedPoint } from './chartModel.ts';
import { spread, type Plot } from './plot.ts';

/** Props of {@link ChartLabels}. */
export interface ChartLabelsProps {
  lines: readonly { id: string; label: string; points: readonly PlacedPoint[] }[];
  markers: readonly { at: number; label: string }[];
  plot: Plot;
  /** Px for the names at the ends of the lines; 0 for none. */
  end: number;
  rightToLeft: boolean;
}

const DASHES = Object.values(chartDashes);

/** What stands beside the lines: the name of each at its end, and what happened as ticks on the axis of time. */
export function ChartLabels({ lines, markers, plot, end, rightToLeft }: ChartLabelsProps) {
  const side = rightToLeft ? plot.left : plot.right;
  const out = rightToLeft ? -1 : 1;
  const ends = lines.map(({ points }) => points.findLast(({ value }) => value !== null)?.value ?? null);
  const places = spread(
    ends.map((value) => (value === null ? plot.bottom : plot.y(value))),
    plot.top,
    plot.bottom,
  );
  const inside = markers.filter(({ at }) => plot.x(at) >= plot.left && plot.x(at) <= plot.right);
  return (
    <>
      <svg className="fd-chart-over" aria-hidden="true" focusable="false">
        {inside.map(({ at, label }) => (
          <g key={`${label} ${at}`} className="fd-chart-marker">
            <path d={`M${plot.x(at)} ${plot.bottom + 4}v-12`} />
            <text x={plot.x(at) + 4 * out} y={plot.bottom - 3} textAnchor={rightToLeft ? 'end' : 'start'}>
              {label}
            </text>
          </g>
        ))}
        {end > 0 &&
          lines.map(
            ({ id }, index) =>
              ends[index] !== null && (
                <path
                  key={id}
                  className="fd-chart-end"
                  d={`M${side + 3 * out} ${places[index]}h${10 * out}`}
                  stroke={`var(--fd-ch-${index + 1})`}
                  strokeDasharray={DASHES[index]}
                />
              ),
          )}
      </svg>
      {end > 0 &&
        lines.map(
          ({ id, label }, index) =>
            ends[index] !== null && (
              <span
                key={id}
                className="fd-chart-name"
                aria-hidden="true"
                title={label}
                style={{
                  insetBlockStart: places[index],
                  inlineSize: end - 16,
                  textAlign: rightToLeft ? 'right' : 'left',
                  ...(rightToLeft ? { right: `calc(100% - ${side - 16}px)` } : { left: side + 16 }),
                }}
              >
                {label}
              </span>
            ),
        )}
    </>
  );
}
