import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Everything that the service reads from its environment, checked. Nothing else reads `process.env`. */
export interface Environment {
  /** 0 takes a free port. @default 3000 */
  port: number;
  /** Address to listen on. @default '127.0.0.1' */
  host: string;
  /** Whether `host` can be reached from this machine only. */
  loopback: boolean;
  /** Path below which everything is served: empty, or `/x` without a slash at its end. */
  basePath: string;
  /** What Express takes as `trust proxy`. */
  trustProxy: boolean | number | string[];
  /** How people reach the service, when that is not where it listens. */
  publicUrl: string | null;
  databaseUrl: string | null;
  redisUrl: string | null;
  amqpUrl: string | null;
  /** Management API of the same RabbitMQ, which tells of alarms. */
  rabbitmqManagementUrl: string | null;
  dockerHost: string | null;
  /** Where the embedded PostgreSQL and local secrets are kept; `null` for the default. */
  dataDir: string | null;
  logLevel: LogLevel;
  /** Name of this replica: label `node` of its own metrics. @default the machine's host name */
  nodeName: string;
  /** How long the service answers on, not ready, before it stops; at most 15 s. @default 0 */
  drainMs: number;
  jwtSecret: string | null;
  oidc: { issuer: string; audience: string; rolesClaim: string } | null;
  devToken: string | null;
  /** How messages reach sockets; `stock` switches the direct writes off. @default 'direct' */
  fanout: 'direct' | 'stock';
  /** JSON file with the rules of alerts; `null` for the service's own. */
  alertsFile: string | null;
  /** Where notices of alerts are sent beside the log. */
  alertWebhook: { url: string; secret: string } | null;
  /** Origins of pages that may call the service, beside its own. */
  allowedOrigins: string[];
}

export type LogLevel = (typeof LOG_LEVELS)[number];
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** What is wrong with the environment, one sentence for each variable. */
export class EnvironmentError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'EnvironmentError';
  }
}

type Source = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks the environment. An empty variable counts as not set.
 * @throws EnvironmentError that names every variable that is wrong, what it was and what was expected; secrets are not repeated
 */
export function readEnvironment(source: Source): Environment {
  const problems: string[] = [];
  const get = (name: string): string | null => source[name]?.trim() || null;
  const read = <T>(name: string, fallback: T, parse: (value: string) => T | string): T => {
    const value = get(name);
    if (value === null) return fallback;
    const parsed = parse(value);
    if (typeof parsed === 'string' && parsed.startsWith(WRONG)) {
      problems.push(`${name} ${parsed.slice(WRONG.length)}`);
      return fallback;
    }
    return parsed as T;
  };

  const host = read('HOST', '127.0.0.1', parseHost);
  const loopback = isLoopback(host);
  const environment: Environment = {
    port: read('PORT', 3000, parsePort),
    host,
    loopback,
    basePath: read('BASE_PATH', '', parseBasePath),
    trustProxy: read('TRUST_PROXY', false, parseTrustProxy),
    publicUrl: read('FLEETDECK_PUBLIC_URL', null, parsePublicUrl),
    databaseUrl: read(
      'DATABASE_URL',
      null,
      urlOf(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/database'),
    ),
    redisUrl: read('REDIS_URL', null, urlOf(['redis:', 'rediss:'], 'redis://host:6379')),
    amqpUrl: read('AMQP_URL', null, urlOf(['amqp:', 'amqps:'], 'amqp://user:password@host:5672')),
    rabbitmqManagementUrl: read(
      'RABBITMQ_MANAGEMENT_URL',
      null,
      urlOf(['http:', 'https:'], 'http://user:password@host:15672'),
    ),
    dockerHost: read(
      'DOCKER_HOST',
      null,
      urlOf(['unix:', 'tcp:', 'http:', 'https:'], 'unix:///var/run/docker.sock'),
    ),
    dataDir: get('FLEETDECK_DATA_DIR'),
    logLevel: read('LOG_LEVEL', 'info', parseLogLevel),
    nodeName: read('FLEETDECK_NODE_NAME', hostname(), parseNodeName),
    drainMs: read('FLEETDECK_DRAIN_MS', 0, parseDrain),
    jwtSecret: read('FLEETDECK_JWT_SECRET', null, secretOf(32)),
    oidc: null,
    devToken: read('FLEETDECK_DEV_TOKEN', null, secretOf(16)),
    alertsFile: get('FLEETDECK_ALERTS_FILE'),
    alertWebhook: null,
    fanout: read('FLEETDECK_FANOUT', 'direct', parseFanout),
    allowedOrigins: read('FLEETDECK_ALLOWED_ORIGINS', [], parseOrigins),
  };
  environment.oidc = readOidc(get, problems);
  environment.alertWebhook = readAlertWebhook(get, problems);
  checkTogether(environment, problems);
  if (problems.length > 0) throw new EnvironmentError(problems);
  return environment;
}

/** Marks the answer of a parser that refuses its value; no valid value begins with it. */
const WRONG = '\u0000';
const wrong = (sentence: string): string => WRONG + sentence;

function parsePort(value: string): number | string {
  const port = Number(value);
  if (/^\d+$/.test(value) && port <= 65_535) return port;
  return wrong(`is "${value}"; expected a whole number from 0 to 65535, where 0 takes a free port.`);
}

function parseHost(value: string): string {
  if (isIP(value) || /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,252})$/.test(value)) return value;
  return wrong(`is "${value}"; expected an address such as 127.0.0.1 or 0.0.0.0, or a host name.`);
}

function parseBasePath(value: string): string {
  const path = value.replace(/\/+$/, '');
  if (path === '' || /^(?:\/[\w.~-]+)+$/.test(path)) return path;
  return wrong(`is "${value}"; expected a path such as /ops, beginning with a slash.`);
}

