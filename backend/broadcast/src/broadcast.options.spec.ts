import { describe, expect, it } from '@jest/globals';
import { defineTopics, topic } from '@fleetdeck/dto';
import { resolveOptions } from './broadcast.options.ts';

const topics = defineTopics({ orders: topic<unknown>({ mode: 'log' }) });

describe('resolveOptions', () => {
  it("serves Fleetdeck's own topics when nothing is given", () => {
    const options = resolveOptions({});
    expect(options.path).toBe('/ws/platform');
    expect(options.policies['metrics.*']).toEqual({
      leastRole: 'viewer',
      history: { count: 1000, bytes: 1_048_576, ageMs: 600_000 },
    });
  });

  it('takes what is given and fills in the rest', () => {
    const options = resolveOptions({
      topics,
      policies: { orders: { leastRole: 'admin', history: { count: 5 } } },
      path: '/base/ws/',
      verbsPerSecond: 3,
    });
    expect(options.policies).toEqual({
      orders: { leastRole: 'admin', history: { count: 5, bytes: 1_048_576, ageMs: 600_000 } },
    });
    expect(options.path).toBe('/base/ws');
    expect(options.verbsPerSecond).toBe(3);
  });

  it.each([
    [{ topics, policies: {} }, 'Topic "orders" has no policy'],
    [{ topics }, 'policies names "system", which is not one of topics'],
    [
      { topics, policies: { orders: { leastRole: 'viewer', history: { count: 0 } } } },
      'policies["orders"].history.count is 0',
    ],
    [{ path: 'ws' }, 'path is "ws"'],
    [{ path: '/' }, 'path is "/"'],
    [{ heartbeatIntervalMs: 0 }, 'heartbeatIntervalMs is 0'],
    [{ verbsPerSecond: Number.NaN }, 'verbsPerSecond is NaN'],
  ] as const)('refuses %j', (options, sentence) => {
    expect(() => resolveOptions(options)).toThrow(sentence);
  });

  it.each([
    [undefined, 'portal.example', true],
    ['https://portal.example', 'portal.example', true],
    ['http://127.0.0.1:3000', '127.0.0.1:3000', true],
    ['https://evil.example', 'portal.example', false],
    ['null', 'portal.example', false],
    ['https://portal.example:8443', 'portal.example', false],
  ])('lets origin %p to host %p: %p', (origin, host, allowed) => {
    expect(resolveOptions({}).allowOrigin(origin, host)).toBe(allowed);
  });
});
