import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  CLOCK,
  emptyPortNotice,
  METRIC_SINK,
  systemClock,
  type Clock,
  type MetricDeclaration,
  type MetricSink,
} from '@fleetdeck/kernel';
import { ClientRegistry } from './gateway/client-registry.ts';
import { SocketHub, type BroadcastCounters } from './gateway/socket-hub.ts';
import { TopicStore } from './topic/topic-store.ts';

/** How often figures are recorded and idle topics dropped. */
const TICK_MS = 5000;

const GAUGES = {
  fleetdeck_broadcast_clients: 'Clients that are connected.',
  fleetdeck_broadcast_subscriptions: 'Subscriptions of all clients.',
  fleetdeck_broadcast_topics: 'Topics that are remembered.',
} as const;

const COUNTERS: Readonly<Record<keyof BroadcastCounters, { name: string; help: string }>> = {
  published: { name: 'fleetdeck_broadcast_published', help: 'Messages published to topics.' },
  deliveries: { name: 'fleetdeck_broadcast_deliveries', help: 'Messages handed to sockets.' },
  dropped: { name: 'fleetdeck_broadcast_dropped', help: 'Messages not kept: too many topics were in use.' },
  recovered: {
    name: 'fleetdeck_broadcast_resumes_recovered',
    help: 'Returns that got exactly what they missed.',
  },
  reset: { name: 'fleetdeck_broadcast_resumes_reset', help: 'Returns that had to start over.' },
  slowDisconnects: {
    name: 'fleetdeck_broadcast_slow_disconnects',
    help: 'Clients cut because they do not read.',
  },
  rateLimited: { name: 'fleetdeck_broadcast_rate_limited', help: 'Verbs refused by the rate limit.' },
  refused: { name: 'fleetdeck_broadcast_refused', help: 'Connections refused.' },
};

/** Records what the broadcaster does and drops topics that nobody uses. */
@Injectable()
export class BroadcastUpkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('BroadcastModule');
  private timer: NodeJS.Timeout | undefined;
  private sink: MetricSink | undefined;

  constructor(
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(TopicStore) private readonly store: TopicStore,
    @Inject(SocketHub) private readonly hub: SocketHub,
    @Inject(ClientRegistry) private readonly registry: ClientRegistry,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {}

  onApplicationBootstrap(): void {
    this.sink = this.findSink();
    this.sink?.declare(declarations());
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** What happens at each interval. */
  tick(): void {
    this.store.sweep(this.clock.monotonicMs());
    const { sink } = this;
    if (!sink) return;
    const gauges: Record<keyof typeof GAUGES, number> = {
      fleetdeck_broadcast_clients: this.hub.clients,
      fleetdeck_broadcast_subscriptions: this.registry.subscriptions,
      fleetdeck_broadcast_topics: this.store.size,
    };
    for (const [name, value] of Object.entries(gauges)) sink.record(name, value);
    for (const [counter, { name }] of Object.entries(COUNTERS)) {
      sink.record(name, this.hub.counters[counter as keyof BroadcastCounters]);
    }
  }

  // Looked up, not injected: what implements it publishes to topics itself, which would be a circle.
  private findSink(): MetricSink | undefined {
    try {
      return this.moduleRef.get<MetricSink>(METRIC_SINK, { strict: false });
    } catch {
      this.logger.log(emptyPortNotice(METRIC_SINK, "the broadcaster's figures are not recorded"));
      return undefined;
    }
  }
}

function declarations(): MetricDeclaration[] {
  const gauges = Object.entries(GAUGES).map(([name, help]) => ({
    name,
    help,
    kind: 'gauge' as const,
    expectedEveryMs: TICK_MS,
  }));
  const counters = Object.values(COUNTERS).map(({ name, help }) => ({
    name,
    help,
    kind: 'counter' as const,
    expectedEveryMs: TICK_MS,
  }));
  return [...gauges, ...counters];
}
