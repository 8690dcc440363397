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
import { createConnection, type Connection, type ConnectionOptions } from './connection.ts';
import { createHiddenHold, type HiddenHold } from './hidden-hold.ts';
import { guarded } from './report-failure.ts';
import type { ClientSocket } from './socket.port.ts';
import type { ConnectionSnapshot } from './state-store.ts';
import {
  createTopicChannel,
  type TopicChannel,
  type TopicListener,
  type TopicState,
} from './topic-channel.ts';

/** Options of {@link WebSocketManager}. */
export interface WebSocketManagerOptions<M extends TopicMap = TopicMap> extends ConnectionOptions {
  /** The topics that both ends know. @default fleetdeckTopics */
  topics?: M;
  /** How long a topic stays subscribed after its last listener left, in milliseconds. @default 1000 */
  lingerMs?: number;
  /**
   * How long topics stay subscribed while the page is hidden, in milliseconds. After that they are left, and go on
   * from their position, or with a reset, when the page is shown. `Infinity`: for as long as it takes. @default 60000
   */
  hiddenHoldMs?: number;
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
  readonly #topics: TopicMap;
  readonly #lingerMs: number;
  readonly #connection: Connection;
  readonly #hidden: HiddenHold;
  readonly #channels = new Map<string, TopicChannel>();
  readonly #heard = new Set<{ event: keyof ManagerEvents; listener: (told: never) => void }>();
  #socket: ClientSocket | null = null;
  #closed = false;

  /**
   * @param url - where the socket is served. Its path is the whole path of the socket, base path included; in a
   *   browser it may be the path alone, elsewhere an origin is needed.
   */
  constructor(url: string = SOCKET_PATH, options: WebSocketManagerOptions<M> = {}) {
    this.#topics = options.topics ?? fleetdeckTopics;
    this.#lingerMs = options.lingerMs ?? 1_000;
    const each = (change: (channel: TopicChannel) => void): void => {
      for (const channel of this.#channels.values()) change(channel);
    };
    const channelOf = (topic: string) => this.#channels.get(topic);
    const hidden = createHiddenHold(options.hiddenHoldMs ?? 60_000, (over) =>
      each((channel) => channel.pause(over)),
    );
    const connection = createConnection(splitUrl(url), options, {
      live: (socket) => {
        this.#socket = socket;
        each((channel) => channel.attach(socket));
      },
      down: () => {
        this.#socket = null;
        each((channel) => channel.detach());
      },
      message: (message) => channelOf(message.topic)?.receive(message),
      reset: (reset) => channelOf(reset.topic)?.onReset(reset),
      revoked: (notice) => channelOf(notice.topic)?.onRefusal(notice),
      again: (topic) => channelOf(topic)?.ask(),
      page: hidden.look,
    });
    this.#connection = connection;
    this.#hidden = hidden;
    this.getSnapshot = connection.store.get;
    connection.store.subscribe(() => this.#emit('state', this.getSnapshot()));
  }

  /** The connection as it is: the same object until something changes, as `useSyncExternalStore` wants it. */
  readonly getSnapshot: () => ConnectionSnapshot;

  /**
   * Tells when {@link getSnapshot} changes. The first listener makes it connect, which {@link on} does not.
   * @returns stops telling
   */
  readonly subscribeState = (listener: () => void): (() => void) => {
    const stop = this.#connection.store.subscribe(listener);
    this.#connection.start();
    return stop;
  };

  /** Connects now; also the way on after {@link disconnect}. */
  connect(): void {
    if (!this.#closed) this.#connection.connect();
  }

  /** Ends the connection until {@link connect}. Subscriptions and their positions are kept, new ones are taken. */
  disconnect(): void {
    this.#connection.disconnect();
    this.#hidden.end();
  }

  /** Tries at once instead of at `nextAttemptAt`; also the way on after `denied`, once somebody signed in. */
  retryNow(): void {
    this.#connection.retryNow();
  }

  /**
   * Tells of one thing, without making it connect. Its errors are reported and reach nobody else.
   * @returns stops telling
   */
  on<E extends keyof ManagerEvents>(event: E, listener: (told: ManagerEvents[E]) => void): () => void {
    // Wrapped, so that one function may be given twice.
    const own = { event, listener };
    this.#heard.add(own);
    return () => this.#heard.delete(own);
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
    if (this.#closed) return () => undefined;
    const listener = typeof given === 'function' ? { onMessage: given } : given;
    const definition = this.#topics[matchTopic(this.#topics, topic) ?? ''];
    if (!definition) return refuse(topic, listener);
    const channel = this.#channel(topic, definition.mode);
    // The service is trusted to send what the shared definition says.
    const remove = channel.add(listener as TopicListener);
    channel.pause(this.#hidden.over());
    if (this.#socket) channel.attach(this.#socket);
    this.#connection.start();
    return remove;
  }

  /** Leaves a topic at once, whoever listens to it; they are told nothing more. */
  unsubscribe(topic: string): void {
    this.#channels.get(topic)?.dispose();
    this.#channels.delete(topic);
  }

  /** The last position of a topic that was applied; `undefined` when nobody listens to it or nothing was. */
  position(topic: string): Position | undefined {
    return this.#channels.get(topic)?.position();
  }

  /** Disconnects for good and forgets all topics: make another manager to connect again. */
  close(): void {
    this.#closed = true;
    this.disconnect();
    for (const topic of [...this.#channels.keys()]) this.unsubscribe(topic);
  }

  #channel(topic: string, mode: TopicMode): TopicChannel {
    const present = this.#channels.get(topic);
    if (present) return present;
    const channel = createTopicChannel(topic, mode, {
      drawWait: this.#connection.drawWait,
      lingerMs: this.#lingerMs,
      onIdle: () => this.unsubscribe(topic),
      onSilence: () => this.#connection.fail(`No answer about ${topic}.`),
      onUnauthenticated: (error) => this.#connection.refuse(error),
      observer: {
        onMessage: (message) => this.#emit('message', message),
        onReset: (reason) => this.#emit('reset', { topic, reason }),
        onState: (state) => this.#emit('topic', { topic, ...state }),
      },
    });
    this.#channels.set(topic, channel);
    return channel;
  }

  #emit<E extends keyof ManagerEvents>(event: E, told: ManagerEvents[E]): void {
    for (const own of [...this.#heard]) {
      if (own.event === event && this.#heard.has(own)) guarded(() => own.listener(told as never));
    }
  }
}

/** A listener, or its `onMessage` alone. */
export type TopicListenerOrHandler<T = unknown> = TopicListener<T> | TopicListener<T>['onMessage'];

function splitUrl(url: string): { origin: string | undefined; path: string } {
  // socket.io would take the path of a URL as a namespace.
  const here = globalThis.location?.origin;
  // Without a page there is nothing that a path alone could be relative to, until it connects.
  const { protocol, host, pathname } = new URL(url, here ?? 'http://localhost');
  return {
    origin: here || !url.startsWith('/') ? `${protocol.replace(/^ws/, 'http')}//${host}` : undefined,
    path: pathname.replace(/\/+$/, '') || SOCKET_PATH,
  };
}

function refuse(topic: string, listener: TopicListener<never>): () => void {
  let left = false;
  queueMicrotask(() => {
    if (left) return;
    const message = `Topic "${topic}" is not declared in topics.`;
    const error = { ok: false, code: UNKNOWN_TOPIC, message, retryAfterMs: null } as const;
    listener.onState?.({ status: 'refused', error });
  });
  return () => {
    left = true;
  };
}
