import { FleetdeckError, type MetricDeclaration, type ModuleHttpOptions } from '@fleetdeck/kernel';
import type { DataSource } from 'typeorm';
import type { AnswerStore } from './cache/answer-cache.ts';
import { STORED_KINDS, type StoredKind } from './store/tiers.ts';

/** How a {@link MetricsModule} behaves. */
export interface MetricsOptions {
  /** Where points are kept. @default the application's `DataSource`, found by its class */
  dataSource?: Pick<DataSource, 'query' | 'transaction'>;
  /** Metrics that the application records; more come through `forFeature`. @default [] */
  metrics?: readonly MetricDeclaration[];
  /** What happens to points of a name that nobody declared: refused, or taken as a gauge. @default 'refuse' */
  undeclared?: 'gauge' | 'refuse';
  /** The most names that are taken as gauges; points of further ones are refused. @default 1000 */
  maxUndeclaredMetrics?: number;
  /** Time between two writes of the buffered points, in milliseconds. @default 1000 */
  flushIntervalMs?: number;
  /** Points kept while the database is away; beyond them the oldest are dropped and counted. @default 50000 */
  maxBufferedPoints?: number;
  /**
   * Series a metric may have at a time, over all replicas: those of the last 3 hours count. Points of further label sets
   * go to the series `{ other: 'true' }`. @default 1000
   */
  maxSeriesPerMetric?: number;
  /**
   * How long is kept what, in whole hours: single points (`raw`) and the roll-ups of minutes, hours and days.
   * @default { raw: 1, '1m': 336, '1h': 4320, '1d': 17520 }, which is 1 hour, 14 days, 180 days and 2 years
   */
  retentionHours?: Partial<Record<StoredKind, number>>;
  /** How late a point may come, in whole hours; older ones are refused. At most `retentionHours['1m']`. @default 26 */
  maxLateHours?: number;
  /** The most disk that points and roll-ups may take, in MiB; beyond it the oldest go early. @default 20480 */
  maxDiskMegabytes?: number;
  /** Answers that are kept in memory, 0 for none; equal questions at once still share one read. @default 500 */
  maxCachedAnswers?: number;
  /**
   * Where answers are cached that several processes share, as `new KeyvRedis(url)` of `@keyv/redis`.
   * @default this process's memory
   */
  cacheStore?: AnswerStore | null;
  /** After this a read is given up with `TIMED_OUT`, in milliseconds. @default 10000 */
  queryTimeoutMs?: number;
}

/** What decides the shape of the module itself, so it is given beside the options, not by an async factory. */
export interface MetricsModuleExtras {
  /** The HTTP routes; `false` serves none. @default { prefix: 'api/v1/metrics' } */
  http?: ModuleHttpOptions;
  /** What scrapers read; `false`, or `http: false`, serves none. @default { prefix: 'metrics' } */
  exposition?: ModuleHttpOptions;
  /** Whether every module sees the aggregator without importing the module. @default true */
  isGlobal?: boolean;
}

/** Injection token of the {@link MetricsOptions}. */
export const METRICS_OPTIONS = Symbol('@fleetdeck/metrics/OPTIONS');

/** The options with every default filled in. */
export type ResolvedMetricsOptions = Required<
  Omit<MetricsOptions, 'dataSource' | 'cacheStore' | 'retentionHours'>
> & {
  retentionHours: Record<StoredKind, number>;
};

const RETENTION_HOURS: Record<StoredKind, number> = { raw: 1, '1m': 336, '1h': 4320, '1d': 17_520 };
const MAX_RETENTION_HOURS = 1_000_000;

const LIMITS = {
  maxUndeclaredMetrics: [1000, 0, 100_000],
  flushIntervalMs: [1000, 10, 60_000],
  maxBufferedPoints: [50_000, 1, 10_000_000],
  maxSeriesPerMetric: [1000, 1, 1_000_000],
  maxLateHours: [26, 1, 336],
  maxCachedAnswers: [500, 0, 100_000],
  maxDiskMegabytes: [20_480, 64, 1_000_000_000],
  queryTimeoutMs: [10_000, 1, 600_000],
} as const satisfies Partial<Record<keyof MetricsOptions, readonly [number, number, number]>>;

/**
 * Fills in the defaults.
 * @throws FleetdeckError `INVALID_INPUT` when a number is outside its range
 */
export function resolveMetricsOptions(options: MetricsOptions): ResolvedMetricsOptions {
  const number = (name: keyof typeof LIMITS): number => {
    const [fallback, least, most] = LIMITS[name];
    const value = options[name] ?? fallback;
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new FleetdeckError(
      'INVALID_INPUT',
      `MetricsModule: ${name} is ${value}; it must be a whole number from ${least} to ${most}.`,
    );
  };
  const retentionHours = { ...RETENTION_HOURS };
  for (const kind of STORED_KINDS) {
    const hours = options.retentionHours?.[kind] ?? RETENTION_HOURS[kind];
    if (!Number.isInteger(hours) || hours < 1 || hours > MAX_RETENTION_HOURS) {
      throw new FleetdeckError(
        'INVALID_INPUT',
        `MetricsModule: retentionHours["${kind}"] is ${hours}; it must be a whole number from 1 to ${MAX_RETENTION_HOURS}.`,
      );
    }
    retentionHours[kind] = hours;
  }
  return {
    metrics: options.metrics ?? [],
    undeclared: options.undeclared ?? 'refuse',
    maxUndeclaredMetrics: number('maxUndeclaredMetrics'),
    flushIntervalMs: number('flushIntervalMs'),
    maxBufferedPoints: number('maxBufferedPoints'),
    maxSeriesPerMetric: number('maxSeriesPerMetric'),
    retentionHours,
    maxLateHours: Math.min(number('maxLateHours'), retentionHours['1m']),
    maxDiskMegabytes: number('maxDiskMegabytes'),
    maxCachedAnswers: number('maxCachedAnswers'),
    queryTimeoutMs: number('queryTimeoutMs'),
  };
}
