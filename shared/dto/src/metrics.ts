import type { Position } from './position.ts';

/** What a metric's values mean: a level, a count that only rises, or single observations. */
export type MetricKind = 'gauge' | 'counter' | 'distribution';

/** All metric kinds. */
export const METRIC_KINDS = ['gauge', 'counter', 'distribution'] as const satisfies readonly MetricKind[];

/** The widths over which values are summed up. */
export type MetricWindow = '1m' | '5m' | '1h' | '1d';

/** All windows, narrowest first. */
export const METRIC_WINDOWS = ['1m', '5m', '1h', '1d'] as const satisfies readonly MetricWindow[];

/** Length of each window in milliseconds. */
export const METRIC_WINDOW_MS = {
  '1m': 60_000,
  '5m': 300_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
} as const satisfies Record<MetricWindow, number>;

/** How the values of a window become one. `rate*` is the increase of a counter over time; `pNN` a percentile. */
export type MetricAggregation =
  'avg' | 'min' | 'max' | 'sum' | 'count' | 'last' | 'ratePerSecond' | 'ratePerMinute' | `p${number}`;

const NAMED_AGGREGATIONS = ['avg', 'min', 'max', 'sum', 'count', 'last', 'ratePerSecond', 'ratePerMinute'];

/**
 * The quantile of a percentile aggregation, 0 to 1 exclusive: `p95` is 0.95, `p99.9` is 0.999.
 * `null` for every other word.
 */
export function quantileOf(aggregation: string): number | null {
  const match = /^p(\d{1,2}(?:\.\d{1,4})?)$/.exec(aggregation);
  if (!match) return null;
  const quantile = Number(match[1]) / 100;
  return quantile > 0 ? quantile : null;
}

/** Whether a word is an aggregation: one of the named ones, or a percentile above 0 and below 100. */
export function isMetricAggregation(value: unknown): value is MetricAggregation {
  return typeof value === 'string' && (NAMED_AGGREGATIONS.includes(value) || quantileOf(value) !== null);
}

/** Labels of a series. Names match {@link LABEL_NAME_PATTERN}. */
export type MetricLabels = Readonly<Record<string, string>>;

/** What a metric's name must match: that of the Prometheus data model. */
export const METRIC_NAME_PATTERN = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
/** What a label's name must match. `__proto__` is not one: as the key of an object it would be lost. */
export const LABEL_NAME_PATTERN = /^(?!__proto__$)[a-zA-Z_][a-zA-Z0-9_]*$/;
/** The longest metric name that is accepted, in characters. */
export const MAX_METRIC_NAME_LENGTH = 200;
/** The most labels that a series may carry. */
export const MAX_LABELS = 20;
/** The longest value of a label, in UTF-16 units as `String.length` counts them. */
export const MAX_LABEL_VALUE_LENGTH = 200;
/** The most points that one request may carry. */
export const MAX_POINTS_PER_REQUEST = 5000;

/** The most points that an answer names as not taken. */
export const MAX_REJECTED_POINTS = 100;

/** Which way a value should go: draws its trend as better or worse. */
export type GoodDirection = 'up' | 'down' | 'none';

/** A metric as it was declared. */
export interface MetricDescriptor {
  name: string;
  kind: MetricKind;
  /** Unit of the values in UCUM-like words: `ms`, `s`, `By`, `%`, `1/s`; empty when it has none. */
  unit: string;
  help: string;
  /** Names of the labels that its series may carry. */
  labels: readonly string[];
  /** How often a point of each series is due; `null` when nobody declared it. */
  expectedEveryMs: number | null;
  goodDirection: GoodDirection;
}

/** One value to record: what `POST /api/v1/metrics/points` takes in `points`. */
export interface MetricPointInput {
  name: string;
  value: number;
  labels?: MetricLabels;
  /** When it was measured, ISO 8601 with `Z` or an offset; now when left out. */
  at?: string;
}

/** A point that was not taken. */
export interface MetricPointRejected {
  /** Its place in `points`, from 0. */
  index: number;
  /** What was wrong, as `points[3].value`. */
  field: string;
  /** Why, in words that follow the name of the field. */
  message: string;
}

