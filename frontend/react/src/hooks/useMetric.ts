import { useContext, useEffect, useMemo, useSyncExternalStore } from 'react';
import {
  METRIC_WINDOW_MS,
  type MetricAggregation,
  type MetricBucket,
  type MetricLabels,
  type MetricQueryAnswer,
  type MetricWindow,
} from '@fleetdeck/dto';
import { createLiveStore, type LiveView } from './liveStore.ts';
import { createMetricModel, type MetricAnswer, type MetricReading } from './metricModel.ts';
import { ServicesContext, useHttp, type HttpReader } from './services.ts';

/** Options of {@link useMetric}. */
export interface UseMetricOptions {
  /** Over what the value is summed up. @default '5m' */
  window?: MetricWindow;
  /** How the values of the window become one. @default 'avg' */
  aggregation?: MetricAggregation;
  /** Only series that carry all of these. Keep the same names and values; the object may be a new one. */
  labels?: MetricLabels;
  /** Time between two reads. 0 reads once, and again only when asked to. @default 10000 */
  refreshIntervalMs?: number;
  /** Whether a new value on the metric's topic makes it read again, at most once a second. @default true */
  live?: boolean;
  /** Windows before this one that are read for the line, 0 to 200; none of them is read again. @default 30 */
  history?: number;
}

/** What {@link useMetric} answers: props for `MetricsCard` besides. */
export interface MetricState {
  /** Whether the value can be trusted; in `stale` and `error` it is the last known. */
  state: LiveView<MetricReading>['state'];
  error: Error | null;
  /** The value of the window that ends now; `null` when nothing fell into it. */
  value: number | null;
  unit: string;
  /** Points received of points expected in the window; `null` when no interval is declared. */
  coverage: number | null;
  /** The windows before this one, oldest first, with this one at the end. */
  points: readonly MetricBucket[];
  /** The value of the window before, to compare with; `null` when nothing fell into it. */
  baseline: number | null;
  /** When this was true, ISO 8601 UTC; `null` before the first answer. */
  asOf: string | null;
  /** Age at which the value is stale: three missed reads. `null` when it is read once only. */
  staleAfterMs: number | null;
  refetch: () => void;
}

const NO_LABELS: MetricLabels = {};
const NO_POINTS: readonly MetricBucket[] = [];
/** Least time between two reads that live values ask for. */
export const LIVE_READ_MS = 1000;
/** The most windows that the line goes back. */
export const MAX_HISTORY = 200;

/** Reads the window that ends now each time, and the windows before it once each. */
function createLoader(
  http: HttpReader,
  query: Readonly<Record<string, string | string[]>>,
  widthMs: number,
  history: number,
): (signal: AbortSignal) => Promise<MetricAnswer> {
  let past: { to: number; points: readonly MetricBucket[] } | null = null;
  return async (signal) => {
    const answer = await http.get<MetricQueryAnswer>('/metrics/query', { query, signal });
    // By the clock of the service: this machine's may be wrong.
    const to = Math.floor(Date.parse(answer.results[0]?.asOf ?? '') / widthMs) * widthMs;
    if (history > 0 && Number.isFinite(to) && past?.to !== to) {
      const span = { from: new Date(to - history * widthMs).toISOString(), to: new Date(to).toISOString() };
      const before = await http.get<MetricQueryAnswer>('/metrics/query', {
        query: { ...query, ...span },
        signal,
      });
      past = { to, points: before.results[0]?.points ?? [] };
    }
    return { ...answer, past: past?.points ?? [] };
  };
}

/**
 * One metric over one window, as `MetricsCard` shows it: percentiles, rates, averages of all series that carry the
 * labels. It is read every `refreshIntervalMs`, and sooner when its topic says that there is something new.
 *
 * @throws RangeError for a history beyond 200, Error outside a `FleetdeckProvider` with an HTTP client
 * @example
 * const { value, unit, points, baseline, asOf } = useMetric('request_duration_ms', { window: '5m', aggregation: 'p95' });
 * return <MetricsCard title="p95" value={value} unit={unit} points={points} baseline={baseline} asOf={asOf} />;
 */
export function useMetric(
  name: string,
  {
    window = '5m',
    aggregation = 'avg',
    labels = NO_LABELS,
    refreshIntervalMs = 10_000,
    live = true,
    history = 30,
  }: UseMetricOptions = {},
): MetricState {
  const http = useHttp('useMetric');
  const { socket } = useContext(ServicesContext);
  const labelsKey = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));

  const store = useMemo(() => {
    if (!Number.isInteger(history) || history < 0 || history > MAX_HISTORY) {
      throw new RangeError(`useMetric was given a history of ${history}; it must be 0 to ${MAX_HISTORY}.`);
    }
    const pairs = (JSON.parse(labelsKey) as [string, string][]).map(([label, value]) => `${label}:${value}`);
    const query = {
      metricName: name,
      timeWindow: window,
      aggregation,
      ...(pairs.length === 0 ? {} : { labels: pairs }),
    };
    return createLiveStore<MetricAnswer, MetricReading>({
      socket: live ? socket : null,
      topics: [`metrics.${name}`],
      model: createMetricModel(),
      load: createLoader(http, query, METRIC_WINDOW_MS[window], history),
    });
  }, [http, socket, name, window, aggregation, labelsKey, live, history]);

  useEffect(() => {
    if (refreshIntervalMs <= 0) return;
    const timer = setInterval(store.refetch, Math.max(LIVE_READ_MS, refreshIntervalMs));
    return () => clearInterval(timer);
  }, [store, refreshIntervalMs]);

  const { state, data, error } = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
  const isBehind = data?.isBehind === true;
  const asOf = data?.asOf ?? null;
  useEffect(() => {
    if (!isBehind) return;
    const timer = setTimeout(store.refetch, LIVE_READ_MS);
    return () => clearTimeout(timer);
  }, [store, isBehind, asOf]);

  return useMemo(
    () => ({
      state,
      error,
      value: data?.value ?? null,
      unit: data?.unit ?? '',
      coverage: data?.coverage ?? null,
      points: data?.points ?? NO_POINTS,
      baseline: data?.baseline ?? null,
      asOf,
      staleAfterMs: refreshIntervalMs > 0 ? 3 * Math.max(LIVE_READ_MS, refreshIntervalMs) : null,
      refetch: store.refetch,
    }),
    [store, state, data, error, asOf, refreshIntervalMs],
  );
}
