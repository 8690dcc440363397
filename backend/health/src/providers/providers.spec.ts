import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { checkerFixture } from '../testing/checker.fixture.ts';
import { broadcastHealth } from './broadcast.health.ts';
import { diskHealth } from './disk.health.ts';
import { dockerHealth } from './docker.health.ts';
import { eventLoopHealth } from './event-loop.health.ts';
import { httpHealth } from './http.health.ts';
import { auditSealLagHealth, lagHealth, metricsLagHealth } from './lag.health.ts';
import { memoryHealth } from './memory.health.ts';
import { postgresHealth } from './postgres.health.ts';
import { rabbitmqHealth } from './rabbitmq.health.ts';
import { redisHealth } from './redis.health.ts';

Logger.overrideLogger(false);

const signal = new AbortController().signal;

describe('a provider without what it asks', () => {
  const nothing = undefined as never;

  it.each<[() => unknown, string]>([
    [
      () => postgresHealth(nothing),
      'postgresHealth: dataSource is missing. Give it a TypeORM DataSource or a pg.Pool; in forRootAsync() name it in inject.',
    ],
    [() => postgresHealth({} as never), 'postgresHealth: dataSource has no method query(). Give it'],
    [() => redisHealth(nothing), 'redisHealth: redis is missing. Give it an address, redis://host:port, or'],
    [() => redisHealth({} as never), 'redisHealth: redis has no method ping(). Give it'],
    [() => rabbitmqHealth(nothing), 'rabbitmqHealth: the address is missing. Give it amqp://host/vhost'],
    [() => dockerHealth({ host: null as never }), 'dockerHealth: host is missing. Give it unix:///path'],
    [() => httpHealth(nothing, { name: 'shop' }), 'httpHealth: the address of "shop" is missing. Give it'],
    [() => httpHealth('http://x', nothing), 'httpHealth: name is missing. Give it'],
    [() => broadcastHealth(nothing), 'broadcastHealth: publisher is missing. Give it a Publisher'],
    [() => diskHealth(nothing), 'diskHealth: path is missing. Give it'],
    [() => auditSealLagHealth(nothing), 'Health check "audit-seal": read is missing. Give it a function'],
  ])('is refused at once, by the field and what to give it', (make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining(message) }),
    );
  });
});

describe('a provider that asks another process', () => {
  const remote = (options: { failureThreshold?: number } = {}) => [
    postgresHealth({ query: () => Promise.resolve() }, options),
    redisHealth('redis://h', options),
    rabbitmqHealth('amqp://h', options),
    dockerHealth({ host: 'unix:///d.sock', ...options }),
    httpHealth('http://h', { name: 'shop', ...options }),
  ];

  it('takes one bad or one good answer for chance, and believes two in a row, unless told otherwise', () => {
    for (const { healthOptions } of remote()) {
      expect(healthOptions).toMatchObject({ failureThreshold: 2, successThreshold: 2 });
    }
    for (const { healthOptions } of remote({ failureThreshold: 1 })) {
      expect(healthOptions).toMatchObject({ failureThreshold: 1, successThreshold: 2 });
    }
  });

  it('does not end readiness because one answer was lost', async () => {
    const { checker, time } = checkerFixture({ defaults: { intervalMs: 1000 } });
    const row = 'hchcch';
    let next = 0;
    const query = () => (row[next++] === 'c' ? Promise.reject(new Error('lost')) : Promise.resolve());
    checker.contribute(postgresHealth({ query }));
    checker.start();
    const ready: boolean[] = [];
    for (const _ of row) {
      await time.advance(ready.length === 0 ? 0 : 1000);
      ready.push(checker.ready);
    }
    expect(ready).toEqual([true, true, true, true, false, false]);
  });
});

