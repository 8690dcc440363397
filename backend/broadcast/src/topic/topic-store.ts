import { matchTopic, type Position, type TopicDefinition, type TopicMap } from '@fleetdeck/dto';
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
  /** Settles when the log is filled with what other nodes know; absent when that is done, or there are none. */
  loading: Promise<void> | undefined;

  constructor(
    readonly name: string,
    declared: DeclaredTopic,
    /** Another one when the topic starts over. */
    public log: TopicLog,
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

/** What shares topics with other nodes hears of those that are in use here. */
export interface TopicSharing {
  /** A topic has been opened; sets its `loading` when its log is to be filled first. */
  opened(topic: OpenTopic): void;
  /** A topic is not remembered any more. */
  dropped(topic: OpenTopic): void;
  /** Catches up when a client knows more than this node; `undefined` when it does not. */
  catchUp(topic: OpenTopic, position: Position): Promise<void> | undefined;
}

/** What a {@link TopicStore} is made of. */
export interface TopicStoreOptions {
  topics: TopicMap;
  policies: Readonly<Record<string, ResolvedPolicy>>;
  newEpoch: () => string;
  hasSubscribers: (topic: string) => boolean;
  /** Whoever shares the topics with other nodes. */
  shared?: TopicSharing | null;
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
    const topic = new OpenTopic(name, declared, newLog(declared, this.options.newEpoch()), nowMs);
    this.kept.set(name, topic);
    this.options.shared?.opened(topic);
    return topic;
  }

  /** Resolves when this node knows as much of a topic as `position` does; `undefined` when it does already. */
  ready(topic: OpenTopic, position: Position | undefined): Promise<void> | undefined {
    if (topic.loading || position === undefined) return topic.loading;
    return this.options.shared?.catchUp(topic, position);
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
        this.drop(topic);
      }
    }
  }

  private dropLeastUsed(): boolean {
    let least: OpenTopic | undefined;
    for (const topic of this.kept.values()) {
      if (least && least.touchedMs <= topic.touchedMs) continue;
      if (!this.options.hasSubscribers(topic.name)) least = topic;
    }
    if (!least) return false;
    this.drop(least);
    return true;
  }

  private drop(topic: OpenTopic): void {
    this.kept.delete(topic.name);
    this.options.shared?.dropped(topic);
  }
}

/** An empty log of a topic, after what came before `offset`. */
export function newLog(
  { definition, policy }: DeclaredTopic,
  epoch: string,
  offset = 0,
  dropped = 0,
): TopicLog {
  return definition.mode === 'log'
    ? new HistoryLog(epoch, policy.history, offset)
    : new LatestValues(epoch, { forgetAfterMs: definition.forgetAfterMs }, offset, dropped);
}

/** The refusal of a topic that nobody declared. */
export function unknownTopic(name: string): FleetdeckError {
  return new FleetdeckError(
    'UNKNOWN_TOPIC',
    `No declared topic has the name "${name}"; declare it in the topics of BroadcastModule.`,
  );
}
