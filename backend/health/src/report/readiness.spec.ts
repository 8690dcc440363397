import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import { checkerFixture, HEALTHY, healthy, never } from '../testing/checker.fixture.ts';
import { settle } from '../testing/fake-time.ts';

Logger.overrideLogger(false);

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

  it('is drained once for all who close at the same time, and none of them waits less', async () => {
    const { checker, time } = checkerFixture();
    checker.start();
    const ended: string[] = [];
    void checker.drain(1000).then(() => ended.push('first'));
    await time.advance(400);
    // As a signal does that comes to a service which closes already.
    void checker.drain(0).then(() => ended.push('second'));
    await time.advance(599);
    expect(ended).toEqual([]);
    await time.advance(1);
    await settle();
    expect(ended).toEqual(['first', 'second']);
    await checker.drain(1000);
    expect(time.pending).toBe(0);
  });
});