describe('an address with a % that begins no escape', () => {
  it.each([
    ['redisHealth: the address', () => redisHealth('redis://:100%@h')],
    ['rabbitmqHealth: the address', () => rabbitmqHealth('amqp://portal:100%@h')],
    ['rabbitmqHealth: the address', () => rabbitmqHealth('amqp://h/100%')],
    ['rabbitmqHealth: managementUrl', () => rabbitmqHealth('amqp://h', { managementUrl: 'http://a:100%@h' })],
  ])('is refused at once: %s', (field, make) => {
    expect(make).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: `${field} has a "%" that begins no escape. Write "%" itself as %25.`,
      }),
    );
  });
});

describe('postgresHealth', () => {
  it('is healthy when the database answers, and critical by what it throws when it does not', async () => {
    const asked: string[] = [];
    const query = (sql: string) => Promise.resolve(asked.push(sql));
    await expect(postgresHealth({ query }).checkHealth(signal)).resolves.toEqual({ status: 'healthy' });
    expect(asked).toEqual(['select 1']);
    const refused = { query: () => Promise.reject(new Error('refused')) };
    await expect(postgresHealth(refused).checkHealth(signal)).rejects.toThrow('refused');
  });

  it('asks a second time while a first query is never answered, and no third time', async () => {
    const answers: (() => void)[] = [];
    const source = postgresHealth({ query: () => new Promise<void>((resolve) => answers.push(resolve)) });
    const cutOff = () => {
      const controller = new AbortController();
      const outcome = source.checkHealth(controller.signal);
      controller.abort(new Error('too late'));
      return outcome;
    };
    await expect(cutOff()).rejects.toThrow('too late');
    await expect(cutOff()).rejects.toThrow('too late');
    await expect(source.checkHealth(signal)).rejects.toThrow('Earlier queries are still waiting');
    expect(answers).toHaveLength(2);
    answers[1]?.();
    await new Promise((resolve) => setImmediate(resolve));
    const third = source.checkHealth(signal);
    answers[2]?.();
    await expect(third).resolves.toEqual({ status: 'healthy' });
  });

  it('asks again after half a minute on connections that were forgotten, up to a bound', async () => {
    let now = 0;
    const clock = { now: () => now, monotonicMs: () => now };
    let asked = 0;
    const source = postgresHealth(
      { query: () => ((asked += 1), new Promise<void>(() => undefined)) },
      {},
      clock,
    );
    const cutOff = () => {
      const controller = new AbortController();
      const outcome = source.checkHealth(controller.signal);
      controller.abort(new Error('too late'));
      return expect(outcome).rejects.toThrow();
    };
    const counts: number[] = [];
    for (now of [0, 1000, 29_999, 30_000, 30_500, 31_000, 60_000, 90_000, 120_000]) {
      await cutOff();
      counts.push(asked);
    }
    expect(counts).toEqual([1, 2, 2, 3, 3, 4, 5, 5, 5]);
  });

  it('asks again after a query that threw before it returned', async () => {
    let down = true;
    const query = () => {
      if (down) throw new Error('pool is closed');
      return Promise.resolve();
    };
    const source = postgresHealth({ query });
    for (let i = 0; i < 3; i += 1) {
      await expect(source.checkHealth(signal)).rejects.toThrow('pool is closed');
    }
    down = false;
    await expect(source.checkHealth(signal)).resolves.toEqual({ status: 'healthy' });
  });

  it('shows the figures of a pool, its own or that of a DataSource', async () => {
    const pool = { totalCount: 4, idleCount: 3, waitingCount: 0 };
    const query = () => Promise.resolve();
    const details = { poolConnections: 4, poolIdle: 3, poolWaiting: 0 };
    for (const source of [
      { query, ...pool },
      { query, driver: { master: pool } },
    ]) {
      await expect(postgresHealth(source).checkHealth(signal)).resolves.toEqual({
        status: 'healthy',
        details,
      });
    }
  });

  it('is critical, called postgres and judged by latency unless told otherwise', () => {
    const source = { query: () => Promise.resolve() };
    expect(postgresHealth(source)).toMatchObject({
      healthName: 'postgres',
      healthOptions: { latency: { degradedAboveMs: 250, recoverBelowMs: 150 } },
    });
    expect(postgresHealth(source, { name: 'replica', criticality: 'optional' })).toMatchObject({
      healthName: 'replica',
      healthOptions: { criticality: 'optional' },
    });
  });
});

