/** What a principal may do, from least to most: viewer reads, operator acts, admin also sets policy. */
export type Role = 'viewer' | 'operator' | 'admin';

/** All roles, least first. */
export const ROLES = ['viewer', 'operator', 'admin'] as const satisfies readonly Role[];

/** Whether a value is one of {@link ROLES}. */
export function isRole(value: unknown): value is Role {
  return typeof value === 'string' && (ROLES as readonly string[]).includes(value);
}

/** Whether `role` includes what `least` may do. */
export function roleAtLeast(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** Who is signed in: what `GET /api/v1/session` answers. */
export interface Session {
  /** Name or id of who is calling, for people to read. */
  subject: string;
  role: Role;
  /** When it ends; `null` when it does not. ISO 8601 UTC. */
  expiresAt: string | null;
  /** How the caller was recognised. */
  method: 'cookie' | 'bearer';
}
