import { describe, expect, it } from '@jest/globals';
import { withoutCredentials } from './credentials.ts';

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
  ])('leaves user and password out of %s', (text, expected) => {
    expect(withoutCredentials(text)).toBe(expected);
  });

  it.each(['http://host:8080/path', 'mail ada@example.com', 'https://social.example/@ada', 'a // b @ c'])(
    'leaves %s as it is',
    (text) => {
      expect(withoutCredentials(text)).toBe(text);
    },
  );

  it('takes no longer than the text is long', () => {
    const text = '//a:'.repeat(250_000);
    expect(withoutCredentials(text)).toBe(text);
  });
});
