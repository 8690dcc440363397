import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { EnvironmentError, isLoopback, readEnvironment } from './environment.ts';

function problemsOf(source: Record<string, string>): readonly string[] {
  try {
    readEnvironment(source);
  } catch (thrown) {
    return (thrown as EnvironmentError).problems;
  }
  return [];
}

const REACHABLE = {
  HOST: '0.0.0.0',
  FLEETDECK_JWT_SECRET: 's'.repeat(32),
  FLEETDECK_ALLOWED_ORIGINS: 'https://ops.example.com',
};

it('every variable that is read stands in the README', () => {
  const code = readFileSync(new URL('./environment.ts', import.meta.url), 'utf8');
  const names = [...code.matchAll(/(?:read|get)\(\s*'([A-Z_]+)'/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(20);
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});

describe('readEnvironment', () => {
  it('starts on loopback with nothing set', () => {
    expect(readEnvironment({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      loopback: true,
      basePath: '',
      trustProxy: false,
      databaseUrl: null,
      jwtSecret: null,
      oidc: null,
      devToken: null,
      allowedOrigins: [],
      logLevel: 'info',
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readEnvironment({ PORT: '', DATABASE_URL: '  ' })).toMatchObject({
      port: 3000,
      databaseUrl: null,
    });
  });

  it('reads every variable', () => {
    expect(
      readEnvironment({
        PORT: '0',
        HOST: '::1',
        BASE_PATH: '/ops/',
        TRUST_PROXY: '10.0.0.0/8, loopback',
        FLEETDECK_PUBLIC_URL: 'https://ops.example.com/ops/',
        DATABASE_URL: 'postgres://u:p@db:5432/x',
        REDIS_URL: 'rediss://cache',
        AMQP_URL: 'amqp://broker',
        RABBITMQ_MANAGEMENT_URL: 'http://broker:15672',
        DOCKER_HOST: 'unix:///var/run/docker.sock',
        FLEETDECK_DATA_DIR: '/data',
        LOG_LEVEL: 'debug',
        FLEETDECK_NODE_NAME: 'a',
        FLEETDECK_DRAIN_MS: '5000',
        FLEETDECK_FANOUT: 'stock',
        FLEETDECK_ALERTS_FILE: '/etc/alerts.json',
        FLEETDECK_ALERT_WEBHOOK_URL: 'https://pager.example.com/hook',
        FLEETDECK_ALERT_WEBHOOK_SECRET: 'w'.repeat(16),
        FLEETDECK_JWT_SECRET: 'x'.repeat(32),
        FLEETDECK_OIDC_ISSUER: 'https://id.example.com',
        FLEETDECK_OIDC_AUDIENCE: 'fleetdeck',
        FLEETDECK_DEV_TOKEN: 'd'.repeat(16),
        FLEETDECK_ALLOWED_ORIGINS: 'https://a.example.com, http://localhost:4000/',
      }),
    ).toEqual({
      port: 0,
      host: '::1',
      loopback: true,
      basePath: '/ops',
      trustProxy: ['10.0.0.0/8', 'loopback'],
      publicUrl: 'https://ops.example.com/ops',
      databaseUrl: 'postgres://u:p@db:5432/x',
      redisUrl: 'rediss://cache',
      amqpUrl: 'amqp://broker',
      rabbitmqManagementUrl: 'http://broker:15672',
      dockerHost: 'unix:///var/run/docker.sock',
      dataDir: '/data',
      logLevel: 'debug',
      nodeName: 'a',
      drainMs: 5000,
      alertsFile: '/etc/alerts.json',
      alertWebhook: { url: 'https://pager.example.com/hook', secret: 'w'.repeat(16) },
      fanout: 'stock',
      jwtSecret: 'x'.repeat(32),
      oidc: { issuer: 'https://id.example.com', audience: 'fleetdeck', rolesClaim: 'roles' },
      devToken: 'd'.repeat(16),
      allowedOrigins: ['https://a.example.com', 'http://localhost:4000'],
    });
  });

  it.each([
    ['true', true],
    ['false', false],
    ['2', 2],
  ])('reads TRUST_PROXY=%s', (value, expected) => {
    expect(readEnvironment({ TRUST_PROXY: value }).trustProxy).toBe(expected);
  });

  it.each([
    ['PORT', 'abc', 'whole number'],
    ['FLEETDECK_ALERT_WEBHOOK_URL', 'pager', 'https://pager.example.com/hook'],
    ['PORT', '65536', '65535'],
    ['PORT', '-1', 'whole number'],
    ['HOST', 'not a host', '127.0.0.1'],
    ['BASE_PATH', 'ops', 'slash'],
    ['BASE_PATH', '/a b', 'slash'],
    ['TRUST_PROXY', 'maybe', '10.0.0.0/8'],
    ['FLEETDECK_PUBLIC_URL', 'ops.example.com', 'https://'],
    ['DATABASE_URL', 'mysql://x', 'postgres://'],
    ['REDIS_URL', 'localhost:6379', 'redis://'],
    ['AMQP_URL', 'x', 'amqp://'],
    ['RABBITMQ_MANAGEMENT_URL', 'amqp://broker', 'http://'],
    ['RABBITMQ_MANAGEMENT_URL', 'http://broker:15672', 'AMQP_URL'],
    ['DOCKER_HOST', 'x', 'unix://'],
    ['LOG_LEVEL', 'loud', 'info'],
    ['FLEETDECK_FANOUT', 'slow', 'direct or stock'],
    ['FLEETDECK_NODE_NAME', 'n'.repeat(101), '100'],
    ['FLEETDECK_DRAIN_MS', '15001', '15000'],
    ['FLEETDECK_DRAIN_MS', '-1', '15000'],
    ['FLEETDECK_JWT_SECRET', 'short', 'at least 32'],
    ['FLEETDECK_DEV_TOKEN', 'short', 'at least 16'],
    ['FLEETDECK_ALLOWED_ORIGINS', 'https://a.example.com/path', 'without a path'],
    ['FLEETDECK_ALLOWED_ORIGINS', '*', 'without a path'],
    ['FLEETDECK_OIDC_AUDIENCE', 'x', 'FLEETDECK_OIDC_ISSUER'],
    ['FLEETDECK_OIDC_ISSUER', 'http://id.example.com', 'https'],
  ])('refuses %s=%s and says what was expected', (name, value, expected) => {
    const problems = problemsOf({ [name]: value });
    expect(problems.some((problem) => problem.includes(expected))).toBe(true);
    expect(problems[0]).toContain(name.startsWith('FLEETDECK_OIDC') ? 'FLEETDECK_OIDC_ISSUER' : name);
  });

  it('wants a long secret for the webhook of alerts, and repeats neither it nor the address', () => {
    const problems = problemsOf({
      FLEETDECK_ALERT_WEBHOOK_URL: 'https://pager.example.com/a-token',
      FLEETDECK_ALERT_WEBHOOK_SECRET: 'short-one',
    });
    expect(problems).toEqual([
      expect.stringMatching(/^FLEETDECK_ALERT_WEBHOOK_SECRET .*16 random characters/),
    ]);
    expect(problems.join()).not.toMatch(/a-token|short-one/);
  });

  it('names every wrong variable at once', () => {
    expect(problemsOf({ PORT: 'x', LOG_LEVEL: 'y' })).toHaveLength(2);
  });

  it('does not repeat an address or a secret that may hold a password', () => {
    const text = problemsOf({ DATABASE_URL: 'mysql://u:hunter2@x', FLEETDECK_JWT_SECRET: 'hunter2' }).join();
    expect(text).not.toContain('hunter2');
  });

  it('asks for an audience with an issuer', () => {
    expect(problemsOf({ FLEETDECK_OIDC_ISSUER: 'https://id.example.com' })[0]).toContain(
      'FLEETDECK_OIDC_AUDIENCE',
    );
  });

  it('trusts a plain http issuer on loopback only', () => {
    expect(
      readEnvironment({ FLEETDECK_OIDC_ISSUER: 'http://127.0.0.1:9', FLEETDECK_OIDC_AUDIENCE: 'x' }).oidc,
    ).not.toBeNull();
  });

  it('accepts an address that others can reach once people can sign in and its name is known', () => {
    expect(readEnvironment(REACHABLE).loopback).toBe(false);
  });

  it('refuses the developer token where others can reach it', () => {
    expect(problemsOf({ ...REACHABLE, FLEETDECK_DEV_TOKEN: 'd'.repeat(16) })[0]).toContain('loopback only');
  });

  it('refuses an address that others can reach when nobody could sign in', () => {
    expect(problemsOf({ ...REACHABLE, FLEETDECK_JWT_SECRET: '' })[0]).toContain('FLEETDECK_JWT_SECRET');
  });

  it('refuses to listen everywhere without knowing its own name', () => {
    expect(problemsOf({ ...REACHABLE, FLEETDECK_ALLOWED_ORIGINS: '' })[0]).toContain(
      'FLEETDECK_ALLOWED_ORIGINS',
    );
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1', '[::1]'])('%s is this machine', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil.example', 'localhost.evil.example'])(
    '%s is not',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
