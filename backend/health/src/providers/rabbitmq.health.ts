import { FleetdeckError } from '@fleetdeck/kernel';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { openAmqp } from './amqp.ts';
import { requireDecodable, requireGiven } from './given.ts';
import { REMOTE } from './remote.ts';

/** Options of {@link rabbitmqHealth}. */
export interface RabbitmqHealthOptions extends HealthCheckOptions {
  /** @default 'rabbitmq' */
  name?: string;
  /**
   * Address of the management API, as `http://user:password@127.0.0.1:15672`; then alarms for memory and disk, which
   * block publishers, make it degraded. @default none
   */
  managementUrl?: string;
}

/**
 * Signs in to RabbitMQ and opens the virtual host, as every client does, then leaves: no queue is declared and no
 * channel opened. The address reads `amqp://user:password@host:port/vhost`, or `amqps://`. Degraded when that takes over
 * 500 ms, until it takes under 300 ms again. Critical by default.
 * Two bad or two good answers in a row count by default, not one.
 *
 * @throws FleetdeckError `INVALID_INPUT` when an address is missing or not valid
 * @example
 * rabbitmqHealth('amqp://portal:secret@broker/', { criticality: 'optional', intervalMs: 30_000 })
 */
export function rabbitmqHealth(
  address: string,
  { name = 'rabbitmq', managementUrl, ...options }: RabbitmqHealthOptions = {},
): HealthCheckContributor {
  const remedy = 'Give it amqp://host/vhost, or leave the check out where there is no broker.';
  requireGiven('rabbitmqHealth', 'the address', address, remedy);
  const url = parseUrl(address, 'the address', /^amqps?:$/, 'amqp://host/vhost or amqps://host/vhost');
  const management =
    managementUrl === undefined
      ? null
      : parseUrl(managementUrl, 'managementUrl', /^https?:$/, 'http://host:15672 or https://host:15671');
  return {
    healthName: name,
    healthOptions: { ...REMOTE, latency: { degradedAboveMs: 500, recoverBelowMs: 300 }, ...options },
    async checkHealth(signal) {
      const { product, version } = await openAmqp(url, signal);
      const alarm = management && (await alarmOf(management, signal));
      return {
        ...(alarm ? { status: 'degraded', reason: alarm } : { status: 'healthy' }),
        details: { product, version },
      };
    },
  };
}

/** RabbitMQ answers 503 while an alarm for memory or disk is in effect anywhere in the cluster. */
async function alarmOf(management: URL, signal: AbortSignal): Promise<string | null> {
  const url = new URL(`${management.pathname.replace(/\/$/, '')}/api/health/checks/alarms`, management);
  const headers: Record<string, string> = {};
  if (url.username !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
    url.username = url.password = '';
  }
  let answer: Response;
  try {
    answer = await fetch(url, { signal, headers, redirect: 'manual' });
    await answer.body?.cancel();
  } catch {
    // The broker itself has answered.
    return 'The management API cannot be reached, so alarms are not known.';
  }
  if (answer.status === 503) return 'An alarm for memory or disk is in effect, so publishers are blocked.';
  return answer.ok ? null : `The management API answers ${answer.status}, so alarms are not known.`;
}

function parseUrl(address: string, what: string, schemes: RegExp, expected: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url && schemes.test(url.protocol) && url.hostname !== '') {
    requireDecodable('rabbitmqHealth', what, url.username, url.password, url.pathname);
    return url;
  }
  // The address is not repeated: it may hold a password.
  throw new FleetdeckError('INVALID_INPUT', `rabbitmqHealth: ${what} must read ${expected}.`);
}
