import { randomBytes } from 'node:crypto';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Position } from '@fleetdeck/dto';
import { messageOf, type Clock } from '@fleetdeck/kernel';
import type { SocketHub } from '../gateway/socket-hub.ts';
import { withDeadline } from '../limits/with-deadline.ts';
import type { NewMessage } from '../topic/topic-log.ts';
import type { OpenTopic, TopicSharing } from '../topic/topic-store.ts';
import { LocalWriter, type TopicWriter } from '../topic/topic-writer.ts';
import { CALLS, callMessage, CallsReplica, readDirect } from './node-calls.ts';
import type { DirectMessage, NodeCall, NodeCallHandler } from './node-calls.ts';
import { Outbox, type OutgoingMessage } from './outbox.ts';
import type { ResolvedRedisOptions } from './redis.options.ts';
import { RedisLink } from './redis-link.ts';
import { readNews, StrangeDataError } from './redis-messages.ts';
import { RemoteTopic, type RemoteTopicEvents } from './remote-topic.ts';
import { SharedLog, type SharedTopic } from './shared-log.ts';
import { SyncQueue } from './sync-queue.ts';
import { sharedTopic, TopicReplica } from './topic-replica.ts';

/** How a node stands to the others: with them, waiting for a Redis that does not answer, or on its own. */
export type Togetherness = 'together' | 'waiting' | 'apart';

/** No topic can have this name. */
const DIRECT = '$direct';
/** How long a node that stops waits for Redis to confirm what it published. */
const FLUSH_MS = 1000;

interface Shared {
  remote: RemoteTopic;
  replica: TopicReplica;
  loaded: () => void;
}

