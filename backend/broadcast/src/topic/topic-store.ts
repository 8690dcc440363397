import { matchTopic, type TopicDefinition, type TopicMap } from '@fleetdeck/dto';
import { FleetdeckError } from '@fleetdeck/kernel';
import { HistoryLog } from './history-log.ts';
import { LatestValues } from './latest-values.ts';
import { MessageFrame } from '../wire/message-frame.ts';
import type { StoredMessage, TopicLog } from './topic-log.ts';
import type { ResolvedPolicy } from './topic-policy.ts';

/** The most topics that are remembered at a time. */
export const MAX_TOPICS = 10_000;

/** What was declared about a concrete topic. */
export interface DeclaredTopic {
  definition: TopicDefinition;
  policy: ResolvedPolicy;
}

/** A topic that is remembered. */
export class OpenTopic implements DeclaredTopic {
  readonly definition: TopicDefinition;
  readonly policy: ResolvedPolicy;

  constructor(
    readonly name: string,
    declared: DeclaredTopic,
    readonly log: TopicLog,
    /** When it was last used, in monotonic milliseconds. */
    public touchedMs: number,
  ) {
    this.definition = declared.definition;
    this.policy = declared.policy;
  }

  /** A message of its log as it travels. */
  frame(message: StoredMessage): MessageFrame {
    return MessageFrame.of(this.name, this.log.position.epoch, message);
  }
}

/** What a {@link TopicStore} is made of. */
export interface TopicStoreOptions {
  topics: TopicMap;
  policies: Readonly<Record<string, ResolvedPolicy>>;
  newEpoch: () => string;
  hasSubscribers: (topic: string) => boolean;
  /** @default 10000 */
  maxTopics?: number;
}

/** The logs of all topics in use. Times are monotonic milliseconds. */
export class TopicStore {
  private readonly kept = new Map<string, OpenTopic>();

  constructor(private readonly options: TopicStoreOptions) {}

  get size(): number {
    return this.kept.size;
  }

  /** What was declared about a topic; `null` when no declared topic has that name. */
  declared(name: string): DeclaredTopic | null {
    const known = this.kept.get(name);
    if (known) return known;
    const pattern = matchTopic(this.options.topics, name);
    if (pattern === null) return null;
    const definition = this.options.topics[pattern];
    const policy = this.options.policies[pattern];
    return definition && policy ? { definition, policy } : null;
  }

  /**
   * A topic and its log, begun when it is not remembered. `null` when there are too many topics with subscribers.
   * @throws FleetdeckError `UNKNOWN_TOPIC` when no declared topic has that name
   */
  open(name: string, nowMs: number): OpenTopic | null {
    const known = this.kept.get(name);
    if (known) {
      known.touchedMs = nowMs;
      return known;
    }
    const declared = this.declared(name);
    if (!declared) throw unknownTopic(name);
    if (this.kept.size >= (this.options.maxTopics ?? MAX_TOPICS) && !this.dropLeastUsed()) return null;
    const epoch = this.options.newEpoch();
    const log =
      declared.definition.mode === 'log'
        ? new HistoryLog(epoch, declared.policy.history)
        : new LatestValues(epoch);
    const topic = new OpenTopic(name, declared, log, nowMs);
    this.kept.set(name, topic);
    return topic;
  }

  /** Starts the age of topics anew: their last subscriber may just have left. */
  touch(names: Iterable<string>, nowMs: number): void {
    for (const name of names) {
      const topic = this.kept.get(name);
      if (topic) topic.touchedMs = nowMs;
    }
  }

  /** Drops topics that had neither subscriber nor publisher for their age. */
  sweep(nowMs: number): void {
    for (const topic of this.kept.values()) {
      const idleMs = nowMs - topic.touchedMs;
      if (idleMs > topic.policy.history.ageMs && !this.options.hasSubscribers(topic.name)) {
        this.kept.delete(topic.name);
      }
    }
  }

  private dropLeastUsed(): boolean {
    let least: OpenTopic | undefined;
    for (const topic of this.kept.values()) {
      if (least && least.touchedMs <= topic.touchedMs) continue;
      if (!this.options.hasSubscribers(topic.name)) least = topic;
    }
    return least !== undefined && this.kept.delete(least.name);
  }
}

/** The refusal of a topic that nobody declared. */
export function unknownTopic(name: string): FleetdeckError {
  return new FleetdeckError(
    'UNKNOWN_TOPIC',
    `No declared topic has the name "${name}"; declare it in the topics of BroadcastModule.`,
  );
}
