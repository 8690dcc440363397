import { METRIC_WINDOW_MS, quantileOf, type MetricAggregation } from '@fleetdeck/dto';
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
}

/** Invented series, and what a question about them is answered. */
export class TestPoints {
  private readonly series: { metric: string; labels: Readonly<Record<string, string>>; points: Point[] }[];

  constructor(series: readonly TestSeries[], begin: number, intervalMs: number) {
    this.series = series.map(({ metric, labels = {}, stepMs = intervalMs, values }) => ({
      metric,
      labels,
      points: parseValues(values).flatMap((value, i) =>
        value === null ? [] : [{ at: begin + i * stepMs, value }],
      ),
    }));
  }

  /** The trailing window that ends at a time, over the exact points. */
  ask(metric: ParsedMetric, at: number): Reading[] {
    const groups = new Map<string, { labels: Record<string, string>; points: Point[] }>();
    for (const { metric: name, labels, points } of this.series) {
      const wanted = Object.entries(metric.labels).every(([label, value]) => labels[label] === value);
      if (name !== metric.name || !wanted) continue;
      const own = Object.fromEntries(metric.groupBy.map((label) => [label, labels[label] ?? '']));
      const key = JSON.stringify(own);
      const group = groups.get(key) ?? { labels: own, points: [] };
      const from = at - METRIC_WINDOW_MS[metric.window];
      group.points.push(...points.filter((point) => point.at > from && point.at <= at));
      groups.set(key, group);
    }
    return [...groups.values()].map(({ labels, points }) => ({
      labels,
      value: aggregate(points, metric.aggregation, METRIC_WINDOW_MS[metric.window]),
    }));
  }
}

function aggregate(
  points: readonly Point[],
  aggregation: MetricAggregation,
  windowMs: number,
): number | null {
  const values = points.map(({ value }) => value);
  if (values.length === 0) return null;
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
      return increase(points) / (windowMs / 1000);
    case 'ratePerMinute':
      return increase(points) / (windowMs / 60_000);
    default:
      return sum / values.length;
  }
}

/** What a counter rose by; after a fall it began anew at zero. */
function increase(points: readonly Point[]): number {
  const ordered = [...points].sort((a, b) => a.at - b.at);
  return ordered.reduce((total, { value }, i) => {
    const before = ordered[i - 1]?.value;
    return before === undefined ? 0 : total + (value >= before ? value - before : value);
  }, 0);
}
