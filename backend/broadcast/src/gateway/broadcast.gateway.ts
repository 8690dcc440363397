import type { Server as HttpServer } from 'node:http';
import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Server } from 'socket.io';
import type { BroadcastRefusal } from '@fleetdeck/dto';
import {
  CLOCK,
  FleetdeckError,
  isoTime,
  messageOf,
  PRINCIPAL_RESOLVER,
  systemClock,
  toFleetdeckError,
  type Clock,
  type PrincipalResolver,
} from '@fleetdeck/kernel';
import { BROADCAST_OPTIONS, type ResolvedBroadcastOptions } from '../broadcast.options.ts';
import { GOODBYE_MS } from '../limits/cut-after.ts';
import { directProblem, type EngineConnection } from '../wire/internals.ts';
import { ClientRegistry } from './client-registry.ts';
import { ClientSession } from './client-session.ts';
import { ConnectionGuard } from './connection-guard.ts';
import { AUTH_DEADLINE_MS, Handshakes } from './handshake.ts';
import { refusal, toRefusal } from './refusal.ts';
import { SocketHub } from './socket-hub.ts';
import type { BroadcastServer, BroadcastSocket } from './socket.types.ts';
import { Subscriptions } from './subscriptions.ts';
import { UpgradeDoor } from './upgrade-door.ts';

/** The largest request of a client: a token has 8,192 at most. */
const MAX_REQUEST_CHARACTERS = 16_384;
/** The largest frame that is read at all; a client that sends more is closed with 1009 by the WebSocket itself. */
const MAX_FRAME_BYTES = 262_144;
/** Shorter pauses between closes are not worth a timer. */
const MIN_PAUSE_MS = 5;
/** The number of a WebSocket that is closed because it was asked to. */
const NORMAL_CLOSE = 1000;
const VERBS = ['subscribe', 'unsubscribe', 'auth'] as const;
/** How long closing connections may take on shutdown before they are cut. */
const DRAIN_DEADLINE_MS = 1500;

