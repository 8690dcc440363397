import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { matchTopic, SOCKET_PATH, type TopicMap } from '@fleetdeck/dto';
import { CLOCK, messageOf, PRINCIPAL_RESOLVER, systemClock } from '@fleetdeck/kernel';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { BroadcastModule } from '../broadcast.module.ts';
import type { BroadcastOptions } from '../broadcast.options.ts';
import { Broadcaster } from '../broadcaster.service.ts';
import { ClientRegistry } from '../gateway/client-registry.ts';
import { SocketHub } from '../gateway/socket-hub.ts';
import type { TopicPolicy } from '../topic/topic-policy.ts';
import { FaultKit } from './fault-kit.ts';
import { KnownPrincipals, type FakePrincipals } from './known-principals.ts';
import type { Witness, WitnessOptions } from './witness.ts';

/** What {@link startFakeGateway} takes: the options of `BroadcastModule`, and who is known. */
export interface FakeGatewayOptions<M extends TopicMap> extends Omit<BroadcastOptions, 'topics'> {
  topics: M;
  /** @default every topic for viewers */
  policies?: Readonly<Record<string, TopicPolicy>>;
  /** By token. @default `viewer`, `operator` and `admin`, each of the role of its name */
  principals?: FakePrincipals;
  /** Whether it goes with the machine's clock instead of one that is moved by hand. @default false */
  realTime?: boolean;
  /** @default 0: any free port */
  port?: number;
}

const DEFAULT_PRINCIPALS: FakePrincipals = {
  viewer: { role: 'viewer' },
  operator: { role: 'operator' },
  admin: { role: 'admin' },
};
/** A clock that stands still fills no token bucket. */
const VERBS_PER_SECOND = 1000;
const DRAIN_WINDOW_MS = 20;

/** A gateway for tests: the real one on a port of its own, with faults at hand. */
export class FakeGateway<M extends TopicMap = TopicMap> {
  /** Makes things go wrong, and says what came of it. */
  readonly faults: FaultKit;

  constructor(
    /** Publishes, as in a service. */
    readonly broadcaster: Broadcaster<M>,
    /** The origin, such as `http://127.0.0.1:41234`. */
    readonly url: string,
    /** The path of the socket. */
    readonly path: string,
    /** The gateway's time, which moves when told to; not with `realTime`. */
    readonly clock: FakeClock,
    parts: ConstructorParameters<typeof FaultKit>[0],
    private readonly close: () => Promise<void>,
  ) {
    this.faults = new FaultKit(parts);
  }

  /** The clients that are connected. */
  get clientIds(): string[] {
    return this.broadcaster.clientIds;
  }

  /**
   * Opens a plain socket.io-client that follows topics and writes down what it sees. Stop it before the gateway.
   * @throws Error when `socket.io-client` is not installed
   */
  async witness(options: Omit<WitnessOptions, 'url' | 'path'>): Promise<Witness> {
    const { Witness: Made } = await loadWitness();
    return new Made({ url: this.url, path: this.path, ...options });
  }

  /** Tells clients that the service stops, and stops. */
  async stop(): Promise<void> {
    await this.close();
  }
}

/**
 * Starts a gateway for tests on 127.0.0.1. It needs `@nestjs/platform-express`, as every NestJS service does by default.
 *
 * @example
 * const gateway = await startFakeGateway({ topics });
 * gateway.broadcaster.broadcast('orders.eu', order);
 * gateway.faults.kill('all');
 * await gateway.stop();
 */
export async function startFakeGateway<M extends TopicMap>({
  topics,
  policies = Object.fromEntries(Object.keys(topics).map((name) => [name, { leastRole: 'viewer' }])),
  principals = DEFAULT_PRINCIPALS,
  realTime = false,
  port = 0,
  ...options
}: FakeGatewayOptions<M>): Promise<FakeGateway<M>> {
  const fakeClock = new FakeClock();
  const clock = realTime ? systemClock : fakeClock;
  const known = new KnownPrincipals(principals, clock);
  const denied = new Set<string>();
  const app = await NestFactory.create(
    {
      module: class FakeGatewayModule {},
      imports: [
        {
          module: class FakeGatewayAccessModule {},
          global: true,
          providers: [
            { provide: CLOCK, useValue: clock },
            { provide: PRINCIPAL_RESOLVER, useValue: known },
          ],
          exports: [CLOCK, PRINCIPAL_RESOLVER],
        },
        BroadcastModule.forRoot({
          verbsPerSecond: VERBS_PER_SECOND,
          drainWindowMs: DRAIN_WINDOW_MS,
          ...options,
          topics,
          policies: Object.fromEntries(
            Object.entries(policies).map(([name, policy]) => [name, deniable(policy, denied)]),
          ),
        }),
      ],
    },
    { logger: ['error', 'fatal'], abortOnError: false },
  );
  await app.listen(port, '127.0.0.1');
  const address = (app.getHttpServer() as { address(): AddressInfo }).address();
  const broadcaster = app.get<Broadcaster<M>>(Broadcaster);
  const gateway: FakeGateway<M> = new FakeGateway<M>(
    broadcaster,
    `http://127.0.0.1:${address.port}`,
    options.path ?? SOCKET_PATH,
    fakeClock,
    {
      broadcaster: broadcaster as unknown as Broadcaster,
      registry: app.get(ClientRegistry, { strict: false }),
      counters: app.get(SocketHub, { strict: false }).counters,
      known,
      clock,
      denied,
      witness: (own) => gateway.witness(own),
    },
    () => app.close(),
  );
  return gateway;
}

function deniable(policy: TopicPolicy, denied: ReadonlySet<string>): TopicPolicy {
  return {
    ...policy,
    authorize: async (principal, topic) => {
      for (const pattern of denied) {
        if (matchTopic({ [pattern]: { mode: 'log' } }, topic) !== null) return false;
      }
      return (await policy.authorize?.(principal, topic)) ?? true;
    },
  };
}

async function loadWitness(): Promise<typeof import('./witness.ts')> {
  try {
    return await import('./witness.ts');
  } catch (error) {
    throw new Error(`A witness needs the package socket.io-client; install it. (${messageOf(error)})`, {
      cause: error,
    });
  }
}
