import { createHash, randomBytes } from 'node:crypto';
import { isRole, type Role } from '@fleetdeck/dto';
import type { Clock } from '@fleetdeck/kernel';
import type { DataSource } from 'typeorm';

/** How long a browser stays signed in. */
export const SESSION_LIFETIME_MS = 12 * 60 * 60 * 1000;
/** How long a session that was read is believed, so that not every request asks the database. */
const CACHE_MS = 5_000;
/** How long a session that was read is believed while the database cannot be asked: an outage is when people look. */
export const BELIEVED_WITHOUT_DATABASE_MS = 15 * 60_000;
const CACHE_LIMIT = 10_000;

/** A browser that is signed in. */
export interface StoredSession {
  subject: string;
  role: Role;
  expiresAt: number;
}

interface KnownSession {
  session: StoredSession | null;
  /** When the database told it. */
  readAt: number;
  /** Until when it is believed without asking again. */
  until: number;
}

interface SessionRow {
  subject: string;
  role: string;
  expires_at: Date;
}

/** Keeps browser sessions in PostgreSQL, by the hash of their id: who reads the table cannot sign in with it. */
export class SessionStore {
  /** By the session's name. */
  private readonly cache = new Map<string, KnownSession>();
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

  /**
   * The session of an id; `'expired'` when it was one; `null` when there is none. While the database cannot be asked, what
   * it last told holds for {@link BELIEVED_WITHOUT_DATABASE_MS}.
   * @throws what the database throws, about a session that it has not told of lately
   */
  async find(id: string): Promise<StoredSession | 'expired' | null> {
    const now = this.clock.now();
    const name = sessionName(id);
    const known = this.cache.get(name);
    const { session } = known !== undefined && known.until > now ? known : await this.ask(id, name, now);
    if (session === null) return null;
    return session.expiresAt > now ? session : 'expired';
  }

  /** Ends a session for good. */
  async remove(id: string): Promise<void> {
    // Before as well: should the database not answer, this process at least believes the session no longer.
    this.forget(sessionName(id));
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

  private async ask(id: string, name: string, now: number): Promise<KnownSession> {
    const { forgotten } = this;
    let told: KnownSession;
    try {
      told = { session: await this.read(id), readAt: now, until: now + CACHE_MS };
    } catch (thrown) {
      const known = this.cache.get(name);
      if (!known?.session || now - known.readAt > BELIEVED_WITHOUT_DATABASE_MS) throw thrown;
      told = { ...known, until: now + CACHE_MS };
    }
    if (forgotten === this.forgotten) this.keep(name, told);
    return told;
  }

  private keep(name: string, known: KnownSession): void {
    this.cache.delete(name);
    this.cache.set(name, known);
    for (const oldest of this.cache.keys()) {
      if (this.cache.size <= CACHE_LIMIT) break;
      this.cache.delete(oldest);
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
