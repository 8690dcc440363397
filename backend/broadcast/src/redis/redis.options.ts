import { within } from '../topic/topic-policy.ts';

/** How the nodes of one portal share their topics over Redis. */
export interface RedisOptions {
  /**
   * `redis://user:password@host:6379/0`, or `rediss://` for TLS. One plain Redis, 6.2 or later; nothing in it needs to
   * be persistent. Never logged.
   */
  url: string;
  /**
   * Begins the name of every key and channel; nodes with the same prefix are one portal. At most 64 letters, digits
   * and `:._-`.
   * @default 'fleetdeck:'
   */
  prefix?: string;
  /**
   * How long what is published waits for a Redis that does not answer, in milliseconds; after it each node goes on for
   * its own clients. @default 2000
   */
  graceMs?: number;
  /** How long Redis may take for one command, in milliseconds. @default 1000 */
  commandTimeoutMs?: number;
  /** Messages that may wait to be numbered by Redis; one above is dropped, counted and declared. @default 20000 */
  maxUnconfirmed?: number;
  /** Bytes of their payloads. @default 33554432 */
  maxUnconfirmedBytes?: number;
}

/** {@link RedisOptions} with every default filled in. */
export type ResolvedRedisOptions = Required<RedisOptions>;

/**
 * Fills in the defaults.
 * @throws RangeError with a sentence naming the option, without the address: it may hold a password
 */
export function resolveRedis(options: RedisOptions): ResolvedRedisOptions {
  const { url, prefix = 'fleetdeck:' } = options;
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
    throw new RangeError('redis.url is not an address such as "redis://host:6379"; correct it.');
  }
  if (!/^[\w:.-]{1,64}$/.test(prefix)) {
    throw new RangeError(
      `redis.prefix is "${prefix}"; give at most 64 letters, digits and ":._-", such as "portal:".`,
    );
  }
  const atLeastOne = (name: keyof RedisOptions, value: number): number =>
    within(`redis.${name}`, value, 1, Number.MAX_SAFE_INTEGER);
  return {
    url,
    prefix,
    graceMs: within('redis.graceMs', options.graceMs ?? 2000, 0, 60_000),
    commandTimeoutMs: within('redis.commandTimeoutMs', options.commandTimeoutMs ?? 1000, 10, 60_000),
    maxUnconfirmed: atLeastOne('maxUnconfirmed', options.maxUnconfirmed ?? 20_000),
    maxUnconfirmedBytes: atLeastOne('maxUnconfirmedBytes', options.maxUnconfirmedBytes ?? 33_554_432),
  };
}
