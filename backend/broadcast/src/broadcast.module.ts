import { randomBytes } from 'node:crypto';
import { Module } from '@nestjs/common';
import { CLOCK, PUBLISHER, systemClock, type Clock } from '@fleetdeck/kernel';
import { TopicAuthoriser } from './access/topic-authoriser.ts';
import { BroadcastHealth } from './broadcast.health.ts';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './broadcast.module-definition.ts';
import { BROADCAST_OPTIONS, resolveOptions, type ResolvedBroadcastOptions } from './broadcast.options.ts';
import { BroadcastUpkeep } from './broadcast.upkeep.ts';
import { Broadcaster } from './broadcaster.service.ts';
import { BroadcastGateway } from './gateway/broadcast.gateway.ts';
import { ClientRegistry } from './gateway/client-registry.ts';
import { ServiceClients } from './gateway/service-clients.ts';
import { SocketHub } from './gateway/socket-hub.ts';
import { Subscriptions } from './gateway/subscriptions.ts';
import { SharedTopics } from './redis/shared-topics.ts';
import { TopicStarts } from './topic/topic-starts.ts';
import { TopicStore } from './topic/topic-store.ts';

const EPOCH_BYTES = 12;
const newEpoch = (): string => randomBytes(EPOCH_BYTES).toString('base64url');

/**
 * Topics with positions over socket.io. Gives {@link Broadcaster} and the kernel's `PUBLISHER`.
 *
 * @example
 * BroadcastModule.forRoot({
 *   topics: defineTopics({ ...fleetdeckTopics, 'orders.*': topic<Order>({ mode: 'latest', key: 'id' }) }),
 *   policies: { ...fleetdeckPolicies, 'orders.*': { leastRole: 'viewer' } },
 * })
 */
@Module({
  providers: [
    { provide: BROADCAST_OPTIONS, useFactory: resolveOptions, inject: [MODULE_OPTIONS_TOKEN] },
    {
      provide: SharedTopics,
      useFactory: ({ redis }: ResolvedBroadcastOptions, hub: SocketHub, clock: Clock = systemClock) =>
        redis ? new SharedTopics(redis, hub, clock, newEpoch) : null,
      inject: [BROADCAST_OPTIONS, SocketHub, { token: CLOCK, optional: true }],
    },
    {
      provide: TopicStore,
      useFactory: (
        { topics, policies }: ResolvedBroadcastOptions,
        hub: SocketHub,
        shared: SharedTopics | null,
      ) =>
        new TopicStore({
          topics,
          policies,
          newEpoch,
          hasSubscribers: (topic) => hub.subscribers(topic) > 0,
          shared,
        }),
      inject: [BROADCAST_OPTIONS, SocketHub, SharedTopics],
    },
    SocketHub,
    ClientRegistry,
    TopicAuthoriser,
    TopicStarts,
    Subscriptions,
    ServiceClients,
    Broadcaster,
    { provide: PUBLISHER, useExisting: Broadcaster },
    BroadcastGateway,
    BroadcastHealth,
    BroadcastUpkeep,
  ],
  exports: [Broadcaster, PUBLISHER],
})
export class BroadcastModule extends ConfigurableModuleClass {}
