import { Injectable } from '@nestjs/common';
import type { TopicMessage } from '@fleetdeck/dto';
import type { BroadcastServer } from './socket.types.ts';

/** What has happened since the start. */
export interface BroadcastCounters {
  published: number;
  /** Messages handed to sockets, one for each receiver. */
  deliveries: number;
  /** Messages that were not kept because too many topics are in use. */
  dropped: number;
  recovered: number;
  reset: number;
  slowDisconnects: number;
  /** Verbs refused by the rate limit. */
  rateLimited: number;
  /** Connections refused. */
  refused: number;
}

/** Where publishers and sockets meet. Without sockets it delivers to nobody. */
@Injectable()
export class SocketHub {
  server: BroadcastServer | null = null;
  readonly counters: BroadcastCounters = {
    published: 0,
    deliveries: 0,
    dropped: 0,
    recovered: 0,
    reset: 0,
    slowDisconnects: 0,
    rateLimited: 0,
    refused: 0,
  };

  get clients(): number {
    return this.server?.sockets.sockets.size ?? 0;
  }

  subscribers(topic: string): number {
    return this.server?.sockets.adapter.rooms.get(roomOf(topic))?.size ?? 0;
  }

  /** Sends to every subscriber. The message is encoded once for all of them. */
  toTopic(message: TopicMessage): void {
    const receivers = this.subscribers(message.topic);
    if (!this.server || receivers === 0) return;
    this.counters.deliveries += receivers;
    this.server.to(roomOf(message.topic)).emit('message', message);
  }

  toClients(clientIds: readonly string[], message: TopicMessage): void {
    const server = this.server;
    if (!server) return;
    const present = clientIds.filter((id) => server.sockets.sockets.has(id));
    if (present.length === 0) return;
    this.counters.deliveries += present.length;
    server.to(present).emit('message', message);
  }
}

/** The room of a topic's subscribers. The prefix keeps it apart from the room that each socket has by its id. */
export function roomOf(topic: string): string {
  return `topic:${topic}`;
}
