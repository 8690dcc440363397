import { describe, expect, it, jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  CLOCK,
  HEALTH_CONTRIBUTOR,
  METRIC_SINK,
  PUBLISHER,
  type MetricDeclaration,
  type MetricSink,
  type Publisher,
} from '@fleetdeck/kernel';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { BroadcastHealth } from './broadcast.health.ts';
import { BroadcastModule, Broadcaster, type BroadcastOptions } from './index.ts';
import { BroadcastUpkeep } from './broadcast.upkeep.ts';
import { TopicStore } from './topic/topic-store.ts';

class FakeSink implements MetricSink {
  readonly declared: MetricDeclaration[] = [];
  readonly recorded = new Map<string, number>();

  declare(metrics: readonly MetricDeclaration[]): void {
    this.declared.push(...metrics);
  }

  readonly series: string[] = [];

  record(name: string, value: number, labels?: object): void {
    this.recorded.set(name, value);
    this.series.push(`${name} ${JSON.stringify(labels)}`);
  }

  increment(name: string, by = 1, labels?: object): void {
    this.record(name, (this.recorded.get(name) ?? 0) + by, labels);
  }
}

async function start(options: BroadcastOptions, sink?: MetricSink, clock = new FakeClock()) {
  @Module({
    providers: [
      { provide: CLOCK, useValue: clock },
      ...(sink ? [{ provide: METRIC_SINK, useValue: sink }] : []),
    ],
    exports: [CLOCK],
  })
  class PortsModule {}
  return NestFactory.createApplicationContext(
    {
      module: class AppModule {},
      imports: [
        { module: PortsModule, global: true },
        BroadcastModule.forRootAsync({ useFactory: () => options }),
      ],
    },
    { logger: false, abortOnError: false },
  );
}

describe('BroadcastModule', () => {
  it('refuses at start a topic without a policy, naming it', async () => {
    await expect(start({ policies: { system: { leastRole: 'viewer' } } })).rejects.toThrow(
      'Topic "metrics.*" has no policy',
    );
  });

  it('gives the broadcaster under its own name and as the publisher of the kernel', async () => {
    const app = await start({});
    expect(app.get<Publisher>(PUBLISHER)).toBe(app.get(Broadcaster));
    await app.close();
  });

  it('keeps positions without an HTTP server, and says that nobody can connect', async () => {
    const app = await start({});
    const broadcaster = app.get(Broadcaster);
    broadcaster.broadcastAll({ level: 'info', text: 'to nobody' });
    broadcaster.sendTo(['nobody'], 'system', {});
    expect(broadcaster.position('system')?.offset).toBe(1);
    const health = app.get(BroadcastHealth, { strict: false });
    await expect(health.checkHealth()).resolves.toMatchObject({
      status: 'degraded',
      details: { clients: 0, topics: 1 },
    });
    expect(Reflect.getMetadata(HEALTH_CONTRIBUTOR, BroadcastHealth)).toBe(true);
    await app.close();
  });

  it('records its figures at each interval', async () => {
    const sink = new FakeSink();
    const app = await start({}, sink);
    expect(sink.declared.map(({ name, kind }) => `${kind} ${name}`)).toContain(
      'gauge fleetdeck_broadcast_clients',
    );
    app.get(Broadcaster).broadcastAll({ level: 'info', text: 'counted' });
    app.get(BroadcastUpkeep, { strict: false }).tick();
    expect([...sink.recorded.keys()].sort()).toEqual(sink.declared.map(({ name }) => name).sort());
    expect(sink.series).toContain('fleetdeck_broadcast_resumes {"outcome":"expired"}');
    expect(sink.recorded.get('fleetdeck_broadcast_published')).toBe(1);
    expect(sink.recorded.get('fleetdeck_broadcast_topics')).toBe(1);
    app.get(Broadcaster).broadcastAll({ level: 'info', text: 'counted too' });
    app.get(BroadcastUpkeep, { strict: false }).tick();
    expect(sink.recorded.get('fleetdeck_broadcast_published')).toBe(2);
    await app.close();
  });

  it('drops a topic that nobody uses, with its positions', async () => {
    const clock = new FakeClock();
    const app = await start({}, undefined, clock);
    const broadcaster = app.get(Broadcaster);
    broadcaster.broadcastAll({ level: 'info', text: 'forgotten' });
    const before = broadcaster.position('system');
    clock.advance(600_001);
    app.get(BroadcastUpkeep, { strict: false }).tick();
    expect(broadcaster.position('system')).not.toEqual(before);
    await app.close();
  });

  it('drops what is published when no topic can be remembered any more, without a throw', async () => {
    const app = await start({});
    const open = jest.spyOn(app.get(TopicStore, { strict: false }), 'open').mockReturnValue(null);
    const broadcaster = app.get(Broadcaster);
    broadcaster.broadcastAll({ level: 'info', text: 'lost' });
    broadcaster.sendTo([], 'system', {});
    expect(broadcaster.position('system')).toBeNull();
    expect(open).toHaveBeenCalledTimes(2);
    await app.close();
  });
});