/** What happened to a batch of points. */
export interface MetricPointsAccepted {
  accepted: number;
  /** The points that were not taken, the first of them by index when there are very many; the rest were kept. */
  rejected: MetricPointRejected[];
  /** How many were not taken. */
  rejectedCount: number;
}

/** A question to the aggregator. Without `from` and `to`: one answer for the trailing window that ends now. */
export interface MetricQuery {
  metricName: string;
  timeWindow: MetricWindow;
  /** One, or several that are answered from one read: each has a result of its own, in this order. */
  aggregation: MetricAggregation | readonly MetricAggregation[];
  /** Only series that carry all of these. */
  labels?: MetricLabels;
  /** Begin, inclusive, ISO 8601; goes with `to`. */
  from?: string;
  /** End, exclusive, ISO 8601; goes with `from`. */
  to?: string;
  /** One answer for each combination of these labels; all series together when left out. */
  groupBy?: readonly string[];
}

/** The value of one bucket. */
export interface MetricBucket {
  /** Begin of the bucket, ISO 8601 UTC. */
  start: string;
  /** `null` when no point fell into it: a gap is not a zero. */
  value: number | null;
  /** Points received of points expected, 0 to 1; `null` when the metric declares no interval. */
  coverage: number | null;
  /**
   * `true` for the rate of a counter of which a total began anew in the bucket: it fell, or was the first that a process
   * saw of it. What was counted before that is not known, so the true rate is `value` or more. Absent for all else.
   */
  lowerBound?: true;
}

/** The answer for one series, or one group of series. */
export interface MetricResult {
  metricName: string;
  aggregation: MetricAggregation;
  unit: string;
  labels: MetricLabels;
  points: MetricBucket[];
  /** Time of the service's clock at which this was true. */
  asOf: string;
  /** Where topic `metrics.<name>` stood before the read, to join stream and answer without a gap. */
  position: Position | null;
}

/** What `GET /api/v1/metrics/query` answers. */
export interface MetricQueryAnswer {
  results: MetricResult[];
}

/** The newest value and the newest closed window of a series: what topic `metrics.<name>` carries. */
export interface MetricLive {
  metricName: string;
  labels: MetricLabels;
  value: number;
  /** When it was measured, ISO 8601 UTC. */
  at: string;
  /** The newest minute of the series that is over; absent until one is. */
  window?: MetricClosedWindow;
  /**
   * The process whose own count `value` is, of a counter that several may count: only totals of the same process can be
   * compared, and what they rise by adds up. Absent for all else.
   */
  node?: string;
}

/** A minute that is over, as the node saw it that publishes it; where several record a series, each has its own. */
export interface MetricClosedWindow {
  /** Begin of the minute, ISO 8601 UTC. */
  start: string;
  /** From when on an answer holds it, ISO 8601 UTC. */
  closedAt: string;
  /** Points received. */
  points: number;
  sum: number;
  min: number;
  max: number;
  /** By how much a counter rose; `null` for other kinds, and when no point told. */
  increase: number | null;
  /**
   * The time between the totals that told of `increase`, in milliseconds; 0 for what the node counted itself, `null`
   * without an `increase`. The increases of nodes that share the totals of one counter overlap: what it rose by is their
   * sum, times 60,000 / max(60,000, the sum of their `increaseMs`).
   */
  increaseMs: number | null;
  /** `true` when a total began anew, so that what the counter rose by is `increase` or more. Absent for all else. */
  lowerBound?: true;
}

/** Recent values of a series, evenly spaced, for a sparkline: what `GET /api/v1/metrics/recent` answers. */
export interface MetricRecent {
  metric: MetricDescriptor;
  series: {
    labels: MetricLabels;
    points: MetricBucket[];
    /** The newest raw value; `null` when there is none in the span. */
    last: { value: number; at: string } | null;
  }[];
  position: Position | null;
}

/** The answer of `GET /api/v1/metrics/recent`. */
export interface MetricRecentAnswer {
  asOf: string;
  stepMs: number;
  metrics: MetricRecent[];
  /**
   * Why the database could not be asked. The answer is then what the node has in memory: of each series that it records
   * itself the newest value and no points, nothing of other nodes. Absent in a whole answer.
   */
  problem?: string;
}
