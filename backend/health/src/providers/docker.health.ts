import { request, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { FleetdeckError, messageOf } from '@fleetdeck/kernel';
import { withoutCredentials } from '../check/credentials.ts';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { requireGiven } from './given.ts';
import { REMOTE } from './remote.ts';

/** Options of {@link dockerHealth}. */
export interface DockerHealthOptions extends HealthCheckOptions {
  /** @default 'docker' */
  name?: string;
  /**
   * Where the daemon listens: `unix:///path`, `tcp://host:port`, `http://host:port` or `https://host:port`.
   * @default `DOCKER_HOST`, else `unix:///var/run/docker.sock`
   */
  host?: string;
  /**
   * What the daemon's certificate is signed by, as PEM. With `ca` or `cert` a `tcp://` address speaks TLS.
   * @default `ca.pem` in the folder `DOCKER_CERT_PATH`, else what Node trusts
   */
  ca?: string | Buffer;
  /** The client's certificate, as PEM. @default `cert.pem` in the folder `DOCKER_CERT_PATH`, else none */
  cert?: string | Buffer;
  /** The key of `cert`, as PEM. @default `key.pem` in the folder `DOCKER_CERT_PATH`, else none */
  key?: string | Buffer;
}

/**
 * Asks the Docker daemon for a sign of life (`GET /_ping`), over its socket and without a client library. Degraded when
 * that takes over 500 ms, until it takes under 300 ms again. Critical by default.
 * Two bad or two good answers in a row count by default, not one.
 *
 * A daemon on TCP that wants TLS is known as the Docker command knows it: by `DOCKER_TLS_VERIFY`, and by the certificates in
 * the folder `DOCKER_CERT_PATH`, which are read once; or by `ca`, `cert` and `key`.
 *
 * @throws FleetdeckError `INVALID_INPUT` when the address is none of these, or a certificate cannot be read or used
 */
export function dockerHealth({
  name = 'docker',
  host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock',
  ca,
  cert,
  key,
  ...options
}: DockerHealthOptions = {}): HealthCheckContributor {
  requireGiven('dockerHealth', 'host', host, 'Give it unix:///path or tcp://host:port, or leave it out.');
  const target = targetOf(host, { ca, cert, key });
  return {
    healthName: name,
    healthOptions: { ...REMOTE, latency: { degradedAboveMs: 500, recoverBelowMs: 300 }, ...options },
    async checkHealth(signal) {
      const { statusCode, headers } = await ping(target, signal);
      if (statusCode !== 200) {
        return { status: 'critical', reason: `The daemon answers ${statusCode ?? 'nothing'} to a ping.` };
      }
      return { status: 'healthy', details: { apiVersion: String(headers['api-version'] ?? '') } };
    },
  };
}

type Certificates = Pick<DockerHealthOptions, 'ca' | 'cert' | 'key'>;

type Target = { socketPath: string } | { host: string; port: number; secureContext?: SecureContext };

function targetOf(address: string, given: Certificates): Target {
  const unix = /^unix:\/\/(\/.+)$/.exec(address);
  if (unix?.[1]) return { socketPath: unix[1] };
  const url = /^(?:tcp|https?):\/\//.test(address) && URL.canParse(address) ? new URL(address) : null;
  if (url?.hostname) {
    const certificates = url.protocol === 'http:' ? null : certificatesOf(given);
    const tls =
      url.protocol === 'https:' || certificates !== null || Boolean(process.env['DOCKER_TLS_VERIFY']);
    // An IPv6 address stands in brackets in a URL, and without them in a socket.
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (url.protocol === 'http:' || !tls) return { host, port: Number(url.port || 2375) };
    return { host, port: Number(url.port || 2376), secureContext: contextOf(certificates ?? {}) };
  }
  throw new FleetdeckError(
    'INVALID_INPUT',
    `dockerHealth: host (or DOCKER_HOST) must read unix:///path or tcp://host:port, not "${withoutCredentials(address)}".`,
  );
}

/** `null` when there are none. */
function certificatesOf({ ca, cert, key }: Certificates): Certificates | null {
  if (ca !== undefined || cert !== undefined || key !== undefined) return { ca, cert, key };
  const folder = process.env['DOCKER_CERT_PATH'];
  if (!folder) return null;
  const read = (file: string): Buffer => {
    try {
      return readFileSync(join(folder, file));
    } catch (thrown) {
      throw refusedCertificates(
        `DOCKER_CERT_PATH must be a folder with ca.pem, cert.pem and key.pem`,
        thrown,
      );
    }
  };
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}

function contextOf({ ca, cert, key }: Certificates): SecureContext {
  if ((cert === undefined) !== (key === undefined)) {
    throw refusedCertificates('cert and key belong together', 'one of them is missing');
  }
  try {
    return createSecureContext({ ca, cert, key });
  } catch (thrown) {
    throw refusedCertificates(
      'ca, cert and key (or the files in DOCKER_CERT_PATH) must be PEM that fits together',
      thrown,
    );
  }
}

function refusedCertificates(expected: string, thrown: unknown): FleetdeckError {
  return new FleetdeckError('INVALID_INPUT', `dockerHealth: ${expected}: ${messageOf(thrown)}.`);
}

function ping(target: Target, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const ask = 'secureContext' in target ? requestTls : request;
    const asked = ask({ ...target, path: '/_ping', signal, agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer));
      answer.once('error', reject);
    });
    asked.once('error', reject);
    asked.end();
  });
}
