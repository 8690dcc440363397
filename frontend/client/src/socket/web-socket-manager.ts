import {
  fleetdeckTopics,
  matchTopic,
  SOCKET_PATH,
  type BroadcastCode,
  type Position,
  type ResetReason,
  type TopicMap,
  type TopicMessage,
  type TopicMode,
  type TopicNames,
  type TopicPayload,
} from '@fleetdeck/dto';
import type { BackoffBounds } from './backoff.ts';
import { Connection } from './connection.ts';
import { HiddenHold } from './hidden-hold.ts';
import { pageSignals } from './page-signals.ts';
import { PollingFallback, type TopicReader } from './polling-fallback.ts';
import { guarded } from './report-failure.ts';
import { connectSocketIo } from './socket-io.ts';
import type { ClientSocket, ConnectSocket } from './socket.port.ts';
import type { ConnectionSnapshot } from './state-store.ts';
import { TopicChannel, type TopicListener, type TopicState } from './topic-channel.ts';

/** Options of {@link WebSocketManager}. */
export interface WebSocketManagerOptions<M extends TopicMap = TopicMap> {
  /** Gives a bearer token, asked before each attempt; leave it out when a cookie signs the caller in. */
  getToken?: () => Promise<string | null>;
  /** The topics that both ends know. @default fleetdeckTopics */
  topics?: M;
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
  /** How long a topic stays subscribed after its last listener left, in milliseconds. @default 1000 */
  lingerMs?: number;
  /**
   * How long topics stay subscribed while the page is hidden, in milliseconds. After that they are left, and go on
   * from their position, or with a reset, when the page is shown. `Infinity`: for as long as it takes. @default 60000
   */
  hiddenHoldMs?: number;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
  /** 0 to 1 exclusive. @default Math.random */
  random?: () => number;
  /** Makes sockets; for tests. @default by socket.io-client */
  connect?: ConnectSocket;
}

/** What {@link WebSocketManager.on} tells, by name. */
export interface ManagerEvents {
  /** The connection changed. */
  state: ConnectionSnapshot;
  /** A message of any topic that somebody listens to, after its own listeners heard it. */
  message: TopicMessage;
  /** A topic starts over. */
  reset: { topic: string; reason: ResetReason };
  /** A subscription changed: live, waiting, paused or refused. */
  topic: TopicState & { topic: string };
}

interface Held {
  channel: TopicChannel;
  linger: ReturnType<typeof setTimeout> | undefined;
}

const UNKNOWN_TOPIC: BroadcastCode = 4404;

/**
 * One connection to a portal's topics, shared by all who subscribe. It comes back by itself, holds the position of
 * each topic meanwhile, and so gives every message of a `log` topic once and in order, or says `onReset`. It connects
 * when it is told to, or when somebody first listens to a topic or follows the connection's state.
 *
 * @throws TypeError when `url` is not a URL
 * @example
 * const socket = new WebSocketManager('/ws/platform', { http: new HttpClient({ baseUrl: '/api/v1' }) });
 * const stop = socket.subscribe('metrics.cpu', ({ data }) => draw(data.value));
 * socket.on('state', ({ state, nextAttemptAt }) => show(state, nextAttemptAt));
 */
export class WebSocketManager<M extends TopicMap = typeof fleetdeckTopics> {
  private readonly topics: TopicMap;
  private readonly backoff: BackoffBounds;
  private readonly random: () => number;
  private readonly lingerMs: number;
  private readonly hiddenHoldMs: number;
  private readonly connection: Connection;
  private readonly held = new Map<string, Held>();
  private readonly heard = new Map<string, Set<(told: never) => void>>();
  private socket: ClientSocket | null = null;
  private hidden: HiddenHold | null = null;
  private closed = false;

