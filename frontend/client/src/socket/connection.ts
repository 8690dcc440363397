import {
  isFleetdeckErrorCode,
  type BroadcastError,
  type FleetdeckErrorCode,
  type TopicMessage,
  type Welcome,
} from '@fleetdeck/dto';
import { waitMs, type BackoffBounds } from './backoff.ts';
import { LifeSigns } from './life-signs.ts';
import type { PageSignals } from './page-signals.ts';
import type { ClientSocket, ConnectSocket } from './socket.port.ts';
import { StateStore, type ConnectionSnapshot } from './state-store.ts';

/** What a {@link Connection} is made of. */
export interface ConnectionOptions {
  origin: string | undefined;
  path: string;
  getToken: (() => Promise<string | null>) | undefined;
  backoff: BackoffBounds;
  now: () => number;
  random: () => number;
  connect: ConnectSocket;
  page: PageSignals;
}

/** What a connection tells. */
export interface ConnectionEvents {
  live(socket: ClientSocket): void;
  down(): void;
  message(message: TopicMessage): void;
}

/** Why a connection is not live; `code` is `null` when no service said it. */
export interface ConnectionReason {
  code: FleetdeckErrorCode | null;
  message: string;
}

/** The service does not know the caller, or says no to it: trying again as before is of no use. */
const DENIED: ReadonlySet<FleetdeckErrorCode> = new Set([
  'UNAUTHENTICATED',
  'SESSION_EXPIRED',
  'FORBIDDEN',
  'ORIGIN_REFUSED',
  'HOST_REFUSED',
]);
/** From token to welcome. */
const ATTEMPT_DEADLINE_MS = 15_000;
/** A connection that lasted this long was a good one: the next wait is short again. */
const GOOD_AFTER_MS = 5_000;
/** A fresh token that is refused within this time is not followed by another. */
const RENEW_PAUSE_MS = 10_000;
/** So many failed attempts in a row are called offline. */
const OFFLINE_AFTER = 3;
/** `lastMessageAt` of the snapshot changes no more often than this. */
const MESSAGE_TIME_STEP_MS = 1_000;

