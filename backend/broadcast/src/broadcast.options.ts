import type { IncomingMessage } from 'node:http';
import { fleetdeckTopics, SOCKET_PATH, type TopicMap } from '@fleetdeck/dto';
import type { ModuleHttpOptions } from '@fleetdeck/kernel';
import { resolvePolicies, within, type ResolvedPolicy, type TopicPolicy } from './topic/topic-policy.ts';
import { resolveRedis, type RedisOptions, type ResolvedRedisOptions } from './redis/redis.options.ts';
import type { FanOut } from './wire/client-wire.ts';

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
  /** Bytes that may wait for one client before the `slow` policy of a topic holds for it. @default 1048576 */
  maxBufferedBytesPerClient?: number;
  /** How often one client may use each verb, a second on average. @default 20 */
  verbsPerSecond?: number;
  /** How long before a token ends its client is told to send another, in milliseconds. @default 60000 */
  tokenNoticeMs?: number;
  /** How long after a token has ended its client may still send another, in milliseconds. @default 10000 */
  tokenGraceMs?: number;
  /**
   * `direct` writes each message straight to the sockets that are idle, which costs about two thirds of what `stock`
   * costs; `stock` leaves all writing to socket.io. A version of socket.io that is made otherwise than expected gets
   * `stock` in any case, and the log says so. @default 'direct'
   */
  fanout?: FanOut;
  /** On shutdown, clients are told to come back at a random moment of this window, in milliseconds. @default 2000 */
  drainWindowMs?: number;
  /**
   * Shares the topics with other nodes through this Redis; needs the package `redis`. Without it topics are kept in
   * this process.
   */
  redis?: RedisOptions;
}

/** How `BroadcastModule` is put into an application; beside the options, also in `forRootAsync`. */
export interface BroadcastModuleExtras {
  /** Where `GET <prefix>/:topic` is served; `false` serves none. @default { prefix: 'api/v1/topics' } */
  http?: ModuleHttpOptions;
  /** @default true */
  isGlobal?: boolean;
}

/** {@link BroadcastOptions} with every default filled in. */
export interface ResolvedBroadcastOptions extends Required<
  Omit<BroadcastOptions, 'policies' | 'allowRequest' | 'redis'>
> {
  policies: Readonly<Record<string, ResolvedPolicy>>;
  allowRequest: BroadcastOptions['allowRequest'];
  redis: ResolvedRedisOptions | undefined;
}

/** Injection token of the {@link ResolvedBroadcastOptions}. */
export const BROADCAST_OPTIONS = Symbol.for('@fleetdeck/broadcast/BROADCAST_OPTIONS');

/** Policies for the topics that Fleetdeck's own modules publish; a story team adds those of its own topics. */
export const fleetdeckPolicies = {
  system: { leastRole: 'viewer' },
  // Thousands of series may change together: each value of its own would be a write of its own to every page.
  'metrics.*': { leastRole: 'viewer', coalesceMs: 20 },
  health: { leastRole: 'viewer' },
  alerts: { leastRole: 'viewer' },
  'operations.*': { leastRole: 'viewer' },
} as const satisfies Record<keyof typeof fleetdeckTopics, TopicPolicy>;

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
    tokenNoticeMs: atLeastOne('tokenNoticeMs', options.tokenNoticeMs, 60_000),
    tokenGraceMs: atLeastOne('tokenGraceMs', options.tokenGraceMs, 10_000),
    fanout: options.fanout ?? 'direct',
    drainWindowMs: atLeastOne('drainWindowMs', options.drainWindowMs, 2_000),
    redis: options.redis && resolveRedis(options.redis),
  };
}

function checkedPath(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (!/^\/[^?#\s]+$/.test(trimmed)) {
    throw new RangeError(`path is "${path}"; give an absolute path such as "/ws/platform".`);
  }
  return trimmed;
}

function atLeastOne(name: string, value: number | undefined, fallback: number): number {
  return within(name, value ?? fallback, 1, Number.MAX_SAFE_INTEGER);
}

function sameHost(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