  /**
   * @param url - where the socket is served. Its path is the whole path of the socket, base path included; in a
   *   browser it may be the path alone, elsewhere an origin is needed.
   */
  constructor(url: string = SOCKET_PATH, options: WebSocketManagerOptions<M> = {}) {
    const { origin, path } = splitUrl(url);
    this.topics = options.topics ?? fleetdeckTopics;
    this.backoff = { minMs: options.reconnectMinMs ?? 500, maxMs: options.reconnectMaxMs ?? 20_000 };
    this.random = options.random ?? Math.random;
    this.lingerMs = options.lingerMs ?? 1_000;
    this.hiddenHoldMs = options.hiddenHoldMs ?? 60_000;
    const live = (socket: ClientSocket): void => {
      this.socket = socket;
      for (const { channel } of this.held.values()) channel.attach(socket);
    };
    const down = (): void => {
      this.socket = null;
      for (const { channel } of this.held.values()) channel.detach();
    };
    const channelOf = (topic: string) => this.held.get(topic)?.channel;
    const polling = new PollingFallback(options.http, options.pollMs ?? 5_000, this.random, {
      live,
      down,
      message: (message) => this.connection.onMessage(message),
      again: (topic) => channelOf(topic)?.ask(),
      works: (works) => this.connection.onPolling(works),
    });
    this.connection = new Connection(
      {
        origin,
        path,
        getToken: options.getToken,
        backoff: this.backoff,
        now: options.now ?? Date.now,
        random: this.random,
        connect: options.connect ?? connectSocketIo,
        page: pageSignals,
        polling,
      },
      {
        live,
        down,
        message: (message) => channelOf(message.topic)?.receive(message),
        reset: (reset) => channelOf(reset.topic)?.onReset(reset),
        revoked: (notice) => channelOf(notice.topic)?.onRefusal({ ok: false, ...notice }),
      },
    );
  }

  /** The connection as it is: the same object until something changes, as `useSyncExternalStore` wants it. */
  readonly getSnapshot = (): ConnectionSnapshot => this.connection.store.get();

  /**
   * Tells when {@link getSnapshot} changes. The first listener makes it connect, which {@link on} does not.
   * @returns stops telling
   */
  readonly subscribeState = (listener: () => void): (() => void) => {
    const stop = this.connection.store.subscribe(listener);
    this.begin();
    return stop;
  };

  /** Connects now; also the way on after {@link disconnect}. */
  connect(): void {
    if (this.closed) return;
    this.connection.connect();
    this.begin();
  }

  /** Ends the connection until {@link connect}. Subscriptions and their positions are kept, new ones are taken. */
  disconnect(): void {
    this.hidden?.end();
    this.hidden = null;
    this.connection.disconnect();
    for (const { channel } of this.held.values()) channel.pause(false);
  }

  /** Tries at once instead of at `nextAttemptAt`; also the way on after `denied`, once somebody signed in. */
  retryNow(): void {
    if (this.closed) return;
    this.connection.retryNow();
    this.begin();
  }

  /**
   * Tells of one thing, without making it connect. Its errors are reported and reach nobody else.
   * @returns stops telling
   */
  on<E extends keyof ManagerEvents>(event: E, listener: (told: ManagerEvents[E]) => void): () => void {
    if (event === 'state') {
      const tell = listener as (told: ConnectionSnapshot) => void;
      return this.connection.store.subscribe(() => tell(this.getSnapshot()));
    }
    // Wrapped, so that one function may be given twice.
    const own = (told: ManagerEvents[E]): void => listener(told);
    const listeners = this.heard.get(event) ?? new Set();
    this.heard.set(event, listeners.add(own));
    return () => listeners.delete(own);
  }

  /**
   * Listens to a topic. However many listen, it is subscribed once; after the last has left, for a moment longer.
   * Who comes later to a `latest` topic is told its values at once; to a `log` topic, what comes from then on. A
   * topic that is not declared is told as `refused` to `onState`. After {@link close} nothing is told.
   * @returns stops listening
   */
  subscribe<N extends TopicNames<M>>(
    topic: N,
    listener: TopicListenerOrHandler<TopicPayload<M, N>>,
  ): () => void;
  /** The same for names that are known at run time only. */
  subscribe(topic: string, listener: TopicListenerOrHandler): () => void;
  subscribe(topic: string, given: TopicListenerOrHandler<never>): () => void {
    if (this.closed) return () => undefined;
    const listener = typeof given === 'function' ? { onMessage: given } : given;
    const pattern = matchTopic(this.topics, topic);
    const definition = pattern === null ? undefined : this.topics[pattern];
    if (!definition) return refuse(topic, listener);
    const held = this.hold(topic, definition.mode);
    clearTimeout(held.linger);
    // The service is trusted to send what the shared definition says.
    const remove = held.channel.add(listener as TopicListener);
    held.channel.pause(this.hidden?.over ?? false);
    if (this.socket) held.channel.attach(this.socket);
    this.begin();
    return () => {
      remove();
      this.letGo(topic, held);
    };
  }

