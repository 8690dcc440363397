import { useContext, useMemo, useSyncExternalStore } from 'react';
import type { HealthReport } from '@fleetdeck/dto';
import { createLiveStore, type LiveView } from './liveStore.ts';
import { ServicesContext, useHttp } from './services.ts';

/** What {@link useHealth} answers. */
export interface HealthState {
  /** Whether the report can be trusted; what is shown in `stale` and `error` is the last known. */
  state: LiveView<HealthReport>['state'];
  error: Error | null;
  /** `null` before the first answer. */
  report: HealthReport | null;
  refetch: () => void;
}

const TOPICS = ['health'];

/**
 * The health of everything: one request, then the topic `health`. It reads again when the topic starts over and
 * after a reconnection.
 *
 * @throws Error outside a `FleetdeckProvider` with an HTTP client
 * @example
 * const { report } = useHealth();
 * return <StatusBadge status={report?.overallStatus} />;
 */
export function useHealth(): HealthState {
  const http = useHttp('useHealth');
  const { socket } = useContext(ServicesContext);
  const store = useMemo(
    () =>
      createLiveStore<HealthReport, HealthReport>({
        socket,
        topics: TOPICS,
        model: () => import('./models.ts').then(({ createHealthModel }) => createHealthModel()),
        load: (signal) => http.get<HealthReport>('/health', { signal }),
      }),
    [http, socket],
  );
  const { state, data, error } = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
  return useMemo(() => ({ state, error, report: data, refetch: store.refetch }), [store, state, data, error]);
}
