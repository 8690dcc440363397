import type { Role } from '@fleetdeck/dto';
import {
  FleetdeckError,
  type Clock,
  type Principal,
  type PrincipalRequest,
  type PrincipalResolver,
} from '@fleetdeck/kernel';

/** Somebody whom a fake gateway knows. */
export interface FakePrincipal {
  /** @default the token */
  subject?: string;
  role: Role;
  /** When the token ends, in milliseconds by the gateway's clock. @default null: never */
  expiresAt?: number | null;
}

/** Whom a fake gateway knows, by token: a list, or a function for those that are not known beforehand. */
export type FakePrincipals =
  Readonly<Record<string, FakePrincipal>> | ((token: string) => FakePrincipal | null);

/** Recognises tokens, and can end them. */
export class KnownPrincipals implements PrincipalResolver {
  private readonly seen = new Map<string, Principal>();

  constructor(
    private readonly known: FakePrincipals,
    private readonly clock: Clock,
  ) {}

  resolve({ headers, token }: PrincipalRequest): Promise<Principal | null> {
    const bearer = token ?? headers['authorization']?.toString().replace(/^Bearer /, '');
    const cookie = /(?:^|; )session=([^;]+)/.exec(String(headers['cookie'] ?? ''))?.[1];
    const name = bearer ?? cookie;
    const principal = name === undefined ? null : this.find(name, bearer === undefined ? 'cookie' : 'bearer');
    if (principal && (principal.expiresAt ?? Infinity) <= this.clock.now()) {
      return Promise.reject(new FleetdeckError('SESSION_EXPIRED', 'The token has ended; sign in again.'));
    }
    return Promise.resolve(principal);
  }

  /** Lets a token in that was not known, or not any more. */
  signIn(token: string, { subject = token, role, expiresAt = null }: FakePrincipal): void {
    this.seen.set(token, { subject, role, method: 'bearer', expiresAt });
  }

  /** Ends the tokens of a subject that were used so far. */
  expire(subject: string, at: number): void {
    for (const [token, principal] of this.seen) {
      if (principal.subject === subject) this.seen.set(token, { ...principal, expiresAt: at });
    }
  }

  private find(token: string, method: 'bearer' | 'cookie'): Principal | null {
    if (!this.seen.has(token)) {
      const { known } = this;
      const found =
        typeof known === 'function' ? known(token) : Object.hasOwn(known, token) ? known[token] : null;
      if (!found) return null;
      this.signIn(token, found);
    }
    const principal = this.seen.get(token);
    return principal ? { ...principal, method } : null;
  }
}