function parseTrustProxy(value: string): boolean | number | string[] | string {
  if (value === 'true') return true;
  if (value === 'false') return false;
  if (/^\d{1,2}$/.test(value)) return Number(value);
  const parts = value.split(',').map((part) => part.trim());
  const named = (part: string): boolean =>
    ['loopback', 'linklocal', 'uniquelocal'].includes(part) || isIP(part.replace(/\/\d{1,3}$/, '')) !== 0;
  if (parts.every(named)) return parts;
  return wrong(
    `is "${value}"; expected true, false, the number of proxies, or a list of addresses such as 10.0.0.0/8.`,
  );
}

function parsePublicUrl(value: string): string {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value.replace(/\/+$/, '');
  return wrong(`is "${value}"; expected the address that people open, such as https://ops.example.com.`);
}

// The value is not repeated: it may hold a password.
function urlOf(protocols: readonly string[], example: string) {
  return (value: string): string =>
    URL.canParse(value) && protocols.includes(new URL(value).protocol)
      ? value
      : wrong(`is not an address of the form ${example}.`);
}

function parseLogLevel(value: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === value);
  return level ?? (wrong(`is "${value}"; expected one of ${LOG_LEVELS.join(', ')}.`) as LogLevel);
}

function parseFanout(value: string): Environment['fanout'] {
  if (value === 'direct' || value === 'stock') return value;
  return wrong(`is "${value}"; expected direct or stock.`) as Environment['fanout'];
}

function parseDrain(value: string): number | string {
  const ms = Number(value);
  // A stop may take 20 s in all.
  if (/^\d+$/.test(value) && ms <= 15_000) return ms;
  return wrong(`is "${value}"; expected a whole number of milliseconds from 0 to 15000.`);
}

function parseNodeName(value: string): string {
  return value.length <= 100
    ? value
    : wrong('is longer than 100 characters; expected a short name of this replica.');
}

function secretOf(least: number) {
  return (value: string): string =>
    value.length >= least
      ? value
      : wrong(
          `has ${value.length} characters; expected at least ${least} random ones, as \`openssl rand -base64 48\` prints.`,
        );
}

function parseOrigins(value: string): string[] | string {
  const origins = value.split(',').map((origin) => origin.trim().replace(/\/$/, ''));
  const bad = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (bad === undefined) return origins;
  return wrong(
    `holds "${bad}"; expected origins such as https://ops.example.com, separated by commas, without a path.`,
  );
}

function readOidc(get: (name: string) => string | null, problems: string[]): Environment['oidc'] {
  const issuer = get('FLEETDECK_OIDC_ISSUER');
  const audience = get('FLEETDECK_OIDC_AUDIENCE');
  const rolesClaim = get('FLEETDECK_OIDC_ROLES_CLAIM');
  if (issuer === null) {
    if (audience !== null || rolesClaim !== null) {
      problems.push(
        'FLEETDECK_OIDC_ISSUER is not set; expected the issuer that goes with the other FLEETDECK_OIDC_ variables.',
      );
    }
    return null;
  }
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))) {
    problems.push(`FLEETDECK_OIDC_ISSUER is "${issuer}"; expected an https address (http only on loopback).`);
  }
  if (audience === null) {
    problems.push(
      'FLEETDECK_OIDC_AUDIENCE is not set; expected the audience that tokens for this service carry.',
    );
    return null;
  }
  return { issuer, audience, rolesClaim: rolesClaim ?? 'roles' };
}

function readAlertWebhook(
  get: (name: string) => string | null,
  problems: string[],
): Environment['alertWebhook'] {
  const url = get('FLEETDECK_ALERT_WEBHOOK_URL');
  const secret = get('FLEETDECK_ALERT_WEBHOOK_SECRET');
  if (url === null && secret === null) return null;
  // The address is not repeated: its path often is a secret.
  if (url === null || !URL.canParse(url)) {
    problems.push(
      'FLEETDECK_ALERT_WEBHOOK_URL is no address; expected one such as https://pager.example.com/hook.',
    );
  }
  if (secret === null || secret.length < 16) {
    problems.push(
      'FLEETDECK_ALERT_WEBHOOK_SECRET is missing or short; expected at least 16 random characters, by which the receiver checks the signature.',
    );
  }
  return { url: url ?? '', secret: secret ?? '' };
}

function checkTogether(environment: Environment, problems: string[]): void {
  if (environment.rabbitmqManagementUrl !== null && environment.amqpUrl === null) {
    problems.push(
      'RABBITMQ_MANAGEMENT_URL is set without AMQP_URL; set AMQP_URL to the RabbitMQ it belongs to.',
    );
  }
  if (environment.loopback) return;
  const { host } = environment;
  if (environment.devToken !== null) {
    problems.push(
      `FLEETDECK_DEV_TOKEN is set, but HOST is ${host}, which others can reach; it makes its bearer an admin, so it is for loopback only. Unset it.`,
    );
  }
  if (environment.jwtSecret === null && environment.oidc === null) {
    problems.push(
      `HOST is ${host}, which others can reach, but nobody could sign in; set FLEETDECK_JWT_SECRET or FLEETDECK_OIDC_ISSUER.`,
    );
  }
  if (
    ['0.0.0.0', '::'].includes(host) &&
    environment.allowedOrigins.length === 0 &&
    environment.publicUrl === null
  ) {
    problems.push(
      `HOST is ${host}, so the service cannot know its own name; set FLEETDECK_ALLOWED_ORIGINS to the address that people open, such as https://ops.example.com.`,
    );
  }
}

/** Whether an address or name means this machine only. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || /^127(?:\.\d{1,3}){3}$/.test(bare);
}
