import { request, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { FleetdeckError } from '@fleetdeck/kernel';
import { withoutCredentials } from '../check/credentials.ts';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { requireGiven } from './given.ts';

/** Options of {@link dockerHealth}. */
export interface DockerHealthOptions extends HealthCheckOptions {
  /** @default 'docker' */
  name?: string;
  /**
   * Where the daemon listens: `unix:///path`, `tcp://host:port`, `http://host:port` or `https://host:port`.
   * @default `DOCKER_HOST`, else `unix:///var/run/docker.sock`
   */
  host?: string;
}

/**
 * Asks the Docker daemon for a sign of life (`GET /_ping`), over its socket and without a client library. Degraded when
 * that takes over 500 ms, until it takes under 300 ms again. Critical by default.
 *
 * @throws FleetdeckError `INVALID_INPUT` when the address is none of these
 */
export function dockerHealth({
  name = 'docker',
  host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock',
  ...options
}: DockerHealthOptions = {}): HealthCheckContributor {
  requireGiven('dockerHealth', 'host', host, 'Give it unix:///path or tcp://host:port, or leave it out.');
  const target = targetOf(host);
  return {
    healthName: name,
    healthOptions: { latency: { degradedAboveMs: 500, recoverBelowMs: 300 }, ...options },
    async checkHealth(signal) {
      const { statusCode, headers } = await ping(target, signal);
      if (statusCode !== 200) {
        return { status: 'critical', reason: `The daemon answers ${statusCode ?? 'nothing'} to a ping.` };
      }
      return { status: 'healthy', details: { apiVersion: String(headers['api-version'] ?? '') } };
    },
  };
}

type Target = { socketPath: string } | { host: string; port: number; tls: boolean };

function targetOf(address: string): Target {
  const unix = /^unix:\/\/(\/.+)$/.exec(address);
  if (unix?.[1]) return { socketPath: unix[1] };
  const url = /^(?:tcp|https?):\/\//.test(address) && URL.canParse(address) ? new URL(address) : null;
  const tls = url?.protocol === 'https:';
  if (url?.hostname) return { host: url.hostname, port: Number(url.port || (tls ? 2376 : 2375)), tls };
  throw new FleetdeckError(
    'INVALID_INPUT',
    `dockerHealth: host (or DOCKER_HOST) must read unix:///path or tcp://host:port, not "${withoutCredentials(address)}".`,
  );
}

function ping(target: Target, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const ask = 'tls' in target && target.tls ? requestTls : request;
    const asked = ask({ ...target, path: '/_ping', signal, agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer));
      answer.once('error', reject);
    });
    asked.once('error', reject);
    asked.end();
  });
}
