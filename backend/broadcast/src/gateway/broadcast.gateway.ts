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
import { directProblem, type EngineConnection } from '../wire/internals.ts';
import { ClientRegistry } from './client-registry.ts';
import { ClientSession, type ClientSessionEvents } from './client-session.ts';
import { ConnectionGuard } from './connection-guard.ts';
import { Handshakes } from './handshake.ts';
import { refusal, toRefusal } from './refusal.ts';
import { SocketHub } from './socket-hub.ts';
import { makeServer } from './socket-server.ts';
import type { BroadcastServer, BroadcastSocket } from './socket.types.ts';
import { Subscriptions } from './subscriptions.ts';
import { UpgradeDoor } from './upgrade-door.ts';

/** The largest request of a client: a token has 8,192 at most. */
const MAX_REQUEST_CHARACTERS = 16_384;
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
  // One of each for all clients: functions of its own would make every connection larger.
  private readonly told: ClientSessionEvents = {
    slow: (client) => {
      this.hub.counters.slowDisconnects += 1;
      this.logger.warn(
        `Client ${client.id} of ${client.principal.subject} does not read; it is disconnected.`,
      );
    },
    silent: () => {
      this.hub.counters.heartbeatsMissed += 1;
    },
    closing: (client) => this.subscriptions.release(client),
    ending: (client) => void this.prolong(client),
  };
  private readonly onError = forSocket((socket, [error]) =>
    this.logger.debug(`Client ${socket.id}: ${messageOf(error)}`),
  );
  private readonly onVerb = forSocket((socket, [event, ...args]) => this.take(socket, String(event), args));
  private readonly onDisconnect = forSocket((socket) => this.forget(socket));
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
    const server = makeServer(this.door.inner, this.options);
    const refused = (error: FleetdeckError): void => this.noteRefusal(error);
    server.engine.on('connection', (connection: EngineConnection) => {
      new ConnectionGuard(connection, this.clock, this.options.heartbeatTimeoutMs, refused);
    });
    server.use((socket, next) => {
      this.identify(socket).then(
        () => {
          // What socket.io and the welcome send now goes out in one write.
          const network = socket.request.socket;
          network.cork();
          next();
          process.nextTick(() => network.uncork());
        },
        (thrown: unknown) => {
          const error = toFleetdeckError(thrown);
          this.noteRefusal(error);
          const data = toRefusal(error);
          next(Object.assign(new Error(error.message), { data }));
          // After the refusal has gone out; socket.io would keep the connection for another attempt.
          setImmediate(() => ConnectionGuard.of(socket.conn)?.close(data.code));
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
    const network = socket.request.socket;
    const handshake = this.door.handshakeOf(network);
    ConnectionGuard.of(socket.conn)?.arrive();
    if (!handshake) throw new FleetdeckError('UNAUTHENTICATED', 'Connect again.');
    const token: unknown = socket.handshake.auth['token'];
    socket.data.principal = await this.handshakes.identify(handshake, socket.request, token);
    this.door.recognised(network);
  }

  private welcome(socket: BroadcastSocket): void {
    const { principal } = socket.data;
    if (!principal) return;
    // Without a listener socket.io writes errors of a client to the console.
    socket.on('error', this.onError);
    const session = new ClientSession(socket, principal, this.options, this.clock, this.told);
    if (this.options.fanout === 'direct' && !session.wire.isDirect) {
      this.fallBack('its connections are made otherwise than expected');
    }
    this.registry.add(session);
    const guard = ConnectionGuard.of(socket.conn);
    if (guard) guard.session = session;
    socket.on('disconnect', this.onDisconnect);
    socket.onAny(this.onVerb);
    socket.use(goNoFurther);
    session.wire.emit('welcome', {
      clientId: socket.id,
      serverTime: isoTime(this.clock.now()),
      heartbeatIntervalMs: this.options.heartbeatIntervalMs,
      heartbeatTimeoutMs: this.options.heartbeatTimeoutMs,
    });
    session.start();
  }

  private forget(socket: BroadcastSocket): void {
    const guard = ConnectionGuard.of(socket.conn);
    // A client that leaves its namespace keeps no connection behind.
    guard?.close(NORMAL_CLOSE);
    const session = guard?.session;
    if (!session) return;
    session.dispose();
    this.registry.remove(session);
    this.subscriptions.release(session);
  }

  private take(socket: BroadcastSocket, event: string, args: unknown[]): void {
    const session = ConnectionGuard.of(socket.conn)?.session;
    if (!session) return;
    const last: unknown = args.at(-1);
    const reply = isReply(last) ? last : () => undefined;
    const refused = this.refuse(session, event, args);
    const [request] = args;
    if (refused) reply(refused);
    else if (event === 'unsubscribe') reply(this.subscriptions.unsubscribe(session, request));
    else if (event === 'auth') void this.renew(session, request).then(reply);
    // Without an answer nobody knows where the topic begins.
    else if (isReply(last)) void this.subscriptions.subscribe(session, request, reply);
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
    if (charactersOf(args) <= MAX_REQUEST_CHARACTERS) return undefined;
    const sentence = `A request has at most ${MAX_REQUEST_CHARACTERS} characters; send less.`;
    // After the answer has gone out.
    setImmediate(() => session.end('PAYLOAD_TOO_LARGE', sentence, null));
    return refusal('PAYLOAD_TOO_LARGE', sentence, null);
  }

  private async renew(
    session: ClientSession,
    request: unknown,
  ): Promise<{ ok: true; expiresAt: string | null } | BroadcastRefusal> {
    try {
      const token = (request as { token?: unknown } | null | undefined)?.token;
      const principal = await this.handshakes.renew(session.socket.request, token);
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
  private async prolong(session: ClientSession): Promise<void> {
    const { method, expiresAt, subject } = session.principal;
    if (method !== 'cookie' || expiresAt === null) return;
    const principal = await this.handshakes.prolonged(session.socket.request);
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

// Taken already: socket.io would emit it again, and a client may name any event, `error` too.
function goNoFurther(): void {
  return undefined;
}

function forSocket(
  then: (socket: BroadcastSocket, args: unknown[]) => void,
): (this: BroadcastSocket, ...args: unknown[]) => void {
  return function (...args) {
    then(this, args);
  };
}

function charactersOf(args: unknown[]): number {
  try {
    return JSON.stringify(args).length;
  } catch {
    // So deep that it cannot be written again.
    return Infinity;
  }
}
