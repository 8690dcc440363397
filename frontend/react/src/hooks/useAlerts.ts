import { useContext, useMemo, useSyncExternalStore } from 'react';
import type { Alert, AlertsAnswer, AlertSeverity, AlertState } from '@fleetdeck/dto';
import { createLiveStore, type LiveView } from './liveStore.ts';
import { ServicesContext, useHttp } from './services.ts';

/** Options of {@link useAlerts}. */
export interface UseAlertsOptions {
  /** Only alerts of this severity. @default both */
  severity?: AlertSeverity;
  /** Only alerts in this state. @default all that are not inactive */
  state?: AlertState;
}

/** What {@link useAlerts} answers. */
export interface AlertsState {
  /** Whether the list can be trusted; what is shown in `stale` and `error` is the last known. */
  state: LiveView<readonly Alert[]>['state'];
  error: Error | null;
  /** The worst first; `null` before the first answer. */
  alerts: readonly Alert[] | null;
  refetch: () => void;
}

const TOPICS = ['alerts'];

/**
 * The alerts that are not inactive: one request, then the topic `alerts`. It reads again when the topic starts over
 * and after a reconnection.
 *
 * @throws Error outside a `FleetdeckProvider` with an HTTP client
 * @example
 * const { alerts } = useAlerts({ severity: 'critical', state: 'firing' });
 * return <p>{alerts === null ? 'Loading' : `${alerts.length} critical alerts`}</p>;
 */
export function useAlerts({ severity, state: wanted }: UseAlertsOptions = {}): AlertsState {
  const http = useHttp('useAlerts');
  const { socket } = useContext(ServicesContext);
  const store = useMemo(
    () =>
      createLiveStore<AlertsAnswer, readonly Alert[]>({
        socket,
        topics: TOPICS,
        model: () => import('./models.ts').then(({ createAlertsModel }) => createAlertsModel()),
        load: (signal) => http.get<AlertsAnswer>('/alerts', { signal }),
      }),
    [http, socket],
  );
  const { state, data, error } = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
  const alerts = useMemo(
    () =>
      data?.filter(
        (alert) =>
          (severity === undefined || alert.severity === severity) &&
          (wanted === undefined || alert.state === wanted),
      ) ?? null,
    [data, severity, wanted],
  );
  return useMemo(() => ({ state, error, alerts, refetch: store.refetch }), [store, state, alerts, error]);
}
