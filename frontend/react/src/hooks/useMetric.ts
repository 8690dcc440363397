import { useContext, useEffect, useMemo, useSyncExternalStore } from 'react';
import {
  METRIC_WINDOW_MS,
  type MetricAggregation,
  type MetricBucket,
  type MetricClosedWindow,
  type MetricLabels,
  type MetricQueryAnswer,
  type MetricWindow,
} from '@fleetdeck/dto';
import { createLiveStore, type LiveView } from './liveStore.ts';
import type { MetricAnswer, MetricReading } from './metricModel.ts';
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
  /** Windows before this one that are read for the line, 0 to 200; read again when one more is over. @default 30 */
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
  /**
   * Whether the true rate is `value` or more, because a total of the counter began anew in the window. Of each of the
   * `points` its own `lowerBound` says so.
   */
  lowerBound: boolean;
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

interface Loader {
  load: (signal: AbortSignal) => Promise<MetricAnswer>;
  /** Takes note of a minute that is over; says whether the windows before this one were read too early to hold it. */
  noteClosed: (window: MetricClosedWindow) => boolean;
}

/** Reads the window that ends now each time, and the windows before it when one ends and when it was summed up. */
function createLoader(
  http: HttpReader,
  query: Readonly<Record<string, string | string[]>>,
  widthMs: number,
  history: number,
): Loader {
  let past: { to: number; readAt: number; points: readonly MetricBucket[] } | null = null;
  const load = async (signal: AbortSignal): Promise<MetricAnswer> => {
    const answer = await http.get<MetricQueryAnswer>('/metrics/query', { query, signal });
    // By the clock of the service: this machine's may be wrong.
    const readAt = Date.parse(answer.results[0]?.asOf ?? '');
    const to = Math.floor(readAt / widthMs) * widthMs;
    if (history > 0 && Number.isFinite(to) && past?.to !== to) {
      const span = { from: new Date(to - history * widthMs).toISOString(), to: new Date(to).toISOString() };
      const before = await http.get<MetricQueryAnswer>('/metrics/query', {
        query: { ...query, ...span },
        signal,
      });
      past = { to, readAt, points: before.results[0]?.points ?? [] };
    }
    return { ...answer, past: past?.points ?? [] };
  };
  const noteClosed = ({ start, closedAt }: MetricClosedWindow): boolean => {
    // The last minute of the newest window in the line: those of older ones closed before it.
    if (past === null || Date.parse(start) + METRIC_WINDOW_MS['1m'] !== past.to) return false;
    if (!(Date.parse(closedAt) > past.readAt)) return false;
    past = null;
    return true;
  };
  return { load, noteClosed };
}

/**
 * One metric over one window, as `MetricsCard` shows it: percentiles, rates, averages of all series that carry the
 * labels. It is read every `refreshIntervalMs`, and sooner when its topic says that there is something new. The line
 * of windows before it is read again when the topic tells that one was closed.
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
    // A single one is split at a comma that could begin another label; repeated ones are not.
    if (pairs.length === 1 && pairs[0]?.includes(',')) pairs.push(pairs[0]);
    const query = {
      metricName: name,
      timeWindow: window,
      aggregation,
      ...(pairs.length === 0 ? {} : { labels: pairs }),
    };
    const loader = createLoader(http, query, METRIC_WINDOW_MS[window], history);
    return createLiveStore<MetricAnswer, MetricReading>({
      socket: live ? socket : null,
      topics: [`metrics.${name}`],
      model: () =>
        import('./models.ts').then(({ createMetricModel }) => createMetricModel(loader.noteClosed)),
      load: loader.load,
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
      lowerBound: data?.lowerBound === true,
      points: data?.points ?? NO_POINTS,
      baseline: data?.baseline ?? null,
      asOf,
      staleAfterMs: refreshIntervalMs > 0 ? 3 * Math.max(LIVE_READ_MS, refreshIntervalMs) : null,
      refetch: store.refetch,
    }),
    [store, state, data, error, asOf, refreshIntervalMs],
  );
}
