import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Position, ResetReason, TopicMessage, TopicSnapshot } from '@fleetdeck/dto';
import { CLOCK, FleetdeckError, messageOf, systemClock, type Clock, type Principal } from '@fleetdeck/kernel';
import { withDeadline } from '../limits/with-deadline.ts';
import { FrameBatch } from '../wire/message-frame.ts';
import { ReplayCache } from './replay-cache.ts';
import type { StoredMessage } from './topic-log.ts';
import { TopicStore, type OpenTopic } from './topic-store.ts';

/** How long a snapshot source may take. */
const SNAPSHOT_DEADLINE_MS = 5000;
/** A topic so busy that its log moves past the snapshot this often in a row is refused for the moment. */
const ATTEMPTS = 3;

/** How a client starts on a topic, or goes on. */
export interface TopicStart extends Position {
  recovered: boolean;
  reason?: ResetReason;
  snapshot?: TopicSnapshot;
  /** What follows, in order and without a hole. */
  following: FrameBatch;
}

interface Origin {
  position: Position;
  snapshot: TopicSnapshot;
}

/** Works out where clients start, with the snapshot that they start from. */
@Injectable()
export class TopicStarts {
  private readonly reading = new Map<string, Promise<Origin>>();
  private readonly replays = new ReplayCache();

  constructor(
    @Inject(TopicStore) private readonly store: TopicStore,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {}

  /**
   * Hands `settle` what the client gets, in the same breath in which that was worked out: what is published after it
   * is not in it.
   * @throws FleetdeckError `UNKNOWN_TOPIC`; `OVERLOADED` when the topic cannot be kept, or its snapshot not be read
   */
  async begin<T>(
    name: string,
    position: Position | undefined,
    principal: Principal,
    settle: (topic: OpenTopic, start: TopicStart) => T,
  ): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      let topic = this.open(name);
      const ready = this.store.ready(topic, attempt === 0 ? position : undefined);
      if (ready) {
        await ready;
        topic = this.open(name);
      }
      let origin: Origin | undefined;
      if (topic.policy.snapshot && !topic.log.since(position, this.clock.monotonicMs()).recovered) {
        origin = await this.origin(topic, principal);
        topic = this.open(name);
      }
      const start = this.startOf(topic, position, origin);
      if (start) return settle(topic, start);
    }
    throw overloaded(`Topic "${name}" is too busy for a start at present; try again shortly.`);
  }

  /** Lets go of what is kept for clients that start at once. */
  sweep(): void {
    this.replays.clear();
  }

  private startOf(
    topic: OpenTopic,
    position: Position | undefined,
    origin: Origin | undefined,
  ): TopicStart | null {
    const nowMs = this.clock.monotonicMs();
    const { log, policy, definition } = topic;
    const asked = log.since(position, nowMs);
    const why = asked.reset ? { reason: asked.reset } : {};
    if (origin) {
      const { recovered, messages } = log.since(origin.position, nowMs);
      if (!recovered) return null;
      return {
        ...origin.position,
        recovered: false,
        ...why,
        snapshot: origin.snapshot,
        following: this.batch(topic, origin.position, messages),
      };
    }
    if (position && asked.recovered) {
      const following = this.batch(topic, position, asked.messages);
      return { ...asked.position, recovered: true, following };
    }
    if (policy.snapshot) return null;
    const following = new FrameBatch([]);
    const snapshot = definition.mode === 'latest' ? { snapshot: { messages: this.values(topic) } } : {};
    return { ...asked.position, recovered: false, ...why, ...snapshot, following };
  }

  private batch(topic: OpenTopic, from: Position, messages: readonly StoredMessage[]): FrameBatch {
    return this.replays.of(topic, from.offset, messages);
  }

  private values(topic: OpenTopic): TopicMessage[] {
    return this.replays.values(topic, () => topic.log.since(undefined, this.clock.monotonicMs()).messages);
  }

  private origin(topic: OpenTopic, principal: Principal): Promise<Origin> {
    const { subject, role } = principal;
    const asker = topic.policy.snapshotForAll ? [] : [subject, role];
    const key = JSON.stringify([topic.name, ...asker]);
    let reading = this.reading.get(key);
    if (!reading) {
      reading = this.read(topic, principal).finally(() => this.reading.delete(key));
      this.reading.set(key, reading);
    }
    return reading;
  }

  private async read(topic: OpenTopic, principal: Principal): Promise<Origin> {
    const { position } = topic.log;
    const messages = topic.definition.mode === 'latest' ? { messages: this.values(topic) } : {};
    try {
      const state = await withDeadline(
        Promise.resolve(topic.policy.snapshot?.(topic.name, principal)),
        SNAPSHOT_DEADLINE_MS,
        () => new Error(`no answer within ${SNAPSHOT_DEADLINE_MS} ms`),
      );
      return { position, snapshot: { ...messages, state } };
    } catch (cause) {
      throw overloaded(`The state of topic "${topic.name}" could not be read; try again shortly.`, cause);
    }
  }

  private open(name: string): OpenTopic {
    const topic = this.store.open(name, this.clock.monotonicMs());
    if (!topic) {
      throw new FleetdeckError('OVERLOADED', 'Too many topics are in use; try again later.', {
        retryAfterSeconds: 5,
      });
    }
    return topic;
  }
}

function overloaded(message: string, cause?: unknown): FleetdeckError {
  return new FleetdeckError('OVERLOADED', message, {
    retryAfterSeconds: 1,
    ...(cause === undefined ? {} : { cause: messageOf(cause) }),
  });
}
