import type { ConnectionState } from '@fleetdeck/dto';
import { guarded } from './report-failure.ts';

/** The connection at one moment. Times are milliseconds since 1970 by this machine's clock. */
export interface ConnectionSnapshot {
  readonly state: ConnectionState;
  /** When it entered this state. */
  readonly since: number;
  /** When it will try again, by socket; `null` while it is live, trying, denied or disconnected. */
  readonly nextAttemptAt: number | null;
  /** Why it is not live, a sentence for people; `null` when it is, or nothing went wrong yet. */
  readonly reason: string | null;
  /**
   * The number that the service gave with the reason, one of `BROADCAST_CODES` or of a later version; `null` when it
   * is live or the service said nothing.
   */
  readonly code: number | null;
  /** When the last message came, to the second or so; `null` before the first. */
  readonly lastMessageAt: number | null;
  /** What must be added to this machine's clock to have the service's; 0 before the first welcome. */
  readonly clockOffsetMs: number;
  /** The service's name for this connection; `null` while there is none. */
  readonly clientId: string | null;
}

/** Holds the snapshot: a new object when something changed, the same one otherwise. */
export interface StateStore {
  get: () => ConnectionSnapshot;
  /** @returns stops telling */
  subscribe: (listener: () => void) => () => void;
  /** One call for all that changes together: listeners see no state between. */
  update: (change: Partial<Omit<ConnectionSnapshot, 'since'>>) => void;
}

/** Makes a {@link StateStore} of a connection that has not begun. */
export function createStateStore(now: () => number): StateStore {
  const listeners = new Set<() => void>();
  let snapshot: ConnectionSnapshot = {
    state: 'connecting',
    since: now(),
    nextAttemptAt: null,
    reason: null,
    code: null,
    lastMessageAt: null,
    clockOffsetMs: 0,
    clientId: null,
  };
  return {
    get: () => snapshot,
    subscribe(listener) {
      // Wrapped, so that one function may be subscribed twice.
      const own = () => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
    update(change) {
      const next = { ...snapshot, ...change };
      const fields = Object.keys(change) as (keyof ConnectionSnapshot)[];
      if (fields.every((field) => next[field] === snapshot[field])) return;
      snapshot = next.state === snapshot.state ? next : { ...next, since: now() };
      for (const listener of [...listeners]) {
        if (listeners.has(listener)) guarded(listener);
      }
    },
  };
}
