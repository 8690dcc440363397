import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { FleetdeckError, toFleetdeckError } from '@fleetdeck/kernel';
import type { ResolvedBroadcastOptions } from '../broadcast.options.ts';
import { refuseUpgrade, type Handshake, type Handshakes } from './handshake.ts';

/** A caller that was let through the door and is not recognised yet. */
interface Visitor {
  handshake: Handshake;
  /** By what it counts as unauthenticated. */
  address: string | undefined;
}

/** What the door tells. */
export interface UpgradeDoorEvents {
  refused(error: FleetdeckError): void;
}

/**
 * Takes the upgrade requests of one path off an HTTP server that others use too, and hands those that may come in to
 * a socket.io server. socket.io is not attached to that HTTP server itself: it would put itself before every
 * request, answer refusals with 400 only, and end upgrades that belong to others.
 */
export class UpgradeDoor {
  /** Never listens: socket.io is attached to it, and it passes on what was let in. */
  readonly inner: Server = createServer();
  private readonly visitors = new Map<Duplex, Visitor>();
  private readonly sockets = new Set<Duplex>();
  private readonly unauthenticated = new Map<string, number>();
  // One listener for all sockets: those of its own would keep each one's upgrade request for as long as it is open.
  private readonly onClose = forSocket((socket) => {
    this.sockets.delete(socket);
    this.recognised(socket);
  });
  private outer: Server | undefined;
  private draining = false;

  constructor(
    private readonly options: ResolvedBroadcastOptions,
    private readonly handshakes: Handshakes,
    private readonly events: UpgradeDoorEvents,
  ) {}

  attachTo(http: Server): void {
    this.outer = http;
    http.on('upgrade', this.onUpgrade);
  }

  /** What is known of the caller on a socket; `undefined` once it is recognised. */
  handshakeOf(socket: Duplex): Handshake | undefined {
    return this.visitors.get(socket)?.handshake;
  }

  /** Says that the caller on a socket is recognised now, so that it no longer counts as unauthenticated. */
  recognised(socket: Duplex): void {
    const address = this.visitors.get(socket)?.address;
    this.visitors.delete(socket);
    if (address === undefined) return;
    const left = (this.unauthenticated.get(address) ?? 1) - 1;
    if (left > 0) this.unauthenticated.set(address, left);
    else this.unauthenticated.delete(address);
  }

  /** From now on every request is told to come back later; those not signed in yet are cut. */
  drain(): void {
    this.draining = true;
    for (const [socket, { handshake }] of this.visitors) if (!handshake.principal) socket.destroy();
  }

  /** Resolves when the last socket has closed; those left after `deadlineMs` are cut. */
  async emptied(deadlineMs: number): Promise<void> {
    const cut = setTimeout(() => this.sockets.forEach((socket) => socket.destroy()), deadlineMs);
    await Promise.all(
      [...this.sockets].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      ),
    );
    clearTimeout(cut);
    this.outer?.off('upgrade', this.onUpgrade);
  }

  private readonly onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (!this.isOurs(request)) {
      // With a listener, Node no longer ends upgrades that nobody takes.
      if (this.outer?.listenerCount('upgrade') === 1) {
        refuseUpgrade(socket, new FleetdeckError('NOT_FOUND', 'Nothing is upgraded at this path.'));
      }
      return;
    }
    this.sockets.add(socket);
    socket.on('close', this.onClose);
    socket.on('error', destroySocket);
    this.letIn(request, socket).then(
      () => this.inner.emit('upgrade', request, socket, head),
      (error: unknown) => {
        const refusal = toFleetdeckError(error);
        this.events.refused(refusal);
        refuseUpgrade(socket, refusal);
      },
    );
  };

  private async letIn(request: IncomingMessage, socket: Duplex): Promise<void> {
    if (this.draining) throw this.shuttingDown();
    const handshake = await this.handshakes.judge(request);
    if (this.draining) throw this.shuttingDown();
    // Whoever has gone meanwhile would be counted for ever.
    if (socket.destroyed) return;
    const address = handshake.principal ? undefined : this.countUnauthenticated(request);
    this.visitors.set(socket, { handshake, address });
  }

  private isOurs(request: IncomingMessage): boolean {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    return path === this.options.path || path === `${this.options.path}/`;
  }

  private countUnauthenticated(request: IncomingMessage): string {
    const address = this.options.clientAddress(request);
    const count = this.unauthenticated.get(address) ?? 0;
    if (count >= this.options.maxUnauthenticatedPerAddress) {
      throw new FleetdeckError(
        'RATE_LIMITED',
        `Address ${address} has ${count} connections that are not signed in yet; try again later.`,
        { retryAfterSeconds: 1 },
      );
    }
    this.unauthenticated.set(address, count + 1);
    return address;
  }

  private shuttingDown(): FleetdeckError {
    return new FleetdeckError('SHUTTING_DOWN', 'The service is stopping; connect again shortly.', {
      retryAfterSeconds: this.options.drainWindowMs / 1000,
    });
  }
}

function forSocket(then: (socket: Duplex) => void): (this: Duplex) => void {
  return function () {
    then(this);
  };
}

function destroySocket(this: Duplex): void {
  this.destroy();
}
