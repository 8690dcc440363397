import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { MetricLabels } from '@fleetdeck/dto';
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
import { SocketHub } from './gateway/socket-hub.ts';
import { SharedTopics } from './redis/shared-topics.ts';
import { TopicStarts } from './topic/topic-starts.ts';
import { TopicStore } from './topic/topic-store.ts';

/** How often figures are recorded and idle topics dropped. */
const TICK_MS = 5000;

const PREFIX = 'fleetdeck_broadcast';

const METRICS: readonly MetricDeclaration[] = [
  { name: `${PREFIX}_clients`, kind: 'gauge', help: 'Clients that are connected.' },
  { name: `${PREFIX}_subscriptions`, kind: 'gauge', help: 'Subscriptions of all clients.' },
  { name: `${PREFIX}_topics`, kind: 'gauge', help: 'Topics that are remembered.' },
  { name: `${PREFIX}_buffered_bytes`, kind: 'gauge', unit: 'By', help: 'Bytes that wait for clients.' },
  { name: `${PREFIX}_published`, kind: 'counter', help: 'Messages published to topics.' },
  { name: `${PREFIX}_deliveries`, kind: 'counter', help: 'Messages handed to sockets.' },
  {
    name: `${PREFIX}_drops`,
    kind: 'counter',
    help: 'Messages not sent: overload, a later value in the window, a client that does not keep up.',
    labels: ['reason'],
  },
  {
    name: `${PREFIX}_resumes`,
    kind: 'counter',
    help: 'Clients that came back to a topic: recovered, or why it started over.',
    labels: ['outcome'],
  },
  { name: `${PREFIX}_slow_disconnects`, kind: 'counter', help: 'Clients cut because they do not read.' },
  { name: `${PREFIX}_heartbeats_missed`, kind: 'counter', help: 'Clients cut that gave no sign of life.' },
  { name: `${PREFIX}_rate_limited`, kind: 'counter', help: 'Verbs refused by the rate limit.' },
  { name: `${PREFIX}_refused`, kind: 'counter', help: 'Connections refused.' },
  { name: `${PREFIX}_apart`, kind: 'gauge', help: '1 while this node is without Redis and the other nodes.' },
  { name: `${PREFIX}_unconfirmed`, kind: 'gauge', help: 'Messages that Redis has not numbered yet.' },
  { name: `${PREFIX}_partings`, kind: 'counter', help: 'Times this node had to go on without Redis.' },
  {
    name: `${PREFIX}_holes`,
    kind: 'counter',
    help: 'Topics read again because messages from Redis were missing.',
  },
  { name: `${PREFIX}_junk`, kind: 'counter', help: 'Messages on our Redis channels that are not ours.' },
];

/** Records what the broadcaster does and drops topics that nobody uses. */
@Injectable()
export class BroadcastUpkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('BroadcastModule');
  private timer: NodeJS.Timeout | undefined;
  private sink: MetricSink | undefined;
  /** What the sink was told of each counter so far. */
  private readonly counted = new Map<string, number>();

  constructor(
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(TopicStore) private readonly store: TopicStore,
    @Inject(TopicStarts) private readonly starts: TopicStarts,
    @Inject(SocketHub) private readonly hub: SocketHub,
    @Inject(ClientRegistry) private readonly registry: ClientRegistry,
    @Optional() @Inject(SharedTopics) private readonly shared: SharedTopics | null = null,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {}

  onApplicationBootstrap(): void {
    this.sink = this.findSink();
    this.sink?.declare(METRICS.map((metric) => ({ ...metric, expectedEveryMs: TICK_MS })));
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** What happens at each interval. */
  tick(): void {
    this.store.sweep(this.clock.monotonicMs());
    this.starts.sweep();
    this.shared?.keepAlive();
    const { sink } = this;
    if (!sink) return;
    const { counters, clients } = this.hub;
    const record = (name: string, value: number): void => sink.record(`${PREFIX}_${name}`, value);
    // By how much and not the total: those of several nodes are one series.
    const count = (name: string, total: number, labels?: MetricLabels): void => {
      const key = `${name} ${JSON.stringify(labels)}`;
      sink.increment(`${PREFIX}_${name}`, total - (this.counted.get(key) ?? 0), labels);
      this.counted.set(key, total);
    };
    record('clients', clients);
    record('subscriptions', this.registry.subscriptions);
    record('topics', this.store.size);
    record('buffered_bytes', this.registry.bufferedBytes);
    count('published', counters.published);
    count('deliveries', counters.deliveries);
    count('drops', counters.dropped, { reason: 'overload' });
    count('drops', counters.conflated, { reason: 'conflated' });
    count('drops', counters.slowSkipped, { reason: 'slow' });
    count('resumes', counters.recovered, { outcome: 'recovered' });
    for (const [outcome, total] of Object.entries(counters.reset)) count('resumes', total, { outcome });
    count('slow_disconnects', counters.slowDisconnects);
    count('heartbeats_missed', counters.heartbeatsMissed);
    count('rate_limited', counters.rateLimited);
    count('refused', counters.refused);
    record('apart', this.shared?.state === 'apart' ? 1 : 0);
    record('unconfirmed', this.shared?.unconfirmed ?? 0);
    count('partings', counters.apart);
    count('holes', counters.holes);
    count('drops', counters.unsent, { reason: 'unsent' });
    count('junk', counters.junk);
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
