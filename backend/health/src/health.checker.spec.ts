import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import { HealthAnnouncer } from './health.announcer.ts';
import { HealthHistoryKeeper } from './history/history-keeper.ts';
import { HealthChecker } from './health.checker.ts';
import { checkerFixture, HEALTHY, healthy, never } from './testing/checker.fixture.ts';

Logger.overrideLogger(false);

describe('register', () => {
  it('refuses a name twice and keeps the first', async () => {
    const { checker, time, health } = checkerFixture();
    checker.register('db', healthy);
    expect(() => checker.register('db', () => ({ status: 'critical' }))).toThrow(
      expect.objectContaining({ code: 'CONFLICT', message: expect.stringContaining('"db"') }),
    );
    checker.start(['AuditSink']);
    await time.advance(0);
    expect(health('db')?.status).toBe('healthy');
    expect(() => checker.register('port:AuditSink', healthy)).toThrow('registered already');
  });

  it.each(['', '1st', 'a b', '__proto__', 'x'.repeat(101), undefined as unknown as string])(
    'refuses the name "%s"',
    (name) => {
      expect(() => checkerFixture().checker.register(name, healthy)).toThrow(
        expect.objectContaining({ code: 'INVALID_INPUT' }),
      );
    },
  );

  it.each([
    ['intervalMs', { intervalMs: 99 }],
    ['intervalMs', { intervalMs: NaN }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['failureThreshold', { failureThreshold: 1.5 }],
    ['successThreshold', { successThreshold: 0 }],
    ['criticality', { criticality: 'vital' as 'critical' }],
    ['latency.degradedAboveMs', { latency: { degradedAboveMs: 0 } }],
    ['latency.window', { latency: { degradedAboveMs: 10, window: 0 } }],
    ['errorRate.degradedAbove', { errorRate: { degradedAbove: 1 } }],
    ['errorRate.recoverBelow', { errorRate: { degradedAbove: 0.2, recoverBelow: 0.3 } }],
    ['errorRate.window', { errorRate: { degradedAbove: 0.2, window: 1 } }],
    ['latency.recoverBelowMs', { latency: { degradedAboveMs: 10, recoverBelowMs: 11 } }],
    // As they come from the environment.
    ['intervalMs', { intervalMs: '5000' as unknown as number }],
    ['latency.degradedAboveMs', { latency: { degradedAboveMs: '250' as unknown as number } }],
    ['errorRate.degradedAbove', { errorRate: { degradedAbove: '0.2' as unknown as number } }],
  ])('refuses a wrong %s, naming check and option', (field, options) => {
    expect(() => checkerFixture().checker.register('db', healthy, options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(`"db": ${field} must be`),
      }),
    );
  });

  it.each<[string, object]>([
    ['interval', { interval: 5000 }],
    ['latency.degradedAbove', { latency: { degradedAbove: 100, degradedAboveMs: 100 } }],
    ['errorRate.above', { errorRate: { above: 0.1, degradedAbove: 0.1 } }],
  ])('refuses an option of another name, %s, that nobody would miss until it is needed', (field, options) => {
    expect(() => checkerFixture().checker.register('db', healthy, options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: `Health check "db": ${field} is not one of its options.`,
      }),
    );
  });

  it('refuses what is no function', () => {
    expect(() => checkerFixture().checker.register('db', undefined as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: 'Health check "db": the check must be a function, not undefined.',
      }),
    );
  });

  it('refuses wrong defaults and a wrong grace at once', () => {
    expect(() => checkerFixture({ defaults: { interval: 1 } as object })).toThrow(
      '"defaults": interval is not',
    );
    expect(() => checkerFixture({ startupGraceMs: '5000' as unknown as number })).toThrow(
      'startupGraceMs must be a number from 0 to 86400000, not the text "5000"',
    );
    expect(() => checkerFixture({ defaults: { timeoutMs: -1 } })).toThrow('"defaults": timeoutMs must be');
    expect(() => checkerFixture({ startupGraceMs: -1 })).toThrow('startupGraceMs must be');
    expect(() => checkerFixture({ shutdownDrainMs: NaN })).toThrow('shutdownDrainMs must be');
  });

  it('watches at most 500 components', () => {
    const { checker } = checkerFixture();
    for (let i = 0; i < 500; i++) checker.register(`c${i}`, healthy);
    expect(() => checker.register('more', healthy)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
  });

  it('checks at once what comes after start, and leaves the service ready meanwhile', async () => {
    const { checker, time, health } = checkerFixture();
    checker.start();
    expect(checker.ready).toBe(true);
    checker.register('late', healthy);
    expect(checker.ready).toBe(true);
    await time.advance(0);
    expect(health('late')?.status).toBe('healthy');
  });

  it('forgets a component, with its waits and its alert', async () => {
    const { checker, time, health, ports } = checkerFixture();
    checker.register('db', () => ({ status: 'critical' }));
    checker.start();
    await time.advance(0);
    expect(checker.unregister('db')).toBe(true);
    expect(checker.unregister('db')).toBe(false);
    expect(health('db')).toBeUndefined();
    // Only what tells again of what is left.
    expect(time.pending).toBe(1);
    expect(ports.updates.at(-1)).toMatchObject({ component: 'db', health: null, overallStatus: 'unknown' });
    expect(checker.ready).toBe(true);
    expect(ports.signals.map(({ active }) => active)).toEqual([true, false]);
    expect(() => checker.transitions('db')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  it('keeps the first of two contributors of one name, says so, and takes all others', () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const named = (healthName: string, criticality: 'critical' | 'optional') => ({
      ...{ healthName, healthOptions: { criticality } },
      checkHealth: () => Promise.resolve(HEALTHY),
    });
    const { health } = checkerFixture({
      checks: [named('db', 'critical'), named('db', 'optional'), named('disk', 'optional')],
    });
    expect(health('db')?.criticality).toBe('critical');
    expect(health('disk')).toBeDefined();
    expect(error.mock.calls).toEqual([[expect.stringContaining('"db" is registered already')]]);
    error.mockRestore();
  });

  it('takes contributors of the options under their own names', () => {
    const { health } = checkerFixture({
      checks: [
        {
          healthName: 'disk',
          healthOptions: { criticality: 'optional', intervalMs: 60_000 },
          checkHealth: () => Promise.resolve(HEALTHY),
        },
      ],
    });
    expect(health('disk')).toMatchObject({ criticality: 'optional', intervalMs: 60_000 });
  });
});

describe('checkAll', () => {
  it('answers from the snapshot without running a check', async () => {
    const { checker, time } = checkerFixture();
    let runs = 0;
    checker.register('db', () => (runs++, HEALTHY));
    checker.start();
    await time.advance(0);
    const reports = await Promise.all(Array.from({ length: 100 }, () => checker.checkAll()));
    expect(runs).toBe(1);
    expect(reports[0]).toMatchObject({
      overallStatus: 'healthy',
      asOf: '2026-01-01T00:00:00.000Z',
      position: { epoch: 'e', offset: 1 },
    });
  });

  it('runs every check once for all who ask for a fresh answer at the same time', async () => {
    const { checker, time } = checkerFixture();
    let runs = 0;
    checker.register('db', () => (runs++, HEALTHY), { intervalMs: 1000 });
    const [report] = await Promise.all(Array.from({ length: 100 }, () => checker.checkAll({ fresh: true })));
    expect(runs).toBe(1);
    expect(report?.components['db']?.status).toBe('healthy');
    await checker.checkAll({ fresh: true });
    expect(runs).toBe(2);
    // A fresh run begins the interval anew.
    await time.advance(999);
    expect(runs).toBe(2);
  });

  it('runs a quick check only once while those who asked still wait for a slow one', async () => {
    const { checker, time } = checkerFixture();
    let runs = 0;
    checker.register('quick', () => (runs++, HEALTHY));
    checker.register('hung', never, { timeoutMs: 300 });
    const first = checker.checkAll({ fresh: true });
    await time.advance(100);
    const second = checker.checkAll({ fresh: true });
    await time.advance(200);
    await Promise.all([first, second]);
    expect(runs).toBe(1);
  });

  it('joins a check that is under way and waits for a hung one no longer than its timeout', async () => {
    const { checker, time } = checkerFixture();
    let runs = 0;
    checker.register('hung', () => (runs++, never()), { timeoutMs: 300 });
    checker.start();
    await time.advance(200);
    const fresh = checker.checkAll({ fresh: true });
    await time.advance(100);
    expect((await fresh).components['hung']?.status).toBe('critical');
    expect((await checker.checkAll({ fresh: true })).components['hung']?.status).toBe('critical');
    expect(runs).toBe(1);
  });

  it('hands out what does not change afterwards', async () => {
    const { checker, time } = checkerFixture();
    let status: HealthCheckOutcome['status'] = 'healthy';
    checker.register('db', () => ({ status }), { intervalMs: 1000 });
    checker.start();
    await time.advance(0);
    const before = checker.report();
    status = 'critical';
    await time.advance(1000);
    expect(before).toMatchObject({ overallStatus: 'healthy', components: { db: { status: 'healthy' } } });
    expect(checker.report().overallStatus).toBe('critical');
  });

  it('shows the ports that nobody fills, without counting them', () => {
    const { checker } = checkerFixture();
    checker.start(['AuditSink']);
    checker.start(['Publisher']);
    expect(checker.report()).toMatchObject({ overallStatus: 'unknown' });
    expect(checker.report().components).toEqual({
      'port:AuditSink': expect.objectContaining({
        status: 'unknown',
        reason: 'not installed',
        criticality: 'informational',
      }),
    });
  });
});

describe('transitions', () => {
  it('keeps the newest 100 of a component', async () => {
    const { checker, time } = checkerFixture();
    let runs = 0;
    checker.register('flap', () => (runs++ % 2 ? HEALTHY : { status: 'critical' }), { intervalMs: 1000 });
    checker.start();
    await time.advance(150_000);
    const kept = checker.transitions('flap');
    expect(kept).toHaveLength(100);
    expect(kept.at(-1)?.at).toBe('2026-01-01T00:02:30.000Z');
  });
});

describe('without overrides', () => {
  it('the clock and timers of the machine are used', async () => {
    const announcer = new HealthAnnouncer(
      {
        get: () => {
          throw new Error('none');
        },
      },
      {},
    );
    const checker = new HealthChecker({}, announcer, new HealthHistoryKeeper({}));
    checker.register('db', healthy);
    const report = await checker.checkAll({ fresh: true });
    expect(report.position).toBeNull();
    expect(report.components['db']?.status).toBe('healthy');
    checker.beginShutdown();
  });
});
