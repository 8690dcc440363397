import { isValue } from '../../format/formatMetric.ts';
import type { Course } from '../../messages/metric.ts';

/** One step of a sparkline; steps are evenly spaced. */
export interface SparkPoint {
  /** Begin of the step, ISO 8601 UTC. */
  start: string;
  /** `null` when nothing was measured: it leaves a gap. */
  value: number | null;
}

/** The drawing box of a sparkline. It is stretched to the card; strokes keep their width. */
export const SPARK_WIDTH = 240;
export const SPARK_HEIGHT = 40;
const PAD = 4;

/** The lines of a sparkline as SVG path data. */
export interface SparkPath {
  line: string;
  /** A mark on the newest point; empty when that one is missing. */
  last: string;
}

const round = (x: number): number => Math.round(x * 10) / 10;

/**
 * Draws evenly spaced values. A missing one leaves a gap, one alone between gaps is a dot, values that are all the
 * same run along the middle.
 */
export function sparkPath(points: readonly SparkPoint[]): SparkPath {
  let min = Infinity;
  let max = -Infinity;
  for (const { value } of points) {
    if (!isValue(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  // Halved, since the span of two huge values is not a number that can be divided by.
  const span = max / 2 - min / 2;
  const step = points.length > 1 ? (SPARK_WIDTH - 2 * PAD) / (points.length - 1) : 0;
  const y = (value: number): number =>
    span > 0
      ? round(SPARK_HEIGHT - PAD - ((value / 2 - min / 2) / span) * (SPARK_HEIGHT - 2 * PAD))
      : SPARK_HEIGHT / 2;
  let line = '';
  let last = '';
  let open = false;
  points.forEach(({ value }, index) => {
    if (!isValue(value)) {
      open = false;
      return;
    }
    const at = `${round(PAD + index * step)} ${y(value)}`;
    const alone = !open && !isValue(points[index + 1]?.value);
    line += `${open ? 'L' : 'M'}${at}${alone ? 'h0' : ''}`;
    open = true;
    if (index === points.length - 1) last = `M${at}h0`;
  });
  return { line, last };
}

/** A sparkline in figures, for those who do not see it. */
export interface SparkSummary {
  min: number;
  max: number;
  /** The newest value; `null` when it is missing. */
  now: number | null;
  course: Course;
}

/** Less than this part of the whole range between begin and end is no course. */
const STEADY = 0.15;

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v / values.length, 0);

/** Sums a sparkline up; `null` when it has no value at all. */
export function sparkSummary(points: readonly Pick<SparkPoint, 'value'>[]): SparkSummary | null {
  const values = points.map((point) => point.value).filter(isValue);
  if (values.length === 0) return null;
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const third = Math.max(1, Math.floor(values.length / 3));
  const drift = mean(values.slice(-third)) - mean(values.slice(0, third));
  const steady = Math.abs(drift) <= (max - min) * STEADY;
  const newest = points.at(-1)?.value;
  return {
    min,
    max,
    now: isValue(newest) ? newest : null,
    course: steady ? 'steady' : drift > 0 ? 'rising' : 'falling',
  };
}
