import type { BroadcastCode, TopicMessage, TopicRevoked, TopicReset, Welcome } from '@fleetdeck/dto';
import { waitMs, type BackoffBounds } from './backoff.ts';
import { LifeSigns } from './life-signs.ts';
import type { PageSignals } from './page-signals.ts';
import type { PollingFallback } from './polling-fallback.ts';
import type { ClientSocket, ConnectSocket, Refusal } from './socket.port.ts';
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
  polling: PollingFallback;
}

/** What a connection tells. `live` and `down` also of the stand-in for a socket. */
export interface ConnectionEvents {
  live(socket: ClientSocket): void;
  down(): void;
  message(message: TopicMessage): void;
  reset(reset: TopicReset): void;
  revoked(notice: TopicRevoked): void;
}

/** Why a connection is not live; `code` is `null` when no service said it. */
export interface ConnectionReason {
  code: number | null;
  message: string;
}

const UNAUTHENTICATED: BroadcastCode = 4401;
const SESSION_EXPIRED: BroadcastCode = 4402;
/** From token to welcome. */
const ATTEMPT_DEADLINE_MS = 15_000;
/** A connection that lasted this long was a good one: the next wait is short again. */
const GOOD_AFTER_MS = 5_000;
/** So many failed attempts in a row are called offline. */
const OFFLINE_AFTER = 3;
/** So many in a row of which the service knows nothing may be a network that lets no socket through. */
const POLL_AFTER = 3;
/** `lastMessageAt` of the snapshot changes no more often than this. */
const MESSAGE_TIME_STEP_MS = 1_000;
/** What the function for tokens says by its `code` when nobody is signed in. */
const SIGNED_OUT: Readonly<Record<string, BroadcastCode>> = { UNAUTHENTICATED, SESSION_EXPIRED };

/** Whether a code says that the service does not know the caller, or not any more. */
export function isTokenRefusal(code: number): boolean {
  return code === UNAUTHENTICATED || code === SESSION_EXPIRED;
}

