import type { Role } from '@fleetdeck/dto';

/** Who is calling. */
export interface Principal {
  /** Stable id or name of the caller; goes into the audit log. */
  readonly subject: string;
  readonly role: Role;
  /** How the caller was recognised. */
  readonly method: 'cookie' | 'bearer';
  /** When the recognition ends, in milliseconds since the epoch; `null` when it does not. */
  readonly expiresAt: number | null;
  /**
   * Names the sign-in that the caller was recognised by, the same on every replica, so that its connections can be
   * ended with it. Not the secret itself: it reaches other nodes.
   */
  readonly session?: string;
}

/** What a {@link PrincipalResolver} sees of a request: the same for HTTP and for a socket's handshake. */
export interface PrincipalRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** A bearer that came outside the headers, as a socket's `auth: { token }` does. */
  readonly token?: string;
}

/**
 * Maps a request to who is calling. A story service implements it on its own sign-in.
 *
 * @example
 * const resolver: PrincipalResolver = {
 *   async resolve({ headers }) {
 *     const user = await sessions.of(headers.cookie);
 *     return user ? { subject: user.id, role: user.isOps ? 'operator' : 'viewer', method: 'cookie', expiresAt: null } : null;
 *   },
 * };
 */
export interface PrincipalResolver {
  /**
   * `null` when nobody is recognised. Throws `FleetdeckError` `SESSION_EXPIRED` when somebody was, but no longer is.
   */
  resolve(request: PrincipalRequest): Promise<Principal | null>;
}

/** Injection token of the {@link PrincipalResolver}. Without one every guarded route answers 401. */
export const PRINCIPAL_RESOLVER = Symbol.for('@fleetdeck/kernel/PRINCIPAL_RESOLVER');
