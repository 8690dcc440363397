import { createHash, randomBytes } from 'node:crypto';
import { isRole, type Role } from '@fleetdeck/dto';
import {
  FleetdeckError,
  systemTimers,
  toFleetdeckError,
  withDeadline,
  type Clock,
  type Timers,
} from '@fleetdeck/kernel';
import type { DataSource } from 'typeorm';

/** How long a browser stays signed in. */
export const SESSION_LIFETIME_MS = 12 * 60 * 60 * 1000;
/** How long a session that was read is believed, so that not every request asks the database. */
const CACHE_MS = 5_000;
/** How long after its last confirmation a session is believed while the database is away. */
const BELIEVED_WITHOUT_DATABASE_MS = 15 * 60 * 1000;
/** A database that says nothing for so long counts as away. */
const READ_DEADLINE_MS = 3_000;
/** The most sessions that are kept in memory, and as many ids that are none. */
export const SESSIONS_KEPT = 10_000;

/** A browser that is signed in. */
export interface StoredSession {
  subject: string;
  role: Role;
  expiresAt: number;
}

interface KnownSession {
  session: StoredSession;
  confirmedAt: number;
  /** When the database is asked again. */
  until: number;
}

interface SessionRow {
  subject: string;
  role: string;
  expires_at: Date;
}

/** Keeps browser sessions in PostgreSQL, by the hash of their id: who reads the table cannot sign in with it. */
export class SessionStore {
  /** By the session's name, those confirmed longest ago first. */
  private readonly known = new Map<string, KnownSession>();
  /** Names of no session, with when the database is asked again. Apart, so that guesses push no session out. */
  private readonly unknown = new Map<string, number>();
  /** How often something was forgotten: what was read before that may not be kept after it. */
  private forgotten = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly timers: Timers = systemTimers,
  ) {}

  /**
   * Starts a session and answers its id, which is shown to nobody but the browser.
   * @param notAfter when the token that it came from ends; the session does not outlive it
   */
  async create(
    subject: string,
    role: Role,
    notAfter: number | null,
  ): Promise<{ id: string; expiresAt: number }> {
    const id = randomBytes(32).toString('base64url');
    const expiresAt = Math.min(this.clock.now() + SESSION_LIFETIME_MS, notAfter ?? Infinity);
    await this.dataSource.query('delete from fleetdeck.session where expires_at < $1', [
      new Date(this.clock.now() - SESSION_LIFETIME_MS),
    ]);
    await this.dataSource.query(
      'insert into fleetdeck.session (id_hash, subject, role, expires_at) values ($1, $2, $3, $4)',
      [hashOf(id), subject, role, new Date(expiresAt)],
    );
    return { id, expiresAt };
  }

  /**
   * The session of an id; `'expired'` when it was one; `null` when there is none. While the database is away, a session
   * that it confirmed in the last 15 minutes is believed, so that operators can see the outage.
   * @throws FleetdeckError `DATABASE_UNAVAILABLE` when the database is away and the session is not known here
   */
  async find(id: string): Promise<StoredSession | 'expired' | null> {
    const session = await this.lookUp(id, sessionName(id));
    if (session === null) return null;
    return session.expiresAt > this.clock.now() ? session : 'expired';
  }

  /** Ends a session for good. Where that cannot be written, this process believes it no longer all the same. */
  async remove(id: string): Promise<void> {
    this.forget(sessionName(id));
    await this.dataSource.query('delete from fleetdeck.session where id_hash = $1', [hashOf(id)]);
    this.forget(sessionName(id));
  }

  /** Asks the database the next time that a session is looked up, as after another replica ended it. */
  forget(name: string): void {
    this.forgotten += 1;
    this.known.delete(name);
    this.unknown.delete(name);
  }

  /** Marks a sign-in link as used; `false` when it was used before. */
  async useLink(linkId: string, expiresAt: number): Promise<boolean> {
    await this.dataSource.query('delete from fleetdeck.used_sign_in_link where expires_at < $1', [
      new Date(this.clock.now()),
    ]);
    const rows: unknown[] = await this.dataSource.query(
      'insert into fleetdeck.used_sign_in_link (id, expires_at) values ($1, $2) on conflict do nothing returning id',
      [linkId, new Date(expiresAt)],
    );
    return rows.length === 1;
  }

  private async lookUp(id: string, name: string): Promise<StoredSession | null> {
    const now = this.clock.now();
    const known = this.known.get(name);
    if (known && known.until > now) return known.session;
    if ((this.unknown.get(name) ?? 0) > now) return null;
    const { forgotten } = this;
    try {
      const session = await withDeadline(this.read(id), READ_DEADLINE_MS, this.timers, silent);
      if (forgotten === this.forgotten) this.keep(name, session, now);
      return session;
    } catch (thrown) {
      const error = toFleetdeckError(thrown);
      if (error.code !== 'DATABASE_UNAVAILABLE') throw thrown;
      // Not `known`: a sign-out may have been heard in the meantime.
      const believed = this.known.get(name);
      if (!believed || believed.confirmedAt + BELIEVED_WITHOUT_DATABASE_MS <= this.clock.now()) throw error;
      believed.until = Math.min(now + CACHE_MS, believed.confirmedAt + BELIEVED_WITHOUT_DATABASE_MS);
      return believed.session;
    }
  }

  private keep(name: string, session: StoredSession | null, now: number): void {
    this.known.delete(name);
    this.unknown.delete(name);
    const until = now + CACHE_MS;
    if (session === null) this.unknown.set(name, until);
    else this.known.set(name, { session, confirmedAt: now, until });
    for (const kept of [this.known, this.unknown]) {
      const [oldest] = kept.keys();
      if (kept.size > SESSIONS_KEPT && oldest !== undefined) kept.delete(oldest);
    }
  }

  private async read(id: string): Promise<StoredSession | null> {
    const rows = await this.dataSource.query<SessionRow[]>(
      'select subject, role, expires_at from fleetdeck.session where id_hash = $1',
      [hashOf(id)],
    );
    const row = rows[0];
    if (!row || !isRole(row.role)) return null;
    return { subject: row.subject, role: row.role, expiresAt: row.expires_at.getTime() };
  }
}

/** Names a session to other replicas; nobody can sign in with it. */
export function sessionName(id: string): string {
  return hashOf(id).toString('base64url');
}

function hashOf(id: string): Buffer {
  return createHash('sha256').update(id).digest();
}

function silent(): FleetdeckError {
  return new FleetdeckError('DATABASE_UNAVAILABLE', 'The database does not answer; try again shortly.', {
    retryAfterSeconds: 2,
  });
}
