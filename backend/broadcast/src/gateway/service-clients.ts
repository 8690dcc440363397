import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { BroadcastRefusal, Position, SubscribeReply } from '@fleetdeck/dto';
import { CLOCK, FleetdeckError, systemClock, type Clock, type Principal } from '@fleetdeck/kernel';
import { BROADCAST_OPTIONS, type ResolvedBroadcastOptions } from '../broadcast.options.ts';
import { ClientRegistry } from './client-registry.ts';
import type { PortalClient } from './portal-client.ts';
import { LocalClient, type ServiceClientHandlers } from './service-client.ts';
import { SocketHub } from './socket-hub.ts';
import { Subscriptions } from './subscriptions.ts';

/** The most clients within one service. */
const MAX_CLIENTS = 1000;

/** A client within the service, as {@link ServiceClients.connect} gives it. */
export interface ServiceClient {
  /** What `sendTo`, `subscribe` and `disconnect` know it by. */
  readonly clientId: string;
  /** Subscribes it: {@link ServiceClients.subscribe} with its id. */
  subscribe(topic: string, position?: Position): Promise<SubscribeReply>;
  /** Ends a subscription; one that was not there is fine. */
  unsubscribe(topic: string): void;
  /** Ends it. What waits for it is still told, its close last. */
  disconnect(): void;
}

/** Clients within the service, and subscriptions that the service makes for clients. */
@Injectable()
export class ServiceClients {
  private count = 0;

  constructor(
    @Inject(BROADCAST_OPTIONS) private readonly options: ResolvedBroadcastOptions,
    @Inject(ClientRegistry) private readonly registry: ClientRegistry,
    @Inject(Subscriptions) private readonly subscriptions: Subscriptions,
    @Inject(SocketHub) private readonly hub: SocketHub,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {}

  connect(principal: Principal, handlers: ServiceClientHandlers): ServiceClient {
    if (this.count >= MAX_CLIENTS) {
      throw new FleetdeckError(
        'LIMIT_EXCEEDED',
        `There are ${MAX_CLIENTS} clients within the service, which is the most; disconnect those that are done.`,
      );
    }
    const clientId = randomUUID();
    const client: LocalClient = new LocalClient(clientId, principal, handlers, this.options, this.clock, {
      slow: () => {
        this.hub.counters.slowDisconnects += 1;
      },
      closing: () => {
        this.count -= 1;
        this.registry.remove(client);
        this.subscriptions.release(client);
      },
    });
    this.count += 1;
    this.registry.add(client);
    return {
      clientId,
      subscribe: (topic, position) => this.subscribe(clientId, topic, position),
      unsubscribe: (topic) => void this.subscriptions.unsubscribe(client, { topic }),
      disconnect: () => client.end('DISCONNECTED', 'The service ended this client.', 0),
    };
  }

  async subscribe(clientId: string, topic: string, position?: Position): Promise<SubscribeReply> {
    const client = this.registry.get(clientId);
    if (!client) throw unknownClient(clientId);
    let answer: SubscribeReply | undefined;
    await this.subscriptions.subscribe(client, { topic, ...position }, (reply) => {
      answer = reply;
      if (reply.ok && !reply.recovered && !(client instanceof LocalClient)) tell(client, topic, reply);
    });
    if (!answer) throw unknownClient(clientId);
    return answer;
  }

  unsubscribe(clientId: string, topic: string): boolean {
    const client = this.registry.get(clientId);
    return client ? this.subscriptions.dismiss(client, topic) : false;
  }
}

// It asked for nothing, so it gets no answer: the topic starts over for it.
function tell(client: PortalClient, topic: string, reply: Exclude<SubscribeReply, BroadcastRefusal>): void {
  const { epoch, offset, reason = 'started', snapshot } = reply;
  client.reset({ topic, epoch, offset, reason, ...(snapshot ? { snapshot } : {}) });
}

function unknownClient(clientId: string): FleetdeckError {
  return new FleetdeckError('NOT_FOUND', `No client "${clientId}" is connected to this node.`);
}
