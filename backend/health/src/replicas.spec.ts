import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { fleetdeckTopics, HEALTH_TOLD_EVERY_MS, type HealthUpdate } from '@fleetdeck/dto';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import { replicaWord } from './replica.ts';
import { checkerFixture } from './testing/checker.fixture.ts';
import { FakeTime } from './testing/fake-time.ts';

Logger.overrideLogger(false);

const HEALTHY = { status: 'healthy' } as const;

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
