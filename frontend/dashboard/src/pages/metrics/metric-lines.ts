import { quantileOf, type MetricAggregation, type MetricResult } from '@fleetdeck/dto';
import type { ChartSeries } from '@fleetdeck/react/charts';
import type { Shown } from './metric-view.ts';

const WORDS: Readonly<Partial<Record<MetricAggregation, string>>> = {
  avg: 'mean',
  min: 'lowest',
  max: 'highest',
};

/** The lines of an answer: those that belong together as they are, those by a label from the highest to the lowest. */
export function linesOf(results: readonly MetricResult[], show: Shown, by: string | null): ChartSeries[] {
  if (by !== null) {
    return results
      .map((result) => ({ result, last: lastOf(result) }))
      .toSorted((a, b) => b.last - a.last)
      .map(({ result: { labels, points } }) => {
        const value = labels[by] ?? '';
        return { id: value, label: value === '' ? `no ${by}` : value, points };
      });
  }
  return results.map(({ aggregation, points }) => ({
    id: aggregation,
    label: show.aggregations.length === 1 ? show.words : wordOf(aggregation),
    points,
  }));
}

function wordOf(aggregation: MetricAggregation): string {
  return quantileOf(aggregation) === null ? (WORDS[aggregation] ?? aggregation) : aggregation;
}

/** The newest value of a line, by which it is ordered. */
function lastOf({ points }: MetricResult): number {
  return points.findLast(({ value }) => value !== null)?.value ?? -Infinity;
}
