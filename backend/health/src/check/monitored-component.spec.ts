import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import { checkerFixture, HEALTHY } from '../testing/checker.fixture.ts';
import { settle } from '../testing/fake-time.ts';

Logger.overrideLogger(false);

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
