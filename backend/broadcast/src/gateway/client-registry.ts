import { Injectable } from '@nestjs/common';
import type { ClientSession } from './client-session.ts';

/** The clients that are connected. */
@Injectable()
export class ClientRegistry {
  private readonly sessions = new Map<string, ClientSession>();
  private readonly bySubject = new Map<string, Set<ClientSession>>();

  add(session: ClientSession): void {
    this.sessions.set(session.id, session);
    const { subject } = session.principal;
    const own = this.bySubject.get(subject);
    if (own) own.add(session);
    else this.bySubject.set(subject, new Set([session]));
  }

  remove(session: ClientSession): void {
    this.sessions.delete(session.id);
    const { subject } = session.principal;
    const own = this.bySubject.get(subject);
    own?.delete(session);
    if (own?.size === 0) this.bySubject.delete(subject);
  }

  get(id: string): ClientSession | undefined {
    return this.sessions.get(id);
  }

  all(): ClientSession[] {
    return [...this.sessions.values()];
  }

  /** All connections of one principal. */
  of(subject: string): ClientSession[] {
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
