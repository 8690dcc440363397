import type {
  BroadcastError,
  Position,
  ResetReason,
  ServerToClientEvents,
  SubscribeReply,
  SubscribeRequest,
  TopicMap,
  TopicMessage,
  Welcome,
} from '@fleetdeck/dto';
import { isPosition, matchTopic } from '@fleetdeck/dto';

/** The server's end of one connection. */
export interface Peer {
  send<E extends keyof ServerToClientEvents>(event: E, payload: Parameters<ServerToClientEvents[E]>[0]): void;
  /** Ends the connection, as a lost one ends. */
  cut(): void;
}

/** What a peer may do once it is accepted. */
export interface PeerSession {
  welcome: Welcome;
  subscribe(request: SubscribeRequest): SubscribeReply;
  unsubscribe(topic: string): void;
  gone(): void;
}

interface Topic {
  position: Position;
  /** All messages of a `log` topic, the last of each key of a `latest` one. */
  messages: TopicMessage[];
}

/** One thing that a client did, in order. */
export type WireEvent =
  | { type: 'connect'; token: string | null }
  | { type: 'subscribe'; request: SubscribeRequest }
  | { type: 'unsubscribe'; topic: string };

/**
 * The service's side of the wire contract, in memory and with levers to break it. Sockets of any kind can be put
 * in front of it.
 */
export class TopicServer {
  /** What clients did. */
  readonly wire: WireEvent[] = [];
  private readonly watchers = new Set<() => void>();
  /** Set it to have the next connections refused. */
  refusal: BroadcastError | null = null;
  /** Refusals of subscriptions by topic. */
  readonly refusedTopics = new Map<string, BroadcastError>();
  heartbeatIntervalMs = 10_000;
  heartbeatTimeoutMs = 8_000;
  private readonly sessions = new Map<string, { peer: Peer; topics: Set<string> }>();
  private readonly topics = new Map<string, Topic>();
  private clients = 0;
  private epochs = 0;

  constructor(
    private readonly map: TopicMap,
    private readonly now: () => number = Date.now,
  ) {}

  /** Ids of the connected clients. */
  get clientIds(): string[] {
    return [...this.sessions.keys()];
  }

  /** Resolves once clients did what is waited for. */
  until(condition: (wire: readonly WireEvent[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition(this.wire)) return;
        this.watchers.delete(look);
        resolve();
      };
      this.watchers.add(look);
      look();
    });
  }

  /** Requests for a topic so far. */
  requestsFor(topic: string): SubscribeRequest[] {
    return this.wire.flatMap((event) =>
      event.type === 'subscribe' && event.request.topic === topic ? [event.request] : [],
    );
  }

  /** Takes a client in, or says why not. */
  admit(token: string | null, peer: Peer): PeerSession | BroadcastError {
    this.note({ type: 'connect', token });
    if (this.refusal) return this.refusal;
    const clientId = `client-${(this.clients += 1)}`;
    const session = { peer, topics: new Set<string>() };
    this.sessions.set(clientId, session);
    return {
      welcome: {
        clientId,
        serverTime: new Date(this.now()).toISOString(),
        heartbeatIntervalMs: this.heartbeatIntervalMs,
        heartbeatTimeoutMs: this.heartbeatTimeoutMs,
      },
      subscribe: (request) => {
        this.note({ type: 'subscribe', request });
        const reply = this.answer(request);
        if (reply.ok) session.topics.add(request.topic);
        return reply;
      },
      unsubscribe: (topic) => {
        this.note({ type: 'unsubscribe', topic });
        session.topics.delete(topic);
      },
      gone: () => this.sessions.delete(clientId),
    };
  }

  publish(topic: string, data: unknown, key?: string): TopicMessage {
    const message = this.append(topic, data, key);
    this.deliver(message);
    return message;
  }

  /** Publishes a message that gets lost on the way to everyone: a hole. */
  publishUnsent(topic: string, data: unknown): TopicMessage {
    return this.append(topic, data, undefined);
  }

  /** Sends a message again, or one that never was. */
  deliver(message: TopicMessage): void {
    for (const { peer, topics } of this.sessions.values()) {
      if (topics.has(message.topic)) peer.send('message', message);
    }
  }

  /** Sends to one client, outside the log. */
  sendTo(clientId: string, topic: string, data: unknown): void {
    const { epoch } = this.topic(topic).position;
    const message = { topic, epoch, offset: null, at: new Date(this.now()).toISOString(), data };
    this.sessions.get(clientId)?.peer.send('message', message);
  }

  /** Begins a topic anew, as after a restart. */
  restart(topic: string): void {
    this.topics.delete(topic);
  }

  /** Forgets the oldest messages of a topic. */
  forget(topic: string, count: number): void {
    this.topic(topic).messages.splice(0, count);
  }

  /** Tells every client why, and ends its connection. */
  close(reason: BroadcastError): void {
    for (const { peer } of [...this.sessions.values()]) {
      peer.send('close', reason);
      peer.cut();
    }
  }

  /** Cuts every connection without a word. */
  cut(): void {
    for (const { peer } of [...this.sessions.values()]) peer.cut();
  }

  private note(event: WireEvent): void {
    this.wire.push(event);
    for (const look of [...this.watchers]) look();
  }

  private answer(request: SubscribeRequest): SubscribeReply {
    const { topic } = request;
    const error = this.refusedTopics.get(topic);
    if (error) return { ok: false, topic, error };
    if (matchTopic(this.map, topic) === null) {
      const message = `No declared topic has the name "${topic}".`;
      return { ok: false, topic, error: { code: 'UNKNOWN_TOPIC', message, retryable: false } };
    }
    const { position, messages } = this.topic(topic);
    const given = isPosition(request.position) ? request.position : undefined;
    const reset = given && this.resetFor(topic, given);
    const base = { ok: true, topic, position: { ...position } } as const;
    if (given && !reset) {
      const missed = messages.filter(({ offset }) => (offset ?? 0) > given.offset);
      return { ...base, recovered: true, messages: missed };
    }
    const start = this.isLatest(topic) ? [...messages] : [];
    return { ...base, recovered: false, ...(reset ? { reset } : {}), messages: start };
  }

  private resetFor(topic: string, given: Position): ResetReason | undefined {
    const { position, messages } = this.topic(topic);
    if (given.epoch !== position.epoch) return 'epoch';
    if (given.offset > position.offset) return 'ahead';
    const missed = position.offset - given.offset;
    return !this.isLatest(topic) && missed > messages.length ? 'expired' : undefined;
  }

  private append(name: string, data: unknown, key: string | undefined): TopicMessage {
    const topic = this.topic(name);
    topic.position.offset += 1;
    const message: TopicMessage = {
      topic: name,
      ...topic.position,
      at: new Date(this.now()).toISOString(),
      ...(key === undefined ? {} : { key }),
      data,
    };
    if (this.isLatest(name)) topic.messages = topic.messages.filter((other) => other.key !== key);
    topic.messages.push(message);
    return message;
  }

  private topic(name: string): Topic {
    let topic = this.topics.get(name);
    if (!topic) {
      topic = { position: { epoch: `epoch-${(this.epochs += 1)}`, offset: 0 }, messages: [] };
      this.topics.set(name, topic);
    }
    return topic;
  }

  private isLatest(name: string): boolean {
    const pattern = matchTopic(this.map, name);
    return pattern !== null && this.map[pattern]?.mode === 'latest';
  }
}
