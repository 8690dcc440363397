import type { Position } from '@fleetdeck/dto';
import {
  foreignPosition,
  type HistoryLimits,
  type NewMessage,
  type Replay,
  type StoredMessage,
  type TopicLog,
} from './topic-log.ts';

interface Entry {
  message: StoredMessage;
  bytes: number;
  addedMs: number;
}

/** Dropped entries are cut off the array in runs of this many, so that dropping costs nothing most of the time. */
const COMPACT_AFTER = 256;

/** Remembers the last messages of a `log` topic, in order and without holes. */
export class HistoryLog implements TopicLog {
  private entries: Entry[] = [];
  private head = 0;
  private bytes = 0;

  /** @param offset the last message before those that are kept */
  constructor(
    private readonly epoch: string,
    private readonly limits: HistoryLimits,
    private offset = 0,
  ) {}

  get position(): Position {
    return { epoch: this.epoch, offset: this.offset };
  }

  append(message: NewMessage, nowMs: number): StoredMessage {
    const stored = { offset: this.offset + 1, ...message };
    this.adopt(stored, nowMs);
    return stored;
  }

  adopt(message: StoredMessage, addedMs: number): void {
    this.offset = message.offset;
    const bytes = Buffer.byteLength(message.json);
    this.entries.push({ message, bytes, addedMs });
    this.bytes += bytes;
    this.trim(addedMs);
  }

  since(position: Position | undefined, nowMs: number): Replay {
    this.trim(nowMs);
    const fresh: Replay = { position: this.position, recovered: false, messages: [] };
    if (!position) return fresh;
    const foreign = foreignPosition(position, this.position);
    if (foreign) return { ...fresh, reset: foreign };
    const missed = this.offset - position.offset;
    const kept = this.entries.length - this.head;
    if (missed > kept) return { ...fresh, reset: 'expired' };
    const messages = this.entries.slice(this.entries.length - missed).map((entry) => entry.message);
    return { ...fresh, recovered: true, messages };
  }

  private trim(nowMs: number): void {
    const { count, bytes, ageMs } = this.limits;
    for (let oldest = this.entries[this.head]; oldest; oldest = this.entries[this.head]) {
      const kept = this.entries.length - this.head;
      if (kept <= count && this.bytes <= bytes && nowMs - oldest.addedMs <= ageMs) break;
      this.bytes -= oldest.bytes;
      this.head += 1;
    }
    if (this.head === this.entries.length || this.head >= COMPACT_AFTER) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
  }
}
