import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  ContributesHealth,
  type HealthCheckOutcome,
  type HealthContributor,
  type HealthContributorOptions,
} from '@fleetdeck/kernel';
import { BroadcastGateway } from './gateway/broadcast.gateway.ts';
import { ClientRegistry } from './gateway/client-registry.ts';
import { SocketHub } from './gateway/socket-hub.ts';
import { SharedTopics } from './redis/shared-topics.ts';
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
    @Optional() @Inject(SharedTopics) private readonly shared: SharedTopics | null = null,
  ) {}

  checkHealth(): Promise<HealthCheckOutcome> {
    const details = {
      clients: this.hub.clients,
      subscriptions: this.registry.subscriptions,
      topics: this.store.size,
      slowDisconnects: this.hub.counters.slowDisconnects,
      ...(this.shared ? { nodes: this.shared.state, unconfirmed: this.shared.unconfirmed } : {}),
    };
    const reason = this.gateway.open ? this.apart() : 'No client can connect at present.';
    return Promise.resolve(
      reason === null ? { status: 'healthy', details } : { status: 'degraded', reason, details },
    );
  }

  private apart(): string | null {
    if (!this.shared || this.shared.state === 'together') return null;
    const { state, reason } = this.shared;
    return state === 'apart'
      ? `Redis does not answer, so clients of this node hear nothing of other nodes: ${reason}.`
      : `Redis does not answer, messages wait for it: ${reason}.`;
  }
}
