import { io, type Socket } from 'socket.io-client';
import {
  SOCKET_PATH,
  type ClientToServerEvents,
  type CloseNotice,
  type Position,
  type ServerToClientEvents,
  type TopicMessage,
  type TopicSnapshot,
} from '@fleetdeck/dto';

/** One thing that a witness saw of a topic, in order. */
export type Seen =
  | { kind: 'message'; message: TopicMessage }
  /** It started, or started over, from here. */
  | { kind: 'start'; position: Position; reason?: string; snapshot?: TopicSnapshot }
  /** It came back and was told that exactly what it missed follows. */
  | { kind: 'recovered'; position: Position };

/** Whom a {@link Witness} connects to, and as whom. */
export interface WitnessOptions {
  url: string;
  /** @default '/ws/platform' */
  path?: string;
  /** Asked at each attempt. */
  token: () => string;
  topics: readonly string[];
  /** Hears of each thing seen. */
  onSeen?: (topic: string, seen: Seen) => void;
}

/** Between attempts to connect, in milliseconds: short, because tests wait for it. */
const RETRY = { reconnectionDelay: 5, reconnectionDelayMax: 40 };

/**
 * A plain socket.io-client that follows the wire protocol by its page and writes down all that it sees. It judges
 * nothing and mends nothing: whatever the gateway does wrong stands in its list.
 */
export class Witness {
  readonly seen = new Map<string, Seen[]>();
  readonly positions = new Map<string, Position>();
  readonly closes: CloseNotice[] = [];
  clientId = '';
  readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  private retry: NodeJS.Timeout | undefined;

  constructor(private readonly options: WitnessOptions) {
    for (const topic of options.topics) this.seen.set(topic, []);
    this.socket = io(options.url, {
      path: options.path ?? SOCKET_PATH,
      transports: ['websocket'],
      forceNew: true,
      auth: (give) => give({ token: options.token() }),
      ...RETRY,
    });
    const { socket } = this;
    socket.on('connect', () => options.topics.forEach((topic) => this.subscribe(topic)));
    socket.on('welcome', ({ clientId }) => (this.clientId = clientId));
    socket.on('message', (message) => {
      const { topic, epoch, offset } = message;
      if (offset !== null) this.positions.set(topic, { epoch, offset });
      this.note(topic, { kind: 'message', message });
    });
    socket.on('reset', ({ topic, epoch, offset, reason, snapshot }) =>
      this.start(topic, { epoch, offset }, reason, snapshot),
    );
    socket.on('revoked', ({ topic }) => this.subscribe(topic));
    socket.on('close', (notice) => this.closes.push(notice));
    // A refusal ends socket.io-client's own attempts.
    socket.on('connect_error', () => {
      if (!socket.active) this.retry = setTimeout(() => socket.connect(), RETRY.reconnectionDelayMax);
    });
  }

  /** The client's TCP connection, to read nothing for a while; `undefined` while there is none. */
  get network(): { pause(): void; resume(): void } | undefined {
    const engine = this.socket.io.engine as unknown as
      { transport?: { ws?: { _socket?: { pause(): void; resume(): void } } } } | undefined;
    return engine?.transport?.ws?._socket;
  }

  stop(): void {
    clearTimeout(this.retry);
    this.socket.disconnect();
  }

  private subscribe(topic: string): void {
    this.socket.emit('subscribe', { topic, ...this.positions.get(topic) }, (answer) => {
      if (!answer.ok) {
        const { id } = this.socket;
        const again = (): void => void (this.socket.id === id && this.subscribe(topic));
        if (answer.retryAfterMs !== null) setTimeout(again, Math.min(answer.retryAfterMs, 200)).unref();
        return;
      }
      const { epoch, offset, recovered, reason, snapshot } = answer;
      if (recovered) this.note(topic, { kind: 'recovered', position: { epoch, offset } });
      else this.start(topic, { epoch, offset }, reason, snapshot);
    });
  }

  private start(topic: string, position: Position, reason?: string, snapshot?: TopicSnapshot): void {
    this.positions.set(topic, position);
    this.note(topic, {
      kind: 'start',
      position,
      ...(reason === undefined ? {} : { reason }),
      ...(snapshot ? { snapshot } : {}),
    });
  }

  private note(topic: string, seen: Seen): void {
    this.seen.get(topic)?.push(seen);
    this.options.onSeen?.(topic, seen);
  }
}
