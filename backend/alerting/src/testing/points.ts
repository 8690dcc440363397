import { METRIC_WINDOW_MS, quantileOf, type MetricAggregation, type MetricKind } from '@fleetdeck/dto';
import type { ParsedMetric } from '../rule/alert-rule.ts';
import type { Reading } from '../rule/find.ts';

/** An invented series. */
export interface TestSeries {
  metric: string;
  /** @default none */
  labels?: Readonly<Record<string, string>>;
  /** Time between two values, in milliseconds. @default the time between two evaluations */
  stepMs?: number;
  /**
   * The values, the first at the begin; `null` is a point that is missing. As a text: numbers separated by spaces,
   * `_` for a missing one, `95x10` for ten times 95, `_x4` for a gap of four, `10+5x3` for 10, 15, 20.
   */
  values: string | readonly (number | null)[];
  /** As the metric is declared: a rate is of what a counter rose by, else of how many points came. @default 'gauge' */
  kind?: MetricKind;
  /** As the metric is declared, in milliseconds. Without it `minCoverage` of a rule asks nothing. @default none */
  expectedEveryMs?: number;
}

/** Reads the short form of values. @throws RangeError naming the part that cannot be read */
export function parseValues(values: TestSeries['values']): (number | null)[] {
  if (typeof values !== 'string') return [...values];
  return values
    .trim()
    .split(/\s+/)
    .flatMap((part) => {
      const match = /^(_|-?\d+(?:\.\d+)?)(?:([+-]\d+(?:\.\d+)?))?(?:x(\d{1,6}))?$/.exec(part);
      if (!match) {
        throw new RangeError(`"${part}" is no value; write 20, _, 95x10, _x4 or 10+5x3.`);
      }
      const [, first = '', step = '0', count = '1'] = match;
      return Array.from({ length: Number(count) }, (_each, i) =>
        first === '_' ? null : Number(first) + i * Number(step),
      );
    });
}

interface Point {
  at: number;
  value: number;
  /** What a counter rose by since the point before; `null` of the first, and of what is no counter. */
  increase: number | null;
  /** The time since that point, in milliseconds; 0 without one. */
  increaseMs: number;
}

interface Group {
  labels: Record<string, string>;
  points: Point[];
  /** Points received, of each series none beyond those due. */
  received: number;
  /** Points due of the series that have a point in the window, or had one in the hour before it. */
  due: number;
  /** What counters rose by in a window; `null` while that is unknown. */
  risen: number | null;
  counts: boolean;
}

/** Of a series that was seen so long before the window points are due in it, in milliseconds. */
const SEEN_BEFORE_MS = 3_600_000;

/** Invented series, and what a question about them is answered. */
export class TestPoints {
  private readonly series: (Omit<Required<TestSeries>, 'values' | 'stepMs' | 'expectedEveryMs'> & {
    expectedEveryMs: number | null;
    points: Point[];
  })[];

  constructor(series: readonly TestSeries[], begin: number, intervalMs: number) {
    this.series = series.map(
      ({ metric, labels = {}, stepMs = intervalMs, values, kind = 'gauge', expectedEveryMs = null }) => ({
        metric,
        labels,
        kind,
        expectedEveryMs,
        points: pointsOf(parseValues(values), begin, stepMs, kind),
      }),
    );
  }

  /** The trailing window that ends at a time, over the exact points; groups without a point in it are left out. */
  ask(metric: ParsedMetric, at: number): Reading[] {
    const windowMs = METRIC_WINDOW_MS[metric.window];
    const groups = new Map<string, Group>();
    for (const { metric: name, labels, points, kind, expectedEveryMs } of this.series) {
      const wanted = Object.entries(metric.labels).every(([label, value]) => labels[label] === value);
      const inWindow = points.filter((point) => point.at > at - windowMs && point.at <= at);
      const isSeen = points.some((point) => point.at > at - windowMs - SEEN_BEFORE_MS && point.at <= at);
      if (name !== metric.name || !wanted || !isSeen) continue;
      const own = Object.fromEntries(metric.groupBy.map((label) => [label, labels[label] ?? '']));
      const key = JSON.stringify(own);
      const counts = kind === 'counter';
      const group = groups.get(key) ?? { labels: own, points: [], received: 0, due: 0, risen: null, counts };
      const due = expectedEveryMs === null ? 0 : Math.floor(windowMs / expectedEveryMs);
      group.points.push(...inWindow);
      group.received += Math.min(inWindow.length, due);
      group.due += due;
      const risen = increaseOf(inWindow, windowMs);
      if (risen !== null) group.risen = (group.risen ?? 0) + risen;
      groups.set(key, group);
    }
    const present = [...groups.values()].filter((group) => group.points.length > 0);
    return present.map((group) => ({
      labels: group.labels,
      value: isCovered(group, metric.minCoverage) ? aggregate(group, metric.aggregation, windowMs) : null,
    }));
  }
}

function pointsOf(
  values: readonly (number | null)[],
  begin: number,
  stepMs: number,
  kind: MetricKind,
): Point[] {
  const points: Point[] = [];
  values.forEach((value, i) => {
    if (value === null) return;
    const at = begin + i * stepMs;
    const before = kind === 'counter' ? points.at(-1) : undefined;
    // After a fall it began anew at zero.
    const increase = before === undefined ? null : value >= before.value ? value - before.value : value;
    points.push({ at, value, increase, increaseMs: before === undefined ? 0 : at - before.at });
  });
  return points;
}

function isCovered({ received, due }: Group, least: number): boolean {
  return due === 0 || received / due >= least;
}

function aggregate(
  { points, counts, risen }: Group,
  aggregation: MetricAggregation,
  windowMs: number,
): number | null {
  const values = points.map(({ value }) => value);
  const sorted = [...values].sort((a, b) => a - b);
  const sum = values.reduce((total, value) => total + value, 0);
  const quantile = quantileOf(aggregation);
  if (quantile !== null) return sorted[Math.floor(quantile * (sorted.length - 1))] ?? null;
  switch (aggregation) {
    case 'min':
      return sorted[0] ?? null;
    case 'max':
      return sorted.at(-1) ?? null;
    case 'sum':
      return sum;
    case 'count':
      return values.length;
    case 'last':
      return points.reduce((last, point) => (point.at >= last.at ? point : last)).value;
    case 'ratePerSecond':
    case 'ratePerMinute': {
      const count = counts ? risen : points.length;
      return count === null ? null : (count / windowMs) * (aggregation === 'ratePerSecond' ? 1000 : 60_000);
    }
    default:
      return sum / values.length;
  }
}

/** What a series rose by in a window: of increases that cover more time, the share of the window. */
function increaseOf(points: readonly Point[], windowMs: number): number | null {
  let risen: number | null = null;
  let coveredMs = 0;
  for (const { increase, increaseMs } of points) {
    if (increase === null) continue;
    risen = (risen ?? 0) + increase;
    coveredMs += increaseMs;
  }
  return risen === null ? null : risen * Math.min(1, windowMs / coveredMs);
}
