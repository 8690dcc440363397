import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import { checkerFixture, HEALTHY, healthy, never } from '../testing/checker.fixture.ts';
import { settle } from '../testing/fake-time.ts';

Logger.overrideLogger(false);

describe('a check on its schedule', () => {
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
});
