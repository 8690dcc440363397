import { describe, expect, it } from '@jest/globals';
import { resolveRedis } from './redis.options.ts';

describe('resolveRedis', () => {
  it('needs an address and fills in the rest', () => {
    expect(resolveRedis({ url: 'redis://host:6379' })).toEqual({
      url: 'redis://host:6379',
      prefix: 'fleetdeck:',
      graceMs: 2000,
      commandTimeoutMs: 1000,
      maxUnconfirmed: 20_000,
      maxUnconfirmedBytes: 33_554_432,
    });
  });

  it('takes what is given', () => {
    const given = {
      url: 'rediss://host',
      prefix: 'portal:',
      graceMs: 0,
      commandTimeoutMs: 50,
      maxUnconfirmed: 1,
      maxUnconfirmedBytes: 2,
    };
    expect(resolveRedis(given)).toEqual(given);
  });

  it.each([
    [{ url: 'host:6379' }, 'redis.url is not an address'],
    [{ url: 'http://user:hidden@host' }, 'redis.url is not an address'],
    [{ url: 'redis://host', prefix: '' }, 'redis.prefix is ""'],
    [{ url: 'redis://host', prefix: 'a{b}' }, 'redis.prefix is "a{b}"'],
    [{ url: 'redis://host', graceMs: -1 }, 'redis.graceMs is -1'],
    [{ url: 'redis://host', commandTimeoutMs: 1 }, 'redis.commandTimeoutMs is 1'],
    [{ url: 'redis://host', maxUnconfirmed: 0 }, 'redis.maxUnconfirmed is 0'],
    [{ url: 'redis://host', maxUnconfirmedBytes: Number.NaN }, 'redis.maxUnconfirmedBytes is NaN'],
  ])('refuses %j', (options, sentence) => {
    expect(() => resolveRedis(options)).toThrow(sentence);
    expect(() => resolveRedis(options)).not.toThrow('hidden');
  });
});
