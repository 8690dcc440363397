import { memo, useId } from 'react';
import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceArea,
  ReferenceLine,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { chartDashes } from '../../tokens.ts';
import type { PlacedPoint } from './chartModel.ts';

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
  markers: readonly { at: number; label: string }[];
  /** Begin of the time that nobody confirmed; `null` when all is fresh. */
  staleFrom: number | null;
  /** Right to left: the axis of values stands at the right. */
  rightToLeft: boolean;
  writeTime: (ms: number) => string;
  writeMoment: (ms: number) => string;
  writeValue: (value: number) => string;
}

const MARGIN = { top: 12, right: 24, bottom: 0, left: 0 };
const TICK = { fill: 'var(--fd-text-3)', fontSize: 12 };
const AXIS_LINE = { stroke: 'var(--fd-border-strong)' };
const DASHES = Object.values(chartDashes).map((dash) => (dash === '' ? undefined : dash));
const CURSOR = { stroke: 'var(--fd-text-3)', strokeWidth: 1 };

/**
 * The one place that draws by recharts: no animation, no dots, straight lines, a fixed size, and no tab stop, which
 * all are what it does otherwise and what makes a page of charts slow and long to tab through.
 */
export const RechartsFrame = memo(function RechartsFrame(props: RechartsFrameProps) {
  const { width, height, lines, from, to, timeTicks, valueTicks, thresholds, markers, staleFrom } = props;
  const { rightToLeft, writeTime, writeMoment, writeValue } = props;
  const hatch = useId();
  const bottom = valueTicks[0] ?? 0;
  const top = valueTicks.at(-1) ?? 1;
  return (
    <LineChart
      width={width}
      height={height}
      margin={MARGIN}
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
      />
      <YAxis
        type="number"
        domain={[bottom, top]}
        ticks={valueTicks}
        tickFormatter={writeValue}
        tick={TICK}
        axisLine={false}
        tickLine={false}
        width={64}
        orientation={rightToLeft ? 'right' : 'left'}
      />
      <Tooltip
        isAnimationActive={false}
        cursor={CURSOR}
        content={({ active, payload, label }) =>
          active && payload.length > 0 ? (
            <div className="fd-chart-tip">
              <p>{typeof label === 'number' ? writeMoment(label) : ''}</p>
              {payload.map(({ graphicalItemId, name, value }) => (
                <p key={graphicalItemId}>
                  {String(name)} <b>{typeof value === 'number' ? writeValue(value) : ''}</b>
                </p>
              ))}
            </div>
          ) : null
        }
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
            position: rightToLeft ? 'insideBottomLeft' : 'insideBottomRight',
            fill: 'var(--fd-text-2)',
            fontSize: 12,
          }}
        />
      ))}
      {markers.map(({ at, label }) => (
        <ReferenceLine
          key={`${label} ${at}`}
          x={at}
          stroke="var(--fd-border-strong)"
          label={{ value: label, position: 'insideTopLeft', fill: 'var(--fd-text-2)', fontSize: 12 }}
        />
      ))}
      {lines.map(({ id, label, points }, index) => (
        <Line
          key={id}
          name={label}
          data={points}
          dataKey="value"
          type="linear"
          stroke={`var(--fd-ch-${index + 1})`}
          strokeWidth={1.75}
          strokeDasharray={DASHES[index]}
          dot={false}
          activeDot={{ r: 3 }}
          connectNulls={false}
          isAnimationActive={false}
        />
      ))}
    </LineChart>
  );
});
