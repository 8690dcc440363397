import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import type { HealthChecker } from '../health.checker.ts';
import { checkerFixture, healthy } from '../testing/checker.fixture.ts';

Logger.overrideLogger(false);

describe('groups', () => {
  const probe = (checker: HealthChecker, group: string) => {
    const { statusCode, body } = checker.probeAnswer(group);
    return [statusCode, (JSON.parse(body.toString()) as { status: string }).status];
  };

  it('have a probe each, that follows its members alone', async () => {
    const { checker, time } = checkerFixture({
      groups: { search: ['index', 'cache'] },
      defaults: { intervalMs: 1000 },
    });
    const status = { index: 'healthy', cache: 'healthy', db: 'healthy' } as Record<
      string,
      'healthy' | 'critical'
    >;
    for (const name of ['index', 'db']) checker.register(name, () => ({ status: status[name] ?? 'healthy' }));
    checker.register('cache', () => ({ status: status['cache'] ?? 'healthy' }), { criticality: 'optional' });
    expect(checker.groups).toEqual(['live', 'ready', 'search']);
    expect(probe(checker, 'search')).toEqual([503, 'unknown']);
    checker.start();
    await time.advance(0);
    expect(probe(checker, 'search')).toEqual([200, 'healthy']);
    status['db'] = 'critical';
    await time.advance(1000);
    expect([probe(checker, 'search'), probe(checker, 'ready')]).toEqual([
      [200, 'healthy'],
      [503, 'not ready'],
    ]);
    status['cache'] = 'critical';
    await time.advance(1000);
    expect(probe(checker, 'search')).toEqual([200, 'degraded']);
    status['index'] = 'critical';
    await time.advance(1000);
    expect(probe(checker, 'search')).toEqual([503, 'critical']);
    expect(checker.report('search')).toMatchObject({ overallStatus: 'critical' });
    expect(Object.keys(checker.report('search').components)).toEqual(['index', 'cache']);
    expect(Object.keys(checker.report('ready').components)).toEqual(['index', 'db', 'cache']);
  });

  it('may narrow readiness, and name what the process cannot live without', async () => {
    const { checker, time } = checkerFixture({
      groups: { ready: ['db'], live: ['loop'] },
      defaults: { intervalMs: 1000 },
    });
    let loop: HealthCheckOutcome['status'] = 'healthy';
    checker.register('db', healthy);
    checker.register('loop', () => ({ status: loop }));
    expect(probe(checker, 'live')).toEqual([200, 'alive']);
    checker.start();
    await time.advance(0);
    loop = 'critical';
    await time.advance(1000);
    expect([probe(checker, 'live'), checker.ready]).toEqual([[503, 'not alive'], true]);
  });

  it('count a member that nobody registered as unknown, and name it', () => {
    const { checker } = checkerFixture({ groups: { ready: ['db', 'gone'], search: ['gone'] } });
    checker.register('db', healthy);
    checker.start();
    expect([checker.ready, checker.report('search').overallStatus]).toEqual([false, 'unknown']);
    expect(checker.missingMembers).toEqual([
      { group: 'ready', name: 'gone' },
      { group: 'search', name: 'gone' },
    ]);
    expect(() => checker.report('other')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(checker.probeAnswer('other').statusCode).toBe(503);
  });

  it('are refused with a wrong name, or when there are too many', () => {
    expect(() => checkerFixture({ groups: { 'a/b': [] } })).toThrow('groups: "a/b" must be');
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`g${i}`, []]));
    expect(() => checkerFixture({ groups: many })).toThrow('at most 50');
  });

  it('tell the age of the newest result, rendered once a second', async () => {
    const { checker, time } = checkerFixture({ defaults: { intervalMs: 60_000 } });
    checker.register('db', healthy);
    checker.start();
    await time.advance(0);
    const first = checker.probeAnswer('ready');
    expect([first.headers['Age'], checker.probeAnswer('ready')]).toEqual(['0', first]);
    expect(checker.probeAnswer('ready')).toBe(first);
    await time.advance(2500);
    expect(checker.probeAnswer('ready').headers['Age']).toBe('2');
  });
});
