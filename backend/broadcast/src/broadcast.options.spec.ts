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
      authorize: undefined,
      history: { count: 1000, bytes: 1_048_576, ageMs: 600_000 },
      snapshot: undefined,
      snapshotForAll: false,
      windowMs: 20,
      slow: 'conflate',
    });
    expect(options.fanout).toBe('direct');
  });

  it('takes what is given and fills in the rest', () => {
    const options = resolveOptions({
      topics,
      policies: { orders: { leastRole: 'admin', history: { count: 5 } } },
      path: '/base/ws/',
      verbsPerSecond: 3,
    });
    expect(options.policies['orders']).toMatchObject({
      leastRole: 'admin',
      history: { count: 5, bytes: 1_048_576, ageMs: 600_000 },
      slow: 'reset',
    });
    expect(options.path).toBe('/base/ws');
    expect(options.verbsPerSecond).toBe(3);
  });

  it.each([
    [{ coalesceMs: 20 }, 20],
    [{ rate: 4 }, 250],
    [{ coalesceMs: 20, rate: 100 }, 20],
    [{ rate: 2000 }, 0],
  ])('makes of %j a window of %i ms', (policy, windowMs) => {
    const { policies } = resolveOptions({ topics, policies: { orders: { leastRole: 'viewer', ...policy } } });
    expect(policies['orders']?.windowMs).toBe(windowMs);
  });

  it.each([
    [{ topics, policies: {} }, 'Topic "orders" has no policy'],
    [{ topics }, 'policies names "system", which is not one of topics'],
    [
      { topics, policies: { orders: { leastRole: 'viewer', history: { count: 0 } } } },
      'policies["orders"].history.count is 0',
    ],
    [{ topics, policies: { orders: { leastRole: 'viewer', coalesceMs: 51 } } }, 'from 0 to 50'],
    [{ topics, policies: { orders: { leastRole: 'viewer', rate: 0 } } }, 'policies["orders"].rate is 0'],
    [
      { topics, policies: { orders: { leastRole: 'viewer', slow: 'conflate' } } },
      'policies["orders"].slow is "conflate"',
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
