import type { Role, TopicMap } from '@fleetdeck/dto';
import type { Principal } from '@fleetdeck/kernel';
import type { HistoryLimits } from './topic-log.ts';

/**
 * What happens on a topic to a client that does not keep up.
 * - `conflate`: it gets the last value of each key once it reads again; only for `latest` topics
 * - `reset`: the topic starts over for it once it reads again
 * - `disconnect`: it is disconnected, and comes back by its positions
 */
export type SlowPolicy = 'conflate' | 'reset' | 'disconnect';

/** Who may subscribe to the topics of one pattern, how much of them is kept and how they are sent. */
export interface TopicPolicy {
  /** The least role that may subscribe. */
  leastRole: Role;
  /**
   * A further rule. Its answer holds for a client until its token changes or `Broadcaster.revoke` names it. A throw
   * or no answer within 5 seconds refuses.
   */
  authorize?: (principal: Principal, topic: string) => boolean | Promise<boolean>;
  /**
   * How much of a `log` topic is kept for clients that come back; whichever bound is reached first. `ageMs` is also
   * after how long a topic of either mode is forgotten when it had neither subscriber nor publisher.
   */
  history?: {
    /** Messages. @default 1000 */
    count?: number;
    /** Bytes of their payloads as JSON. @default 1048576 */
    bytes?: number;
    /** Milliseconds. @default 600000 */
    ageMs?: number;
  };
  /**
   * Reads the state that a client starts from. The topic's position is captured before it is asked, and what was
   * published meanwhile follows the answer. It has 5 seconds. Clients of one subject and role that start at once
   * share one answer.
   */
  snapshot?: (topic: string, principal: Principal) => Promise<unknown>;
  /**
   * Whether `snapshot` answers everyone alike: then all clients that start at once share one answer, which was read
   * for the principal of the first. @default false
   */
  snapshotForAll?: boolean;
  /**
   * Messages that follow another within this time are written together, 0 to 50 milliseconds; the first goes at once.
   * Of a `latest` topic only the last value of each key is sent. @default 0
   */
  coalesceMs?: number;
  /**
   * How many times a second each client is written to at most: a busier topic is coalesced as by a longer
   * `coalesceMs`. No message of a `log` topic is left out. @default no limit
   */
  rate?: number;
  /** @default 'conflate' for `latest` topics, 'reset' for `log` topics */
  slow?: SlowPolicy;
}

/** A {@link TopicPolicy} with every default filled in. */
export interface ResolvedPolicy {
  leastRole: Role;
  authorize?: TopicPolicy['authorize'];
  history: HistoryLimits;
  snapshot?: TopicPolicy['snapshot'];
  snapshotForAll: boolean;
  /** The coalescing window that `coalesceMs` and `rate` make, in milliseconds. */
  windowMs: number;
  slow: SlowPolicy;
}

const DEFAULT_HISTORY: HistoryLimits = { count: 1000, bytes: 1_048_576, ageMs: 600_000 };
const MAX_COALESCE_MS = 50;
const MIN_RATE = 0.1;

/**
 * Fills in the defaults of each topic's policy.
 * @throws RangeError with a sentence naming the topic without a policy, or the field
 */
export function resolvePolicies(
  topics: TopicMap,
  policies: Readonly<Record<string, TopicPolicy>>,
): Record<string, ResolvedPolicy> {
  for (const pattern of Object.keys(policies)) {
    if (!Object.hasOwn(topics, pattern)) {
      throw new RangeError(
        `policies names "${pattern}", which is not one of topics; declare the topic or take the policy away.`,
      );
    }
  }
  return Object.fromEntries(
    Object.entries(topics).map(([pattern, { mode }]) => {
      const policy = Object.hasOwn(policies, pattern) ? policies[pattern] : undefined;
      if (!policy) {
        throw new RangeError(
          `Topic "${pattern}" has no policy; add policies["${pattern}"] with the least role that may subscribe.`,
        );
      }
      return [pattern, resolvePolicy(`policies["${pattern}"]`, policy, mode)];
    }),
  );
}

function resolvePolicy(where: string, policy: TopicPolicy, mode: 'log' | 'latest'): ResolvedPolicy {
  const history = { ...DEFAULT_HISTORY, ...policy.history };
  for (const [name, value] of Object.entries(history)) within(`${where}.history.${name}`, value, 1);
  const coalesceMs = within(`${where}.coalesceMs`, policy.coalesceMs ?? 0, 0, MAX_COALESCE_MS);
  const rate = within(`${where}.rate`, policy.rate ?? Number.MAX_VALUE, MIN_RATE);
  const slow = policy.slow ?? (mode === 'latest' ? 'conflate' : 'reset');
  if (slow === 'conflate' && mode === 'log') {
    throw new RangeError(
      `${where}.slow is "conflate", but the topic keeps a log, which has no holes; give "reset" or "disconnect".`,
    );
  }
  return {
    leastRole: policy.leastRole,
    authorize: policy.authorize,
    history,
    snapshot: policy.snapshot,
    snapshotForAll: policy.snapshotForAll ?? false,
    windowMs: Math.max(coalesceMs, Math.floor(1000 / rate)),
    slow,
  };
}

/**
 * Checks a number.
 * @throws RangeError with a sentence naming it
 */
export function within(name: string, value: number, least: number, most = Number.MAX_VALUE): number {
  if (Number.isNaN(value) || value < least || value > most) {
    const range = most === Number.MAX_VALUE ? `from ${least} up` : `from ${least} to ${most}`;
    throw new RangeError(`${name} is ${String(value)}; give a number ${range}.`);
  }
  return value;
}
