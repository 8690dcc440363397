import { afterEach, describe, expect, it } from '@jest/globals';
import { systemClock, type MetricSink } from '@fleetdeck/kernel';
import { MemoryLeases } from '@fleetdeck/kernel/testing';
import type { ServiceRuntime } from '../service-runtime.ts';
import { RequestMeter } from './request-meter.ts';
import { SystemSampler } from './system-sampler.ts';

const samplers: SystemSampler[] = [];
afterEach(() => Promise.all(samplers.splice(0).map((sampler) => sampler.onModuleDestroy())));

/** A replica that samples; `recorded` has the names of what it measured. */
function replica(leases: MemoryLeases, nodeName: string) {
  const recorded: string[] = [];
  let noted: () => void = () => undefined;
  const metrics: MetricSink = {
    declare: () => undefined,
    record: (name) => {
      recorded.push(name);
      noted();
    },
    increment: () => undefined,
  };
  const dataSource = { query: () => Promise.resolve([{ connections: '3', transactions: '40' }]) };
  const runtime = { environment: { nodeName }, dataSource } as unknown as ServiceRuntime;
  const sampler = new SystemSampler(runtime, metrics, systemClock, new RequestMeter(), leases.replica());
  samplers.push(sampler);
  sampler.onApplicationBootstrap();
  const until = (name: string) =>
    new Promise<void>((resolve) => {
      noted = () => recorded.includes(name) && resolve();
      noted();
    });
  return { sampler, recorded, until };
}

describe('SystemSampler', () => {
  it('measures each process, and the PostgreSQL that replicas share once for all of them', async () => {
    const leases = new MemoryLeases();
    const first = replica(leases, 'a');
    const second = replica(leases, 'b');
    await first.until('fleetdeck_postgres_transactions_total');
    expect(second.recorded).toContain('fleetdeck_process_memory_bytes');
    expect(second.recorded).not.toContain('fleetdeck_postgres_transactions_total');
    await first.sampler.onModuleDestroy();
    await second.until('fleetdeck_postgres_transactions_total');
    expect(second.recorded).toContain('fleetdeck_postgres_connections');
  });
});
