import type { Duplex } from 'node:stream';
import { type BroadcastRefusal, type CloseNotice, type TopicReset } from '@fleetdeck/dto';
import { isoTime, type Clock, type Principal } from '@fleetdeck/kernel';
import type { ResolvedBroadcastOptions } from '../broadcast.options.ts';
import { cutAfter, GOODBYE_MS } from '../limits/cut-after.ts';
import { TokenBucket } from '../limits/token-bucket.ts';
import { ClientWire } from '../wire/client-wire.ts';
import type { FrameBatch } from '../wire/message-frame.ts';
import { PortalClient, type PortalClientEvents } from './portal-client.ts';
import { refusal, titleOf } from './refusal.ts';
import type { BroadcastSocket } from './socket.types.ts';
import { TokenWatch, type TokenEvents } from './token-watch.ts';

/** Refusals by the rate limit in a row, and refilled a second, before a client is disconnected. */
const PATIENCE = { refusals: 100, perSecond: 2 };
/** A client that was too fast for long stays away for this time. */
const ABUSE_PAUSE_MS = 10_000;
/** Signing in anew costs more than the other verbs, and is rarely needed. */
const AUTH_RATE = { burst: 5, perSecond: 0.5 };
/** The verbs that clients may use, and all that is none of them. */
export type Verb = 'subscribe' | 'unsubscribe' | 'auth' | 'other';

/** What the gateway is told about a client on a socket. */
export interface ClientSessionEvents extends PortalClientEvents {
  /** It gave no sign of life, and is disconnected. */
  silent(client: ClientSession): void;
  /** Its token ends soon. */
  ending(client: ClientSession): void;
}

/** A client on a socket: what it may still ask and how it is reached. */
export class ClientSession extends PortalClient implements TokenEvents {
  readonly wire: ClientWire;
  // Made when they are first needed: most clients use one verb, and few are ever refused.
  private buckets: Partial<Record<Verb, TokenBucket>> | undefined;
  private refusals: TokenBucket | undefined;
  private readonly watch: TokenWatch;
  private isClosing = false;

  constructor(
    readonly socket: BroadcastSocket,
    principal: Principal,
    private readonly options: ResolvedBroadcastOptions,
    private readonly clock: Clock,
    private readonly events: ClientSessionEvents,
  ) {
    super(principal, events);
    const { maxBufferedBytesPerClient, fanout } = options;
    this.wire = new ClientWire(socket.conn, socket.request.socket, maxBufferedBytesPerClient, fanout);
    this.watch = new TokenWatch(clock, options, this);
  }

  get id(): string {
    return this.socket.id;
  }

  /** The TCP connection. */
  get network(): Duplex {
    return this.socket.request.socket;
  }

  /** Whether it has gone, or is being closed. */
  get gone(): boolean {
    return this.isClosing || !this.socket.connected;
  }

  /** Bytes that wait because the client does not take them. */
  get bufferedBytes(): number {
    return this.wire.bufferedBytes;
  }

  /** Begins to watch the principal's end. Not before the client is welcomed: it may be told at once. */
  start(): void {
    this.watch.start(this.principal.expiresAt);
  }

  override renew(principal: Principal): void {
    super.renew(principal);
    this.watch.start(principal.expiresAt);
  }

  ending(expiresAt: number): void {
    this.socket.emit('token', { expiresAt: isoTime(expiresAt) });
    this.events.ending(this);
  }

  ended(): void {
    this.end('SESSION_EXPIRED', 'Your session has expired; sign in again.', null);
  }

  /** Asks the rate limit for one use of a verb: `undefined` when it may go on, otherwise the refusal. */
  admit(verb: Verb): BroadcastRefusal | undefined {
    const nowMs = this.clock.monotonicMs();
    const retryAfterMs = this.bucket(verb, nowMs).take(nowMs);
    if (retryAfterMs === 0) return undefined;
    this.refusals ??= new TokenBucket(PATIENCE.refusals, PATIENCE.perSecond, nowMs);
    if (this.refusals.take(nowMs) > 0) {
      this.end(
        'RATE_LIMITED',
        'This client asks too often and does not stop; come back later.',
        ABUSE_PAUSE_MS,
      );
    }
    return refusal('RATE_LIMITED', 'This client asks too often; ask again later.', retryAfterMs);
  }

  offer(batch: FrameBatch): boolean {
    return this.wire.offer(batch);
  }

  push(batch: FrameBatch): void {
    this.wire.push(batch);
  }

  whenDrained(callback: () => void): void {
    this.wire.whenDrained(callback);
  }

  /** Starts a topic over, after all that was sent before. */
  reset(reset: TopicReset): void {
    this.socket.emit('reset', reset);
  }

  /** Tells that a topic was taken away. */
  revoked(topic: string, { code, message, retryAfterMs }: BroadcastRefusal): void {
    this.socket.emit('revoked', { topic, code, message, retryAfterMs });
  }

  /** Disconnects it because it gave no sign of life. */
  cutSilent(): void {
    if (this.gone) return;
    this.events.silent(this);
    this.end('HEARTBEAT_MISSED', 'This client gave no sign of life; come back and go on.', 0);
  }

  /**
   * Says why and closes the WebSocket with that number; after a second the connection is cut, whether the client
   * listened or not.
   */
  close(notice: CloseNotice): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.dispose();
    this.events.closing(this);
    this.socket.emit('close', notice);
    if (!this.wire.close(notice.code, titleOf(notice.code))) this.socket.disconnect(true);
    cutAfter(this.socket.request.socket, GOODBYE_MS);
  }

  /** Forgets the timers of a client that has gone. */
  dispose(): void {
    this.watch.stop();
  }

  private bucket(verb: Verb, nowMs: number): TokenBucket {
    this.buckets ??= {};
    let bucket = this.buckets[verb];
    if (!bucket) {
      const { maxSubscriptionsPerClient, verbsPerSecond } = this.options;
      // A client that comes back asks for all its topics at once.
      const burst = maxSubscriptionsPerClient + 2 * verbsPerSecond;
      bucket =
        verb === 'auth'
          ? new TokenBucket(AUTH_RATE.burst, AUTH_RATE.perSecond, nowMs)
          : new TokenBucket(burst, verbsPerSecond, nowMs);
      this.buckets[verb] = bucket;
    }
    return bucket;
  }
}
