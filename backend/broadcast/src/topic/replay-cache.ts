import type { TopicMessage } from '@fleetdeck/dto';
import { FrameBatch } from '../wire/message-frame.ts';
import type { StoredMessage } from './topic-log.ts';
import type { OpenTopic } from './topic-store.ts';

/** The most that is kept of replays, in bytes of payload. */
const MAX_BYTES = 33_554_432;
/** The most replays that are kept. */
const MAX_ENTRIES = 1000;

interface Values {
  epoch: string;
  offset: number;
  messages: TopicMessage[];
}

/**
 * Shares what is sent to clients that come back at once from the same position, so that it is encoded once. Keyed by
 * where a replay begins and ends: one that is out of date is never found.
 */
export class ReplayCache {
  private readonly batches = new Map<string, FrameBatch>();
  private bytes = 0;
  private currentValues = new WeakMap<OpenTopic, Values>();

  /** What came after `from`. */
  of(topic: OpenTopic, from: number, messages: readonly StoredMessage[]): FrameBatch {
    if (messages.length === 0) return new FrameBatch([]);
    const { epoch, offset } = topic.log.position;
    const key = `${topic.name} ${epoch} ${from} ${offset}`;
    let batch = this.batches.get(key);
    if (!batch) {
      batch = new FrameBatch(messages.map((message) => topic.frame(message)));
      const size = messages.reduce((sum, { json }) => sum + json.length, 0);
      if (this.bytes + size > MAX_BYTES || this.batches.size >= MAX_ENTRIES) this.clear();
      if (size <= MAX_BYTES) {
        this.batches.set(key, batch);
        this.bytes += size;
      }
    }
    return batch;
  }

  /** The current values of a `latest` topic. */
  values(topic: OpenTopic, read: () => readonly StoredMessage[]): TopicMessage[] {
    const { epoch, offset } = topic.log.position;
    const known = this.currentValues.get(topic);
    if (known?.offset === offset && known.epoch === epoch) return known.messages;
    const messages = read().map((message) => topic.frame(message).toMessage());
    this.currentValues.set(topic, { epoch, offset, messages });
    return messages;
  }

  clear(): void {
    this.batches.clear();
    this.bytes = 0;
    this.currentValues = new WeakMap();
  }
}
