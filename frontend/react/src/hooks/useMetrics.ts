import { useContext, useMemo, useSyncExternalStore } from 'react';
import type { MetricLabels, MetricRecentAnswer } from '@fleetdeck/dto';
import { createLiveStore, type LiveView } from './liveStore.ts';
import type { LiveSeries, MetricsData } from './metricsModel.ts';
import { ServicesContext, useHttp } from './services.ts';

/** Options of {@link useMetrics}. */
export interface UseMetricsOptions {
  /** How far back the points go, 10 to 86,400. @default 300 */
  spanSeconds?: number;
  /** Points of each series, 2 to 300. @default 60 */
  maxPoints?: number;
}

/** What {@link useMetrics} answers. */
export interface MetricsState {
  /** Whether the series can be trusted; what is shown in `stale` and `error` is the last known. */
  state: LiveView<MetricsData>['state'];
  error: Error | null;
  /** The newest moment that is known, ISO 8601 UTC; `null` before the first answer. */
  asOf: string | null;
  stepMs: number | null;
  /** All series, in the order in which the service knows them. */
  series: readonly LiveSeries[];
  /** One series by its metric and, when the metric has several, some of its labels. */
  get: (metricName: string, labels?: MetricLabels) => LiveSeries | undefined;
  refetch: () => void;
}

/** How many metrics one request may name. */
export const MAX_METRIC_NAMES = 50;

function matches(series: LiveSeries, metricName: string, labels: MetricLabels): boolean {
  return (
    series.metric.name === metricName &&
    Object.entries(labels).every(([name, value]) => series.labels[name] === value)
  );
}

/**
 * Recent and live values of several metrics: one request for all of them, then their topics. It reads again when a
 * topic starts over and after a reconnection, and renders at most once a frame.
 *
 * @param names - names of metrics, at most 50
 * @throws RangeError for more names, Error outside a `FleetdeckProvider` with an HTTP client
 * @example
 * const { get } = useMetrics(['process_cpu_percent'], { spanSeconds: 300 });
 * const cpu = get('process_cpu_percent');
 * return <MetricsCard title="CPU" value={cpu?.value} points={cpu?.points} asOf={cpu?.asOf} />;
 */
export function useMetrics(
  names: readonly string[],
  { spanSeconds = 300, maxPoints = 60 }: UseMetricsOptions = {},
): MetricsState {
  const http = useHttp('useMetrics');
  const { socket } = useContext(ServicesContext);
  const key = [...new Set(names)].join(',');

  const store = useMemo(() => {
    const wanted = key.split(',').filter((name) => name !== '');
    if (wanted.length > MAX_METRIC_NAMES) {
      throw new RangeError(
        `useMetrics was given ${wanted.length} names; at most ${MAX_METRIC_NAMES} fit one request. Use several hooks.`,
      );
    }
    return createLiveStore<MetricRecentAnswer, MetricsData>({
      socket,
      topics: wanted.map((name) => `metrics.${name}`),
      model: () => import('./models.ts').then(({ createMetricsModel }) => createMetricsModel(maxPoints)),
      load: (signal) =>
        wanted.length === 0
          ? Promise.resolve({ asOf: '', stepMs: 1000, metrics: [] })
          : http.get<MetricRecentAnswer>('/metrics/recent', {
              query: { metricName: wanted, spanSeconds, maxPoints },
              signal,
            }),
    });
  }, [http, socket, key, spanSeconds, maxPoints]);

  const { state, data, error } = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
  return useMemo(
    () => ({
      state,
      error,
      asOf: data?.asOf ?? null,
      stepMs: data?.stepMs ?? null,
      series: data?.series ?? [],
      get: (metricName, labels = {}) => data?.series.find((series) => matches(series, metricName, labels)),
      refetch: store.refetch,
    }),
    [store, state, data, error],
  );
}
