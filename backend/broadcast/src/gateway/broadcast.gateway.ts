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
import type { SubscribeReply } from '@fleetdeck/dto';
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
import { ClientRegistry } from './client-registry.ts';
import { ClientSession } from './client-session.ts';
import { AUTH_DEADLINE_MS, Handshakes, toBroadcastError } from './handshake.ts';
import { roomOf, SocketHub } from './socket-hub.ts';
import type { BroadcastServer, BroadcastSocket } from './socket.types.ts';
import { Subscriptions, topicOf } from './subscriptions.ts';
import { UpgradeDoor } from './upgrade-door.ts';

/** The largest frame that a client may send. Clients only subscribe. */
const MAX_FRAME_BYTES = 65_536;
/** How long closing connections may take on shutdown before they are cut. */
const DRAIN_DEADLINE_MS = 1500;

/** The socket side of the portal: connects clients, recognises them and takes their subscriptions. */
@Injectable()
export class BroadcastGateway implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(BroadcastGateway.name);
  private readonly handshakes: Handshakes;
  private readonly door: UpgradeDoor;
  private draining = false;

  constructor(
    @Inject(BROADCAST_OPTIONS) private readonly options: ResolvedBroadcastOptions,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(SocketHub) private readonly hub: SocketHub,
    @Inject(ClientRegistry) private readonly registry: ClientRegistry,
    @Inject(Subscriptions) private readonly subscriptions: Subscriptions,
    @Optional() @Inject(PRINCIPAL_RESOLVER) private readonly resolver?: PrincipalResolver,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {
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
    for (const session of this.registry.all()) {
      session.close({
        code: 'SHUTTING_DOWN',
        message: 'The service is stopping; connect again shortly.',
        retryable: true,
        retryAfterMs: Math.round(Math.random() * this.options.drainWindowMs),
      });
    }
    await this.door.emptied(DRAIN_DEADLINE_MS);
    await server.close();
    this.hub.server = null;
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
      pingTimeout: this.options.heartbeatTimeoutMs,
      connectTimeout: AUTH_DEADLINE_MS,
    });
    server.use((socket, next) => {
      this.identify(socket).then(
        () => next(),
        (thrown: unknown) => {
          const error = toFleetdeckError(thrown);
          this.noteRefusal(error);
          next(Object.assign(new Error(error.message), { data: toBroadcastError(error) }));
          // After the refusal has gone out; socket.io would keep the connection for another attempt.
          setImmediate(() => socket.conn.close());
        },
      );
    });
    server.on('connection', (socket) => this.welcome(socket));
    return server;
  }

  private async identify(socket: BroadcastSocket): Promise<void> {
    const visitor = this.door.visitorOf(socket.request);
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
    });
    if (!socket.connected) return;
    this.registry.add(session);
    socket.on('disconnect', () => {
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
  }

  private listen(socket: BroadcastSocket, session: ClientSession): void {
    socket.use(([, ...args], next) => {
      const refusal = session.admit();
      if (!refusal) {
        next();
        return;
      }
      this.hub.counters.rateLimited += 1;
      const reply: unknown = args.at(-1);
      if (isReply(reply)) reply({ ok: false, topic: topicOf(args[0]), error: refusal });
    });
    socket.on('subscribe', (request, reply) => {
      if (typeof reply !== 'function') return;
      reply(this.subscriptions.subscribe(session, request, (topic) => void socket.join(roomOf(topic))));
    });
    socket.on('unsubscribe', (request, reply) => {
      this.subscriptions.unsubscribe(session, request, (topic) => void socket.leave(roomOf(topic)));
      if (typeof reply === 'function') reply({ ok: true });
    });
  }

  private noteRefusal(error: FleetdeckError): void {
    this.hub.counters.refused += 1;
    const line = `A socket was refused: ${error.code}, ${error.message}`;
    if (error.category === 'internal') this.logger.error(line, messageOf(error.cause));
    else this.logger.debug(line);
  }
}

function isReply(value: unknown): value is (answer: SubscribeReply) => void {
  return typeof value === 'function';
}
