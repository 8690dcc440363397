import type { IncomingMessage } from 'node:http';
import { fleetdeckTopics, SOCKET_PATH, type Role, type TopicMap } from '@fleetdeck/dto';
import type { HistoryLimits } from './topic/topic-log.ts';
import type { ResolvedPolicy } from './topic/topic-store.ts';

/** Who may subscribe to the topics of one pattern, and how much of them is kept. */
export interface TopicPolicy {
  /** The least role that may subscribe. */
  leastRole: Role;
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
}

/** Options of `BroadcastModule`. */
export interface BroadcastOptions {
  /** What is published, by name pattern. @default fleetdeckTopics */
  topics?: TopicMap;
  /**
   * A policy for each pattern of `topics`; a topic without one is refused at start.
   * @default fleetdeckPolicies
   */
  policies?: Readonly<Record<string, TopicPolicy>>;
  /** The whole path of the socket, the service's base path included. @default '/ws/platform' */
  path?: string;
  /**
   * Whether a page of `origin` may connect to `host` (the two headers; `undefined` when absent).
   * @default pages of the same host, and callers that send no Origin
   */
  allowOrigin?: (origin: string | undefined, host: string | undefined) => boolean;
  /**
   * A further check before the upgrade. A string refuses with that sentence, a thrown `FleetdeckError` with its
   * code.
   */
  allowRequest?: (request: IncomingMessage) => boolean | string | Promise<boolean | string>;
  /**
   * The address by which unauthenticated sockets are counted; behind a proxy, take it from the header that the
   * proxy sets.
   * @default the address of the TCP connection
   */
  clientAddress?: (request: IncomingMessage) => string;
  /** How often the server asks each client for a sign of life, in milliseconds. @default 10000 */
  heartbeatIntervalMs?: number;
  /** How long it waits for that sign, in milliseconds. @default 8000 */
  heartbeatTimeoutMs?: number;
  /** Topics that one client may hold. @default 200 */
  maxSubscriptionsPerClient?: number;
  /** Sockets of one address that are not signed in yet. @default 50 */
  maxUnauthenticatedPerAddress?: number;
  /** Bytes that may wait for one client before it is disconnected to come back. @default 1048576 */
  maxBufferedBytesPerClient?: number;
  /** What one client may ask, a second on average. @default 20 */
  verbsPerSecond?: number;
  /** On shutdown, clients are told to come back at a random moment of this window, in milliseconds. @default 2000 */
  drainWindowMs?: number;
}

/** {@link BroadcastOptions} with every default filled in. */
export interface ResolvedBroadcastOptions extends Required<
  Omit<BroadcastOptions, 'policies' | 'allowRequest'>
> {
  policies: Readonly<Record<string, ResolvedPolicy>>;
  allowRequest: BroadcastOptions['allowRequest'];
}

/** Injection token of the {@link ResolvedBroadcastOptions}. */
export const BROADCAST_OPTIONS = Symbol.for('@fleetdeck/broadcast/BROADCAST_OPTIONS');

/** Policies for the topics that Fleetdeck's own modules publish; a story team adds those of its own topics. */
export const fleetdeckPolicies = {
  system: { leastRole: 'viewer' },
  'metrics.*': { leastRole: 'viewer' },
  health: { leastRole: 'viewer' },
  'operations.*': { leastRole: 'viewer' },
} as const satisfies Record<keyof typeof fleetdeckTopics, TopicPolicy>;

const DEFAULT_HISTORY: HistoryLimits = { count: 1000, bytes: 1_048_576, ageMs: 600_000 };

/**
 * Fills in the defaults.
 * @throws RangeError with a sentence naming the option, or the topic without a policy
 */
export function resolveOptions(options: BroadcastOptions): ResolvedBroadcastOptions {
  const topics = options.topics ?? fleetdeckTopics;
  return {
    topics,
    policies: resolvePolicies(topics, options.policies ?? fleetdeckPolicies),
    path: checkedPath(options.path ?? SOCKET_PATH),
    allowOrigin: options.allowOrigin ?? sameHost,
    allowRequest: options.allowRequest,
    clientAddress: options.clientAddress ?? ((request) => request.socket.remoteAddress ?? 'unknown'),
    heartbeatIntervalMs: atLeastOne('heartbeatIntervalMs', options.heartbeatIntervalMs, 10_000),
    heartbeatTimeoutMs: atLeastOne('heartbeatTimeoutMs', options.heartbeatTimeoutMs, 8_000),
    maxSubscriptionsPerClient: atLeastOne(
      'maxSubscriptionsPerClient',
      options.maxSubscriptionsPerClient,
      200,
    ),
    maxUnauthenticatedPerAddress: atLeastOne(
      'maxUnauthenticatedPerAddress',
      options.maxUnauthenticatedPerAddress,
      50,
    ),
    maxBufferedBytesPerClient: atLeastOne(
      'maxBufferedBytesPerClient',
      options.maxBufferedBytesPerClient,
      1_048_576,
    ),
    verbsPerSecond: atLeastOne('verbsPerSecond', options.verbsPerSecond, 20),
    drainWindowMs: atLeastOne('drainWindowMs', options.drainWindowMs, 2_000),
  };
}

function resolvePolicies(
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
    Object.keys(topics).map((pattern) => {
      const policy = Object.hasOwn(policies, pattern) ? policies[pattern] : undefined;
      if (!policy) {
        throw new RangeError(
          `Topic "${pattern}" has no policy; add policies["${pattern}"] with the least role that may subscribe.`,
        );
      }
      const history = { ...DEFAULT_HISTORY, ...policy.history };
      for (const [name, value] of Object.entries(history)) {
        atLeastOne(`policies["${pattern}"].history.${name}`, value, 1);
      }
      return [pattern, { leastRole: policy.leastRole, history }];
    }),
  );
}

function checkedPath(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (!/^\/[^?#\s]+$/.test(trimmed)) {
    throw new RangeError(`path is "${path}"; give an absolute path such as "/ws/platform".`);
  }
  return trimmed;
}

function atLeastOne(name: string, value: number | undefined, fallback: number): number {
  const chosen = value ?? fallback;
  if (!Number.isFinite(chosen) || chosen < 1) {
    throw new RangeError(`${name} is ${String(value)}; give a number from 1 up.`);
  }
  return chosen;
}

function sameHost(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