describe('eventLoopHealth', () => {
  const histogramOf = (p99: number) => {
    const state = { count: 50, resets: 0, enabled: 0 };
    return {
      state,
      histogram: () => ({
        enable: () => (state.enabled++, true),
        reset: () => void state.resets++,
        percentile: () => (p99 + 20) * 1e6,
        max: (p99 + 25) * 1e6,
        get count() {
          return state.count;
        },
      }),
    };
  };

  it.each([
    [0, 'healthy'],
    [100, 'healthy'],
    [101, 'degraded'],
    [1000, 'degraded'],
    [1001, 'critical'],
  ])('with a 99th percentile of %i ms is %s', async (p99, status) => {
    const { histogram } = histogramOf(p99);
    const outcome = await eventLoopHealth({ histogram }).checkHealth(signal);
    expect(outcome.status).toBe(status);
    expect(outcome.details).toEqual({ p99Ms: p99, maxMs: p99 + 5 });
    expect(outcome.reason === undefined).toBe(status === 'healthy');
  });

  it('starts measuring once and forgets after each check', async () => {
    const { histogram, state } = histogramOf(5);
    const health = eventLoopHealth({ histogram });
    await health.checkHealth(signal);
    await health.checkHealth(signal);
    expect(state).toMatchObject({ enabled: 1, resets: 2 });
  });

  it('is healthy before anything was measured, with the histogram of Node', async () => {
    await expect(eventLoopHealth().checkHealth(signal)).resolves.toEqual({ status: 'healthy' });
  });
});

describe('memoryHealth', () => {
  const figures = { rss: 50, heapUsed: 10, heapLimit: 100, memoryLimit: 100 as number | null };

  it.each([
    ['little in use', {}, 'healthy', undefined],
    [
      'a heap nearly full',
      { heapUsed: 90 },
      'degraded',
      'More than 85 % of the heap that V8 allows is used, and not yet again 80 % or less.',
    ],
    [
      'a heap full',
      { heapUsed: 96 },
      'critical',
      'More than 95 % of the heap that V8 allows is used, and not yet again 90 % or less.',
    ],
    [
      'a container full',
      { rss: 99 },
      'critical',
      'More than 95 % of the memory of the container is used, and not yet again 90 % or less.',
    ],
    ['much in use where nobody limits it', { rss: 9999, memoryLimit: null }, 'healthy', undefined],
  ])('with %s', async (_name, part, status, reason) => {
    const outcome = await memoryHealth({ read: () => ({ ...figures, ...part }) }).checkHealth(signal);
    expect(outcome).toMatchObject({ status });
    expect(outcome.reason).toBe(reason);
  });

  it('reads the memory of this process', async () => {
    const { details } = await memoryHealth().checkHealth(signal);
    expect(Number(details?.['heapUsedBytes'])).toBeGreaterThan(1e6);
    expect(Number(details?.['heapLimitBytes'])).toBeGreaterThan(Number(details?.['heapUsedBytes']));
  });
});

describe('the memory of the container', () => {
  it.each([
    ['is no limit where nobody sets one', 0, null],
    ['is no limit where the system answers more than there is', 2 ** 63, null],
    ['is what the process may use otherwise', 64 * 1024 * 1024, 64 * 1024 * 1024],
  ])('%s', async (_what, constrained, memoryLimitBytes) => {
    const limit = jest.spyOn(process, 'constrainedMemory').mockReturnValue(constrained);
    const { details } = await memoryHealth().checkHealth(signal);
    expect(details).toMatchObject({ memoryLimitBytes });
    limit.mockRestore();
  });
});

