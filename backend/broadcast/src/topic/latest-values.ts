import type { Position } from '@fleetdeck/dto';
import {
  foreignPosition,
  type NewMessage,
  type Replay,
  type StoredMessage,
  type TopicLog,
} from './topic-log.ts';

/** The most keys that one `latest` topic keeps; the one changed longest ago goes first. */
export const MAX_KEYS = 10_000;

/** Which values of a `latest` topic are kept. */
export interface ValueBounds {
  /** @default {@link MAX_KEYS} */
  maxKeys?: number;
  /** Age, in milliseconds before the newest, beyond which a value goes. @default none goes for its age */
  forgetAfterMs?: number | undefined;
}

/** Remembers the last value of each key of a `latest` topic. */
export class LatestValues implements TopicLog {
  // In the order of their offsets: a changed value moves to the end.
  private readonly values = new Map<string, StoredMessage>();

  /** @param droppedThrough the highest offset among values that were dropped */
  constructor(
    private readonly epoch: string,
    private readonly bounds: ValueBounds = {},
    private offset = 0,
    private droppedThrough = 0,
  ) {}

  get position(): Position {
    return { epoch: this.epoch, offset: this.offset };
  }

  append(message: NewMessage): StoredMessage {
    const stored = { offset: this.offset + 1, ...message };
    this.adopt(stored);
    return stored;
  }

  adopt(message: StoredMessage): void {
    this.offset = Math.max(this.offset, message.offset);
    const key = message.key ?? '';
    this.values.delete(key);
    this.values.set(key, message);
    this.dropOldest(message.at);
  }

  since(position: Position | undefined): Replay {
    const fresh: Replay = { position: this.position, recovered: false, messages: [...this.values.values()] };
    if (!position) return fresh;
    const foreign = foreignPosition(position, this.position);
    if (foreign) return { ...fresh, reset: foreign };
    if (position.offset < this.droppedThrough) return { ...fresh, reset: 'expired' };
    const messages = fresh.messages.filter((message) => message.offset > position.offset);
    return { ...fresh, recovered: true, messages };
  }

  private dropOldest(newestAt: string): void {
    const { maxKeys = MAX_KEYS, forgetAfterMs } = this.bounds;
    const forgottenBefore = timeBefore(newestAt, forgetAfterMs);
    for (const [key, oldest] of this.values) {
      if (this.values.size <= maxKeys && oldest.at >= forgottenBefore) break;
      this.values.delete(key);
      this.droppedThrough = oldest.offset;
    }
  }
}

/** The instant so long before another one, both ISO 8601 in UTC; empty, which is before all, without a span. */
export function timeBefore(at: string, ms: number | undefined): string {
  return ms === undefined ? '' : new Date(Date.parse(at) - ms).toISOString();
}
