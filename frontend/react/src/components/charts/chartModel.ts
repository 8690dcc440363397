import { toMs, type TimeInput } from '../../environment.ts';
import { dateFormat } from '../../format/intl.ts';
import { isValue } from '../../format/formatMetric.ts';
import { dayOf, startOfDay } from '../timeline/days.ts';

/** One value of a series; `null` when nothing was measured: it leaves a gap. */
export interface ChartPoint {
  /** Begin of the step. */
  start: TimeInput;
  value: number | null;
}

/** One line of a chart. */
export interface ChartSeries {
  /** Unique among the series of a chart. */
  id: string;
  /** What people read. @default its id */
  label?: string;
  /** In order of time. A new array draws anew: keep the same one when nothing changed. */
  points: readonly ChartPoint[];
}

/** A level that means something. */
export interface ChartThreshold {
  value: number;
  label: string;
  /** Any status word: gives the line its colour once a value is past it. @default none */
  status?: string;
  /** On which side of it a value is past it. @default 'above' */
  side?: 'above' | 'below';
}

/** Something that happened at a moment, as a deployment. */
export interface ChartMarker {
  at: TimeInput;
  label: string;
}

/** A point as it is drawn. */
export interface PlacedPoint {
  at: number;
  value: number | null;
}

/** The most lines in one chart: more cannot be told apart. */
export const MAX_LINES = 5;

/** The points of a series whose time can be read. */
export function placed(points: readonly ChartPoint[]): readonly PlacedPoint[] {
  return points.flatMap(({ start, value }) => {
    const at = toMs(start);
    return at === null ? [] : [{ at, value: isValue(value) ? value : null }];
  });
}

/**
 * At most about `most` points that look alike: of each part the smallest and the largest value, so that no peak is
 * lost, and gaps stay gaps.
 */
export function thin(points: readonly PlacedPoint[], most: number): readonly PlacedPoint[] {
  if (points.length <= most || most < 4) return points;
  const size = Math.ceil((points.length * 2) / most);
  const kept: PlacedPoint[] = [];
  for (let from = 0; from < points.length; from += size) {
    const part = points.slice(from, from + size);
    let min: PlacedPoint | undefined;
    let max: PlacedPoint | undefined;
    for (const point of part) {
      if (point.value === null) continue;
      if (min?.value === undefined || min.value === null || point.value < min.value) min = point;
      if (max?.value === undefined || max.value === null || point.value > max.value) max = point;
    }
    const gap = part.find(({ value }) => value === null);
    const picked = [...new Set([min, max, gap])].filter((point) => point !== undefined);
    kept.push(...picked.sort((a, b) => a.at - b.at));
  }
  return kept;
}

/** The points between two gaps: no line goes to or from them, so they would not be seen. */
export function lonePoints(points: readonly PlacedPoint[]): readonly PlacedPoint[] {
  const isGap = (index: number): boolean => (points[index]?.value ?? null) === null;
  return points.filter(({ value }, index) => value !== null && isGap(index - 1) && isGap(index + 1));
}

/** A line as it is drawn. */
export interface PlacedLine {
  id: string;
  label: string;
  points: readonly PlacedPoint[];
}

/** How the lines that are too many become one. */
export type OtherSeries = 'sum' | 'mean';

/**
 * The lines that are drawn: the first ones and, with `other`, one of all that are left. Where one of those is missing
 * the line of all has a gap, since a sum of some would look like a drop.
 */
export function foldOthers(
  lines: readonly PlacedLine[],
  other: OtherSeries | undefined,
  label: (count: number) => string,
): readonly PlacedLine[] {
  if (other === undefined || lines.length <= MAX_LINES) return lines.slice(0, MAX_LINES);
  const rest = lines.slice(MAX_LINES - 1);
  const sums = new Map<number, { sum: number; count: number }>();
  for (const { points } of rest) {
    for (const { at, value } of points) {
      const { sum, count } = sums.get(at) ?? { sum: 0, count: 0 };
      sums.set(at, value === null ? { sum, count } : { sum: sum + value, count: count + 1 });
    }
  }
  const points = [...sums]
    .sort(([a], [b]) => a - b)
    .map(([at, { sum, count }]) => ({
      at,
      value: count < rest.length ? null : other === 'sum' ? sum : sum / count,
    }));
  return [...lines.slice(0, MAX_LINES - 1), { id: 'fleetdeck:other', label: label(rest.length), points }];
}

