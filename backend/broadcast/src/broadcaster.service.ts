import { Inject, Injectable, Optional } from '@nestjs/common';
import type {
  Position,
  SystemNotice,
  TopicMap,
  TopicMessage,
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
  type Publisher,
} from '@fleetdeck/kernel';
import { ClientRegistry } from './gateway/client-registry.ts';
import { SocketHub } from './gateway/socket-hub.ts';
import { keyOf } from './topic/topic-key.ts';
import { TopicStore, unknownTopic } from './topic/topic-store.ts';

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
  constructor(
    @Inject(TopicStore) private readonly store: TopicStore,
    @Inject(SocketHub) private readonly hub: SocketHub,
    @Inject(ClientRegistry) private readonly registry: ClientRegistry,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {}

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
    const { offset } = open.log.append({ at, json, ...(key === undefined ? {} : { key }) }, nowMs);
    this.hub.counters.published += 1;
    const { epoch } = open.log.position;
    this.hub.toTopic({ topic, epoch, offset, at, ...(key === undefined ? {} : { key }), data });
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
    toJson(topic, data);
    const declared = this.store.declared(topic);
    if (!declared) throw unknownTopic(topic);
    const key = keyOf(topic, declared.definition, data);
    const epoch = this.store.open(topic, this.clock.monotonicMs())?.log.position.epoch ?? '';
    const message: TopicMessage = { topic, epoch, offset: null, at: isoTime(this.clock.now()), data };
    this.hub.toClients(clientIds, key === undefined ? message : { ...message, key });
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
    return this.registry.disconnect(clientId, {
      code: 'CANCELLED',
      message: 'The service ended this connection.',
      retryable: true,
    });
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
