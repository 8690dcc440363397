import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import { HealthAnnouncer } from './health.announcer.ts';
import { HealthHistoryKeeper } from './history/history-keeper.ts';
import { HealthChecker } from './health.checker.ts';
import { checkerFixture } from './testing/checker.fixture.ts';
import { settle } from './testing/fake-time.ts';

Logger.overrideLogger(false);

const HEALTHY: HealthCheckOutcome = { status: 'healthy' };
const healthy = () => HEALTHY;
const never = () => new Promise<never>(() => undefined);

describe('a check on its schedule', () => {
  it('is unknown until it has run, then runs on its interval', async () => {
    const { checker, time, health } = checkerFixture();
    let runs = 0;
    checker.register('db', () => (runs++, HEALTHY), { intervalMs: 1000 });
    expect(health('db')).toMatchObject({ status: 'unknown', checkedAt: null, latencyMs: null });
    await time.advance(5000);
    expect(runs).toBe(0);
    checker.start();
    await time.advance(0);
    expect(runs).toBe(1);
    expect(health('db')).toMatchObject({ status: 'healthy', reason: null, latencyMs: 0, intervalMs: 1000 });
    await time.advance(999);
    expect(runs).toBe(1);
    await time.advance(1);
    expect(runs).toBe(2);
    expect(health('db')?.since).toBe('2026-01-01T00:00:05.000Z');
    expect(health('db')?.checkedAt).toBe('2026-01-01T00:00:06.000Z');
  });

  it.each([
    [0, 900],
    [0.25, 950],
    [0.5, 1000],
    [0.75, 950],
    [0.999999999, 900.00001],
  ])(
    'spreads its starts over the last tenth of the interval, and never beyond it (chance %d)',
    async (chance, ms) => {
      const { checker, time } = checkerFixture();
      time.chance = chance;
      let runs = 0;
      checker.register('db', () => (runs++, HEALTHY), { intervalMs: 1000 });
      checker.start();
      await time.advance(0);
      await time.advance(ms - 1);
      expect(runs).toBe(1);
      await time.advance(1);
      expect(runs).toBe(2);
    },
  );

  it('that throws is critical by its message, before or after its first await', async () => {
    const { checker, time, health } = checkerFixture();
    checker.register('early', () => {
      throw new Error('boom');
    });
    checker.register('late', () => Promise.reject(new Error('bang')));
    checker.register('good', healthy);
    checker.start();
    await time.advance(0);
    expect(health('early')).toMatchObject({ status: 'critical', reason: 'boom' });
    expect(health('late')).toMatchObject({ status: 'critical', reason: 'bang' });
    expect(health('good')).toMatchObject({ status: 'healthy' });
  });

  it('that hangs is aborted at its timeout, stays critical and is never started beside itself', async () => {
    const { checker, time, health, ports } = checkerFixture();
    const signals: AbortSignal[] = [];
    checker.register('hung', (signal) => (signals.push(signal), never()), {
      intervalMs: 1000,
      timeoutMs: 300,
    });
    checker.register('good', healthy, { intervalMs: 1000 });
    checker.start();
    await time.advance(299);
    expect(health('hung')?.status).toBe('unknown');
    expect(signals[0]?.aborted).toBe(false);
    await time.advance(1);
    expect(health('hung')).toMatchObject({
      status: 'critical',
      reason: 'No answer within 300 ms.',
      latencyMs: 300,
    });
    expect(signals[0]?.aborted).toBe(true);
    await time.advance(10_000);
    expect(signals).toHaveLength(1);
    expect(health('hung')?.status).toBe('critical');
    expect(health('good')?.checkedAt).toBe('2026-01-01T00:00:10.000Z');
    // The same news is not told twice.
    expect(ports.updates.filter(({ component }) => component === 'hung')).toHaveLength(1);
  });

  it('that answers after its timeout is believed only the next time', async () => {
    const { checker, time, health } = checkerFixture();
    const answers: ((outcome: HealthCheckOutcome) => void)[] = [];
    const slow = () => new Promise<HealthCheckOutcome>((resolve) => answers.push(resolve));
    checker.register('slow', slow, { intervalMs: 1000, timeoutMs: 300 });
    checker.start();
    await time.advance(500);
    answers[0]?.(HEALTHY);
    await settle();
    expect(health('slow')?.status).toBe('critical');
    await time.advance(500);
    answers[1]?.(HEALTHY);
    await settle();
    expect(health('slow')?.status).toBe('healthy');
  });

  it('that takes longer than its interval is not run twice at once', async () => {
    const { checker, time } = checkerFixture();
    let open = 0;
    let most = 0;
    let runs = 0;
    const check = () => {
      runs++;
      most = Math.max(most, ++open);
      return new Promise<HealthCheckOutcome>((resolve) => {
        time.after(250, () => {
          open--;
          resolve(HEALTHY);
        });
      });
    };
    checker.register('db', check, { intervalMs: 100, timeoutMs: 1000 });
    checker.start();
    await time.advance(3000);
    expect(most).toBe(1);
    // At 0, 300, 600 … 3000: every third tick finds the last run ended.
    expect(runs).toBe(11);
  });

  it('tells nobody the credentials of an address that stands in its reason', async () => {
    const { checker, time, ports } = checkerFixture();
    const address = 'postgres://ada:s3cret@db/shop';
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
    expect(told).not.toMatch(/ada|s3c/);
  });

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

  it('degrades when slow and recovers when quick, each with its own threshold', async () => {
    const { checker, time, health } = checkerFixture();
    let ms = 10;
    const check = () =>
      new Promise<HealthCheckOutcome>((resolve) => void time.after(ms, () => resolve(HEALTHY)));
    checker.register('db', check, {
      intervalMs: 1000,
      latency: { degradedAboveMs: 100, recoverBelowMs: 50 },
    });
    checker.start();
    await time.advance(500);
    const seen: (string | undefined)[] = [];
    for (ms of [10, 120, 70, 40]) {
      await time.advance(1000);
      seen.push(health('db')?.status);
    }
    expect(seen).toEqual(['healthy', 'degraded', 'degraded', 'healthy']);
  });

  it('forgives a blip below its failure threshold, and forgets none once it is reached', async () => {
    const { checker, time } = checkerFixture({ defaults: { failureThreshold: 2, intervalMs: 1000 } });
    const row = 'hchcchcc';
    let next = 0;
    checker.register('db', () => (row[next++] === 'h' ? HEALTHY : { status: 'critical' }));
    checker.start();
    await time.advance(7000);
    expect(checker.transitions('db').map(({ from, to, at }) => `${from}>${to} ${at.slice(17, 19)}`)).toEqual([
      'unknown>healthy 00',
      'healthy>critical 04',
      'critical>healthy 05',
      'healthy>critical 07',
    ]);
  });

  it('that takes longer than three intervals, within its timeout, stays known and keeps to its thresholds', async () => {
    const { checker, time } = checkerFixture();
    const row = 'hhchh';
    let next = 0;
    const check = () =>
      new Promise<HealthCheckOutcome>((resolve) => {
        const outcome: HealthCheckOutcome = row[next++] === 'c' ? { status: 'critical' } : HEALTHY;
        time.after(450, () => resolve(outcome));
      });
    checker.register('slow', check, { intervalMs: 100, timeoutMs: 1000, failureThreshold: 2 });
    checker.start();
    await time.advance(2500);
    expect(next).toBeGreaterThanOrEqual(row.length);
    expect(checker.transitions('slow').map(({ from, to }) => `${from}>${to}`)).toEqual(['unknown>healthy']);
  });

  it('becomes unknown when no result came for three intervals, and known again by the next', async () => {
    const { checker, time, health } = checkerFixture();
    let answer: (outcome: HealthCheckOutcome) => void = () => undefined;
    let first = true;
    const check = () => {
      if (!first) return new Promise<HealthCheckOutcome>((resolve) => (answer = resolve));
      first = false;
      return HEALTHY;
    };
    checker.register('db', check, { intervalMs: 1000, timeoutMs: 500 });
    checker.start();
    await time.advance(0);
    time.sleep(2999);
    await time.advance(0);
    expect(health('db')?.status).toBe('healthy');
    await time.advance(1);
    expect(health('db')).toMatchObject({ status: 'unknown', reason: 'No result for over 3 s.' });
    answer({ status: 'degraded', reason: 'half' });
    await settle();
    expect(health('db')).toMatchObject({ status: 'degraded', reason: 'half' });
  });

  it('keeps its figures with the result they came with', async () => {
    const { checker, time, health } = checkerFixture();
    let fail = false;
    checker.register(
      'db',
      () => {
        if (fail) throw new Error('gone');
        return { status: 'healthy', details: { n: 1 } };
      },
      { intervalMs: 1000 },
    );
    checker.start();
    await time.advance(0);
    expect(health('db')?.details).toEqual({ n: 1 });
    fail = true;
    await time.advance(1000);
    expect(health('db')).not.toHaveProperty('details');
  });

  it('may fail during the start-up grace without becoming critical', async () => {
    const { checker, time, health, ports } = checkerFixture({
      startupGraceMs: 1500,
      defaults: { intervalMs: 1000 },
    });
    checker.register('db', () => Promise.reject(new Error('refused')));
    checker.register('mute', () => ({ status: 'critical' }));
    checker.start();
    await time.advance(1000);
    expect(health('db')).toMatchObject({ status: 'unknown', reason: 'Still starting: refused' });
    expect(health('mute')?.reason).toBe('Still starting.');
    expect(checker.ready).toBe(false);
    expect(ports.signals).toEqual([]);
    await time.advance(1000);
    expect(health('db')).toMatchObject({ status: 'critical', reason: 'refused' });
    expect(checker.ready).toBe(false);
  });
});

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
  ])('refuses a wrong %s, naming check and option', (field, options) => {
    expect(() => checkerFixture().checker.register('db', healthy, options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(`"db": ${field} must be`),
      }),
    );
  });

  it('refuses wrong defaults and a wrong grace at once', () => {
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

describe('readiness', () => {
  it('waits for the first result of every critical component, and of no other', async () => {
    const { checker, time } = checkerFixture();
    checker.register(
      'db',
      () => new Promise<HealthCheckOutcome>((resolve) => void time.after(50, () => resolve(HEALTHY))),
    );
    checker.register('cache', never, { criticality: 'optional' });
    expect(checker.ready).toBe(false);
    checker.start();
    await time.advance(49);
    expect(checker.ready).toBe(false);
    await time.advance(1);
    expect(checker.ready).toBe(true);
    await time.advance(60_000);
    expect(checker.ready).toBe(true);
    expect(checker.report().overallStatus).toBe('degraded');
  });

  it('waits for critical components that are registered while the application still starts', async () => {
    const { checker, time } = checkerFixture();
    checker.start();
    let answer: (outcome: HealthCheckOutcome) => void = () => undefined;
    // As a module does whose bootstrap hook comes later and waits for something.
    await Promise.resolve();
    checker.register('db', () => new Promise<HealthCheckOutcome>((resolve) => (answer = resolve)));
    await time.advance(0);
    expect(checker.ready).toBe(false);
    answer(HEALTHY);
    await time.advance(0);
    expect(checker.ready).toBe(true);
  });

  it('ends and returns with a critical component', async () => {
    const { checker, time } = checkerFixture();
    let status: HealthCheckOutcome['status'] = 'healthy';
    checker.register('db', () => ({ status }), { intervalMs: 1000 });
    checker.start();
    const seen: boolean[] = [];
    for (status of ['healthy', 'critical', 'degraded'] as const) {
      await time.advance(1000);
      seen.push(checker.ready);
    }
    expect(seen).toEqual([true, false, true]);
  });

  it('ends with the shutdown, which also ends all checks and drops the one under way', async () => {
    const { checker, time, ports } = checkerFixture();
    const signals: AbortSignal[] = [];
    checker.register('db', healthy);
    checker.register('busy', (signal) => (signals.push(signal), never()), { criticality: 'optional' });
    checker.start();
    await time.advance(0);
    expect(checker.ready).toBe(true);
    checker.beginShutdown();
    expect([checker.ready, checker.shuttingDown, time.pending]).toEqual([false, true, 0]);
    expect(signals[0]?.aborted).toBe(true);
    checker.register('later', healthy);
    await checker.checkAll({ fresh: true });
    checker.start();
    await time.advance(60_000);
    expect(ports.updates.map(({ component }) => component)).toEqual(['db']);
  });
});

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

describe('announcements', () => {
  it('publish a transition and a new reason, without figures, and nothing else', async () => {
    const { checker, time, ports } = checkerFixture();
    const row: HealthCheckOutcome[] = [
      { status: 'healthy', details: { n: 1 } },
      { status: 'healthy', details: { n: 2 } },
      { status: 'critical', reason: 'refused', details: { n: 3 } },
      { status: 'critical', reason: 'reset' },
      { status: 'critical', reason: 'reset' },
    ];
    let next = 0;
    checker.register('db', () => row[next++] ?? HEALTHY, { intervalMs: 1000 });
    checker.start();
    await time.advance(4000);
    expect(
      ports.updates.map(({ component, overallStatus, health }) => [component, overallStatus, health?.reason]),
    ).toEqual([
      ['db', 'healthy', null],
      ['db', 'critical', 'refused'],
      ['db', 'critical', 'reset'],
    ]);
    expect(ports.updates[1]?.health).not.toHaveProperty('details');
    expect(ports.updates[2]?.health?.since).toBe(ports.updates[1]?.health?.since);
  });

  it('signal an alert when it begins, grows and ends; an unknown status ends none', async () => {
    const { checker, time, ports } = checkerFixture();
    const row: HealthCheckOutcome['status'][] = ['healthy', 'degraded', 'critical', 'critical', 'healthy'];
    let next = 0;
    checker.register('db', () => ({ status: row[next++] ?? 'healthy' }), { intervalMs: 1000 });
    checker.start();
    await time.advance(4000);
    const start = Date.parse('2026-01-01T00:00:00Z');
    expect(ports.signals).toMatchObject([
      { source: 'health:db', active: false, message: 'db is healthy.', at: start },
      {
        source: 'health:db',
        active: true,
        severity: 'degraded',
        message: 'db is degraded.',
        at: start + 1000,
      },
      {
        source: 'health:db',
        active: true,
        severity: 'critical',
        message: 'db is critical.',
        at: start + 2000,
      },
      {
        source: 'health:db',
        active: false,
        severity: 'critical',
        message: 'db is healthy again.',
        at: start + 4000,
      },
    ]);
  });

  it('signal an optional component as degraded once, and an informational one never', async () => {
    const { checker, time, ports } = checkerFixture();
    const row: HealthCheckOutcome['status'][] = ['degraded', 'critical', 'critical'];
    const of = (criticality: 'optional' | 'informational') => {
      let next = 0;
      checker.register(criticality, () => ({ status: row[next++] ?? 'critical' }), {
        criticality,
        intervalMs: 1000,
      });
    };
    of('optional');
    of('informational');
    checker.start();
    await time.advance(2000);
    expect(ports.signals.map(({ source, severity }) => `${source} ${severity}`)).toEqual([
      'health:optional degraded',
    ]);
  });

  it('keep an alert over a time of which nothing is known', async () => {
    const { checker, time, ports } = checkerFixture();
    let runs = 0;
    const check = () => (runs++ === 0 ? ({ status: 'critical' } as const) : never());
    checker.register('db', check, { intervalMs: 1000, timeoutMs: 500 });
    checker.start();
    await time.advance(0);
    time.sleep(10_000);
    await time.advance(0);
    expect(checker.report().components['db']?.status).toBe('unknown');
    expect(ports.signals.map(({ active }) => active)).toEqual([true]);
  });

  it('count each change of a status by itself, so that the first one counts and replicas add up', async () => {
    const { checker, time, ports } = checkerFixture();
    let runs = 0;
    const check = () => ({ status: runs++ % 2 === 0 ? ('healthy' as const) : ('critical' as const) });
    checker.register('db', check, { intervalMs: 1000 });
    checker.start();
    await time.advance(0);
    await time.advance(1000);
    const counted = ports.recorded.filter(({ name }) => name === 'fleetdeck_health_transitions');
    expect(counted.map(({ value }) => value)).toEqual([1, 1]);
  });

  it('record how long each check took', async () => {
    const { checker, time, ports } = checkerFixture();
    checker.register(
      'db',
      () => new Promise<HealthCheckOutcome>((resolve) => void time.after(12, () => resolve(HEALTHY))),
    );
    checker.start();
    await time.advance(12);
    expect(ports.declared).toEqual([
      ...['fleetdeck_health_check_duration_ms', 'fleetdeck_health_transitions'],
      'fleetdeck_health_history_lost',
    ]);
    expect(ports.recorded).toEqual([
      { name: 'fleetdeck_health_transitions', value: 1, component: 'db' },
      { name: 'fleetdeck_health_check_duration_ms', value: 12, component: 'db' },
    ]);
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
