import type { SocketHub } from '../gateway/socket-hub.ts';
import type { NewMessage } from './topic-log.ts';
import type { OpenTopic } from './topic-store.ts';

/** Where published messages are numbered, and sent from. Times are monotonic milliseconds. */
export interface TopicWriter {
  publish(topic: OpenTopic, message: NewMessage, nowMs: number): void;
}

/** Numbers messages in this process and sends them to its own clients. */
export class LocalWriter implements TopicWriter {
  constructor(private readonly hub: SocketHub) {}

  publish(topic: OpenTopic, message: NewMessage, nowMs: number): void {
    const stored = topic.log.append(message, nowMs);
    this.hub.toTopic(topic, () => topic.frame(stored), message.key);
  }
}
