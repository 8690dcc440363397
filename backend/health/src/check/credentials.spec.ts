import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { checkerFixture } from '../testing/checker.fixture.ts';
import { withoutCredentials } from './credentials.ts';

Logger.overrideLogger(false);

describe('withoutCredentials', () => {
  it.each([
    [
      'connect postgres://ada:s3cret@db:5432/shop failed',
      'connect postgres://[redacted]@db:5432/shop failed',
    ],
    ['amqp://ada:p@ss/w:ord@broker/', 'amqp://[redacted]@broker/'],
    ['https://token@host/path', 'https://[redacted]@host/path'],
    ['redis://:only-password@cache', 'redis://[redacted]@cache'],
    [
      'tried http://ok/a,redis://a:b@one and redis://c:d@two',
      'tried http://ok/a,redis://[redacted]@one and redis://[redacted]@two',
    ],
    ['postgres://me@corp:pw@db', 'postgres://[redacted]@db'],
    ['host=db user=ada password=s3cret dbname=shop', 'host=db user=ada password=[redacted] dbname=shop'],
    ['GET https://x/y?api_key=abc&n=1 failed', 'GET https://x/y?api_key=[redacted]&n=1 failed'],
    ["refused: Password = 'two words', again", 'refused: Password = [redacted], again'],
    ['client_secret="a b";x', 'client_secret=[redacted];x'],
    ['DB_PASSWORD=x ACCESS_TOKEN=y', 'DB_PASSWORD=[redacted] ACCESS_TOKEN=[redacted]'],
  ])('leaves user and password out of %s', (text, expected) => {
    expect(withoutCredentials(text)).toBe(expected);
  });

  it.each([
    'http://host:8080/path',
    'mail ada@example.com',
    'https://social.example/@ada',
    'a // b @ c',
    'tokens=5',
    'The password is wrong.',
  ])('leaves %s as it is', (text) => {
    expect(withoutCredentials(text)).toBe(text);
  });

  it.each(['//a:', 'password ', 'a_', "pwd='", 'x-'])(
    'takes no longer than a text of many %s is long',
    (part) => {
      const text = part.repeat(1_000_000 / part.length);
      expect(withoutCredentials(text).length).toBeLessThanOrEqual(text.length * 2);
    },
  );
});

describe('a check on its schedule', () => {
  it('tells nobody the credentials of an address that stands in its reason', async () => {
    const { checker, time, ports } = checkerFixture();
    // Of letters that no id of a replica has.
    const address = 'postgres://owner:s3cret@db/shop';
    checker.register('thrown', () => Promise.reject(new Error(`connect to ${address} failed`)));
    checker.register('said', () => ({ status: 'degraded', reason: address, details: { address } }));
    checker.register('indicator', () => ({ indicator: { status: 'down', message: address } }));
    // What is cut off may not leave half of a password behind.
    checker.register('long', () =>
      Promise.reject(new Error(`${'x'.repeat(270)} ${address}${'y'.repeat(99)}`)),
    );
    checker.start();
    await time.advance(0);
    const told = JSON.stringify([
      checker.report(),
      ports.updates,
      ports.signals,
      ['thrown', 'said', 'indicator', 'long'].map((name) => checker.transitions(name)),
    ]);
    expect(told).toContain('postgres://[redacted]@db/shop');
    expect(told).not.toMatch(/owner|s3c/);
  });
});
