import type { BroadcastError } from '@fleetdeck/dto';
import type { Clock, Principal } from '@fleetdeck/kernel';
import type { ResolvedBroadcastOptions } from '../broadcast.options.ts';
import { Backlog } from '../limits/backlog.ts';
import { TokenBucket } from '../limits/token-bucket.ts';
import type { BroadcastSocket } from './socket.types.ts';

/** The longest delay that a timer takes, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** How long a closing connection may take to say goodbye. */
const GOODBYE_MS = 1000;
/** Refusals by the rate limit in a row, and refilled a second, before a client is disconnected. */
const PATIENCE = { refusals: 100, perSecond: 2 };
/** A client that was too fast for long stays away for this time. */
const ABUSE_PAUSE_MS = 10_000;

/** What the gateway is told about a client. */
export interface ClientSessionEvents {
  /** It does not read what it is sent. Comes at most once. */
  slow(): void;
}

/** One connected client: who it is, what it subscribed to and what it may still ask. */
export class ClientSession {
  readonly topics = new Set<string>();
  private readonly verbs: TokenBucket;
  private readonly refusals: TokenBucket;
  private readonly backlog: Backlog;
  private expiry: NodeJS.Timeout | undefined;
  private slow = false;
  private closing = false;

  constructor(
    private readonly socket: BroadcastSocket,
    readonly principal: Principal,
    options: ResolvedBroadcastOptions,
    private readonly clock: Clock,
    events: ClientSessionEvents,
  ) {
    const nowMs = clock.monotonicMs();
    // A client that comes back asks for all its topics at once.
    const burst = options.maxSubscriptionsPerClient + 2 * options.verbsPerSecond;
    this.verbs = new TokenBucket(burst, options.verbsPerSecond, nowMs);
    this.refusals = new TokenBucket(PATIENCE.refusals, PATIENCE.perSecond, nowMs);
    this.backlog = new Backlog(socket.conn, options.maxBufferedBytesPerClient, () => {
      if (this.slow) return;
      this.slow = true;
      events.slow();
      // It reads nothing, so a goodbye would only join the queue.
      this.destroy();
    });
    this.watchExpiry();
  }

  get id(): string {
    return this.socket.id;
  }

  /** Bytes that wait because the client does not take them. */
  get bufferedBytes(): number {
    return this.backlog.bytes;
  }

  /** Asks the rate limit for one verb: `undefined` when it may go on, otherwise the refusal. */
  admit(): BroadcastError | undefined {
    const nowMs = this.clock.monotonicMs();
    const retryAfterMs = this.verbs.take(nowMs);
    if (retryAfterMs === 0) return undefined;
    const refusal: BroadcastError = {
      code: 'RATE_LIMITED',
      message: 'This client asks too often; ask again later.',
      retryable: true,
      retryAfterMs,
    };
    if (this.refusals.take(nowMs) > 0) this.close({ ...refusal, retryAfterMs: ABUSE_PAUSE_MS });
    return refusal;
  }

  /** Says why and closes the connection; after a second it is cut, whether the client listened or not. */
  close(reason: BroadcastError): void {
    if (this.closing) return;
    this.closing = true;
    this.socket.emit('close', reason);
    this.socket.disconnect(true);
    const cut = setTimeout(() => this.destroy(), GOODBYE_MS);
    cut.unref();
    this.socket.conn.once('close', () => clearTimeout(cut));
  }

  /** Forgets the timers of a client that has gone. */
  dispose(): void {
    clearTimeout(this.expiry);
  }

  private destroy(): void {
    this.socket.request.socket.destroy();
  }

  private watchExpiry(): void {
    const { expiresAt } = this.principal;
    if (expiresAt === null) return;
    const leftMs = expiresAt - this.clock.now();
    if (leftMs <= 0) {
      this.close({
        code: 'SESSION_EXPIRED',
        message: 'Your session has expired; sign in again.',
        retryable: false,
      });
      return;
    }
    this.expiry = setTimeout(() => this.watchExpiry(), Math.min(leftMs, LONGEST_TIMER_MS));
    this.expiry.unref();
  }
}
