import { Injectable } from '@nestjs/common';
import type { PortalClient } from './portal-client.ts';

/** The clients that are connected. */
@Injectable()
export class ClientRegistry {
  private readonly sessions = new Map<string, PortalClient>();
  private readonly bySubject = new Map<string, Set<PortalClient>>();

  add(session: PortalClient): void {
    this.sessions.set(session.id, session);
    const { subject } = session.principal;
    const own = this.bySubject.get(subject);
    if (own) own.add(session);
    else this.bySubject.set(subject, new Set([session]));
  }

  remove(session: PortalClient): void {
    this.sessions.delete(session.id);
    const { subject } = session.principal;
    const own = this.bySubject.get(subject);
    own?.delete(session);
    if (own?.size === 0) this.bySubject.delete(subject);
  }

  get(id: string): PortalClient | undefined {
    return this.sessions.get(id);
  }

  all(): PortalClient[] {
    return [...this.sessions.values()];
  }

  /** All connections of one principal. */
  of(subject: string): PortalClient[] {
    return [...(this.bySubject.get(subject) ?? [])];
  }

  get subscriptions(): number {
    let sum = 0;
    for (const session of this.sessions.values()) sum += session.topics.size;
    return sum;
  }

  /** Bytes that wait for all clients together. */
  get bufferedBytes(): number {
    let sum = 0;
    for (const session of this.sessions.values()) sum += session.bufferedBytes;
    return sum;
  }
}