/** Keeps one socket to the service, by trying again until it is closed or denied. */
export class Connection {
  readonly store: StateStore;
  private readonly lifeSigns: LifeSigns;
  private socket: ClientSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopSignals: (() => void) | null = null;
  private closed = false;
  /** Tells an attempt that was given up from the present one. */
  private round = 0;
  private failures = 0;
  private liveSince: number | null = null;
  private wasLive = false;
  private renewedAt: number | null = null;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly events: ConnectionEvents,
  ) {
    this.store = new StateStore(options.now);
    this.lifeSigns = new LifeSigns(options.now, options.page, () =>
      this.fail({ code: 'TIMED_OUT', message: 'The service gives no sign of life.' }),
    );
  }

  /** Begins; nothing when it has begun already or is closed. */
  start(): void {
    if (this.closed || this.stopSignals) return;
    const { page } = this.options;
    const stops = [page.onReturn(() => this.onReturn()), page.onOffline(() => this.onOffline())];
    this.stopSignals = () => stops.forEach((stop) => stop());
    this.attempt();
  }

  /** Tries at once, also after it was denied. Nothing while it is live or trying. */
  reconnect(): void {
    if (this.closed) return;
    if (!this.stopSignals) return this.start();
    const { state, nextAttemptAt } = this.store.get();
    if (state === 'denied') this.failures = 0;
    if (state === 'denied' || nextAttemptAt !== null) this.attempt();
  }

  /** The service says why it does not go on with this caller. */
  refuse(error: BroadcastError): void {
    if (this.closed) return;
    const reason = { code: error.code, message: error.message };
    if (!DENIED.has(error.code)) return this.fail(reason, error.retryAfterMs);
    const now = this.options.now();
    const renewable = error.code === 'UNAUTHENTICATED' || error.code === 'SESSION_EXPIRED';
    const renewedLately = this.renewedAt !== null && now - this.renewedAt < RENEW_PAUSE_MS;
    if (renewable && this.options.getToken && !renewedLately) {
      this.renewedAt = now;
      this.attempt();
      return;
    }
    this.end({ state: 'denied', reason, nextAttemptAt: null });
  }

  /** What was awaited did not come: starts over after a while. */
  fail(reason: ConnectionReason, hintMs?: number): void {
    if (this.closed) return;
    const { now, backoff, random } = this.options;
    if (this.liveSince !== null && now() - this.liveSince >= GOOD_AFTER_MS) this.failures = 0;
    const wait = waitMs(hintMs, this.failures, backoff, random);
    this.failures += 1;
    this.end({ state: this.downState(), reason, nextAttemptAt: now() + wait });
    const { round } = this;
    this.timer = setTimeout(() => {
      if (round === this.round) this.attempt();
    }, wait);
  }

  /** Ends for good. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stopSignals?.();
    this.end({ state: 'offline', reason: null, nextAttemptAt: null });
  }

  private attempt(): void {
    const { state, reason, code } = this.store.get();
    const before = state === 'live' || reason === null ? null : { code, message: reason };
    this.end({ state: this.downState(), reason: before, nextAttemptAt: null });
    const { round } = this;
    const current =
      <A extends unknown[]>(handle: (...args: A) => void) =>
      (...args: A) => {
        if (round === this.round) handle(...args);
      };
    this.timer = setTimeout(
      current(() => this.fail({ code: 'TIMED_OUT', message: 'Connecting took too long.' })),
      ATTEMPT_DEADLINE_MS,
    );
    const { getToken } = this.options;
    if (!getToken) return this.open(null, current);
    Promise.resolve()
      .then(getToken)
      .then(
        current((token) => this.open(token, current)),
        current((thrown: unknown) => this.onNoToken(thrown)),
      );
  }

  private open(
    token: string | null,
    current: <A extends unknown[]>(handle: (...args: A) => void) => (...args: A) => void,
  ): void {
    const { origin, path, connect } = this.options;
    this.socket = connect(
      { origin, path, token },
      {
        welcome: current((welcome) => this.onWelcome(welcome)),
        message: current((message) => this.onMessage(message)),
        closing: current((reason) => this.refuse(reason)),
        refused: current((error, detail) => {
          if (error) this.refuse(error);
          else this.fail({ code: null, message: `The service cannot be reached (${detail}).` });
        }),
        lost: current((detail) => this.fail({ code: null, message: `The connection was lost (${detail}).` })),
        alive: current(() => this.lifeSigns.note()),
      },
    );
  }

  /** The token comes from somebody else's function, which may say by a code that nobody is signed in. */
  private onNoToken(thrown: unknown): void {
    const said = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : null;
    const code = isFleetdeckErrorCode(said) ? said : null;
    const reason = { code, message: 'No token could be fetched; sign in again if this does not pass.' };
    if (code !== null && DENIED.has(code)) this.end({ state: 'denied', reason, nextAttemptAt: null });
    else this.fail(reason);
  }

  private onWelcome(welcome: Welcome): void {
    if (!this.socket) return;
    clearTimeout(this.timer);
    const now = this.options.now();
    this.wasLive = true;
    this.liveSince = now;
    this.lifeSigns.begin(welcome.heartbeatIntervalMs + welcome.heartbeatTimeoutMs);
    const serverTime = Date.parse(welcome.serverTime);
    this.store.update({
      state: 'live',
      reason: null,
      code: null,
      nextAttemptAt: null,
      clientId: welcome.clientId,
      ...(Number.isNaN(serverTime) ? {} : { clockOffsetMs: serverTime - now }),
    });
    // A listener may have closed it.
    if (this.socket) this.events.live(this.socket);
  }

  private onMessage(message: TopicMessage): void {
    this.lifeSigns.note();
    const now = this.options.now();
    const lastAt = this.store.get().lastMessageAt;
    if (lastAt === null || Math.abs(now - lastAt) >= MESSAGE_TIME_STEP_MS) {
      this.store.update({ lastMessageAt: now });
    }
    this.events.message(message);
  }

  private onReturn(): void {
    if (this.liveSince !== null) this.lifeSigns.check();
    else if (this.store.get().nextAttemptAt !== null) this.attempt();
  }

  private onOffline(): void {
    const { state } = this.store.get();
    if (this.liveSince === null && state !== 'denied') this.store.update({ state: this.downState() });
  }

  /** Ends what is under way, and says what comes instead. */
  private end(next: {
    state: ConnectionSnapshot['state'];
    reason: ConnectionReason | null;
    nextAttemptAt: number | null;
  }): void {
    this.round += 1;
    clearTimeout(this.timer);
    this.lifeSigns.end();
    const { socket } = this;
    const wasUp = this.liveSince !== null;
    this.socket = null;
    this.liveSince = null;
    // First, so that nobody takes what the closing socket still says for news of the next one.
    if (wasUp) this.events.down();
    socket?.close();
    this.store.update({
      state: next.state,
      reason: next.reason?.message ?? null,
      code: next.reason?.code ?? null,
      nextAttemptAt: next.nextAttemptAt,
      clientId: null,
    });
  }

  /** The word of the contract for a connection that is not live and not denied. */
  private downState(): 'offline' | 'recovering' | 'connecting' {
    if (!this.options.page.online() || this.failures >= OFFLINE_AFTER) return 'offline';
    return this.wasLive ? 'recovering' : 'connecting';
  }
}