  /** Leaves a topic at once, whoever listens to it; they are told nothing more. */
  unsubscribe(topic: string): void {
    const held = this.held.get(topic);
    if (!held) return;
    clearTimeout(held.linger);
    this.held.delete(topic);
    held.channel.dispose();
  }

  /** The last position of a topic that was applied; `undefined` when nobody listens to it or nothing was. */
  position(topic: string): Position | undefined {
    return this.held.get(topic)?.channel.position;
  }

  /** Disconnects for good and forgets all topics: make another manager to connect again. */
  close(): void {
    this.closed = true;
    this.disconnect();
    for (const topic of [...this.held.keys()]) this.unsubscribe(topic);
  }

  private begin(): void {
    if (this.closed || !this.connection.start()) return;
    this.hidden ??= new HiddenHold(pageSignals, this.hiddenHoldMs, (over) => {
      for (const { channel } of this.held.values()) channel.pause(over);
    });
  }

  private hold(topic: string, mode: TopicMode): Held {
    const present = this.held.get(topic);
    if (present) return present;
    const channel = new TopicChannel(topic, mode, {
      backoff: this.backoff,
      random: this.random,
      onSilence: () =>
        this.connection.fail({ code: null, message: `The service did not answer about ${topic}.` }),
      onUnauthenticated: (error) => this.connection.refuse(error),
      observer: {
        onMessage: (message) => this.emit('message', message),
        onReset: (reason) => this.emit('reset', { topic, reason }),
        onState: (state) => this.emit('topic', { topic, ...state }),
      },
    });
    const held: Held = { channel, linger: undefined };
    this.held.set(topic, held);
    return held;
  }

  private letGo(topic: string, held: Held): void {
    if (!held.channel.idle || this.held.get(topic) !== held) return;
    clearTimeout(held.linger);
    held.linger = setTimeout(() => this.unsubscribe(topic), this.lingerMs);
  }

  private emit<E extends keyof ManagerEvents>(event: E, told: ManagerEvents[E]): void {
    for (const listener of [...(this.heard.get(event) ?? [])]) {
      guarded(() => (listener as (told: ManagerEvents[E]) => void)(told));
    }
  }
}

/** A listener, or its `onMessage` alone. */
export type TopicListenerOrHandler<T = unknown> = TopicListener<T> | TopicListener<T>['onMessage'];

function splitUrl(url: string): { origin: string | undefined; path: string } {
  // socket.io would take the path of a URL as a namespace.
  const here = typeof window === 'undefined' ? undefined : window.location.origin;
  // Without a page there is nothing that a path alone could be relative to, until it connects.
  const { protocol, host, pathname } = new URL(url, here ?? 'http://localhost');
  const path = pathname.replace(/\/+$/, '');
  const origin = `${protocol.replace(/^ws/, 'http')}//${host}`;
  return {
    origin: !here && url.startsWith('/') ? undefined : origin,
    path: path === '' ? SOCKET_PATH : path,
  };
}

function refuse(topic: string, listener: TopicListener<never>): () => void {
  let left = false;
  queueMicrotask(() => {
    if (left) return;
    const message = `Topic "${topic}" is not one of the topics given to WebSocketManager.`;
    const error = { ok: false, code: UNKNOWN_TOPIC, message, retryAfterMs: null } as const;
    listener.onState?.({ status: 'refused', error });
  });
  return () => {
    left = true;
  };
}
