import {
  fleetdeckTopics,
  matchTopic,
  SOCKET_PATH,
  type Position,
  type TopicMap,
  type TopicMode,
  type TopicNames,
  type TopicPayload,
} from '@fleetdeck/dto';
import type { BackoffBounds } from './backoff.ts';
import { Connection } from './connection.ts';
import { pageSignals } from './page-signals.ts';
import { connectSocketIo } from './socket-io.ts';
import type { ClientSocket, ConnectSocket } from './socket.port.ts';
import type { ConnectionSnapshot } from './state-store.ts';
import { TopicChannel, type TopicListener } from './topic-channel.ts';

/** Options of {@link WebSocketManager}. */
export interface WebSocketManagerOptions<M extends TopicMap = TopicMap> {
  /**
   * Origin of the service; needed outside a browser. A path in it is taken as `path`.
   * @default the page's own origin
   */
  url?: string;
  /** The whole path of the socket, base path included. @default '/ws/platform' */
  path?: string;
  /** Gives a bearer token, asked before each attempt; leave it out when a cookie signs the caller in. */
  getToken?: () => Promise<string | null>;
  /** The topics that both ends know. @default fleetdeckTopics */
  topics?: M;
  /** The shortest wait before another attempt, in milliseconds. @default 500 */
  reconnectMinMs?: number;
  /** The longest wait before another attempt, in milliseconds. @default 20000 */
  reconnectMaxMs?: number;
  /** How long a topic stays subscribed after its last listener left, in milliseconds. @default 1000 */
  lingerMs?: number;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
  /** 0 to 1 exclusive. @default Math.random */
  random?: () => number;
  /** Makes sockets; for tests. @default by socket.io-client */
  connect?: ConnectSocket;
}

interface Held {
  channel: TopicChannel;
  linger: ReturnType<typeof setTimeout> | undefined;
}

/**
 * One connection to a portal's topics, shared by all who subscribe. It comes back by itself, holds the position of
 * each topic meanwhile, and so gives every message of a `log` topic once and in order, or says `onReset`. It connects
 * when somebody first listens, to a topic or to the connection's state, and not before.
 *
 * @throws TypeError when `url` is not a URL
 * @example
 * const socket = new WebSocketManager();
 * const stop = socket.subscribe('metrics.cpu', { onMessage: ({ data }) => draw(data.value) });
 */
export class WebSocketManager<M extends TopicMap = typeof fleetdeckTopics> {
  private readonly topics: TopicMap;
  private readonly backoff: BackoffBounds;
  private readonly random: () => number;
  private readonly lingerMs: number;
  private readonly connection: Connection;
  private readonly held = new Map<string, Held>();
  private socket: ClientSocket | null = null;
  private closed = false;

  constructor(options: WebSocketManagerOptions<M> = {}) {
    const { origin, path } = splitUrl(options.url);
    this.topics = options.topics ?? fleetdeckTopics;
    this.backoff = { minMs: options.reconnectMinMs ?? 500, maxMs: options.reconnectMaxMs ?? 20_000 };
    this.random = options.random ?? Math.random;
    this.lingerMs = options.lingerMs ?? 1_000;
    this.connection = new Connection(
      {
        origin,
        path: options.path ?? path ?? SOCKET_PATH,
        getToken: options.getToken,
        backoff: this.backoff,
        now: options.now ?? Date.now,
        random: this.random,
        connect: options.connect ?? connectSocketIo,
        page: pageSignals,
      },
      {
        live: (socket) => {
          this.socket = socket;
          for (const { channel } of this.held.values()) channel.attach(socket);
        },
        down: () => {
          this.socket = null;
          for (const { channel } of this.held.values()) channel.detach();
        },
        message: (message) => this.held.get(message.topic)?.channel.receive(message),
      },
    );
  }

  /** The connection as it is: the same object until something changes, as `useSyncExternalStore` wants it. */
  readonly getSnapshot = (): ConnectionSnapshot => this.connection.store.get();

