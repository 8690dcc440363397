import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from '../environment/environment.ts';
import { allowedHosts } from './hosts.ts';

const local = allowedHosts(readEnvironment({}));
const reachable = allowedHosts(
  readEnvironment({
    HOST: '0.0.0.0',
    FLEETDECK_JWT_SECRET: 's'.repeat(32),
    FLEETDECK_ALLOWED_ORIGINS: 'https://ops.example.com',
  }),
);

describe('on loopback', () => {
  it.each(['127.0.0.1:3000', 'localhost:3000', 'LOCALHOST', '[::1]:3000'])('answers to %s', (host) => {
    expect(local.allowsHost(host)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.nip.example',
    'a b',
    '10.0.0.1',
  ])('does not answer to %s, whom a rebinding page would name', (host) => {
    expect(local.allowsHost(host)).toBe(false);
  });

  it('lets its own pages call, and callers that are no page', () => {
    expect(local.allowsOrigin('http://127.0.0.1:3000', '127.0.0.1:3000')).toBe(true);
    expect(local.allowsOrigin(undefined, '127.0.0.1:3000')).toBe(true);
  });

  it.each(['http://evil.example', 'null', 'http://127.0.0.1:4000', 'http://localhost:3000'])(
    'refuses a page of %s',
    (origin) => {
      expect(local.allowsOrigin(origin, '127.0.0.1:3000')).toBe(false);
    },
  );

  it('refuses a page when the request names no host', () => {
    expect(local.allowsOrigin('http://127.0.0.1:3000', undefined)).toBe(false);
  });
});

describe('where others can reach it', () => {
  it('answers to the names of its origins, and not to loopback or anything else', () => {
    expect(reachable.allowsHost('ops.example.com')).toBe(true);
    expect(reachable.allowsHost('ops.example.com:8443')).toBe(true);
    expect(reachable.allowsHost('evil.example')).toBe(false);
    expect(reachable.allowsHost('localhost')).toBe(false);
  });

  it('lets pages of its origins call', () => {
    expect(reachable.allowsOrigin('https://ops.example.com', 'anything')).toBe(true);
    expect(reachable.allowsOrigin('http://ops.example.com', 'x')).toBe(false);
  });

  it('knows its public address and the address that it listens on', () => {
    const hosts = allowedHosts(
      readEnvironment({
        HOST: '192.0.2.7',
        FLEETDECK_JWT_SECRET: 's'.repeat(32),
        FLEETDECK_PUBLIC_URL: 'https://p.example.com/x',
      }),
    );
    expect(hosts.allowsHost('192.0.2.7:3000')).toBe(true);
    expect(hosts.allowsHost('p.example.com')).toBe(true);
    expect(hosts.allowsOrigin('https://p.example.com', 'q')).toBe(true);
  });
});
