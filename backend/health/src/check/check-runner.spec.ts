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

  it('that waited for an answer while the process was paused is given its time once more, and no longer', async () => {
    const { checker, time, health } = checkerFixture();
    const answers: ((outcome: HealthCheckOutcome) => void)[] = [];
    const signals: AbortSignal[] = [];
    const asks = (signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<HealthCheckOutcome>((resolve) => answers.push(resolve));
    };
    checker.register('back', asks, { intervalMs: 60_000, timeoutMs: 300 });
    checker.register('gone', asks, { intervalMs: 60_000, timeoutMs: 300 });
    checker.start();
    await time.advance(100);
    // As when the process is stopped or its machine sleeps: the deadline is the first thing that happens then.
    time.sleep(10_000);
    await time.advance(20);
    answers[0]?.(HEALTHY);
    await settle();
    expect(health('back')).toMatchObject({ status: 'healthy', latencyMs: 20 });
    await time.advance(279);
    expect([health('gone')?.status, signals[1]?.aborted]).toEqual(['unknown', false]);
    await time.advance(1);
    expect([health('gone')?.status, signals[1]?.aborted]).toEqual(['critical', true]);
  });

  it('that is late again after a pause has failed', async () => {
    const { checker, time, health } = checkerFixture();
    checker.register('hung', never, { intervalMs: 60_000, timeoutMs: 300 });
    checker.start();
    await time.advance(100);
    time.sleep(10_000);
    await time.advance(0);
    time.sleep(10_000);
    await time.advance(0);
    expect(health('hung')?.status).toBe('critical');
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
