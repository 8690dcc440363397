import type { AlertUpdate } from './alerts.ts';
import type { HealthUpdate } from './health.ts';
import type { MetricLive } from './metrics.ts';
import type { StatusTracking } from './tracking.ts';

/**
 * What a topic keeps: `log` every message in order, `latest` the last value of each key.
 */
export type TopicMode = 'log' | 'latest';

/** What one topic, or one family of topics, carries. Both ends share it. */
export interface TopicDefinition<T = unknown> {
  readonly mode: TopicMode;
  /** Field of the payload that tells the values of a `latest` topic apart; one value when left out. */
  readonly key?: string;
  /**
   * A value of a `latest` topic that was not published again for so long is dropped with the next message, in
   * milliseconds: for keys that end without a word, such as those of a replica that was killed. @default kept
   */
  readonly forgetAfterMs?: number;
  /** How often a message is due on a topic that has a beat; a topic without one is never stale by silence. */
  readonly expectedEveryMs?: number;
  /** Only for the compiler: carries the payload's type. */
  readonly payload?: T;
}

/** Topic names, with `*` for one dotted part, and what they carry. */
export type TopicMap = Readonly<Record<string, TopicDefinition>>;

/** The payload of a definition. */
export type PayloadOf<D> = D extends TopicDefinition<infer T> ? T : never;

/** Concrete names that a pattern allows: `metrics.*` becomes `metrics.${string}`. */
export type TopicNameOf<P extends string> = P extends `${infer Head}*${infer Tail}`
  ? `${Head}${string}${TopicNameOf<Tail>}`
  : P;

/** Concrete names of all topics of a map. */
export type TopicNames<M extends TopicMap> = TopicNameOf<Extract<keyof M, string>>;

/** The payload of a concrete topic name. */
export type TopicPayload<M extends TopicMap, N extends string> = {
  [P in Extract<keyof M, string>]: N extends TopicNameOf<P> ? PayloadOf<M[P]> : never;
}[Extract<keyof M, string>];

/** Declares one topic with its payload's type. */
export function topic<T>(definition: Omit<TopicDefinition<T>, 'payload'>): TopicDefinition<T> {
  return definition;
}

const PATTERN = /^(?:[a-z][a-zA-Z0-9_-]*|\*)(?:\.(?:[a-zA-Z0-9_:-]+|\*))*$/;
/** The longest topic name that is accepted. */
export const MAX_TOPIC_LENGTH = 256;
const NAME = /^[a-z][a-zA-Z0-9_-]*(?:\.[a-zA-Z0-9_:-]+)*$/;

/**
 * Declares the topics of a portal, for both ends: the gateway, the authoriser and the hooks take names and types
 * from it. A story team adds its own to Fleetdeck's.
 *
 * @example
 * const topics = defineTopics({ ...fleetdeckTopics, 'orders.*': topic<Order>({ mode: 'latest', key: 'id' }) });
 * @throws RangeError when a pattern is not a dotted name with `*` for whole parts, a `log` topic names a key or is to
 * forget values, or `forgetAfterMs` is not above 0
 */
export function defineTopics<const M extends TopicMap>(topics: M): M {
  for (const [pattern, definition] of Object.entries(topics)) {
    if (pattern.length > MAX_TOPIC_LENGTH || !PATTERN.test(pattern)) {
      throw new RangeError(
        `Topic "${pattern}" is not a dotted name such as "orders" or "orders.*", with * for one whole part.`,
      );
    }
    if (definition.mode === 'log' && definition.key !== undefined) {
      throw new RangeError(
        `Topic "${pattern}" keeps a log, so it takes no key; use mode "latest" for one value a key.`,
      );
    }
    const { forgetAfterMs } = definition;
    if (forgetAfterMs !== undefined && (definition.mode === 'log' || !(forgetAfterMs > 0))) {
      throw new RangeError(
        `Topic "${pattern}" has forgetAfterMs ${forgetAfterMs}; give milliseconds above 0, and only to a topic of mode "latest".`,
      );
    }
  }
  return topics;
}

/** Whether a string can be the name of a topic at all. */
export function isTopicName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TOPIC_LENGTH && NAME.test(value);
}

/** The pattern of a map that a concrete name belongs to; an exact name wins over one with `*`. */
export function matchTopic<M extends TopicMap>(topics: M, name: string): Extract<keyof M, string> | null {
  if (!isTopicName(name)) return null;
  if (Object.hasOwn(topics, name)) return name as Extract<keyof M, string>;
  const parts = name.split('.');
  for (const pattern of Object.keys(topics)) {
    const wanted = pattern.split('.');
    if (wanted.length === parts.length && wanted.every((part, i) => part === '*' || part === parts[i])) {
      return pattern as Extract<keyof M, string>;
    }
  }
  return null;
}

/** A notice to everyone. */
export interface SystemNotice {
  level: 'info' | 'warning' | 'critical';
  text: string;
}

/** The topics that Fleetdeck's own modules publish. Checked by a test, so that browsers need not load the check. */
export const fleetdeckTopics = {
  system: topic<SystemNotice>({ mode: 'log' }),
  'metrics.*': topic<MetricLive>({ mode: 'latest', key: 'labels' }),
  health: topic<HealthUpdate>({ mode: 'latest', key: 'id', forgetAfterMs: 300_000 }),
  alerts: topic<AlertUpdate>({ mode: 'log' }),
  'operations.*': topic<StatusTracking>({ mode: 'latest' }),
} as const satisfies TopicMap;
