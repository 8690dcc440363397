import { useContext, useMemo, useSyncExternalStore } from 'react';
import type { HealthTimeline } from '@fleetdeck/dto';
import { createLiveStore, type LiveView } from './liveStore.ts';
import { ServicesContext, useHttp } from './services.ts';

/** Options of {@link useHealthTimeline}. */
export interface UseHealthTimelineOptions {
  /** How far back it goes, 3,600 to 2,592,000. @default 86400 */
  spanSeconds?: number;
  /** Pieces of equal length, 1 to 288. @default 48 */
  buckets?: number;
}

/** What {@link useHealthTimeline} answers. */
export interface HealthTimelineState {
  /** Whether it can be trusted; what is shown in `stale` and `error` is the last known. */
  state: LiveView<HealthTimeline>['state'];
  error: Error | null;
  /** `null` before the first answer. */
  timeline: HealthTimeline | null;
  /** Time goes on without messages: call it about once a piece. */
  refetch: () => void;
}

const TOPICS = ['health'];

/**
 * The past of all components in equal pieces, for strips: one request, and the topic `health` for what becomes worse
 * until the next one.
 *
 * @throws Error outside a `FleetdeckProvider` with an HTTP client
 */
export function useHealthTimeline({
  spanSeconds = 86_400,
  buckets = 48,
}: UseHealthTimelineOptions = {}): HealthTimelineState {
  const http = useHttp('useHealthTimeline');
  const { socket } = useContext(ServicesContext);
  const store = useMemo(
    () =>
      createLiveStore<HealthTimeline, HealthTimeline>({
        socket,
        topics: TOPICS,
        model: () =>
          import('./models.ts').then(({ createHealthTimelineModel }) => createHealthTimelineModel()),
        load: (signal) =>
          http.get<HealthTimeline>('/health/timeline', { query: { spanSeconds, buckets }, signal }),
      }),
    [http, socket, spanSeconds, buckets],
  );
  const { state, data, error } = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
  return useMemo(
    () => ({ state, error, timeline: data, refetch: store.refetch }),
    [store, state, data, error],
  );
}