/** The socket side of the portal: connects clients, recognises them and takes their subscriptions. */
@Injectable()
export class BroadcastGateway implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(BroadcastGateway.name);
  private readonly options: ResolvedBroadcastOptions;
  private readonly handshakes: Handshakes;
  private readonly door: UpgradeDoor;
  private readonly guards = new WeakMap<EngineConnection, ConnectionGuard>();
  private draining = false;

  constructor(
    @Inject(BROADCAST_OPTIONS) options: ResolvedBroadcastOptions,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(SocketHub) private readonly hub: SocketHub,
    @Inject(ClientRegistry) private readonly registry: ClientRegistry,
    @Inject(Subscriptions) private readonly subscriptions: Subscriptions,
    @Optional() @Inject(PRINCIPAL_RESOLVER) private readonly resolver?: PrincipalResolver,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {
    // Its own copy: it may have to fall back from what was asked for.
    this.options = { ...options };
    this.handshakes = new Handshakes(options, resolver);
    this.door = new UpgradeDoor(options, this.handshakes, { refused: (error) => this.noteRefusal(error) });
  }

  /** Whether clients can connect. */
  get open(): boolean {
    return this.hub.server !== null && !this.draining;
  }

  onApplicationBootstrap(): void {
    const http = this.adapterHost.httpAdapter?.getHttpServer() as HttpServer | undefined;
    if (!http) {
      this.logger.warn('This application has no HTTP server, so no client can connect to its topics.');
      return;
    }
    if (!this.resolver) {
      this.logger.warn(
        'Every socket is refused: provide a PrincipalResolver under PRINCIPAL_RESOLVER in a global module.',
      );
    }
    this.hub.server = this.createServer();
    this.door.attachTo(http);
  }

  async beforeApplicationShutdown(): Promise<void> {
    const server = this.hub.server;
    if (!server) return;
    this.draining = true;
    this.door.drain();
    await this.closeAll();
    await this.door.emptied(DRAIN_DEADLINE_MS);
    await server.close();
    this.hub.server = null;
  }

  // Spread, so that they do not all come back in the same moment, here or elsewhere.
  private async closeAll(): Promise<void> {
    const sessions = this.registry.all();
    const { drainWindowMs } = this.options;
    const began = this.clock.monotonicMs();
    for (const [i, session] of sessions.entries()) {
      const dueMs = began + (i * drainWindowMs) / sessions.length - this.clock.monotonicMs();
      if (dueMs >= MIN_PAUSE_MS) await new Promise((resolve) => setTimeout(resolve, dueMs));
      const retryAfterMs = Math.round(Math.random() * drainWindowMs);
      session.end('SHUTTING_DOWN', 'The service is stopping; connect again shortly.', retryAfterMs);
    }
  }

  private createServer(): BroadcastServer {
    const server: BroadcastServer = new Server(this.door.inner, {
      path: this.options.path,
      // The door has matched the path already, with or without a slash at its end.
      addTrailingSlash: false,
      transports: ['websocket'],
      allowUpgrades: false,
      serveClient: false,
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: MAX_FRAME_BYTES,
      pingInterval: this.options.heartbeatIntervalMs,
      // Later than the heartbeat watch, which says why: the engine closes without a number.
      pingTimeout: this.options.heartbeatTimeoutMs + 2 * GOODBYE_MS,
      // The guard of each connection is earlier, and says why.
      connectTimeout: 3 * AUTH_DEADLINE_MS,
    });
    server.engine.on('connection', (connection: EngineConnection) => {
      this.guards.set(
        connection,
        new ConnectionGuard(connection, this.clock, this.options.heartbeatTimeoutMs, (error) =>
          this.noteRefusal(error),
        ),
      );
    });
    server.use((socket, next) => {
      this.identify(socket).then(
        () => next(),
        (thrown: unknown) => {
          const error = toFleetdeckError(thrown);
          this.noteRefusal(error);
          const data = toRefusal(error);
          next(Object.assign(new Error(error.message), { data }));
          // After the refusal has gone out; socket.io would keep the connection for another attempt.
          setImmediate(() => this.guards.get(socket.conn)?.close(data.code));
        },
      );
    });
    server.on('connection', (socket) => this.welcome(socket));
    const problem = this.options.fanout === 'direct' ? directProblem(server) : null;
    if (problem !== null) this.fallBack(problem);
    return server;
  }

  private fallBack(problem: string): void {
    if (this.options.fanout === 'stock') return;
    this.options.fanout = 'stock';
    this.logger.warn(`Messages are sent by socket.io alone, which costs more: ${problem}.`);
  }

  private async identify(socket: BroadcastSocket): Promise<void> {
    const visitor = this.door.visitorOf(socket.request);
    this.guards.get(socket.conn)?.arrive();
    if (!visitor) throw new FleetdeckError('UNAUTHENTICATED', 'Connect again.');
    const token: unknown = socket.handshake.auth['token'];
    socket.data.principal = await this.handshakes.identify(visitor.handshake, socket.request, token);
    visitor.recognised();
  }

  private welcome(socket: BroadcastSocket): void {
    const { principal } = socket.data;
    if (!principal) return;
    // Without a listener socket.io writes errors of a client to the console.
    socket.on('error', (error) => this.logger.debug(`Client ${socket.id}: ${messageOf(error)}`));
    const session = new ClientSession(socket, principal, this.options, this.clock, {
      slow: () => {
        this.hub.counters.slowDisconnects += 1;
        this.logger.warn(`Client ${socket.id} of ${principal.subject} does not read; it is disconnected.`);
      },
      silent: () => {
        this.hub.counters.heartbeatsMissed += 1;
      },
      closing: () => this.subscriptions.release(session),
      ending: () => void this.prolong(socket, session),
    });
    if (this.options.fanout === 'direct' && !session.wire.isDirect) {
      this.fallBack('its connections are made otherwise than expected');
    }
    this.registry.add(session);
    const guard = this.guards.get(socket.conn);
    if (guard) guard.session = session;
    socket.on('disconnect', () => {
      // A client that leaves its namespace keeps no connection behind.
      guard?.close(NORMAL_CLOSE);
      session.dispose();
      this.registry.remove(session);
      this.subscriptions.release(session);
    });
    this.listen(socket, session);
    socket.emit('welcome', {
      clientId: socket.id,
      serverTime: isoTime(this.clock.now()),
      heartbeatIntervalMs: this.options.heartbeatIntervalMs,
      heartbeatTimeoutMs: this.options.heartbeatTimeoutMs,
    });
    session.start();
  }

  private listen(socket: BroadcastSocket, session: ClientSession): void {
    socket.use(([event, ...args], next) => {
      const reply: unknown = args.at(-1);
      const refused = this.refuse(session, String(event), args);
      if (!refused) next();
      else if (isReply(reply)) reply(refused);
    });
    socket.on('subscribe', (request, reply) => {
      if (isReply(reply)) void this.subscriptions.subscribe(session, request, reply);
    });
    socket.on('unsubscribe', (request, reply) => {
      const answer = this.subscriptions.unsubscribe(session, request);
      if (isReply(reply)) reply(answer);
    });
    socket.on('auth', (request, reply) => {
      void this.renew(socket, session, request).then((answer) => {
        if (isReply(reply)) reply(answer);
      });
    });
  }

  private refuse(session: ClientSession, event: string, args: unknown[]): BroadcastRefusal | undefined {
    const verb = VERBS.find((known) => known === event) ?? 'other';
    const refused = session.admit(verb);
    if (refused) {
      this.hub.counters.rateLimited += 1;
      return refused;
    }
    if (verb === 'other') {
      return refusal('INVALID_INPUT', 'There is no such verb; use subscribe, unsubscribe or auth.', null);
    }
    if (JSON.stringify(args).length <= MAX_REQUEST_CHARACTERS) return undefined;
    const sentence = `A request has at most ${MAX_REQUEST_CHARACTERS} characters; send less.`;
    // After the answer has gone out.
    setImmediate(() => session.end('PAYLOAD_TOO_LARGE', sentence, null));
    return refusal('PAYLOAD_TOO_LARGE', sentence, null);
  }

  private async renew(
    socket: BroadcastSocket,
    session: ClientSession,
    request: unknown,
  ): Promise<{ ok: true; expiresAt: string | null } | BroadcastRefusal> {
    try {
      const token = (request as { token?: unknown } | null | undefined)?.token;
      const principal = await this.handshakes.renew(socket.request, token);
      if (principal.subject !== session.principal.subject) {
        throw new FleetdeckError('FORBIDDEN', 'The token is for another caller; connect again with it.');
      }
      await this.subscriptions.renew(session, principal);
      return { ok: true, expiresAt: principal.expiresAt === null ? null : isoTime(principal.expiresAt) };
    } catch (error) {
      return toRefusal(toFleetdeckError(error));
    }
  }

  // A page cannot read its cookie, so it has no token to send: the service looks itself whether the session goes on.
  private async prolong(socket: BroadcastSocket, session: ClientSession): Promise<void> {
    const { method, expiresAt, subject } = session.principal;
    if (method !== 'cookie' || expiresAt === null) return;
    const principal = await this.handshakes.prolonged(socket.request);
    if (session.gone || principal?.subject !== subject) return;
    if (principal.expiresAt === null || principal.expiresAt > expiresAt) {
      await this.subscriptions.renew(session, principal);
    }
  }

  private noteRefusal(error: FleetdeckError): void {
    this.hub.counters.refused += 1;
    const line = `A socket was refused: ${error.code}, ${error.message}`;
    if (error.category === 'internal') this.logger.error(line, messageOf(error.cause));
    else this.logger.debug(line);
  }
}

function isReply(value: unknown): value is (answer: unknown) => void {
  return typeof value === 'function';
}
