import { Inject, Injectable } from '@nestjs/common';
import {
  ContributesHealth,
  type HealthCheckOutcome,
  type HealthContributor,
  type HealthContributorOptions,
} from '@fleetdeck/kernel';
import { BroadcastGateway } from './gateway/broadcast.gateway.ts';
import { ClientRegistry } from './gateway/client-registry.ts';
import { SocketHub } from './gateway/socket-hub.ts';
import { TopicStore } from './topic/topic-store.ts';

/** Says whether clients can connect, and how many have. */
@ContributesHealth()
@Injectable()
export class BroadcastHealth implements HealthContributor {
  readonly healthName = 'broadcast';
  readonly healthOptions: HealthContributorOptions = { criticality: 'optional' };

  constructor(
    @Inject(BroadcastGateway) private readonly gateway: BroadcastGateway,
    @Inject(ClientRegistry) private readonly registry: ClientRegistry,
    @Inject(SocketHub) private readonly hub: SocketHub,
    @Inject(TopicStore) private readonly store: TopicStore,
  ) {}

  checkHealth(): Promise<HealthCheckOutcome> {
    const details = {
      clients: this.hub.clients,
      subscriptions: this.registry.subscriptions,
      topics: this.store.size,
      slowDisconnects: this.hub.counters.slowDisconnects,
    };
    return Promise.resolve(
      this.gateway.open
        ? { status: 'healthy', details }
        : { status: 'degraded', reason: 'No client can connect at present.', details },
    );
  }
}
