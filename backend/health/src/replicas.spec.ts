import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { fleetdeckTopics, HEALTH_TOLD_EVERY_MS, type HealthUpdate } from '@fleetdeck/dto';
import type { AlertSignal, AlertSink, HealthCheckOutcome } from '@fleetdeck/kernel';
import type { HealthCheckOptions } from './health.options.ts';
import { replicaWord } from './replica.ts';
import { checkerFixture, HEALTHY } from './testing/checker.fixture.ts';
import { FakeTime } from './testing/fake-time.ts';

Logger.overrideLogger(false);

/** Two replicas on one time, and what the topic keeps of both. */
function replicas(outcomes: { one: () => HealthCheckOutcome; two: () => HealthCheckOutcome }) {
  const time = new FakeTime();
  const [one, two] = (['one', 'two'] as const).map((node) => {
    const fixture = checkerFixture({ history: { node } }, time);
    fixture.checker.register('db', outcomes[node], { intervalMs: 1000 });
    fixture.checker.start();
    return fixture;
  }) as [ReturnType<typeof checkerFixture>, ReturnType<typeof checkerFixture>];
  const kept = () => {
    const latest = new Map<unknown, HealthUpdate>();
    for (const update of [...one.ports.updates, ...two.ports.updates]) {
      latest.set(update[fleetdeckTopics.health.key as keyof HealthUpdate], update);
    }
    return [...latest.values()];
  };
  return { time, one, two, kept };
}

describe('the topic health of many replicas', () => {
  it('keeps what each of them sees of a component, and says whose a report is', async () => {
    const { time, one, two, kept } = replicas({
      one: () => ({ status: 'critical', reason: 'refused' }),
      two: () => HEALTHY,
    });
    await time.advance(0);
    const [first, second] = [one.checker.report().replica, two.checker.report().replica];
    expect(kept().map(({ replica, component, health }) => [replica, component, health?.status])).toEqual([
      [first, 'db', 'critical'],
      [second, 'db', 'healthy'],
    ]);
    expect(first).not.toBe(second);
    expect(kept().map(({ overallStatus }) => overallStatus)).toEqual(['critical', 'healthy']);
  });

  it('is told again of everything, so that silence means that a replica is gone', async () => {
    const { time, one, two } = replicas({ one: () => HEALTHY, two: () => HEALTHY });
    await time.advance(HEALTH_TOLD_EVERY_MS - 1);
    expect(one.ports.updates).toHaveLength(1);
    await time.advance(1);
    expect(one.ports.updates).toHaveLength(2);
    const [told, again] = one.ports.updates;
    expect(again).toMatchObject({ ...told, health: { status: 'healthy', since: told?.health?.since } });
    expect(again?.health?.checkedAt).not.toBe(told?.health?.checkedAt);
    expect(again?.health).not.toHaveProperty('details');
    one.checker.beginShutdown();
    await time.advance(HEALTH_TOLD_EVERY_MS);
    expect([one.ports.updates.length, two.ports.updates.length]).toEqual([2, 3]);
    two.checker.beginShutdown();
    expect(time.pending).toBe(0);
  });

  it('is told when a replica stops watching a component', async () => {
    const { time, one, kept } = replicas({ one: () => ({ status: 'critical' }), two: () => HEALTHY });
    await time.advance(0);
    one.checker.unregister('db');
    expect(kept().map(({ health }) => health?.status ?? null)).toEqual([null, 'healthy']);
  });
});

describe('the alerts of a replica', () => {
  it('end when it leaves, so that none outlives the process that could end it', async () => {
    const { checker, ports, time } = checkerFixture();
    checker.register('db', () => ({ status: 'critical', reason: 'refused' }));
    checker.start();
    await time.advance(0);
    checker.beginShutdown();
    checker.leave();
    expect(ports.signals.map(({ source, active }) => [source, active])).toEqual([
      ['health:db', true],
      ['health:db', false],
    ]);
  });

  it('are told again on the beat when the sink was away', async () => {
    const { checker, ports, time } = checkerFixture();
    const signal = jest.spyOn(ports, 'signal').mockImplementationOnce(() => {
      throw new Error('away');
    });
    checker.register('db', () => ({ status: 'critical', reason: 'refused' }));
    checker.start();
    await time.advance(HEALTH_TOLD_EVERY_MS);
    expect(signal).toHaveBeenCalledTimes(2);
    expect(ports.signals).toMatchObject([{ source: 'health:db', active: true, message: 'refused' }]);
    await time.advance(HEALTH_TOLD_EVERY_MS);
    expect(ports.signals).toHaveLength(1);
  });
});