/** Shares the topics of this node with the others of its portal, through one log a topic in Redis. */
export class SharedTopics implements TopicWriter, TopicSharing, OnModuleInit, OnApplicationShutdown {
  /** This run of this node. */
  readonly node = randomBytes(9).toString('base64url');
  /** Set by who knows the clients. */
  handler: NodeCallHandler = { handle: () => undefined, deliver: () => undefined };
  private current: Togetherness = 'waiting';
  private why = 'it has not answered yet';
  private readonly logger = new Logger('BroadcastModule');
  private readonly topics = new Map<string, Shared>();
  /** Topics to which this node published on its own, and whose epoch must end for everyone. */
  private readonly parted = new Map<string, SharedTopic>();
  private readonly local: LocalWriter;
  private readonly link: RedisLink;
  private readonly log: SharedLog;
  private readonly outbox: Outbox;
  private readonly calls: RemoteTopic;
  private readonly syncs = new SyncQueue();
  private grace: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: ResolvedRedisOptions,
    private readonly hub: SocketHub,
    private readonly clock: Clock,
    private readonly newEpoch: () => string,
  ) {
    this.local = new LocalWriter(hub);
    this.link = new RedisLink(options, {
      up: (sameServer) => this.join(sameServer),
      down: (reason) => this.wait(reason),
    });
    this.log = new SharedLog(this.link, options, this.node, newEpoch);
    this.outbox = new Outbox({
      maxMessages: options.maxUnconfirmed,
      maxBytes: options.maxUnconfirmedBytes,
      newEpoch,
      send: (topic, batch) => this.log.append(topic, batch),
      begun: (topic) => this.begun(topic),
    });
    this.calls = new RemoteTopic(
      CALLS,
      new CallsReplica(newEpoch, (call, id) => {
        if (!this.isOwn(id)) this.handler.handle(call);
      }),
      this.remoteEvents,
    );
  }

  get state(): Togetherness {
    return this.current;
  }

  /** Why the node is not with the others; empty when it is. */
  get reason(): string {
    return this.current === 'together' ? '' : this.why;
  }

  /** Messages that Redis has not confirmed. */
  get unconfirmed(): number {
    return this.outbox.messages;
  }

  async onModuleInit(): Promise<void> {
    await this.link.start();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.grace);
    if (this.current === 'together') {
      const late = () => new Error(`${this.outbox.messages} messages were not confirmed`);
      await withDeadline(this.outbox.emptied(), FLUSH_MS, late).catch((error: unknown) =>
        this.logger.warn(`Stopping without an answer of Redis: ${messageOf(error)}.`),
      );
    }
    this.link.stop();
  }

  publish(open: OpenTopic, message: NewMessage): void {
    if (this.current === 'apart') this.publishApart(open, message);
    else this.outbox.push(sharedTopic(open), message);
    this.hub.counters.unsent = this.outbox.dropped;
  }

  /** Asks something of every node, this one excepted; of those that are away, once they are back. */
  call(call: NodeCall): void {
    this.outbox.push(CALLS, callMessage(call, this.clock));
  }

  /** Sends to clients of other nodes, at most once. */
  direct(message: DirectMessage): void {
    if (!this.link.isUp) return;
    const payload = JSON.stringify({ ...message, node: this.node });
    this.link.command('PUBLISH', this.log.channel(DIRECT), payload).catch(() => undefined);
  }

  opened(open: OpenTopic): void {
    const replica = new TopicReplica(open, this.hub, this.clock);
    const shared: Shared = {
      replica,
      remote: new RemoteTopic(sharedTopic(open), replica, this.remoteEvents),
      loaded: () => undefined,
    };
    this.topics.set(open.name, shared);
    if (this.current === 'apart') return;
    open.loading = new Promise((resolve) => {
      shared.loaded = () => {
        open.loading = undefined;
        resolve();
      };
    });
    if (this.link.isUp && !this.parted.has(open.name)) this.sync(shared);
  }

  dropped(open: OpenTopic): void {
    const shared = this.topics.get(open.name);
    if (!shared) return;
    this.topics.delete(open.name);
    shared.remote.close();
    shared.loaded();
    if (this.link.isUp) this.link.unsubscribe(this.log.channel(open.name)).catch(() => undefined);
  }

  catchUp(open: OpenTopic, position: Position): Promise<void> | undefined {
    const { epoch, offset } = open.log.position;
    if (position.epoch === epoch && position.offset <= offset) return undefined;
    const remote = this.topics.get(open.name)?.remote;
    if (!remote?.isLoaded || !this.link.isUp) return undefined;
    return remote.sync().catch((error: unknown) => this.failed(error));
  }

  /** Keeps the logs of topics that have subscribers here, and finds what Redis lost without a word. */
  keepAlive(): void {
    if (!this.link.isUp) return;
    for (const shared of this.topics.values()) {
      const { remote, replica } = shared;
      if (!remote.isLoaded || this.hub.subscribers(replica.open.name) === 0) continue;
      if (remote.isDue(this.clock.monotonicMs())) this.sync(shared);
    }
    if (this.calls.isDue(this.clock.monotonicMs())) this.syncs.add(() => this.calls.sync());
  }

  private readonly remoteEvents: RemoteTopicEvents = {
    nowMs: () => this.clock.monotonicMs(),
    subscribe: (remote) =>
      this.link.subscribe(this.log.channel(remote.topic.name), (payload) => {
        const news = readNews(payload);
        if (news) remote.receive(news);
        else this.hub.counters.junk += 1;
      }),
    read: (topic, from, strict) => this.log.read(topic, from, strict),
    seen: (topic, id) => {
      if (this.isOwn(id)) this.outbox.seen(topic, Number(id.slice(this.node.length + 1)));
    },
    hole: () => {
      this.hub.counters.holes += 1;
    },
  };

  private isOwn(id: string): boolean {
    return id.startsWith(`${this.node}.`);
  }

  private wait(reason: string): void {
    this.outbox.hold();
    this.syncs.clear();
    this.why = reason;
    if (this.current === 'apart') return;
    this.current = 'waiting';
    clearTimeout(this.grace);
    this.grace = setTimeout(() => this.part(), this.options.graceMs);
    this.grace.unref();
  }

  private part(): void {
    this.current = 'apart';
    this.hub.counters.apart += 1;
    this.logger.warn(`Redis does not answer, this node serves only its own clients: ${this.why}.`);
    for (const { topic, messages } of this.outbox.takeAll()) {
      if (topic.name === CALLS.name) for (const message of messages) this.outbox.push(CALLS, message);
      else this.takeHome(topic, messages);
    }
    for (const shared of this.topics.values()) shared.loaded();
  }

  // What Redis may or may not have taken goes to this node's clients, under an epoch of its own.
  private takeHome(topic: SharedTopic, messages: OutgoingMessage[]): void {
    this.parted.set(topic.name, topic);
    const shared = this.topics.get(topic.name);
    if (!shared) return;
    const { isApart, open } = shared.replica;
    this.goOwnWay(shared);
    // Values published apart the last time are still here.
    for (const message of messages) if (!message.onlyIfNewer || !isApart) this.publishApart(open, message);
  }

  private publishApart(open: OpenTopic, message: NewMessage): void {
    const shared = this.topics.get(open.name);
    if (shared) this.goOwnWay(shared);
    const { at, key, json } = message;
    this.local.publish(open, { at, json, ...(key === undefined ? {} : { key }) }, this.clock.monotonicMs());
  }

  private goOwnWay({ remote, replica }: Shared): void {
    replica.part(this.newEpoch, remote.isLoaded);
    remote.detach();
    this.parted.set(replica.open.name, remote.topic);
  }

  private join(sameServer: boolean): void {
    clearTimeout(this.grace);
    if (this.current === 'apart') {
      this.logger.log('Redis answers again, this node is back with the others.');
      for (const topic of this.parted.values()) {
        this.outbox.begin(topic);
        const values = this.topics.get(topic.name)?.replica.publishedApart ?? [];
        for (const value of values) this.outbox.push(topic, value, true);
      }
    }
    this.current = 'together';
    this.outbox.open();
    this.link.subscribe(this.log.channel(DIRECT), (payload) => this.heard(payload)).catch(() => undefined);
    this.calls.mustVerify ||= !sameServer;
    this.syncs.add(() => this.calls.sync());
    for (const shared of this.topics.values()) {
      shared.remote.mustVerify ||= !sameServer;
      if (!this.parted.has(shared.replica.open.name)) this.sync(shared);
    }
  }

  private begun({ name }: SharedTopic): void {
    if (!this.parted.delete(name)) return;
    const shared = this.topics.get(name);
    if (shared) this.sync(shared);
  }

  private heard(payload: string): void {
    const message = readDirect(payload);
    if (!message) this.hub.counters.junk += 1;
    else if (!payload.includes(`"node":"${this.node}"`)) this.handler.deliver(message);
  }

  private sync(shared: Shared): void {
    this.syncs.add(async () => {
      try {
        await shared.remote.sync();
        shared.loaded();
      } catch (error) {
        this.failed(error);
      }
    });
  }

  // All else has ended the connection already.
  private failed(error: unknown): void {
    if (error instanceof StrangeDataError) this.link.fail(error.message);
  }
}
