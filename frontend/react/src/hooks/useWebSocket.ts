import { useMemo, useSyncExternalStore } from 'react';
import type { ConnectionSnapshot } from '@fleetdeck/client';
import { useSocket, type LiveSocket } from './services.ts';

/** What {@link useWebSocket} answers. */
export interface WebSocketConnection extends ConnectionSnapshot {
  /** Listens to a topic until the function that it answers is called. Call it in an effect. */
  subscribe: LiveSocket['subscribe'];
  /** Tries at once instead of at `nextAttemptAt`; also the way on after `denied`, once somebody signed in. */
  retryNow: () => void;
}

/**
 * The page's connection, rendered again when it changes. Its times stand on the page clock, so they can be compared
 * with `usePageClock` and given to `ConnectionStatus` as they are.
 *
 * @param given - the socket to tell of. @default the socket of the provider
 * @throws Error outside a `FleetdeckProvider` with a socket, unless one is given
 * @example
 * const { state, since, lastMessageAt, nextAttemptAt } = useWebSocket();
 * return <ConnectionStatus {...{ state, since, lastMessageAt, nextAttemptAt }} />;
 */
export function useWebSocket(given?: LiveSocket): WebSocketConnection {
  const socket = useSocket('useWebSocket', given);
  const snapshot = useSyncExternalStore(socket.subscribeState, socket.getSnapshot, socket.getSnapshot);
  return useMemo(() => {
    const offset = snapshot.clockOffsetMs;
    const shift = (time: number | null): number | null => (time === null ? null : time + offset);
    return {
      ...snapshot,
      since: snapshot.since + offset,
      nextAttemptAt: shift(snapshot.nextAttemptAt),
      lastMessageAt: shift(snapshot.lastMessageAt),
      subscribe: (topic, listener) => socket.subscribe(topic, listener),
      retryNow: () => socket.retryNow(),
    };
  }, [socket, snapshot]);
}
