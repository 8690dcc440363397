import { once } from 'node:events';
import { request, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, type INestApplication, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { io, type Socket } from 'socket.io-client';
import {
  defineTopics,
  isRole,
  topic,
  type BroadcastRefusal,
  type ClientToServerEvents,
  type CloseNotice,
  type ServerToClientEvents,
  type SubscribeReply,
  type SubscribeRequest,
  type Subscribed,
  type TopicMessage,
  type TopicReset,
  type TopicRevoked,
  type Welcome,
} from '@fleetdeck/dto';
import {
  CLOCK,
  FleetdeckError,
  PRINCIPAL_RESOLVER,
  systemClock,
  type Clock,
  type Principal,
  type PrincipalRequest,
  type PrincipalResolver,
} from '@fleetdeck/kernel';
import { BroadcastModule } from '../../broadcast.module.ts';
import type { BroadcastOptions } from '../../broadcast.options.ts';
import { Broadcaster } from '../../broadcaster.service.ts';

/** Topics of the portals that the tests start. */
export const portalTopics = defineTopics({
  system: topic<{ level: 'info'; text: string }>({ mode: 'log' }),
  audit: topic<{ n: number }>({ mode: 'log' }),
  queues: topic<{ name: string; depth: number; pad?: string }>({ mode: 'latest', key: 'name' }),
  'metrics.*': topic<{ labels: Record<string, string>; value: number }>({ mode: 'latest', key: 'labels' }),
  'operations.*': topic<{ status: string }>({ mode: 'latest' }),
});

/** Their policies. */
export const portalPolicies = {
  system: { leastRole: 'viewer' },
  audit: { leastRole: 'operator', history: { count: 100, bytes: 64 * 1024 * 1024 } },
  queues: { leastRole: 'viewer' },
  'metrics.*': { leastRole: 'viewer' },
  'operations.*': { leastRole: 'viewer' },
} as const;

/**
 * Who is known to the portals: `viewer`, `operator`, `admin` and `short` (a viewer for 200 ms) as token, header and
 * cookie; `brief` is prolonged when looked up again; `subject_role` is anybody,
 * `subject_role_session` by one of several sign-ins.
 */
class KnownCallers implements PrincipalResolver {
  private briefs = 0;

  constructor(private readonly clock: Clock) {}

  resolve({ headers, token }: PrincipalRequest): Promise<Principal | null> {
    const cookie = /(?:^|; )session=(\w+)/.exec(String(headers['cookie'] ?? ''))?.[1];
    const bearer = token ?? headers['authorization']?.toString().replace('Bearer ', '');
    const name = bearer ?? cookie;
    const method = bearer === undefined ? 'cookie' : 'bearer';
    switch (name) {
      case 'viewer':
      case 'operator':
      case 'admin':
        return Promise.resolve({ subject: name, role: name, method, expiresAt: null });
      case 'short':
        return Promise.resolve({ subject: name, role: 'viewer', method, expiresAt: this.clock.now() + 200 });
      case 'brief':
        this.briefs += 1;
        return Promise.resolve({
          subject: name,
          role: 'viewer',
          method,
          expiresAt: this.briefs % 2 === 1 ? this.clock.now() + 200 : null,
        });
      case 'expired':
        return Promise.reject(new FleetdeckError('SESSION_EXPIRED', 'Your session has expired.'));
      case 'broken':
        return Promise.reject(new TypeError('the session store fell over'));
      case 'endless':
        return new Promise(() => undefined);
      default: {
        const [subject, role, session] = name?.split('_') ?? [];
        if (subject === undefined || !isRole(role)) return Promise.resolve(null);
        return Promise.resolve({
          ...{ subject, role, method, expiresAt: null },
          ...(session === undefined ? {} : { session }),
        });
      }
    }
  }
}

@Controller('hello')
class HelloController {
  @Get()
  hello(): string {
    return 'hello';
  }
}

/** An application with the module in it. */
export interface Portal {
  app: INestApplication;
  broadcaster: Broadcaster<typeof portalTopics>;
  port: number;
  url: string;
}

/** What surrounds the module in a portal. */
export interface PortalSetting {
  /** `none` leaves the resolver out. @default 'resolver' */
  access?: 'resolver' | 'none';
  /** @default systemClock */
  clock?: Clock;
  /** Further providers, such as gateways of the story's own. */
  providers?: Provider[];
}

/** Starts an application on a free port. */
export async function startPortal(
  options: BroadcastOptions = {},
  prepare: (app: INestApplication) => void = () => undefined,
  { access = 'resolver', clock = systemClock, providers = [] }: PortalSetting = {},
): Promise<Portal> {
  const surroundings: Provider[] = [
    { provide: CLOCK, useValue: clock },
    ...(access === 'none' ? [] : [{ provide: PRINCIPAL_RESOLVER, useValue: new KnownCallers(clock) }]),
  ];
  const app = await NestFactory.create(
    {
      module: class PortalModule {},
      imports: [
        {
          module: class SurroundingsModule {},
          global: true,
          providers: surroundings,
          exports: [CLOCK, ...(access === 'none' ? [] : [PRINCIPAL_RESOLVER])],
        },
        BroadcastModule.forRoot({ topics: portalTopics, policies: portalPolicies, ...options }),
      ],
      controllers: [HelloController],
      providers,
    },
    { logger: false, abortOnError: false },
  );
  prepare(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const broadcaster = app.get<Broadcaster<typeof portalTopics>>(Broadcaster);
  return { app, broadcaster, port, url: `http://127.0.0.1:${port}` };
}

/** A client as a script would write it: a bare socket.io-client that keeps what it got. */
export class TestClient {
  readonly messages: TopicMessage[] = [];
  readonly resets: TopicReset[] = [];
  readonly revoked: TopicRevoked[] = [];
  readonly tokens: { expiresAt: string }[] = [];
  readonly closes: CloseNotice[] = [];
  welcome: Welcome | null = null;
  readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;

  constructor(
    url: string,
    options: {
      token?: string;
      headers?: Record<string, string>;
      path?: string;
      query?: Record<string, string>;
    },
  ) {
    this.socket = io(url, {
      path: options.path ?? '/ws/platform',
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      ...(options.token === undefined ? {} : { auth: { token: options.token } }),
      ...(options.headers ? { extraHeaders: options.headers } : {}),
      ...(options.query ? { query: options.query } : {}),
    });
    this.socket.on('message', (message) => this.messages.push(message));
    this.socket.on('reset', (reset) => this.resets.push(reset));
    this.socket.on('revoked', (notice) => this.revoked.push(notice));
    this.socket.on('token', (notice) => this.tokens.push(notice));
    this.socket.on('close', (notice) => this.closes.push(notice));
  }

  /** Resolves with the welcome, rejects with the refusal. */
  connected(): Promise<Welcome> {
    return new Promise((resolve, reject) => {
      this.socket.once('welcome', (welcome) => {
        this.welcome = welcome;
        resolve(welcome);
      });
      this.socket.once('connect_error', reject);
    });
  }

  /** The refusal that the client meets; fails when it is let in. */
  async refused(): Promise<{ message: string; data?: BroadcastRefusal }> {
    try {
      await this.connected();
    } catch (error) {
      return error as { message: string; data?: BroadcastRefusal };
    }
    throw new Error('the client was let in');
  }

  subscribe(request: SubscribeRequest): Promise<SubscribeReply> {
    return this.socket.emitWithAck('subscribe', request);
  }

  /** Subscribes; fails when that is refused. */
  async accepted(request: SubscribeRequest): Promise<Subscribed> {
    const reply = await this.subscribe(request);
    if (!reply.ok) throw new Error(`refused: ${reply.code} ${reply.message}`);
    return reply;
  }

  /** Sends what no well-behaved client would. */
  send(event: string, ...args: unknown[]): Promise<unknown> {
    return (this.socket as unknown as Socket).timeout(5000).emitWithAck(event, ...args);
  }

  /** Resolves when that many messages have come. */
  async received(count: number): Promise<TopicMessage[]> {
    while (this.messages.length < count) await once(this.socket as never, 'message');
    return this.messages;
  }

  /** Resolves with the number that closed the WebSocket. */
  closed(): Promise<number | undefined> {
    return new Promise((resolve) =>
      this.socket.once('disconnect', (_reason, details) => {
        const { context } = (details ?? {}) as { context?: { code?: number } };
        resolve(context?.code);
      }),
    );
  }

  /** Resolves when an event comes, with its payload. */
  async heard<T>(event: 'reset' | 'revoked' | 'token' | 'close'): Promise<T> {
    const [payload] = (await once(this.socket as never, event)) as [T];
    return payload;
  }

  /** The client's TCP connection. */
  get network(): { pause(): void; resume(): void } {
    const { transport } = this.socket.io.engine as unknown as {
      transport: { ws: { _socket: { pause(): void; resume(): void } } };
    };
    return transport.ws._socket;
  }
}

/** Connects a client and waits for its welcome. */
export async function connect(url: string, token = 'viewer'): Promise<TestClient> {
  const client = new TestClient(url, { token });
  await client.connected();
  return client;
}

/** Sends a bare upgrade request; the status and body of its answer, 101 when it is upgraded. */
export function upgrade(
  port: number,
  headers: Record<string, string> = {},
  path = '/ws/platform/?EIO=4&transport=websocket',
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string; end: () => void }> {
  return new Promise((resolve, reject) => {
    const sent = request({
      port,
      host: '127.0.0.1',
      path,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': Buffer.alloc(16, 7).toString('base64'),
        ...headers,
      },
    });
    sent.on('upgrade', (response, socket) => {
      socket.on('error', () => undefined);
      resolve({ status: 101, headers: response.headers, body: '', end: () => socket.destroy() });
    });
    sent.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (body += part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, end: () => undefined }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}
