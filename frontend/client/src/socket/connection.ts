import type { BroadcastCode, TopicMessage, TopicRevoked, TopicReset } from '@fleetdeck/dto';
import { waitMs } from './backoff.ts';
import { createLifeSigns } from './life-signs.ts';
import { isOnline, watchPage, type PageNews } from './page-signals.ts';
import { createPollingFallback, type TopicReader } from './polling-fallback.ts';
import { connectSocketIo } from './socket-io.ts';
import type { ClientSocket, ConnectSocket, Refusal, SocketEvents, SocketTarget } from './socket.port.ts';
import { createStateStore, type ConnectionSnapshot, type StateStore } from './state-store.ts';

/** How a connection is made and kept. */
export interface ConnectionOptions {
  /** Gives a bearer token, asked before each attempt; leave it out when a cookie signs the caller in. */
  getToken?: () => Promise<string | null>;
  /**
   * An `HttpClient` whose base is the service's `/api/v1`. With it topics are asked for by HTTP where no socket gets
   * through; without it the state is `offline` there.
   */
  http?: TopicReader;
  /** How far apart such requests for one topic are, on average, in milliseconds. @default 5000 */
  pollMs?: number;
  /** The shortest wait before another attempt, in milliseconds. @default 500 */
  reconnectMinMs?: number;
  /** The longest wait before another attempt, in milliseconds. @default 20000 */
  reconnectMaxMs?: number;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
  /** 0 to 1 exclusive. @default Math.random */
  random?: () => number;
  /** Makes sockets; for tests. @default by socket.io-client */
  connect?: ConnectSocket;
}

/** What a connection tells. `live` and `down` also of the stand-in for a socket. */
export interface ConnectionEvents {
  live: (socket: ClientSocket) => void;
  down: () => void;
  message: (message: TopicMessage) => void;
  reset: (reset: TopicReset) => void;
  revoked: (notice: TopicRevoked) => void;
  /** It is time to ask for a topic again. */
  again: (topic: string) => void;
  /** It has begun, or the page changed since. */
  page: (news?: PageNews) => void;
}

