import { Inject, Injectable, Optional } from '@nestjs/common';
import type {
  Position,
  SubscribeReply,
  SystemNotice,
  TopicMap,
  TopicNames,
  TopicPayload,
} from '@fleetdeck/dto';
import {
  CLOCK,
  FleetdeckError,
  isoTime,
  messageOf,
  systemClock,
  type Clock,
  type Principal,
  type Publisher,
} from '@fleetdeck/kernel';
import { ClientRegistry } from './gateway/client-registry.ts';
import type { ServiceClientHandlers } from './gateway/service-client.ts';
import { ServiceClients, type ServiceClient } from './gateway/service-clients.ts';
import { SocketHub } from './gateway/socket-hub.ts';
import { Subscriptions } from './gateway/subscriptions.ts';
import type { DirectMessage, NodeCall } from './redis/node-calls.ts';
import { SharedTopics } from './redis/shared-topics.ts';
import { keyOf } from './topic/topic-key.ts';
import { TopicStore, unknownTopic } from './topic/topic-store.ts';
import { LocalWriter, type TopicWriter } from './topic/topic-writer.ts';
import { FrameBatch, MessageFrame } from './wire/message-frame.ts';

/**
 * Publishes to the portal's topics. Payloads must be JSON. Nothing here waits for a client.
 *
 * @typeParam M the topics given to `BroadcastModule`, for names and payloads that the compiler checks
 * @example
 * constructor(@Inject(Broadcaster) private readonly broadcaster: Broadcaster<typeof topics>) {}
 * this.broadcaster.broadcast('orders.4711', order);
 */
@Injectable()
export class Broadcaster<M extends TopicMap = TopicMap> implements Publisher {
  private readonly writer: TopicWriter;
  private readonly sessionEnds = new Set<(session: string) => void>();

