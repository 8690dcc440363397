import { FleetdeckError } from '@fleetdeck/kernel';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { requireDecodable, requireMethod } from './given.ts';
import { REMOTE } from './remote.ts';
import { talk, wireTarget, type Wire } from './wire.ts';

/** What {@link redisHealth} needs of a client: those of `redis` and `ioredis` have it. */
export interface RedisPing {
  ping(): Promise<unknown>;
}

/** Options of {@link redisHealth}. */
export interface RedisHealthOptions extends HealthCheckOptions {
  /** @default 'redis' */
  name?: string;
}

/**
 * Asks Redis for a PONG: through the client that the service uses, or by an address (`redis://` or `rediss://`, with
 * user and password where it needs them), over a connection of its own that ends with the check. Degraded when the
 * answer takes over 100 ms, until it takes under 50 ms again. Critical by default.
 * Two bad or two good answers in a row count by default, not one.
 *
 * @throws FleetdeckError `INVALID_INPUT` when the address is not one of Redis, or a client is missing
 * @example
 * redisHealth('redis://127.0.0.1:6379', { criticality: 'optional' })
 */
export function redisHealth(
  redis: string | RedisPing,
  { name = 'redis', ...options }: RedisHealthOptions = {},
): HealthCheckContributor {
  if (typeof redis !== 'string') {
    const remedy = 'Give it an address, redis://host:port, or a client; in forRootAsync() name it in inject.';
    requireMethod('redisHealth', 'redis', redis, 'ping', remedy);
  }
  const ask = typeof redis === 'string' ? byAddress(redis) : () => redis.ping();
  return {
    healthName: name,
    healthOptions: { ...REMOTE, latency: { degradedAboveMs: 100, recoverBelowMs: 50 }, ...options },
    async checkHealth(signal) {
      const said = await ask(signal);
      if (said === 'PONG') return { status: 'healthy' };
      return { status: 'critical', reason: `It answers PING with "${String(said)}".` };
    },
  };
}

function byAddress(address: string): (signal: AbortSignal) => Promise<string> {
  const url = parseUrl(address);
  const target = wireTarget(url, ['redis', 'rediss'], [6379, 6379]);
  requireDecodable('redisHealth', 'the address', url.username, url.password);
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  return (signal) =>
    talk(target, signal, async (wire) => {
      if (password !== '') {
        wire.write(command('AUTH', ...(user === '' ? [password] : [user, password])));
        await reply(wire);
      }
      wire.write(command('PING'));
      return reply(wire);
    });
}

function parseUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url && /^rediss?:$/.test(url.protocol) && url.hostname !== '') return url;
  // The address is not repeated: it may hold a password.
  throw new FleetdeckError(
    'INVALID_INPUT',
    'redisHealth: the address must read redis://host:port or rediss://host:port.',
  );
}

/** A command as Redis reads it: as an array of strings with their lengths, so that no word needs escaping. */
function command(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

async function reply(wire: Wire): Promise<string> {
  const line = await wire.line();
  if (line.startsWith('-')) throw new Error(`It refuses: ${line.slice(1)}`);
  return line.slice(1);
}