/** Keeps one socket to the service, by trying again until it is disconnected or denied. */
export class Connection {
  readonly store: StateStore;
  private readonly lifeSigns: LifeSigns;
  private socket: ClientSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopSignals: (() => void) | null = null;
  private stopped = false;
  /** Tells an attempt that was given up from the present one. */
  private round = 0;
  private failures = 0;
  private liveSince: number | null = null;
  private wasLive = false;
  /** A fresh token was tried since the last good connection. */
  private renewed = false;
  private renewing = false;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly events: ConnectionEvents,
  ) {
    this.store = new StateStore(options.now);
    this.lifeSigns = new LifeSigns(options.now, options.page, () =>
      this.fail({ code: null, message: 'The service gives no sign of life.' }),
    );
  }

  /** Begins; nothing when it has begun already or was told to disconnect. @returns whether it has begun */
  start(): boolean {
    if (this.stopped || this.stopSignals) return !this.stopped;
    const { page } = this.options;
    const stops = [page.onReturn(() => this.onReturn()), page.onOffline(() => this.onOffline())];
    this.stopSignals = () => stops.forEach((stop) => stop());
    this.attempt();
    return true;
  }

  /** Begins, also after it was told to disconnect. */
  connect(): void {
    this.stopped = false;
    this.start();
  }

  /** Ends, until it is told to connect. */
  disconnect(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.stopSignals?.();
    this.stopSignals = null;
    this.wasLive = this.renewed = false;
    this.failures = 0;
    this.end('offline', null);
  }

  /** Tries at once, also after it was denied. Nothing while it is live or trying. */
  retryNow(): void {
    if (!this.stopSignals) {
      this.start();
      return;
    }
    const { state, nextAttemptAt } = this.store.get();
    if (state === 'denied') {
      this.failures = 0;
      this.renewed = false;
    }
    if (state === 'denied' || nextAttemptAt !== null) this.attempt();
  }

  /** The service says why it does not go on with this caller. */
  refuse({ code, message, retryAfterMs }: Refusal): void {
    if (this.stopped) return;
    // Whatever the number means: the wait that comes with it says whether to come back.
    if (retryAfterMs !== null) return this.fail({ code, message }, retryAfterMs);
    this.deny({ code, message }, isTokenRefusal(code));
  }

  /** What was awaited did not come: starts over after a while. */
  fail(reason: ConnectionReason, hintMs?: number | null): void {
    if (this.stopped) return;
    const { now, backoff, random, polling } = this.options;
    this.noteGood();
    const wait = waitMs(hintMs, this.failures, backoff, random);
    this.failures += 1;
    this.end(this.downState(), reason, now() + wait);
    this.timer = setTimeout(
      this.current(() => this.attempt()),
      wait,
    );
    if (reason.code !== null) polling.end();
    else if (this.failures >= POLL_AFTER) polling.begin();
  }

  /** Messages by HTTP come or come no more. */
  onPolling(works: boolean): void {
    const { state, nextAttemptAt } = this.store.get();
    if (this.liveSince !== null || state === 'denied' || this.stopped) return;
    this.store.update({ state: this.downState() });
    // The service is there: perhaps it was away until now.
    if (works && nextAttemptAt !== null) this.attempt();
  }

  /** A message came, by whatever way. */
  onMessage(message: TopicMessage): void {
    this.lifeSigns.note();
    const now = this.options.now();
    const lastAt = this.store.get().lastMessageAt;
    if (lastAt === null || Math.abs(now - lastAt) >= MESSAGE_TIME_STEP_MS) {
      this.store.update({ lastMessageAt: now });
    }
    this.events.message(message);
  }

  /** Gives up, after a fresh token was tried once where that can help. */
  private deny({ code, message }: ConnectionReason, renewable: boolean): void {
    this.noteGood();
    if (renewable && this.options.getToken && !this.renewed) {
      this.renewed = true;
      this.attempt();
    } else this.end('denied', { code, message });
  }

  /** Runs `handle` as long as nothing was given up or begun since. */
  private current<A extends unknown[]>(handle: (...args: A) => void): (...args: A) => void {
    const { round } = this;
    return (...args) => {
      if (round === this.round) handle(...args);
    };
  }

  private attempt(): void {
    const { state, reason, code } = this.store.get();
    this.end(this.downState(), state === 'live' || reason === null ? null : { code, message: reason });
    this.timer = setTimeout(
      this.current(() => this.fail({ code: null, message: 'Connecting took too long.' })),
      ATTEMPT_DEADLINE_MS,
    );
    const { getToken } = this.options;
    if (!getToken) return this.open(null);
    Promise.resolve()
      .then(getToken)
      .then(
        this.current((token) => this.open(token)),
        this.current((thrown) => this.onNoToken(thrown)),
      );
  }

  private open(token: string | null): void {
    const { origin, path, connect } = this.options;
    this.socket = connect(
      { origin, path, token },
      {
        welcome: this.current((welcome) => this.onWelcome(welcome)),
        message: this.current((message) => this.onMessage(message)),
        reset: this.current((reset) => this.events.reset(reset)),
        revoked: this.current((notice) => this.events.revoked(notice)),
        token: this.current(() => this.renew()),
        closing: this.current(({ code, reason, retryAfterMs }) =>
          this.refuse({ code, message: reason, retryAfterMs }),
        ),
        refused: this.current((error, detail) => {
          if (error) this.refuse(error);
          else this.fail({ code: null, message: `The service cannot be reached (${detail}).` });
        }),
        lost: this.current((detail) =>
          this.fail({ code: null, message: `The connection was lost (${detail}).` }),
        ),
        alive: this.current(() => this.lifeSigns.note()),
      },
    );
  }

  /** The token comes from somebody else's function, which may say by a code that nobody is signed in. */
  private onNoToken(thrown: unknown): void {
    const said = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
    const code = Object.hasOwn(SIGNED_OUT, said) ? (SIGNED_OUT[said] ?? null) : null;
    const reason = { code, message: 'No token could be fetched; sign in again if this does not pass.' };
    if (code === null) this.fail(reason);
    else this.end('denied', reason);
  }

  /** Sends a fresh token on the open socket. Without one the service closes it, and then the next attempt asks. */
  private renew(): void {
    const { getToken, backoff, random } = this.options;
    const { socket } = this;
    if (!getToken || !socket || this.renewing) return;
    this.renewing = true;
    const onAnswer = this.current((refusal: Refusal | null) => {
      this.renewing = false;
      if (refusal === null) return;
      // Whatever is wrong with it there, a new connection may take it: it may be another caller's.
      if (refusal.retryAfterMs === null) return this.deny(refusal, true);
      const later = this.current(() => this.renew());
      this.timer = setTimeout(later, waitMs(refusal.retryAfterMs, 0, backoff, random));
    });
    Promise.resolve()
      .then(getToken)
      .then(
        this.current((token) => {
          if (token === null) this.renewing = false;
          else socket.auth(token, onAnswer);
        }),
        this.current(() => {
          this.renewing = false;
        }),
      );
  }

  private onWelcome(welcome: Welcome): void {
    if (!this.socket) return;
    clearTimeout(this.timer);
    const now = this.options.now();
    this.wasLive = true;
    this.liveSince = now;
    this.options.polling.end();
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

  private onReturn(): void {
    if (this.liveSince !== null) this.lifeSigns.check();
    else if (this.store.get().nextAttemptAt !== null) this.attempt();
  }

  private onOffline(): void {
    const { state } = this.store.get();
    if (this.liveSince === null && state !== 'denied') this.store.update({ state: this.downState() });
  }

  private noteGood(): void {
    if (this.liveSince === null || this.options.now() - this.liveSince < GOOD_AFTER_MS) return;
    this.failures = 0;
    this.renewed = false;
  }

  /** Ends what is under way, and says what comes instead. */
  private end(
    state: ConnectionSnapshot['state'],
    reason: ConnectionReason | null,
    nextAttemptAt: number | null = null,
  ): void {
    this.round += 1;
    clearTimeout(this.timer);
    this.lifeSigns.end();
    const { socket } = this;
    const wasUp = this.liveSince !== null;
    this.socket = null;
    this.liveSince = null;
    this.renewing = false;
    if (state === 'denied' || this.stopped) this.options.polling.end();
    // First, so that nobody takes what the closing socket still says for news of the next one.
    if (wasUp) this.events.down();
    socket?.close();
    this.store.update({
      state,
      reason: reason?.message ?? null,
      code: reason?.code ?? null,
      nextAttemptAt,
      clientId: null,
    });
  }

  /** The word of the contract for a connection that is not live and not denied. */
  private downState(): 'offline' | 'polling' | 'recovering' | 'connecting' {
    if (!this.options.page.online()) return 'offline';
    if (this.options.polling.works) return 'polling';
    if (this.failures >= OFFLINE_AFTER) return 'offline';
    return this.wasLive ? 'recovering' : 'connecting';
  }
}