  /**
   * Tells when {@link getSnapshot} changes. The first listener makes it connect.
   * @returns stops telling
   */
  readonly subscribeState = (listener: () => void): (() => void) => {
    const stop = this.connection.store.subscribe(listener);
    this.connection.start();
    return stop;
  };

  /** Tries at once instead of at `nextAttemptAt`; also the way on after `denied`, once somebody signed in. */
  reconnect(): void {
    this.connection.reconnect();
  }

  /**
   * Listens to a topic. However many listen, it is subscribed once; after the last has left, for a moment longer.
   * Who comes later to a `latest` topic is told its values at once; to a `log` topic, what comes from then on. A
   * topic that is not declared is told as `refused` to `onState`. After {@link close} nothing is told.
   * @returns stops listening
   */
  subscribe<N extends TopicNames<M>>(topic: N, listener: TopicListener<TopicPayload<M, N>>): () => void;
  /** The same for names that are known at run time only. */
  subscribe(topic: string, listener: TopicListener): () => void;
  subscribe(topic: string, listener: TopicListener<never>): () => void {
    if (this.closed) return () => undefined;
    const pattern = matchTopic(this.topics, topic);
    const definition = pattern === null ? undefined : this.topics[pattern];
    if (!definition) return refuse(topic, listener);
    const held = this.hold(topic, definition.mode);
    clearTimeout(held.linger);
    // The service is trusted to send what the shared definition says.
    const remove = held.channel.add(listener as TopicListener);
    this.connection.start();
    return () => {
      remove();
      this.letGo(topic, held);
    };
  }

  /** The last position of a topic that was applied; `undefined` when nobody listens to it or nothing was. */
  position(topic: string): Position | undefined {
    return this.held.get(topic)?.channel.position;
  }

  /** Disconnects for good and forgets all topics: make another manager to connect again. */
  close(): void {
    this.closed = true;
    this.connection.close();
    for (const { channel, linger } of this.held.values()) {
      clearTimeout(linger);
      channel.dispose();
    }
    this.held.clear();
  }

  private hold(topic: string, mode: TopicMode): Held {
    const present = this.held.get(topic);
    if (present) return present;
    const channel = new TopicChannel(topic, mode, {
      backoff: this.backoff,
      random: this.random,
      onSilence: () =>
        this.connection.fail({ code: 'TIMED_OUT', message: `The service did not answer about ${topic}.` }),
      onUnauthenticated: (error) => this.connection.refuse(error),
    });
    const held: Held = { channel, linger: undefined };
    this.held.set(topic, held);
    if (this.socket) channel.attach(this.socket);
    return held;
  }

  private letGo(topic: string, held: Held): void {
    if (!held.channel.idle || this.held.get(topic) !== held) return;
    clearTimeout(held.linger);
    held.linger = setTimeout(() => {
      this.held.delete(topic);
      held.channel.dispose();
    }, this.lingerMs);
  }
}

function splitUrl(url: string | undefined): { origin: string | undefined; path: string | undefined } {
  if (url === undefined) return { origin: undefined, path: undefined };
  // socket.io would take the path of a URL as a namespace.
  const base = typeof window === 'undefined' ? undefined : window.location.href;
  const { protocol, host, pathname } = new URL(url, base);
  const origin = `${protocol.replace(/^ws/, 'http')}//${host}`;
  const path = pathname.replace(/\/+$/, '');
  return { origin, path: path === '' ? undefined : path };
}

function refuse(topic: string, listener: TopicListener<never>): () => void {
  let left = false;
  queueMicrotask(() => {
    if (left) return;
    const message = `Topic "${topic}" is not one of the topics given to WebSocketManager.`;
    listener.onState?.({ status: 'refused', error: { code: 'UNKNOWN_TOPIC', message, retryable: false } });
  });
  return () => {
    left = true;
  };
}
