import { memo, useId, useMemo } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceArea, ReferenceLine, XAxis, YAxis } from 'recharts';
import { chartDashes } from '../../tokens.ts';
import { lonePoints, type PlacedPoint } from './chartModel.ts';
import { AXIS_HEIGHT, AXIS_WIDTH, edgeOf, TOP } from './plot.ts';

/** Props of {@link RechartsFrame}. Keep objects the same between renders: each new one draws the chart anew. */
export interface RechartsFrameProps {
  width: number;
  height: number;
  lines: readonly { id: string; label: string; points: readonly PlacedPoint[] }[];
  from: number;
  to: number;
  timeTicks: readonly number[];
  valueTicks: readonly number[];
  thresholds: readonly { value: number; label: string; tone: string | null }[];
  /** Px that are kept free beside the lines for their names. */
  end: number;
  /** Begin of the time that nobody confirmed; `null` when all is fresh. */
  staleFrom: number | null;
  /** Right to left: the axis of values stands at the right. */
  rightToLeft: boolean;
  writeTime: (ms: number) => string;
  writeValue: (value: number) => string;
}

const TICK = { fill: 'var(--fd-text-3)', fontSize: 12 };
const AXIS_LINE = { stroke: 'var(--fd-border-strong)' };
const DASHES = Object.values(chartDashes).map((dash) => (dash === '' ? undefined : dash));

const colorOf = (index: number): string => `var(--fd-ch-${index + 1})`;

/**
 * The one place that draws by recharts: no animation, no dots but for what stands alone, straight lines, a fixed size, no tooltip and no tab stop
 * of its own, which all are what it does otherwise and what makes a page of charts slow and long to tab through.
 */
export const RechartsFrame = memo(function RechartsFrame(props: RechartsFrameProps) {
  const { width, height, lines, from, to, timeTicks, valueTicks, thresholds, staleFrom } = props;
  const { end, rightToLeft, writeTime, writeValue } = props;
  const hatch = useId();
  const bottom = valueTicks[0] ?? 0;
  const top = valueTicks.at(-1) ?? 1;
  const margin = useMemo(
    () => ({
      top: TOP,
      bottom: 0,
      [rightToLeft ? 'left' : 'right']: edgeOf(end),
      [rightToLeft ? 'right' : 'left']: 0,
    }),
    [end, rightToLeft],
  );
  const lone = useMemo(
    () =>
      lines
        .map(({ id, points }, index) => ({ id, points: lonePoints(points), color: colorOf(index) }))
        .filter(({ points }) => points.length > 0),
    [lines],
  );
  return (
    <LineChart
      width={width}
      height={height}
      margin={margin}
      accessibilityLayer={false}
      className="fd-chart-drawing"
    >
      <defs>
        <pattern id={hatch} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path d="M0 0v7" stroke="var(--fd-hatch)" strokeWidth="1" />
        </pattern>
      </defs>
      <CartesianGrid vertical={false} stroke="var(--fd-border)" />
      <XAxis
        dataKey="at"
        type="number"
        domain={[from, to]}
        ticks={timeTicks}
        tickFormatter={writeTime}
        tick={TICK}
        axisLine={AXIS_LINE}
        tickLine={AXIS_LINE}
        allowDataOverflow
        reversed={rightToLeft}
        interval="preserveStartEnd"
        minTickGap={16}
        height={AXIS_HEIGHT}
      />
      <YAxis
        type="number"
        domain={[bottom, top]}
        ticks={valueTicks}
        tickFormatter={writeValue}
        tick={TICK}
        axisLine={false}
        tickLine={false}
        width={AXIS_WIDTH}
        orientation={rightToLeft ? 'right' : 'left'}
      />
      {staleFrom !== null && staleFrom < to && (
        <ReferenceArea x1={Math.max(from, staleFrom)} x2={to} fill={`url(#${hatch})`} fillOpacity={0.5} />
      )}
      {thresholds.map(({ value, label, tone }) => (
        <ReferenceLine
          key={`${label} ${value}`}
          y={value}
          stroke={tone === null ? 'var(--fd-text-3)' : `var(--fd-st-${tone})`}
          strokeDasharray="4 3"
          label={{
            value: label,
            // Above its line, but for one that lies so high that nothing is above it.
            position: `inside${value > top - (top - bottom) / 8 ? 'Top' : 'Bottom'}${rightToLeft ? 'Left' : 'Right'}`,
            fill: 'var(--fd-text-2)',
            fontSize: 12,
          }}
        />
      ))}
      {lines.map(({ id, label, points }, index) => (
        <Line
          key={id}
          name={label}
          data={points}
          dataKey="value"
          type="linear"
          stroke={colorOf(index)}
          strokeWidth={1.75}
          strokeDasharray={DASHES[index]}
          dot={false}
          activeDot={false}
          connectNulls={false}
          isAnimationActive={false}
        />
      ))}
      {lone.map(({ id, points, color }) => (
        <Line
          key={`${id} alone`}
          data={points}
          dataKey="value"
          stroke="none"
          dot={{ r: 2, fill: color, strokeWidth: 0 }}
          activeDot={false}
          isAnimationActive={false}
        />
      ))}
    </LineChart>
  );
});
