import { Injectable } from '@nestjs/common';
import type { ResetReason } from '@fleetdeck/dto';
import { noCounts } from '../broadcast.counters.ts';
import { TopicChannel } from '../fanout/topic-channel.ts';
import type { OpenTopic } from '../topic/topic-store.ts';
import type { MessageFrame } from '../wire/message-frame.ts';
import type { PortalClient } from './portal-client.ts';
import type { BroadcastServer } from './socket.types.ts';

/** Starts a topic over for a client that has fallen behind. */
export type Restart = (session: PortalClient, topic: string, reason: ResetReason) => void;

/** Where publishers and sockets meet. Without sockets it delivers to nobody. */
@Injectable()
export class SocketHub {
  server: BroadcastServer | null = null;
  readonly counters = noCounts();
  /** Set by who answers subscriptions. */
  restart: Restart = () => undefined;
  private readonly channels = new Map<string, TopicChannel<PortalClient>>();

  get clients(): number {
    return this.server?.sockets.sockets.size ?? 0;
  }

  subscribers(topic: string): number {
    return this.channels.get(topic)?.size ?? 0;
  }

  /** Sends a message, just appended to its topic's log, to the subscribers. */
  toTopic(topic: OpenTopic, frame: () => MessageFrame, key: string | undefined): void {
    this.channels.get(topic.name)?.publish(frame(), key);
  }

  /** A topic goes on with another log: its subscribers start over. */
  startOver(topic: OpenTopic, reason: ResetReason): void {
    this.channels.get(topic.name)?.startOver(reason);
  }

  /** The channel of a topic that has subscribers or is about to. */
  channel(topic: OpenTopic): TopicChannel<PortalClient> {
    let channel = this.channels.get(topic.name);
    if (!channel) {
      channel = new TopicChannel(topic, this.counters, {
        cut: (session) => session.cutSlow(),
        restart: (session, name, reason) => this.restart(session, name, reason),
      });
      this.channels.set(topic.name, channel);
    }
    return channel;
  }

  /** Whether a client missed messages of a topic because it does not keep up. */
  isLagging(topic: string, session: PortalClient): boolean {
    return this.channels.get(topic)?.isLagging(session) ?? false;
  }

  leave(topic: string, session: PortalClient): void {
    const channel = this.channels.get(topic);
    channel?.leave(session);
    if (channel?.size === 0) this.channels.delete(topic);
  }
}
