import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  isPosition,
  isTopicName,
  roleAtLeast,
  type Position,
  type SubscribeReply,
  type TopicMessage,
} from '@fleetdeck/dto';
import { CLOCK, FleetdeckError, systemClock, toFleetdeckError, type Clock } from '@fleetdeck/kernel';
import { BROADCAST_OPTIONS, type ResolvedBroadcastOptions } from '../broadcast.options.ts';
import { TopicStore, unknownTopic, type OpenTopic } from '../topic/topic-store.ts';
import type { StoredMessage } from '../topic/topic-log.ts';
import type { ClientSession } from './client-session.ts';
import { toBroadcastError } from './handshake.ts';
import { SocketHub } from './socket-hub.ts';

/** How long a client with a backlog should wait before it asks for more. */
const BACKLOG_PAUSE_SECONDS = 0.5;

/** Decides subscriptions and answers them. What comes in is not trusted to have any shape. */
@Injectable()
export class Subscriptions {
  constructor(
    @Inject(BROADCAST_OPTIONS) private readonly options: ResolvedBroadcastOptions,
    @Inject(TopicStore) private readonly store: TopicStore,
    @Inject(SocketHub) private readonly hub: SocketHub,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {}

  /**
   * Subscribes a client, again if it is so already: that is how it fills a hole.
   * @param join puts the client among the topic's receivers; no message may come between it and the answer
   */
  subscribe(session: ClientSession, request: unknown, join: (topic: string) => void): SubscribeReply {
    try {
      const { topic, position } = readRequest(request);
      const open = this.admit(session, topic);
      const nowMs = this.clock.monotonicMs();
      join(topic);
      session.topics.add(topic);
      const { messages, ...replay } = open.log.since(position, nowMs);
      if (position) this.hub.counters[replay.recovered ? 'recovered' : 'reset'] += 1;
      const { epoch } = replay.position;
      return {
        ok: true,
        topic,
        ...replay,
        messages: messages.map((message) => toWire(topic, epoch, message)),
      };
    } catch (error) {
      return { ok: false, topic: topicOf(request), error: toBroadcastError(toFleetdeckError(error)) };
    }
  }

  /** Ends a subscription; one that was not there is fine. */
  unsubscribe(session: ClientSession, request: unknown, leave: (topic: string) => void): void {
    const topic = topicOf(request);
    if (!session.topics.delete(topic)) return;
    leave(topic);
    this.store.touch([topic], this.clock.monotonicMs());
  }

  /** Forgets a client that has gone. */
  release(session: ClientSession): void {
    this.store.touch(session.topics, this.clock.monotonicMs());
  }

  private admit(session: ClientSession, topic: string): OpenTopic {
    const declared = this.store.declared(topic);
    if (!declared) throw unknownTopic(topic);
    const { leastRole } = declared.policy;
    if (!roleAtLeast(session.principal.role, leastRole)) {
      throw new FleetdeckError(
        'FORBIDDEN',
        `Topic "${topic}" needs role ${leastRole}; you are signed in as ${session.principal.role}.`,
      );
    }
    const { maxSubscriptionsPerClient, maxBufferedBytesPerClient } = this.options;
    if (!session.topics.has(topic) && session.topics.size >= maxSubscriptionsPerClient) {
      throw new FleetdeckError(
        'LIMIT_EXCEEDED',
        `This client holds ${maxSubscriptionsPerClient} topics, which is the most; leave one first.`,
      );
    }
    if (session.bufferedBytes > maxBufferedBytesPerClient) {
      throw new FleetdeckError('RATE_LIMITED', 'Read what was sent already, then subscribe again.', {
        retryAfterSeconds: BACKLOG_PAUSE_SECONDS,
      });
    }
    const open = this.store.open(topic, this.clock.monotonicMs());
    if (!open) {
      throw new FleetdeckError('OVERLOADED', 'Too many topics are in use; try again later.', {
        retryAfterSeconds: 5,
      });
    }
    return open;
  }
}

/** The topic that a request names, as far as it names one. */
export function topicOf(request: unknown): string {
  const topic = typeof request === 'object' && request !== null && 'topic' in request && request.topic;
  return isTopicName(topic) ? topic : '';
}

function readRequest(request: unknown): { topic: string; position: Position | undefined } {
  const topic = topicOf(request);
  if (topic === '') {
    throw new FleetdeckError('INVALID_INPUT', 'topic is not a dotted name such as "metrics.cpu".');
  }
  const position = (request as { position?: unknown }).position ?? undefined;
  if (position !== undefined && !isPosition(position)) {
    throw new FleetdeckError(
      'INVALID_INPUT',
      'position is not { epoch, offset }; give the last one that was applied, or leave it out.',
    );
  }
  return { topic, position };
}

function toWire(topic: string, epoch: string, message: StoredMessage): TopicMessage {
  const { json, ...rest } = message;
  return { topic, epoch, ...rest, data: JSON.parse(json) as unknown };
}