  constructor(
    @Inject(TopicStore) private readonly store: TopicStore,
    @Inject(SocketHub) private readonly hub: SocketHub,
    @Inject(ClientRegistry) private readonly registry: ClientRegistry,
    @Inject(Subscriptions) private readonly subscriptions: Subscriptions,
    @Inject(ServiceClients) private readonly clients: ServiceClients,
    @Optional() @Inject(SharedTopics) private readonly shared: SharedTopics | null = null,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {
    this.writer = shared ?? new LocalWriter(hub);
    if (shared) {
      shared.handler = {
        handle: (call) => this.handle(call),
        deliver: (message) => this.deliver(message),
      };
    }
  }

  /**
   * Opens a client within the service, which follows topics as that principal: by the same rules, with the same
   * positions and the same bounds as a socket.
   *
   * @throws FleetdeckError `LIMIT_EXCEEDED` when there are 1,000 of them
   * @example
   * const client = broadcaster.connect(principal, {
   *   message: ({ topic, data }) => this.apply(topic, data),
   *   reset: ({ topic, snapshot }) => this.startOver(topic, snapshot),
   * });
   * const answer = await client.subscribe('health');
   * if (answer.ok) this.startOver('health', answer.snapshot);
   */
  connect(principal: Principal, handlers: ServiceClientHandlers): ServiceClient {
    return this.clients.connect(principal, handlers);
  }

  /**
   * Subscribes a client to a topic, as its own principal. A client within the service gets the answer here and what
   * follows through its handlers. A client on a socket learns of it by a `reset` with the topic's snapshot, or, with a
   * position that can be gone on from, by what followed that.
   * @returns the answer, or the refusal of which the client is told nothing
   * @throws FleetdeckError `NOT_FOUND` when no such client is connected to this node
   */
  subscribe(clientId: string, topic: string, position?: Position): Promise<SubscribeReply> {
    return this.clients.subscribe(clientId, topic, position);
  }

  /**
   * Ends a client's subscription; the client is told by `revoked`.
   * @returns whether it was there
   */
  unsubscribe(clientId: string, topic: string): boolean {
    return this.clients.unsubscribe(clientId, topic);
  }

  /**
   * Publishes to every subscriber of a topic, and to those who come back to it in time.
   * @throws FleetdeckError `UNKNOWN_TOPIC` when no declared topic has that name; `INVALID_INPUT` when the payload
   * is not JSON, or lacks the field that tells the topic's values apart
   */
  publish(topic: string, data: unknown): void {
    const json = toJson(topic, data);
    const nowMs = this.clock.monotonicMs();
    const declared = this.store.declared(topic);
    if (!declared) throw unknownTopic(topic);
    const key = keyOf(topic, declared.definition, data);
    const open = this.store.open(topic, nowMs);
    if (!open) {
      this.hub.counters.dropped += 1;
      return;
    }
    const at = isoTime(this.clock.now());
    this.hub.counters.published += 1;
    this.writer.publish(open, { at, json, ...(key === undefined ? {} : { key }) }, nowMs);
  }

  /** {@link publish} with the topic's name and payload checked by the compiler. */
  broadcast<N extends TopicNames<M>>(topic: N, data: TopicPayload<M, N>): void {
    this.publish(topic, data);
  }

  /** Publishes a notice to everyone: to topic `system`. */
  broadcastAll(data: SystemNotice): void {
    this.publish('system', data);
  }

  /**
   * Sends to single clients, outside the topic's log: `offset` is `null`, nobody gets it later, and a client that
   * is not there gets nothing.
   * @param clientIds the `clientId` of each one's welcome; unknown ones are skipped
   * @throws FleetdeckError as {@link publish} does
   */
  sendTo<N extends TopicNames<M>>(clientIds: readonly string[], topic: N, data: TopicPayload<M, N>): void {
    const message = this.outside(topic, data);
    const elsewhere = clientIds.filter((id) => !this.registry.get(id));
    if (elsewhere.length > 0) this.shared?.direct({ ...message, clientIds: elsewhere });
    this.deliver({ ...message, clientIds });
  }

  /**
   * Sends to all clients of one principal, as {@link sendTo} does.
   * @param subject the principal's `subject`
   * @throws FleetdeckError as {@link publish} does
   */
  sendToPrincipal<N extends TopicNames<M>>(subject: string, topic: N, data: TopicPayload<M, N>): void {
    const message = this.outside(topic, data);
    this.shared?.direct({ ...message, subject });
    this.deliver({ ...message, subject });
  }

  /**
   * Where a topic stands: capture it before reading the state that goes with it. `null` when the topic is not kept,
   * because too many are in use.
   * @throws FleetdeckError `UNKNOWN_TOPIC` when no declared topic has that name
   */
  position(topic: string): Position | null {
    return this.store.open(topic, this.clock.monotonicMs())?.log.position ?? null;
  }

  /**
   * Disconnects a client, which may come back at once.
   * @returns whether it was there
   */
  disconnect(clientId: string): boolean {
    const wasHere = this.disconnectHere(clientId);
    if (!wasHere) this.shared?.call({ call: 'disconnect', clientId });
    return wasHere;
  }

  /**
   * Takes access away from all clients of a principal, at once: with a pattern, the topics that it names; without,
   * the connections, which are told not to come back as they are. Change what `authorize` or the sign-in answers
   * first: whoever asks again is judged by that.
   * @param subject the principal's `subject`
   * @param topicPattern a topic, with `*` for one dotted part
   */
  revoke(subject: string, topicPattern?: string): void {
    this.revokeHere(subject, topicPattern);
    this.shared?.call({ call: 'revoke', subject, ...(topicPattern === undefined ? {} : { topicPattern }) });
  }

  /**
   * Ends all connections of one sign-in, on every node; other sign-ins of the same principal go on. End the sign-in
   * itself first.
   * @param session the `session` that the principal resolver gave
   */
  endSession(session: string): void {
    this.endSessionHere(session);
    this.shared?.call({ call: 'endSession', session });
  }

  /**
   * Calls back on this node when a sign-in is ended on any, before its connections are: what a service keeps of
   * sign-ins to know them again has to go, or the client is back at once.
   * @param listener hears the `session` that the principal resolver gave
   * @returns stops that
   */
  onSessionEnd(listener: (session: string) => void): () => void {
    const own = (session: string): void => listener(session);
    this.sessionEnds.add(own);
    return () => void this.sessionEnds.delete(own);
  }

  /** The clients that are connected here, by their `clientId`. */
  get clientIds(): string[] {
    return this.registry.all().map(({ id }) => id);
  }

  private handle(call: NodeCall): void {
    switch (call.call) {
      case 'revoke':
        return this.revokeHere(call.subject, call.topicPattern);
      case 'disconnect':
        return void this.disconnectHere(call.clientId);
      case 'endSession':
        return this.endSessionHere(call.session);
    }
  }

  private endSessionHere(session: string): void {
    for (const listener of this.sessionEnds) listener(session);
    for (const client of this.registry.all()) {
      if (client.principal.session !== session) continue;
      client.end('SESSION_EXPIRED', 'This session was signed out; sign in again.', null);
    }
  }

  private disconnectHere(clientId: string): boolean {
    const session = this.registry.get(clientId);
    session?.end('DISCONNECTED', 'The service ended this connection.', 0);
    return session !== undefined;
  }

  private revokeHere(subject: string, topicPattern: string | undefined): void {
    for (const session of this.registry.of(subject)) {
      if (topicPattern === undefined) session.end('REVOKED', 'Your access was taken away.', null);
      else this.subscriptions.revoke(session, topicPattern);
    }
  }

  private outside(topic: string, data: unknown): Omit<DirectMessage, 'clientIds' | 'subject'> {
    const json = toJson(topic, data);
    const declared = this.store.declared(topic);
    if (!declared) throw unknownTopic(topic);
    const key = keyOf(topic, declared.definition, data);
    return { topic, at: isoTime(this.clock.now()), json, ...(key === undefined ? {} : { key }) };
  }

  private deliver({ clientIds, subject, topic, at, json, key }: DirectMessage): void {
    const receivers = clientIds
      ? clientIds.flatMap((id) => this.registry.get(id) ?? [])
      : this.registry.of(subject ?? '');
    if (receivers.length === 0 || !this.store.declared(topic)) return;
    const epoch = this.store.open(topic, this.clock.monotonicMs())?.log.position.epoch ?? '';
    const keyed = key === undefined ? {} : { key };
    const batch = new FrameBatch([MessageFrame.of(topic, epoch, { offset: null, at, json, ...keyed })]);
    for (const session of receivers) {
      if (!session.gone && session.offer(batch)) this.hub.counters.deliveries += 1;
      else this.hub.counters.dropped += 1;
    }
  }
}

function toJson(topic: string, data: unknown): string {
  let reason = `a value of type ${typeof data}`;
  try {
    const json = JSON.stringify(data) as string | undefined;
    if (json !== undefined) return json;
  } catch (error) {
    reason = messageOf(error);
  }
  throw new FleetdeckError(
    'INVALID_INPUT',
    `The payload for topic "${topic}" cannot be sent as JSON: ${reason}.`,
  );
}
