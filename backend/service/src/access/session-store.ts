import { createHash, randomBytes } from 'node:crypto';
import { isRole, type Role } from '@fleetdeck/dto';
import type { Clock } from '@fleetdeck/kernel';
import type { DataSource } from 'typeorm';

/** How long a browser stays signed in. */
export const SESSION_LIFETIME_MS = 12 * 60 * 60 * 1000;
/** How long a session that was read is believed, so that not every request asks the database. */
const CACHE_MS = 5_000;
const CACHE_LIMIT = 10_000;

/** A browser that is signed in. */
export interface StoredSession {
  subject: string;
  role: Role;
  expiresAt: number;
}

interface SessionRow {
  subject: string;
  role: string;
  expires_at: Date;
}

/** Keeps browser sessions in PostgreSQL, by the hash of their id: who reads the table cannot sign in with it. */
export class SessionStore {
  /** By the session's name. */
  private readonly cache = new Map<string, { session: StoredSession | null; until: number }>();
  /** How often something was forgotten: what was read before that may not be kept after it. */
  private forgotten = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
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

  /** The session of an id; `'expired'` when it was one; `null` when there is none. */
  async find(id: string): Promise<StoredSession | 'expired' | null> {
    const now = this.clock.now();
    const name = sessionName(id);
    const known = this.cache.get(name);
    let session = known !== undefined && known.until > now ? known.session : undefined;
    if (session === undefined) {
      const { forgotten } = this;
      session = await this.read(id);
      if (this.cache.size >= CACHE_LIMIT) this.cache.clear();
      if (forgotten === this.forgotten) this.cache.set(name, { session, until: now + CACHE_MS });
    }
    if (session === null) return null;
    return session.expiresAt > now ? session : 'expired';
  }

  /** Ends a session for good. */
  async remove(id: string): Promise<void> {
    await this.dataSource.query('delete from fleetdeck.session where id_hash = $1', [hashOf(id)]);
    this.forget(sessionName(id));
  }

  /** Asks the database the next time that a session is looked up, as after another replica ended it. */
  forget(name: string): void {
    this.forgotten += 1;
    this.cache.delete(name);
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
