import {
  isIsoTime,
  isMetricAggregation,
  ISO_TIME_EXPECTED,
  METRIC_WINDOW_MS,
  METRIC_WINDOWS,
  type MetricAggregation,
  type MetricLabels,
  type MetricQuery,
} from '@fleetdeck/dto';
import { FleetdeckError } from '@fleetdeck/kernel';
import { canonicalLabels, seriesLabelsProblem } from '../registry/labels.ts';
import { alignedGrid, type TimeGrid } from './time-grid.ts';

/** The most buckets that one answer has for each series or group. */
export const MAX_BUCKETS = 1500;
/** The most aggregations of one question. */
const MAX_AGGREGATIONS = 10;
/** The most labels that an answer is grouped by. */
const MAX_GROUP_LABELS = 5;

/** The latest time that ISO 8601 writes with four digits of a year, as PostgreSQL reads it. */
const END_OF_TIME = Date.parse('9999-12-31T23:59:59.999Z');

/** A question in which nothing is wrong by itself. */
export interface AskedQuery {
  readonly metricName: string;
  readonly aggregations: readonly MetricAggregation[];
  readonly labels: MetricLabels;
  readonly groupBy: readonly string[];
  readonly windowMs: number;
  /** The buckets asked for; `null` for the trailing window. */
  readonly grid: TimeGrid | null;
  /** The same for equal questions. */
  readonly key: string;
}

/** @throws FleetdeckError `INVALID_INPUT` naming the field */
export function parseMetricQuery(query: MetricQuery): AskedQuery {
  const { metricName, timeWindow, aggregation, labels = {}, groupBy = [], from, to } = query;
  if (typeof metricName !== 'string') throw invalidField('metricName', 'must be the name of a metric');
  if (!METRIC_WINDOWS.includes(timeWindow)) {
    throw invalidField('timeWindow', `must be one of ${METRIC_WINDOWS.join(', ')}`);
  }
  const aggregations = [...new Set(Array.isArray(aggregation) ? (aggregation as unknown[]) : [aggregation])];
  if (aggregations.length < 1 || aggregations.length > MAX_AGGREGATIONS) {
    throw invalidField('aggregation', `must be one aggregation, or at most ${MAX_AGGREGATIONS} of them`);
  }
  if (!aggregations.every(isMetricAggregation)) {
    throw invalidField(
      'aggregation',
      'must be avg, min, max, sum, count, last, ratePerSecond, ratePerMinute or a percentile such as p95',
    );
  }
  const problem = seriesLabelsProblem(labels, null);
  if (problem !== null) throw invalidField('labels', problem);
  if (!Array.isArray(groupBy) || groupBy.length > MAX_GROUP_LABELS) {
    throw invalidField('groupBy', `must be at most ${MAX_GROUP_LABELS} names of labels`);
  }
  const groups = [...new Set(groupBy)].sort();
  const windowMs = METRIC_WINDOW_MS[timeWindow];
  const grid = rangeOf(from, to, timeWindow, windowMs);
  return {
    metricName,
    aggregations,
    labels,
    groupBy: groups,
    windowMs,
    grid,
    key: JSON.stringify([
      metricName,
      aggregations,
      timeWindow,
      canonicalLabels(labels),
      groups,
      grid && [grid.startMs, grid.count],
    ]),
  };
}

function rangeOf(
  from: string | undefined,
  to: string | undefined,
  window: string,
  windowMs: number,
): TimeGrid | null {
  if (from === undefined && to === undefined) return null;
  if (from === undefined) throw invalidField('from', 'must be given when "to" is');
  if (to === undefined) throw invalidField('to', 'must be given when "from" is');
  if (!isIsoTime(from)) throw invalidField('from', ISO_TIME_EXPECTED);
  if (!isIsoTime(to)) throw invalidField('to', ISO_TIME_EXPECTED);
  if (Date.parse(from) < 0) throw invalidField('from', 'must not lie before 1970');
  if (Date.parse(to) > END_OF_TIME) throw invalidField('to', 'must not lie after 9999');
  if (Date.parse(from) >= Date.parse(to)) throw invalidField('from', 'must be before "to"');
  const grid = alignedGrid(Date.parse(from), Date.parse(to), windowMs);
  if (grid.count > MAX_BUCKETS) {
    throw invalidField(
      'from',
      `and "to" span ${grid.count} buckets of ${window}, the limit is ${MAX_BUCKETS}; ask for a shorter span or a wider timeWindow`,
    );
  }
  return grid;
}

/** The error for one field of a question. */
export function invalidField(field: string, message: string): FleetdeckError {
  return new FleetdeckError('INVALID_INPUT', `${field} ${message}.`, { fields: [{ field, message }] });
}