/** A sink that is not Fleetdeck's: it knows of an alert only what it was told, and outlives whoever told it. */
class Pager implements AlertSink {
  readonly open = new Map<string, string>();
  told = 0;

  signal({ source, replica, active, message }: AlertSignal): void {
    this.told += 1;
    const key = `${source} at ${replica}`;
    if (active) this.open.set(key, message);
    else this.open.delete(key);
  }

  /** A process that sends its alerts here. */
  watch(node: string, check: () => HealthCheckOutcome, options: HealthCheckOptions = {}, time?: FakeTime) {
    const fixture = checkerFixture({ history: { node } }, time);
    jest.spyOn(fixture.ports, 'signal').mockImplementation((signal) => this.signal(signal));
    fixture.checker.register('db', check, { intervalMs: 1000, ...options });
    fixture.checker.start();
    return fixture;
  }
}

const REFUSED = { status: 'critical', reason: 'refused' } as const;

describe("the alerts in a sink of one's own", () => {
  it('end with the first healthy result after a crash, and only then', async () => {
    const pager = new Pager();
    const crashed = pager.watch('shop-1', () => REFUSED);
    await crashed.time.advance(0);
    expect([...pager.open]).toEqual([['health:db at shop-1', 'refused']]);
    let outcome: HealthCheckOutcome = { status: 'degraded', reason: 'slow' };
    const next = pager.watch('shop-1', () => outcome);
    await next.time.advance(0);
    expect([...pager.open.values()]).toEqual(['slow']);
    const again = pager.watch('shop-1', () => (outcome = HEALTHY));
    await again.time.advance(0);
    expect([...pager.open]).toEqual([]);
    const { told } = pager;
    await again.time.advance(600_000);
    expect(pager.told).toBe(told);
  });

  it('say nothing of an informational component, and of an optional one no more than it may be', async () => {
    const pager = new Pager();
    const informational = pager.watch('shop-1', () => HEALTHY, { criticality: 'informational' });
    await informational.time.advance(120_000);
    expect(pager.told).toBe(0);
    const optional = checkerFixture({ history: { node: 'shop-1' } });
    optional.checker.register('cache', () => HEALTHY, { criticality: 'optional' });
    optional.checker.start();
    await optional.time.advance(0);
    expect(optional.ports.signals).toEqual([
      {
        ...{ source: 'health:cache', replica: 'shop-1', active: false, severity: 'degraded' },
        ...{ message: 'cache is healthy.', at: optional.time.now() },
      },
    ]);
  });

  it('of two replicas do not end each other', async () => {
    const pager = new Pager();
    let one: HealthCheckOutcome = REFUSED;
    const time = new FakeTime();
    pager.watch('shop-1', () => one, {}, time);
    pager.watch('shop-2', () => REFUSED, {}, time);
    await time.advance(0);
    expect(pager.open.size).toBe(2);
    one = HEALTHY;
    await time.advance(1000);
    expect([...pager.open.keys()]).toEqual(['health:db at shop-2']);
  });

  it('are told again every minute for as long as they last, so that one that was lost comes back', async () => {
    const pager = new Pager();
    let outcome: HealthCheckOutcome = REFUSED;
    const { time } = pager.watch('shop-1', () => outcome);
    await time.advance(30_000);
    pager.open.clear();
    await time.advance(30_000);
    expect([...pager.open.values()]).toEqual(['refused']);
    expect(pager.told).toBe(2);
    await time.advance(600_000);
    expect(pager.told).toBe(12);
    outcome = HEALTHY;
    await time.advance(600_000);
    expect([pager.told, pager.open.size]).toEqual([13, 0]);
  });

  it('come again as they began, with what was last said of them', async () => {
    const { checker, ports, time } = checkerFixture({ history: { node: 'shop-1' } });
    let outcome: HealthCheckOutcome = { status: 'degraded', reason: 'slow' };
    checker.register('db', () => outcome, { intervalMs: 1000 });
    checker.start();
    await time.advance(5000);
    outcome = REFUSED;
    await time.advance(115_000);
    const [slow, grown, ...again] = ports.signals;
    expect([slow?.severity, grown?.severity]).toEqual(['degraded', 'critical']);
    expect(again).toEqual([grown, grown]);
  });
});

describe('the word of a replica', () => {
  it('stays the same for a process, differs between two, and names no machine', () => {
    expect(replicaWord('shop-1', 7)).toBe(replicaWord('shop-1', 7));
    const words = [
      replicaWord('shop-1', 7),
      replicaWord('shop-1', 8),
      replicaWord('shop-2', 7),
      replicaWord(),
    ];
    expect(new Set(words).size).toBe(4);
    for (const word of words) expect(word).toMatch(/^[0-9a-f]{12}$/);
  });
});
