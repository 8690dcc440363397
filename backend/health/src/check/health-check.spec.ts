import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import { checkerFixture } from '../testing/checker.fixture.ts';
import { failureOutcome, readAnswer } from './health-check.ts';

Logger.overrideLogger(false);

const refuse = (): never => {
  throw new Error('hostile');
};
const throwing = (field: string, rest: object = {}) =>
  Object.defineProperty(rest, field, { get: refuse, enumerable: true });
const revoked = Proxy.revocable({}, {});
revoked.revoke();

const hostile: [name: string, value: unknown][] = [
  ['a status that cannot be read', throwing('status')],
  ['a reason that cannot be read', throwing('reason', { status: 'healthy' })],
  ['details that cannot be read', { status: 'healthy', details: throwing('n') }],
  ['a Terminus result that cannot be read', { db: throwing('message', { status: 'up' }) }],
  ['fields that cannot be listed', new Proxy({}, { ownKeys: refuse })],
  ['a proxy that was revoked', revoked.proxy],
];

describe('readAnswer', () => {
  it('takes an outcome as it is', () => {
    expect(
      readAnswer({ status: 'degraded', reason: 'Slow.', details: { n: 1, on: true, no: null } }),
    ).toEqual({
      status: 'degraded',
      reason: 'Slow.',
      details: { n: 1, on: true, no: null },
    });
    expect(readAnswer({ status: 'healthy', reason: '' })).toEqual({ status: 'healthy' });
  });

  it.each([
    ['up', 'healthy'],
    ['degraded', 'degraded'],
    ['down', 'critical'],
  ])('maps the Terminus status %s to %s', (word, status) => {
    expect(readAnswer({ db: { status: word } })).toEqual({ status });
  });

  it('takes message and figures of a Terminus indicator', () => {
    expect(readAnswer({ db: { status: 'down', message: 'no route', responseTime: 3, deep: {} } })).toEqual({
      status: 'critical',
      reason: 'no route',
      details: { responseTime: 3 },
    });
  });

  it('takes the worst of several Terminus indicators, and tells their figures apart', () => {
    const answer = {
      a: { status: 'degraded', message: 'slow', ms: 5 },
      b: { status: 'up', ms: 1 },
      c: { status: 'degraded', message: 'later' },
    };
    expect(readAnswer(answer)).toEqual({
      status: 'degraded',
      reason: 'slow',
      details: { 'a.ms': 5, 'b.ms': 1 },
    });
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['a word', 'healthy'],
    ['an empty object', {}],
    ['a status nobody knows', { status: 'fine' }],
    ['unknown, which a check cannot claim', { status: 'unknown' }],
    ['a Terminus status nobody knows', { db: { status: 'toString' } }],
    ['a Terminus status that is no word', { db: { status: 1 } }],
    ['a field that is no indicator', { db: 'up' }],
  ])('calls %s critical', (_name, answer) => {
    const outcome = readAnswer(answer);
    expect(outcome.status).toBe('critical');
    expect(outcome.reason).toContain('neither');
  });

  it.each(hostile)('calls %s critical', (_name, answer) => {
    const outcome = readAnswer(answer);
    expect(outcome.status).toBe('critical');
    expect(outcome.reason).toContain('neither');
  });

  it('keeps figures and words within bounds', () => {
    const many = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`f${i}`, i]));
    expect(Object.keys(readAnswer({ status: 'healthy', details: many }).details ?? {})).toHaveLength(50);
    const outcome = readAnswer({
      status: 'critical',
      reason: 'x'.repeat(1000),
      details: { nan: NaN, text: 'two\n lines' },
    });
    expect(outcome.reason).toHaveLength(300);
    expect(outcome.details).toEqual({ text: 'two lines' });
  });
});

describe('what a check tells', () => {
  it('holds no control characters, neither of terminals nor of the direction of writing', () => {
    const outcome = readAnswer({
      status: 'critical',
      reason: 'a\u001b[31mred\u202Eback\u2066\u0000 \u0085end',
      details: { 'k\u001b\u202e': 'v\u0007' },
    });
    expect(outcome).toEqual({ status: 'critical', reason: 'a[31mredback end', details: { k: 'v' } });
  });

  it('has names of figures of at most 100 characters', () => {
    const details = { ['n'.repeat(5000)]: 1 };
    const outcome = readAnswer({ status: 'healthy', details });
    expect(Object.keys(outcome.details ?? {})[0]).toHaveLength(100);
  });

  it('holds no secrets, in its reason and in its figures', () => {
    expect(failureOutcome(new Error('no pg: password=x')).reason).toBe('no pg: password=[redacted]');
    expect(readAnswer({ status: 'healthy', details: { url: '/?token=x' } }).details).toEqual({
      url: '/?token=[redacted]',
    });
  });
});

describe('failureOutcome', () => {
  it('says what was thrown, on one line', () => {
    expect(failureOutcome(new Error('connect\nrefused'))).toEqual({
      status: 'critical',
      reason: 'connect refused',
    });
    expect(failureOutcome(undefined)).toEqual({ status: 'critical', reason: 'unknown error' });
  });

  it('says why fetch failed, and of no other error the cause, which may not be meant for everyone', () => {
    const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    const reasonOf = (thrown: unknown) => failureOutcome(thrown).reason;
    expect(reasonOf(new TypeError('fetch failed', { cause: refused }))).toBe('fetch failed: ECONNREFUSED');
    expect(reasonOf(new TypeError('fetch failed', { cause: {} }))).toBe('fetch failed');
    expect(reasonOf(new Error('no route', { cause: new Error('inside') }))).toBe('no route');
  });

  it.each([
    ['a message that cannot be read', throwing('message')],
    ['a proxy that refuses every question', new Proxy({}, { has: refuse, get: refuse })],
    ['a proxy that was revoked', revoked.proxy],
  ])('calls %s an unknown error', (_name, thrown) => {
    expect(failureOutcome(thrown)).toEqual({ status: 'critical', reason: 'unknown error' });
  });
});

describe('a check on its schedule', () => {
  it('that answers garbage is critical', async () => {
    const { checker, time, health } = checkerFixture();
    checker.register('odd', () => 'fine' as unknown as HealthCheckOutcome);
    checker.start();
    await time.advance(0);
    expect(health('odd')).toMatchObject({ status: 'critical', reason: expect.stringContaining('neither') });
  });

  it('whose answer or error cannot be read is critical, and is checked again', async () => {
    const { checker, time, health } = checkerFixture();
    const unreadable = (field: string) =>
      Object.defineProperty({}, field, {
        get() {
          throw new Error('hostile');
        },
      });
    const answers = [
      () => Promise.resolve(unreadable('status')),
      () => Promise.reject(unreadable('message')), // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors -- a driver may do it
      () => Promise.resolve({ status: 'healthy' }),
    ];
    checker.register('x', () => answers.shift()!(), { intervalMs: 1000 });
    checker.start();
    await time.advance(0);
    expect(health('x')).toMatchObject({ status: 'critical', reason: expect.stringContaining('neither') });
    await time.advance(1000);
    expect(health('x')).toMatchObject({ status: 'critical', reason: 'unknown error' });
    await time.advance(1000);
    expect(health('x')).toMatchObject({ status: 'healthy' });
  });
});