/** Keeps one socket to the service, by trying again until it is disconnected or denied. */
export interface Connection {
  readonly store: StateStore;
  /** Begins; nothing when it has begun already or was told to disconnect. */
  start(): void;
  /** Begins, also after it was told to disconnect. */
  connect(): void;
  /** Ends, until it is told to connect. */
  disconnect(): void;
  /** Tries at once, also after it was denied. Nothing while it is live or trying. */
  retryNow(): void;
  /** The service says why it does not go on with this caller. */
  refuse(refusal: Refusal): void;
  /** What was awaited did not come: starts over after a while. `code` when the service said it. */
  fail(message: string, code?: number | null, hintMs?: number): void;
  /** How long to wait before asking again: what the service asked for, or more with each attempt. */
  drawWait: (hintMs: number | null | undefined, attempts?: number) => number;
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
const SIGNED_OUT = new Map<unknown, BroadcastCode>([
  ['UNAUTHENTICATED', UNAUTHENTICATED],
  ['SESSION_EXPIRED', SESSION_EXPIRED],
]);

/** Whether a code says that the service does not know the caller, or not any more. */
export function isTokenRefusal(code: number): boolean {
  return code === UNAUTHENTICATED || code === SESSION_EXPIRED;
}

/** Makes a {@link Connection} that has not begun. */
export function createConnection(
  target: Omit<SocketTarget, 'token'>,
  {
    getToken,
    http,
    pollMs = 5_000,
    reconnectMinMs: minMs = 500,
    reconnectMaxMs: maxMs = 20_000,
    now = Date.now,
    random = Math.random,
    connect = connectSocketIo,
  }: ConnectionOptions,
  events: ConnectionEvents,
): Connection {
  const store = createStateStore(now);
  const lifeSigns = createLifeSigns(now, () => fail('The service is silent.'));
  const polling = createPollingFallback(http, pollMs, random, {
    ...events,
    message: onMessage,
    works: onPolling,
  });
  let socket: ClientSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unwatch: (() => void) | null = null;
  let stopped = false;
  /** Tells an attempt that was given up from the present one. */
  let round = 0;
  let failures = 0;
  let liveSince: number | null = null;
  let wasLive = false;
  /** A fresh token was tried since the last good connection. */
  let renewed = false;
  let renewing = false;

  const drawWait: Connection['drawWait'] = (hintMs, attempts = 0) =>
    waitMs(hintMs, attempts, { minMs, maxMs }, random);

  /** Runs `handle` as long as nothing was given up or begun since. */
  function current<A extends unknown[]>(handle: (...args: A) => void): (...args: A) => void {
    const mine = round;
    return (...args) => {
      if (mine === round) handle(...args);
    };
  }

  function later(ms: number, then: () => void): void {
    timer = setTimeout(current(then), ms);
  }

  /** The word of the contract for a connection that is not live and not denied. */
  function downState(): ConnectionSnapshot['state'] {
    if (!isOnline()) return 'offline';
    if (polling.works()) return 'polling';
    if (failures >= OFFLINE_AFTER) return 'offline';
    return wasLive ? 'recovering' : 'connecting';
  }

  /** Ends what is under way, and says what comes instead. */
  function end(
    state: ConnectionSnapshot['state'],
    reason: string | null = null,
    code: number | null = null,
    nextAttemptAt: number | null = null,
  ): void {
    round += 1;
    clearTimeout(timer);
    lifeSigns.end();
    const ending = socket;
    const wasUp = liveSince !== null;
    socket = liveSince = null;
    renewing = false;
    if (state === 'denied' || stopped) polling.end();
    // First, so that nobody takes what the closing socket still says for news of the next one.
    if (wasUp) events.down();
    ending?.close();
    store.update({ state, reason, code, nextAttemptAt, clientId: null });
  }

  function withToken(use: (token: string | null) => void, otherwise: (thrown: unknown) => void): void {
    // It is somebody else's function, which may throw at once.
    void Promise.resolve().then(getToken).then(current(use), current(otherwise));
  }

  function attempt(): void {
    // Why it is not live stays readable meanwhile.
    const { reason, code } = store.get();
    end(downState(), reason, code);
    later(ATTEMPT_DEADLINE_MS, () => fail('Connecting took too long.'));
    if (getToken) withToken(open, onNoToken);
    else open(null);
  }

  function open(token: string | null): void {
    const handlers: SocketEvents = {
      welcome({ clientId, heartbeatIntervalMs, heartbeatTimeoutMs, serverTime }) {
        if (!socket) return;
        clearTimeout(timer);
        wasLive = true;
        liveSince = now();
        polling.end();
        lifeSigns.begin(heartbeatIntervalMs + heartbeatTimeoutMs);
        const clockOffsetMs = Date.parse(serverTime) - liveSince;
        store.update({
          state: 'live',
          reason: null,
          code: null,
          nextAttemptAt: null,
          clientId,
          ...(Number.isNaN(clockOffsetMs) ? {} : { clockOffsetMs }),
        });
        // A listener may have closed it.
        if (socket) events.live(socket);
      },
      message: onMessage,
      reset: events.reset,
      revoked: events.revoked,
      token: renew,
      closing: ({ code, reason, retryAfterMs }) => refuse({ code, message: reason, retryAfterMs }),
      refused(error, detail) {
        if (error) refuse(error);
        else fail(`The service cannot be reached (${detail}).`);
      },
      lost: (detail) => fail(`The connection was lost (${detail}).`),
      alive: lifeSigns.note,
    };
    for (const name of Object.keys(handlers) as (keyof SocketEvents)[]) {
      handlers[name] = current(handlers[name] as (...told: unknown[]) => void);
    }
    socket = connect({ ...target, token }, handlers);
  }

  /** The function for tokens may say by a code that nobody is signed in. */
  function onNoToken(thrown: unknown): void {
    const code = SIGNED_OUT.get((thrown as { code?: unknown } | null | undefined)?.code);
    const message = 'No token could be fetched; sign in if this goes on.';
    if (code) end('denied', message, code);
    else fail(message);
  }

  /** Sends a fresh token on the open socket. Without one the service closes it, and then the next attempt asks. */
  function renew(): void {
    const asked = socket;
    if (!getToken || !asked || renewing) return;
    renewing = true;
    const onAnswer = current((refusal: Refusal | null) => {
      renewing = false;
      if (!refusal) return;
      const { retryAfterMs } = refusal;
      // Whatever is wrong with it there, a new connection may take it: it may be another caller's.
      if (retryAfterMs === null) deny(refusal, true);
      else later(drawWait(retryAfterMs), renew);
    });
    withToken(
      (token) => {
        if (token === null) renewing = false;
        else asked.auth(token, onAnswer);
      },
      () => {
        renewing = false;
      },
    );
  }

  function refuse(refusal: Refusal): void {
    if (stopped) return;
    const { code, message, retryAfterMs } = refusal;
    // Whatever the number means: the wait that comes with it says whether to come back.
    if (retryAfterMs !== null) fail(message, code, retryAfterMs);
    else deny(refusal, isTokenRefusal(code));
  }

  /** Gives up, after a fresh token was tried once where that can help. */
  function deny({ code, message }: Refusal, renewable: boolean): void {
    noteGood();
    if (renewable && getToken && !renewed) {
      renewed = true;
      attempt();
    } else end('denied', message, code);
  }

  function fail(message: string, code: number | null = null, hintMs?: number): void {
    if (stopped) return;
    noteGood();
    const wait = drawWait(hintMs, failures);
    failures += 1;
    end(downState(), message, code, now() + wait);
    later(wait, attempt);
    if (code !== null) polling.end();
    else if (failures >= POLL_AFTER) polling.begin();
  }

  function noteGood(): void {
    if (liveSince === null || now() - liveSince < GOOD_AFTER_MS) return;
    failures = 0;
    renewed = false;
  }

  function onMessage(message: TopicMessage): void {
    lifeSigns.note();
    const lastMessageAt = now();
    const lastAt = store.get().lastMessageAt;
    if (lastAt === null || Math.abs(lastMessageAt - lastAt) >= MESSAGE_TIME_STEP_MS) {
      store.update({ lastMessageAt });
    }
    events.message(message);
  }

  /** Messages by HTTP come or come no more. */
  function onPolling(works: boolean): void {
    const { state, nextAttemptAt } = store.get();
    if (liveSince !== null || state === 'denied' || stopped) return;
    store.update({ state: downState() });
    // The service is there: perhaps it was away until now.
    if (works && nextAttemptAt !== null) attempt();
  }

  function onPage(news: PageNews): void {
    const { state, nextAttemptAt } = store.get();
    if (news === 'offline') {
      if (liveSince === null && state !== 'denied') store.update({ state: downState() });
    } else if (news !== 'hidden') {
      if (liveSince !== null) lifeSigns.check();
      else if (nextAttemptAt !== null) attempt();
    }
    events.page(news);
  }

  function start(): void {
    if (stopped || unwatch) return;
    unwatch = watchPage(onPage);
    attempt();
    events.page();
  }

  return {
    store,
    start,
    connect() {
      stopped = false;
      start();
    },
    disconnect() {
      if (stopped) return;
      stopped = true;
      unwatch?.();
      unwatch = null;
      wasLive = renewed = false;
      failures = 0;
      end('offline');
    },
    retryNow() {
      if (!unwatch) return start();
      const { state, nextAttemptAt } = store.get();
      if (state === 'denied') {
        failures = 0;
        renewed = false;
      } else if (nextAttemptAt === null) return;
      attempt();
    },
    refuse,
    fail,
    drawWait,
  };
}