/** Whether a value of the lines is past a level. */
export function isCrossed(
  { value: level, side = 'above' }: ChartThreshold,
  lines: readonly PlacedLine[],
): boolean {
  return lines.some(({ points }) =>
    points.some(({ value }) => value !== null && (side === 'above' ? value >= level : value <= level)),
  );
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
];
const MOST_TICKS = 6;

/** How far a zone's clock is ahead of UTC at a moment, in ms. */
export function zoneOffset(ms: number, timeZone: string | undefined): number {
  const parts = dateFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(ms);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const match = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name);
  if (!match) return 0;
  const [, sign, hours, minutes, seconds = '0'] = match;
  const size = Number(hours) * HOUR + Number(minutes) * MINUTE + Number(seconds) * SECOND;
  return sign === '-' ? -size : size;
}

/** Round times of a span in a zone, at most six: whole minutes or hours of its clock, or its midnights. */
export function timeTicks(from: number, to: number, timeZone: string | undefined): number[] {
  const span = to - from;
  if (!(span > 0)) return [from];
  const step = STEPS.find((size) => span / size <= MOST_TICKS);
  const ticks: number[] = [];
  if (step !== undefined) {
    const offset = zoneOffset(from, timeZone);
    for (let wall = Math.ceil((from + offset) / step) * step; ; wall += step) {
      const guess = wall - offset;
      // Over hours the clock may be changed meanwhile; an hour that it leaves out has no tick.
      const at = step > HOUR ? wall - zoneOffset(guess, timeZone) : guess;
      if (at > to) return ticks;
      if (step <= HOUR || at + zoneOffset(at, timeZone) === wall) ticks.push(at);
    }
  }
  const every = Math.ceil(span / DAY / MOST_TICKS);
  for (let day = dayOf(from, timeZone) + 1; ; day += every) {
    const at = startOfDay(day, timeZone);
    if (at > to) return ticks;
    ticks.push(at);
  }
}

/** What a chart covers, in ms and in values; `null` when it has no value at all. */
export function extentOf(
  lines: readonly (readonly PlacedPoint[])[],
  levels: readonly number[],
): { from: number; to: number; min: number; max: number } | null {
  let from = Infinity;
  let to = -Infinity;
  let min = Infinity;
  let max = -Infinity;
  for (const line of lines) {
    for (const { at, value } of line) {
      from = Math.min(from, at);
      to = Math.max(to, at);
      if (value === null) continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  if (min > max) return null;
  for (const level of levels) {
    min = Math.min(min, level);
    max = Math.max(max, level);
  }
  return { from, to, min, max };
}

/**
 * Round numbers around a range, about four: the ticks of the axis of values, and its ends. With `base` 1024 they are
 * powers of 2 apart, which are round in KiB, MiB and so on, and over the border of two: 768 MiB, 1 GiB. Below a level
 * at its foot it has another one, unless that is 0: the level is seen beside the axis of time, and its name above that.
 */
export function valueTicks(
  min: number,
  max: number,
  base: 1000 | 1024 = 1000,
  levels: readonly number[] = [],
): number[] {
  const low = min >= 0 && min < (max - min) * 2 ? 0 : min;
  const span = max - low || Math.abs(max) || 1;
  const rough = span / 4;
  // Parts of a byte, as of a slow rate, are no powers of 2 to anybody.
  const binary = base === 1024 && rough >= 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = binary
    ? 2 ** Math.ceil(Math.log2(rough))
    : power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const foot = Math.floor(low / step);
  const last = Math.max(foot + 1, Math.ceil(max / step));
  const crowded = levels.some((level) => level >= foot * step && level < (foot + (last - foot) / 10) * step);
  const first = foot !== 0 && crowded ? foot - 1 : foot;
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const tick = (first + index) * step;
    return binary ? tick : Number(tick.toPrecision(12));
  });
}
