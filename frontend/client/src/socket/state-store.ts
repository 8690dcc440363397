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
export class StateStore {
  private snapshot: ConnectionSnapshot;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly now: () => number) {
    this.snapshot = {
      state: 'connecting',
      since: now(),
      nextAttemptAt: null,
      reason: null,
      code: null,
      lastMessageAt: null,
      clockOffsetMs: 0,
      clientId: null,
    };
  }

  readonly get = (): ConnectionSnapshot => this.snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    // Wrapped, so that one function may be subscribed twice.
    const own = () => listener();
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  };

  /** One call for all that changes together: listeners see no state between. */
  update(change: Partial<Omit<ConnectionSnapshot, 'since'>>): void {
    const changed = Object.entries(change).some(
      ([field, value]) => this.snapshot[field as keyof ConnectionSnapshot] !== value,
    );
    if (!changed) return;
    const entered = change.state !== undefined && change.state !== this.snapshot.state;
    this.snapshot = { ...this.snapshot, ...change, ...(entered ? { since: this.now() } : {}) };
    for (const listener of [...this.listeners]) {
      if (this.listeners.has(listener)) guarded(listener);
    }
  }
}
