import type { Position } from '@fleetdeck/dto';
import type { Clock } from '@fleetdeck/kernel';
import type { SocketHub } from '../gateway/socket-hub.ts';
import { MAX_KEYS } from '../topic/latest-values.ts';
import type { NewMessage } from '../topic/topic-log.ts';
import { newLog, type OpenTopic } from '../topic/topic-store.ts';
import type { NumberedMessage, TopicState } from './redis-messages.ts';
import type { Replica } from './remote-topic.ts';
import type { SharedTopic } from './shared-log.ts';

/** This node's log of a topic, filled from Redis, with the clients that follow it. */
export class TopicReplica implements Replica {
  /** Where the log stood when the node went its own way; `null` while it has not. */
  private partedAt: Position | null = null;

  constructor(
    readonly open: OpenTopic,
    private readonly hub: SocketHub,
    private readonly clock: Clock,
  ) {}

  /** Whether it went its own way. */
  get isApart(): boolean {
    return this.partedAt !== null;
  }

  get position(): Position {
    return this.open.log.position;
  }

  take({ offset, at, key, json }: NumberedMessage): void {
    const message = { offset, at, json, ...(key === undefined ? {} : { key }) };
    this.open.log.adopt(message, this.clock.monotonicMs());
    this.hub.toTopic(this.open, () => this.open.frame(message), key);
  }

  startOver({ epoch, offset, dropped, messages }: TopicState, isNews: boolean): void {
    const reason = epoch === this.position.epoch ? 'expired' : 'epoch';
    this.partedAt = null;
    const isLog = this.open.definition.mode === 'log';
    const from = isLog ? offset - messages.length : offset;
    const log = newLog(this.open, epoch, from, dropped);
    if (isLog && isNews) {
      this.open.log = log;
      this.hub.startOver(this.open, reason);
      for (const message of messages) this.take(message);
      return;
    }
    const nowMs = this.clock.monotonicMs();
    for (const { ageMs, id: _id, ...message } of messages) log.adopt(message, nowMs - ageMs);
    this.open.log = log;
    this.hub.startOver(this.open, reason);
  }

  /**
   * Goes on under an epoch of its own, which begins with the values of a `latest` topic. Nothing happens when it did
   * so already.
   * @param isShared whether the log is one that other nodes have too
   */
  part(newEpoch: () => string, isShared: boolean): void {
    if (this.partedAt) return;
    if (isShared) {
      const { offset } = this.position;
      const isLog = this.open.definition.mode === 'log';
      const log = newLog(this.open, newEpoch(), isLog ? 0 : offset);
      if (!isLog) for (const value of this.valuesNow()) log.adopt(value, 0);
      this.open.log = log;
    }
    this.partedAt = this.position;
    if (isShared) this.hub.startOver(this.open, 'epoch');
  }

  /** The values of a `latest` topic that were published apart; nothing of a `log` topic. */
  get publishedApart(): readonly NewMessage[] {
    if (!this.partedAt || this.open.definition.mode === 'log') return [];
    return this.open.log.since(this.partedAt, this.clock.monotonicMs()).messages;
  }

  private valuesNow() {
    return this.open.log.since(undefined, this.clock.monotonicMs()).messages;
  }
}

/** An open topic as its log in Redis needs to know it. */
export function sharedTopic({ name, definition, policy }: OpenTopic): SharedTopic {
  return {
    name,
    mode: definition.mode,
    history: policy.history,
    maxKeys: MAX_KEYS,
    forgetAfterMs: definition.forgetAfterMs,
  };
}
