import type { Position } from '@fleetdeck/dto';
import type { Clock } from '@fleetdeck/kernel';
import type { BroadcastCounters } from '../broadcast.counters.ts';
import type { Broadcaster } from '../broadcaster.service.ts';
import type { ClientRegistry } from '../gateway/client-registry.ts';
import { ClientSession } from '../gateway/client-session.ts';
import type { KnownPrincipals, FakePrincipal } from './known-principals.ts';
import { storm, type Storm, type StormReport } from './storm.ts';
import type { Witness, WitnessOptions } from './witness.ts';

/** Parts of a fake gateway that faults act upon. */
export interface FaultParts {
  broadcaster: Broadcaster;
  registry: ClientRegistry;
  counters: BroadcastCounters;
  known: KnownPrincipals;
  clock: Clock;
  denied: Set<string>;
  witness: (options: Omit<WitnessOptions, 'url' | 'path'>) => Promise<Witness>;
}

/** What became of a client that did not read for a while. */
export interface SlowReport {
  /** Messages that were not sent to it. */
  skipped: number;
  /** Whether its topics' policies ended the connection. */
  disconnected: boolean;
}

/** Longer than any grace: a token that ended so long ago is not taken any more. */
const LONG_AGO_MS = 86_400_000;

/** Faults of clients, networks and sign-ins. Each names the clients, or counts what it did. */
export class FaultKit {
  private readonly frozen = new Set<string>();

  constructor(private readonly parts: FaultParts) {}

  /**
   * Cuts connections without a goodbye, as a network does.
   * @returns the clients that were cut
   */
  kill(target: string): string[] {
    const killed = this.sessions(target);
    for (const session of killed) session.network.destroy();
    return killed.map(({ id }) => id);
  }

  /**
   * Lets nothing through to clients and nothing from them, while their connections stay: for the gateway they do not
   * read any more.
   * @returns the clients that are frozen now and were not before
   */
  freeze(target: string): string[] {
    const found = this.sessions(target).filter(({ id }) => !this.frozen.has(id));
    for (const session of found) {
      this.frozen.add(session.id);
      session.network.cork();
      session.network.pause();
    }
    return found.map(({ id }) => id);
  }

  /**
   * Ends {@link freeze}: all that waited goes out.
   * @returns the clients that were frozen and are still connected
   */
  thaw(target: string): string[] {
    const found = this.sessions(target).filter(({ id }) => this.frozen.delete(id));
    for (const session of found) {
      session.network.uncork();
      session.network.resume();
    }
    return found.map(({ id }) => id);
  }

  /**
   * Freezes a client while something happens, thaws it and says what its topics' `slow` policies did.
   */
  async slow(clientId: string, meanwhile: () => unknown): Promise<SlowReport> {
    const before = { ...this.parts.counters };
    this.freeze(clientId);
    try {
      await meanwhile();
    } finally {
      this.thaw(clientId);
    }
    const { slowSkipped, slowDisconnects } = this.parts.counters;
    return {
      skipped: slowSkipped - before.slowSkipped,
      disconnected: slowDisconnects > before.slowDisconnects,
    };
  }

  /**
   * A page in the background, as far as a server can see it: it still gets everything, but answers no heartbeat until
   * {@link show}; after `heartbeatIntervalMs` and `heartbeatTimeoutMs` it is closed with 4005.
   * @returns the clients that are hidden now
   */
  hide(target: string): string[] {
    const found = this.sessions(target);
    for (const session of found) session.network.pause();
    return found.map(({ id }) => id);
  }

  /**
   * Ends {@link hide}: what the page said meanwhile arrives.
   * @returns the clients that are still connected
   */
  show(target: string): string[] {
    const found = this.sessions(target);
    for (const session of found) session.network.resume();
    return found.map(({ id }) => id);
  }

  /**
   * Ends the tokens of a principal now, its grace included: its connections are closed with 4402, and these tokens are
   * refused from now on.
   * @returns the clients that were closed
   */
  expire(subject: string): string[] {
    const { known, clock, registry } = this.parts;
    known.expire(subject, clock.now());
    const found = registry.of(subject);
    for (const client of found) {
      client.renew({ ...client.principal, expiresAt: clock.now() - LONG_AGO_MS });
    }
    return found.filter(({ gone }) => gone).map(({ id }) => id);
  }

  /** Lets a token in from now on, also one that had ended. */
  signIn(token: string, principal: FakePrincipal): void {
    this.parts.known.signIn(token, principal);
  }

  /**
   * Takes a topic, or all of a pattern, from everyone until {@link allow}: who holds it is told by `revoked`, who asks
   * is refused with 4403.
   * @returns how many subscriptions were taken away
   */
  deny(topicPattern: string): number {
    const { denied, registry, broadcaster } = this.parts;
    denied.add(topicPattern);
    const held = registry.subscriptions;
    const subjects = new Set(registry.all().map(({ principal }) => principal.subject));
    for (const subject of subjects) broadcaster.revoke(subject, topicPattern);
    return held - registry.subscriptions;
  }

  /**
   * Ends {@link deny}.
   * @returns whether it was denied
   */
  allow(topicPattern: string): boolean {
    return this.parts.denied.delete(topicPattern);
  }

  /**
   * Connects clients to a `log` topic, cuts all of them at once, publishes what they miss, lets them come back at once
   * and checks that each got every message once and in order.
   * @throws Error that names the first client with a gap, a duplicate, another payload or a start over
   */
  storm(plan: Storm): Promise<StormReport> {
    return storm(plan, {
      witness: this.parts.witness,
      publish: (topic, data): Position | null => {
        this.parts.broadcaster.publish(topic, data);
        return this.parts.broadcaster.position(topic);
      },
      kill: (clientId) => void this.kill(clientId),
    });
  }

  private sessions(target: string): ClientSession[] {
    const all = this.parts.registry.all().filter((client) => client instanceof ClientSession);
    return target === 'all' ? all : all.filter(({ id }) => id === target);
  }
}
