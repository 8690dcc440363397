import {
  BROADCAST_CODES,
  isPosition,
  matchTopic,
  type BroadcastCodeName,
  type BroadcastRefusal,
  type Position,
  type ResetReason,
  type ServerToClientEvents,
  type Subscribed,
  type SubscribeReply,
  type SubscribeRequest,
  type TopicAnswer,
  type TopicMap,
  type TopicMessage,
  type Welcome,
} from '@fleetdeck/dto';

/** The server's end of one connection. */
export interface Peer {
  send<E extends keyof ServerToClientEvents>(event: E, payload: Parameters<ServerToClientEvents[E]>[0]): void;
  /** Ends the connection, as a lost one ends. */
  cut(): void;
}

/** What a peer may do once it is accepted. */
export interface PeerSession {
  welcome: Welcome;
  /** Answers by `reply`, and only then sends what was missed. */
  subscribe(request: SubscribeRequest, reply: (answer: SubscribeReply) => void): void;
  unsubscribe(topic: string): void;
  auth(token: string): { ok: true; expiresAt: null } | BroadcastRefusal;
  gone(): void;
}

interface Topic {
  position: Position;
  /** All messages of a `log` topic, the last of each key of a `latest` one. */
  messages: TopicMessage[];
}

/** What all nodes of a service have in common. */
export interface SharedLog {
  readonly topics: Map<string, Topic>;
  readonly nodes: Set<TopicServer>;
  epochs: number;
}

/** One thing that a client did, in order. */
export type WireEvent =
  | { type: 'connect'; token: string | null }
  | { type: 'subscribe'; request: SubscribeRequest }
  | { type: 'unsubscribe'; topic: string }
  | { type: 'auth'; token: string };

/** A refusal by its name. @param retryAfterMs - `null`: asking again is of no use */
export function refusalOf(
  name: BroadcastCodeName,
  message: string,
  retryAfterMs: number | null = null,
): BroadcastRefusal {
  return { ok: false, code: BROADCAST_CODES[name].number, message, retryAfterMs };
}

/**
 * The service's side of the wire contract, in memory and with levers to break it. Sockets of any kind can be put
 * in front of it.
 */
export class TopicServer {
  /** What clients did. */
  readonly wire: WireEvent[] = [];
  private readonly watchers = new Set<() => void>();
  /** Set it to have the next connections refused. */
  refusal: BroadcastRefusal | null = null;
  /** Set it to have the next tokens that are sent on an open connection refused. */
  authRefusal: BroadcastRefusal | null = null;
  /** Refusals of subscriptions by topic. */
  readonly refusedTopics = new Map<string, BroadcastRefusal>();
  /** What the snapshot source of a `log` topic would answer. */
  readonly snapshots = new Map<string, unknown>();
  heartbeatIntervalMs = 10_000;
  heartbeatTimeoutMs = 8_000;
  private readonly sessions = new Map<string, { peer: Peer; topics: Set<string> }>();
  private clients = 0;

  /** @param log - what this node shares with others; leave it out for a service of one node */
  constructor(
    protected readonly map: TopicMap,
    protected readonly now: () => number = Date.now,
    protected readonly log: SharedLog = { topics: new Map(), nodes: new Set(), epochs: 0 },
  ) {
    log.nodes.add(this);
  }

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
  admit(token: string | null, peer: Peer): PeerSession | BroadcastRefusal {
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
      subscribe: (request, reply) => {
        this.note({ type: 'subscribe', request });
        const { answer, missed } = this.answer(request);
        if (answer.ok) session.topics.add(request.topic);
        reply(answer);
        for (const message of missed) peer.send('message', message);
      },
      unsubscribe: (topic) => {
        this.note({ type: 'unsubscribe', topic });
        session.topics.delete(topic);
      },
      auth: (token) => {
        this.note({ type: 'auth', token });
        return this.authRefusal ?? { ok: true, expiresAt: null };
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

  /** Sends a message again, or one that never was, to the clients of all nodes. */
  deliver(message: TopicMessage): void {
    for (const { sessions } of this.log.nodes) {
      for (const { peer, topics } of sessions.values()) {
        if (topics.has(message.topic)) peer.send('message', message);
      }
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
    this.log.topics.delete(topic);
  }

  /** Forgets the oldest messages of a topic. */
  forget(topic: string, count: number): void {
    this.topic(topic).messages.splice(0, count);
  }

  /** Starts a topic over for everyone who is subscribed, as for a client that read too slowly. */
  reset(topic: string, reason: ResetReason): void {
    const { epoch, offset, snapshot } = this.start(topic);
    for (const { peer, topics } of this.sessions.values()) {
      if (topics.has(topic))
        peer.send('reset', { topic, epoch, offset, reason, ...(snapshot ? { snapshot } : {}) });
    }
  }

  /** Takes a topic away from everyone. */
  revoke(topic: string, { code, message, retryAfterMs }: BroadcastRefusal): void {
    for (const { peer, topics } of this.sessions.values()) {
      if (topics.delete(topic)) peer.send('revoked', { topic, code, message, retryAfterMs });
    }
  }

  /** Tells every client that its token ends soon. */
  warn(): void {
    for (const { peer } of this.sessions.values()) {
      peer.send('token', { expiresAt: new Date(this.now()).toISOString() });
    }
  }

  /** What the service answers by HTTP. */
  read(request: SubscribeRequest): TopicAnswer | BroadcastRefusal {
    const { answer, missed } = this.answer(request);
    return answer.ok ? { ...answer, topic: request.topic, messages: missed } : answer;
  }

  /** Tells every client why, and ends its connection. */
  close({ code, message, retryAfterMs }: BroadcastRefusal): void {
    for (const { peer } of [...this.sessions.values()]) {
      peer.send('close', { code, reason: message, retryAfterMs });
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

  private answer(request: SubscribeRequest): { answer: SubscribeReply; missed: TopicMessage[] } {
    const { topic } = request;
    const refusal = this.refusedTopics.get(topic);
    if (refusal) return { answer: refusal, missed: [] };
    if (matchTopic(this.map, topic) === null) {
      const message = `No declared topic has the name "${topic}".`;
      return { answer: refusalOf('UNKNOWN_TOPIC', message), missed: [] };
    }
    const given = isPosition(request) ? request : undefined;
    const reason = given && this.resetFor(topic, given);
    if (!given || reason)
      return { answer: { ...this.start(topic), ...(reason ? { reason } : {}) }, missed: [] };
    const { position, messages } = this.topic(topic);
    const missed = messages.filter(({ offset }) => (offset ?? 0) > given.offset);
    return { answer: { ok: true, ...position, recovered: true }, missed };
  }

  /** Where a topic stands for who holds nothing. */
  private start(topic: string): Subscribed {
    const { position, messages } = this.topic(topic);
    const base = { ok: true, ...position, recovered: false } as const;
    if (this.isLatest(topic)) return { ...base, snapshot: { messages: [...messages] } };
    const state = this.snapshots.get(topic);
    return state === undefined ? base : { ...base, snapshot: { state } };
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
    let topic = this.log.topics.get(name);
    if (!topic) {
      topic = { position: { epoch: `epoch-${(this.log.epochs += 1)}`, offset: 0 }, messages: [] };
      this.log.topics.set(name, topic);
    }
    return topic;
  }

  private isLatest(name: string): boolean {
    const pattern = matchTopic(this.map, name);
    return pattern !== null && this.map[pattern]?.mode === 'latest';
  }
}