describe('a figure that is not a number', () => {
  it('is a failure and not well, as a comparison with it would say', async () => {
    const { checker, time, health } = checkerFixture();
    const read = () => ({ rss: 1, heapUsed: 0, heapLimit: 0, memoryLimit: null });
    checker.contribute(memoryHealth({ read }));
    const blocks = { bsize: 1, blocks: NaN, bfree: 1, bavail: 1 };
    checker.contribute(diskHealth('/', { read: () => Promise.resolve(blocks) }));
    const delays = { enable: () => true, reset: () => undefined, percentile: () => NaN, max: 1, count: 9 };
    checker.contribute(eventLoopHealth({ histogram: () => delays }));
    checker.start();
    await time.advance(0);
    for (const name of ['memory', 'disk', 'event-loop']) {
      expect(health(name)).toMatchObject({
        status: 'critical',
        reason: 'What was measured is not a number.',
      });
    }
  });
});

describe('diskHealth', () => {
  // 10 blocks of 100 are kept for root, as ext4 does.
  const read = (bfree: number) => () =>
    Promise.resolve({ bsize: 10, blocks: 100, bfree, bavail: bfree - 10 });

  it.each([
    [50, 'healthy'],
    [19, 'healthy'],
    [18, 'degraded'],
    [12, 'critical'],
  ])('with %i blocks free is %s', async (bfree, status) => {
    const outcome = await diskHealth('/', { read: read(bfree) }).checkHealth(signal);
    expect(outcome.status).toBe(status);
    expect(outcome.details).toMatchObject({ freeBytes: (bfree - 10) * 10, totalBytes: 1000 });
  });

  it('takes a file system without blocks as empty', async () => {
    const none = { bsize: 1, blocks: 0, bfree: 0, bavail: 0 };
    const outcome = await diskHealth('/', { read: () => Promise.resolve(none) }).checkHealth(signal);
    expect(outcome).toMatchObject({ status: 'healthy', details: { usedPercent: 0 } });
  });

  it('asks for the path it was given, and fails as the file system does', async () => {
    const asked: string[] = [];
    const gone = (path: string) => {
      asked.push(path);
      return Promise.reject(new Error('ENOENT: no such folder'));
    };
    await expect(diskHealth('/data', { read: gone }).checkHealth(signal)).rejects.toThrow('ENOENT');
    expect(asked).toEqual(['/data']);
  });
});

describe('lagHealth', () => {
  const lag = (ms: number | null) =>
    lagHealth({ name: 'outbox', read: () => ms, degradedAboveMs: 1000, criticalAboveMs: 5000 }).checkHealth(
      signal,
    );

  it('follows how far behind the work is', async () => {
    expect(await lag(null)).toEqual({ status: 'healthy', details: { lagMs: 0 } });
    expect((await lag(1000)).status).toBe('healthy');
    expect(await lag(1001)).toEqual({
      status: 'degraded',
      reason: 'The work is over 1 s behind, and not yet again 0.8 s or less.',
      details: { lagMs: 1001 },
    });
    expect(await lag(5001)).toMatchObject({
      status: 'critical',
      reason: expect.stringMatching(/^The work is over 5 s behind/),
    });
  });

  it('takes no reading for a lag that is none', async () => {
    for (const read of [Number.NaN, Infinity]) {
      await expect(lag(read)).rejects.toThrow('The lag is not a number of milliseconds.');
    }
  });

  it('watches the sealing of audit entries and the writing of metrics with limits of their own', async () => {
    const seal = auditSealLagHealth(() => Promise.resolve(61_000));
    expect([seal.healthName, seal.healthOptions]).toEqual(['audit-seal', { criticality: 'optional' }]);
    expect(await seal.checkHealth(signal)).toMatchObject({
      status: 'critical',
      reason: 'The sealing of audit entries is over 60 s behind, and not yet again 48 s or less.',
    });
    const metrics = metricsLagHealth(() => 1e9, { name: 'points' });
    expect(metrics.healthName).toBe('points');
    expect((await metrics.checkHealth(signal)).status).toBe('degraded');
  });
});

