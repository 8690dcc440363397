import type { Position, TopicMode } from '@fleetdeck/dto';
import { timeBefore } from '../topic/latest-values.ts';
import type { HistoryLimits } from '../topic/topic-log.ts';
import type { Batch } from './outbox.ts';
import { readState, storedKey, type TopicState } from './redis-messages.ts';
import type { RedisLink } from './redis-link.ts';
import { APPEND, READ } from './topic-scripts.ts';

/** A topic as its log in Redis needs to know it. */
export interface SharedTopic {
  readonly name: string;
  readonly mode: TopicMode;
  readonly history: HistoryLimits;
  /** The most keys of a `latest` topic. */
  readonly maxKeys: number;
  /** Age beyond which a value of a `latest` topic goes, in milliseconds. */
  readonly forgetAfterMs?: number | undefined;
}

/** Where a reader stands: a position and the id of the message there, empty before the first. */
export interface KnownPlace extends Position {
  id: string;
}

/** A log outlives its age by this, so that nodes with subscribers need say only now and then that they have them. */
export const SPARE_MS = 30_000;

/** The logs of topics as they are kept in Redis. */
export class SharedLog {
  private readonly prefix: string;

  constructor(
    private readonly link: RedisLink,
    /** Keys are of one database, channels of the whole server: the number goes into both. */
    { prefix, url }: { prefix: string; url: string },
    private readonly node: string,
    private readonly newEpoch: () => string,
  ) {
    const database = /^\/(\d+)$/.exec(new URL(url).pathname)?.[1] ?? '0';
    this.prefix = `${prefix}${database}:`;
  }

  /** The channel on which the news of a topic come. */
  channel(topic: string): string {
    return `${this.prefix}news:${topic}`;
  }

  /** Appends a batch, unless it is there already. */
  async append(topic: SharedTopic, { epoch, messages }: Batch): Promise<void> {
    const { count, bytes, ageMs } = topic.history;
    const newest = messages.at(-1);
    const forgottenBefore = newest ? timeBefore(newest.at, topic.forgetAfterMs) : '';
    const limits = [...[count, bytes, ageMs, topic.maxKeys].map(String), forgottenBefore];
    await this.link.script(APPEND, this.keys(topic), [
      ...this.common(topic),
      epoch,
      this.node,
      ...limits,
      ...messages.flatMap(({ sequence, key, at, json, onlyIfNewer }) => [
        String(sequence),
        storedKey(key),
        at,
        json,
        onlyIfNewer ? '1' : '0',
      ]),
    ]);
  }

  /**
   * Reads what came after a place, or everything when that is not known any more.
   * @param strict whether a place that cannot be checked counts as one that Redis never had
   */
  async read(topic: SharedTopic, from: KnownPlace, strict: boolean): Promise<TopicState> {
    const answer = await this.link.script(READ, this.keys(topic), [
      ...this.common(topic),
      this.newEpoch(),
      from.epoch,
      String(from.offset),
      from.id,
      strict ? '1' : '0',
    ]);
    return readState(answer, topic.mode);
  }

  private common(topic: SharedTopic): string[] {
    return [
      this.channel(topic.name),
      topic.mode,
      String(Math.ceil(topic.history.ageMs) + SPARE_MS),
      this.newEpoch(),
    ];
  }

  // In braces, so that a cluster keeps the three together.
  private keys({ name }: SharedTopic): string[] {
    return ['meta', 'data', 'order'].map((part) => `${this.prefix}{${name}}:${part}`);
  }
}
