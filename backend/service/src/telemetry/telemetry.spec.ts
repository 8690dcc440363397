import { describe, expect, it } from '@jest/globals';
import type { Environment } from '../environment/environment.ts';
import type { ServiceRuntime } from '../service-runtime.ts';
import { healthChecks } from './health-checks.ts';
import { CpuShare, EventLoopDelay, hostCpuTimes, hostMemoryPercent } from './readings.ts';
import { RequestMeter } from './request-meter.ts';

describe('CpuShare', () => {
  it('knows nothing after one reading', () => {
    expect(new CpuShare().next(5, 10)).toBeNull();
  });

  it('is the busy part of the time between two readings', () => {
    const share = new CpuShare();
    share.next(100, 1000);
    expect(share.next(125, 1100)).toBe(25);
    expect(share.next(125, 1100)).toBeNull();
  });

  it('is not negative when a core is taken away', () => {
    const share = new CpuShare();
    share.next(100, 1000);
    expect(share.next(50, 1100)).toBe(0);
  });
});

describe('readings of the host', () => {
  it('are within their bounds', () => {
    const { busy, total } = hostCpuTimes();
    expect(busy).toBeGreaterThan(0);
    expect(total).toBeGreaterThan(busy);
    expect(hostMemoryPercent()).toBeGreaterThan(0);
    expect(hostMemoryPercent()).toBeLessThan(100);
  });

  it('know nothing of the event loop before it turned', () => {
    const delay = new EventLoopDelay();
    expect(delay.takeLongest()).toBeNull();
    delay.stop();
  });
});

describe('RequestMeter', () => {
  it('counts all and gives each duration once', () => {
    const meter = new RequestMeter();
    meter.finished(1);
    meter.finished(2);
    expect(meter.total).toBe(2);
    expect(meter.takeDurations()).toEqual([1, 2]);
    expect(meter.takeDurations()).toEqual([]);
  });

  it('keeps no more durations than it promises', () => {
    const meter = new RequestMeter();
    for (let i = 0; i < 6_000; i += 1) meter.finished(i);
    expect(meter.takeDurations()).toHaveLength(5_000);
    expect(meter.total).toBe(6_000);
  });
});

describe('healthChecks', () => {
  const checksOf = (environment: Partial<Environment>) =>
    healthChecks({
      environment: {
        redisUrl: null,
        amqpUrl: null,
        rabbitmqManagementUrl: null,
        dockerHost: null,
        ...environment,
      },
      dataSource: { query: () => Promise.resolve() },
      dataDir: '/',
    } as unknown as ServiceRuntime);
  const names = (environment: Partial<Environment>) =>
    checksOf(environment).map(
      ({ healthName, healthOptions }) => `${healthName} ${healthOptions?.criticality ?? 'critical'}`,
    );
  const named = {
    redisUrl: 'redis://cache',
    amqpUrl: 'amqp://broker',
    rabbitmqManagementUrl: 'http://broker:15672',
    dockerHost: 'unix:///var/run/docker.sock',
  };

  it('watch the service and its database', () => {
    expect(names({})).toEqual([
      'postgres critical',
      'event-loop optional',
      'memory optional',
      'disk optional',
    ]);
  });

  it('watch what the environment names, and none of it may end readiness', () => {
    expect(names(named).slice(4)).toEqual(['redis optional', 'rabbitmq optional', 'docker optional']);
  });

  it('take one bad or one good answer of another process for chance, and believe two in a row', () => {
    const patient = checksOf(named).filter(
      ({ healthOptions: { failureThreshold, successThreshold } = {} }) =>
        failureThreshold === 2 && successThreshold === 2,
    );
    expect(patient.map(({ healthName }) => healthName)).toEqual(['postgres', 'redis', 'rabbitmq', 'docker']);
  });
});