describe('what hovers around a limit', () => {
  let value = 0;
  const read = () => value;
  const memory = () => ({ rss: 1, heapUsed: value, heapLimit: 100, memoryLimit: null });
  const disk = () => Promise.resolve({ bsize: 1, blocks: 100, bfree: 100 - value, bavail: 100 - value });
  const histogram = () => ({
    ...{ count: 1, max: 0, enable: () => true, reset: () => undefined },
    percentile: () => (value + 20) * 1e6,
  });

  it.each([
    ['memory', memoryHealth({ read: memory }), [86, 84, 86, 81, 80, 84, 96, 94, 91, 90, 81, 80]],
    ['disk', diskHealth('/', { read: disk }), [91, 89, 91, 86, 85, 89, 98, 96, 93, 92, 86, 85]],
    [
      'the event loop',
      eventLoopHealth({ histogram }),
      [101, 99, 101, 81, 80, 99, 1001, 999, 801, 800, 81, 80],
    ],
    [
      'the sealing of audit entries',
      auditSealLagHealth(read),
      [5001, 4999, 5001, 4001, 4000, 4999, 60_001, 59_999, 48_001, 48_000, 4001, 4000],
    ],
  ])('of %s neither gets worse nor better by it', async (_name, provider, values) => {
    const seen: string[] = [];
    for (value of values) seen.push((await provider.checkHealth(signal)).status);
    expect(seen).toEqual([
      ...['degraded', 'degraded', 'degraded', 'degraded', 'healthy', 'healthy'],
      ...['critical', 'critical', 'critical', 'degraded', 'degraded', 'healthy'],
    ]);
  });

  it('keeps its reason while it does', async () => {
    const provider = metricsLagHealth(read);
    const reasons = new Set<string | undefined>();
    for (value of [10_001, 9_000, 10_001, 8_001]) reasons.add((await provider.checkHealth(signal)).reason);
    expect([...reasons]).toEqual([
      'The writing of metrics is over 10 s behind, and not yet again 8 s or less.',
    ]);
  });

  it('follows every value where enter and leave are the same', async () => {
    const provider = lagHealth({ name: 'outbox', read, degradedAboveMs: 1000, recoverBelowMs: 1000 });
    const seen: unknown[] = [];
    for (value of [1001, 1000]) seen.push((await provider.checkHealth(signal)).reason);
    expect(seen).toEqual(['The work is over 1 s behind.', undefined]);
  });

  it.each<[() => unknown, string]>([
    [
      () => memoryHealth({ recoverBelow: 0.9 }),
      'Health check "memory": recoverBelow must be from 0 to degradedAbove (0.85), not 0.9.',
    ],
    [
      () => diskHealth('/', { criticalAbove: 0.95, criticalRecoverBelow: 0.96 }),
      'Health check "disk": criticalRecoverBelow must be from 0 to criticalAbove (0.95), not 0.96.',
    ],
    [
      () => eventLoopHealth({ recoverBelowMs: -1 }),
      'Health check "event-loop": recoverBelowMs must be from 0 to degradedAboveMs (100), not -1.',
    ],
    [
      () => metricsLagHealth(read, { degradedAboveMs: Number.NaN }),
      'Health check "metrics-lag": degradedAboveMs must be 0 or more, not NaN.',
    ],
  ])('is told by limits that are refused at start when they make no sense', (make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message }));
  });
});

describe('broadcastHealth', () => {
  it('is degraded when the topic is not kept', async () => {
    let kept = true;
    const provider = broadcastHealth({ position: () => (kept ? { epoch: 'e', offset: 7 } : null) });
    expect(await provider.checkHealth(signal)).toEqual({ status: 'healthy', details: { offset: 7 } });
    kept = false;
    expect(await provider.checkHealth(signal)).toEqual({
      status: 'degraded',
      reason: 'Topic "health" is not kept.',
    });
  });
});
