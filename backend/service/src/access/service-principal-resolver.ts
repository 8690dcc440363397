import { parseCookie } from 'cookie';
import {
  FleetdeckError,
  type Principal,
  type PrincipalRequest,
  type PrincipalResolver,
} from '@fleetdeck/kernel';
import { sessionName, type SessionStore } from './session-store.ts';
import type { TokenVerifier } from './tokens.ts';

/** Name of the cookie. Cookies do not see ports, so two services on one machine must differ by name. */
export function sessionCookieName(port: number): string {
  return `fleetdeck_session_${port}`;
}

/** Recognises scripts by their bearer and browsers by their cookie. */
export class ServicePrincipalResolver implements PrincipalResolver {
  constructor(
    private readonly tokens: TokenVerifier,
    private readonly sessions: SessionStore,
    private readonly cookieName: () => string,
  ) {}

  async resolve(request: PrincipalRequest): Promise<Principal | null> {
    const bearer = request.token ?? bearerOf(request.headers['authorization']);
    if (bearer !== null) return this.fromBearer(bearer);
    const id = this.sessionIdOf(request.headers);
    if (id === null) return null;
    const session = await this.sessions.find(id);
    if (session === 'expired') throw expired();
    return session && { ...session, method: 'cookie', session: sessionName(id) };
  }

  /** The id of the session that a browser's cookie names. */
  sessionIdOf(headers: PrincipalRequest['headers']): string | null {
    const header = headers['cookie'];
    if (typeof header !== 'string') return null;
    return parseCookie(header)[this.cookieName()] ?? null;
  }

  private async fromBearer(token: string): Promise<Principal | null> {
    const claims = await this.tokens.verify(token);
    if (claims === 'expired') throw expired();
    return claims && { ...claims, method: 'bearer' };
  }
}

function expired(): FleetdeckError {
  return new FleetdeckError('SESSION_EXPIRED', 'Your session has ended; sign in again.');
}

function bearerOf(header: string | string[] | undefined): string | null {
  const match = typeof header === 'string' ? /^Bearer +(\S+)$/i.exec(header) : null;
  return match?.[1] ?? null;
}
