import { Injectable } from '@nestjs/common';
import type { BroadcastError } from '@fleetdeck/dto';
import type { ClientSession } from './client-session.ts';

/** The clients that are connected. */
@Injectable()
export class ClientRegistry {
  private readonly sessions = new Map<string, ClientSession>();

  add(session: ClientSession): void {
    this.sessions.set(session.id, session);
  }

  remove(session: ClientSession): void {
    this.sessions.delete(session.id);
  }

  all(): ClientSession[] {
    return [...this.sessions.values()];
  }

  get subscriptions(): number {
    let sum = 0;
    for (const session of this.sessions.values()) sum += session.topics.size;
    return sum;
  }

  /** Tells a client why and disconnects it. Whether it was there. */
  disconnect(id: string, reason: BroadcastError): boolean {
    const session = this.sessions.get(id);
    session?.close(reason);
    return session !== undefined;
  }
}
