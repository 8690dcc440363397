import { useContext, useEffect, useMemo, useSyncExternalStore } from 'react';
import type { HealthHistory } from '@fleetdeck/dto';
import { isHealthUpdate } from './healthUpdate.ts';
import { createLiveStore, type LiveModel, type LiveView } from './liveStore.ts';
import { ServicesContext, useHttp } from './services.ts';

/** What {@link useHealthHistory} answers. */
export interface HealthHistoryState {
  /** Whether it can be trusted; what is shown in `stale` and `error` is the last known. */
  state: LiveView<HealthHistory>['state'];
  error: Error | null;
  /** `null` before the first answer. */
  history: HealthHistory | null;
  refetch: () => void;
}

/**
 * What happened to one component: its newest changes, its incidents and its uptime over the last 30 days. It reads
 * again when the component changes and after a reconnection.
 *
 * @throws Error outside a `FleetdeckProvider` with an HTTP client
 * @example
 * const { history } = useHealthHistory('postgres');
 * return <IncidentList incidents={history?.incidents ?? []} />;
 */
export function useHealthHistory(component: string): HealthHistoryState {
  const http = useHttp('useHealthHistory');
  const { socket } = useContext(ServicesContext);
  const store = useMemo(
    () =>
      createLiveStore<HealthHistory, HealthHistory>({
        socket,
        // Its messages say that there is something to read, not what: they are heard below.
        topics: [],
        model: createHistoryModel,
        load: (signal) =>
          http.get<HealthHistory>(`/health/components/${encodeURIComponent(component)}/history`, { signal }),
      }),
    [http, socket, component],
  );
  useEffect(() => {
    // Replicas say again and again how a component is; only what is new has a place in its history.
    const said = new Map<string, string>();
    return socket?.subscribe('health', {
      onMessage: ({ data }) => {
        if (!isHealthUpdate(data) || data.component !== component) return;
        const { status, since, reason } = data.health ?? {};
        const says = JSON.stringify([status, since, reason]);
        if (said.get(data.replica) === says) return;
        said.set(data.replica, says);
        store.refetch();
      },
      onReset: store.refetch,
    });
  }, [socket, store, component]);
  const { state, data, error } = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
  return useMemo(
    () => ({ state, error, history: data, refetch: store.refetch }),
    [store, state, data, error],
  );
}

function createHistoryModel(): LiveModel<HealthHistory, HealthHistory> {
  let history: HealthHistory | null = null;
  return {
    begin: (answer) => {
      history = answer;
    },
    apply: () => false,
    read: () => history,
  };
}
