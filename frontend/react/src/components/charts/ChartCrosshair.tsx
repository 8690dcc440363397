import { useEffect, useMemo, useRef, useSyncExternalStore, type KeyboardEvent } from 'react';
import type { PlacedPoint } from './chartModel.ts';
import { nearest, type Crosshair } from './crosshair.ts';
import type { Plot } from './plot.ts';

/** Props of {@link ChartCrosshair}. */
export interface ChartCrosshairProps {
  crosshair: Crosshair;
  /** Its name, as "Values of Latency". */
  name: string;
  lines: readonly { id: string; label: string; points: readonly PlacedPoint[] }[];
  plot: Plot;
  rightToLeft: boolean;
  writeMoment: (ms: number) => string;
  /** A value with its unit; `null` for a gap. */
  writeValue: (value: number | null) => string;
  /** All of one moment in words. */
  writeReading: (moment: string, values: readonly string[]) => string;
}

/** How far Page Up and Page Down go. */
const PAGE = 10;

/**
 * Reads a chart moment by moment, by pointer or by the arrow keys: a line, a dot on each line, and the values in
 * words. It is one tab stop, drawn over the chart, so that the chart itself is not drawn again.
 */
export function ChartCrosshair(props: ChartCrosshairProps) {
  const { crosshair, name, lines, plot, rightToLeft, writeMoment, writeValue, writeReading } = props;
  const slider = useRef<HTMLDivElement>(null);
  const mine = useRef(false);
  const times = useMemo(
    () => [...new Set(lines.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b),
    [lines],
  );
  const values = useMemo(
    () => lines.map(({ points }) => new Map(points.map(({ at, value }) => [at, value]))),
    [lines],
  );
  const index = useSyncExternalStore(
    crosshair.subscribe,
    () => nearest(times, crosshair.get()),
    () => -1,
  );

  const point = (at: number | null): void => {
    mine.current = at !== null;
    crosshair.set(at);
  };
  useEffect(
    () => () => {
      if (mine.current) crosshair.set(null);
    },
    [crosshair],
  );

  const newest = times.length - 1;
  const chosen = index < 0 ? newest : index;
  const at = times[chosen] ?? 0;
  const readings = lines.flatMap(({ id, label }, line) => {
    const value = values[line]?.get(at);
    return value === undefined ? [] : [{ id, label, line, value }];
  });
  const text = writeReading(
    writeMoment(at),
    readings.map(({ label, value }) => `${label} ${writeValue(value)}`),
  );

  // On a long line one key moves at least one pixel.
  const step = Math.max(1, Math.round(times.length / Math.max(1, plot.right - plot.left)));
  function onKeyDown(event: KeyboardEvent): void {
    const moves: Readonly<Record<string, number>> = {
      ...{ ArrowLeft: rightToLeft ? step : -step, ArrowRight: rightToLeft ? -step : step },
      ...{ ArrowUp: step, ArrowDown: -step, PageUp: PAGE * step, PageDown: -PAGE * step },
      ...{ Home: -times.length, End: times.length },
    };
    const move = moves[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Escape' && index >= 0) point(null);
    else if (move === undefined) return;
    else point(times[Math.max(0, Math.min(newest, chosen + move))] ?? null);
    event.preventDefault();
  }

  const x = plot.x(at);
  const before = x > (plot.left + plot.right) / 2;
  return (
    <>
      <div
        ref={slider}
        className="fd-chart-cross"
        role="slider"
        tabIndex={0}
        aria-readonly="true"
        aria-label={name}
        aria-valuemin={1}
        aria-valuemax={times.length}
        aria-valuenow={chosen + 1}
        aria-valuetext={text}
        onKeyDown={onKeyDown}
        onFocus={() => point(at)}
        onBlur={() => point(null)}
        onPointerMove={(event) => {
          const place = event.clientX - event.currentTarget.getBoundingClientRect().left;
          const under = nearest(times, Math.max(times[0] ?? 0, Math.min(times[newest] ?? 0, plot.at(place))));
          point(times[under] ?? null);
        }}
        onPointerLeave={() => {
          if (document.activeElement !== slider.current) point(null);
        }}
      />
      {index >= 0 && (
        <>
          <svg className="fd-chart-over" aria-hidden="true" focusable="false">
            <path className="fd-chart-hair" d={`M${x} ${plot.top}V${plot.bottom}`} />
            {readings.map(
              ({ id, line, value }) =>
                value !== null && (
                  <circle key={id} cx={x} cy={plot.y(value)} r="3" fill={`var(--fd-ch-${line + 1})`} />
                ),
            )}
          </svg>
          <div
            className="fd-chart-tip"
            aria-hidden="true"
            style={{
              insetBlockStart: plot.top,
              left: x,
              transform: before ? 'translateX(calc(-100% - 8px))' : 'translateX(8px)',
            }}
          >
            <p>{writeMoment(at)}</p>
            {readings.map(({ id, label, value }) => (
              <p key={id}>
                {label} <b>{writeValue(value)}</b>
              </p>
            ))}
          </div>
        </>
      )}
    </>
  );
}
