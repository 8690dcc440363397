import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { isRole, ROLES, type Role } from '@fleetdeck/dto';
import { FleetdeckError, messageOf, type Clock } from '@fleetdeck/kernel';
import { createRemoteJWKSet, jwtVerify, SignJWT, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Environment } from '../environment/environment.ts';

/** How long a token lives when nobody says otherwise. */
export const TOKEN_LIFETIME_SECONDS = 8 * 60 * 60;
/** How long a sign-in link can be used. */
export const LINK_LIFETIME_SECONDS = 10 * 60;
const OIDC_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];
const CLOCK_TOLERANCE_SECONDS = 5;
/** What jose says of a token that somebody else made, or nobody: the caller is not signed in, nothing is broken. */
const NOT_OURS = new Set([
  'ERR_JOSE_ALG_NOT_ALLOWED',
  'ERR_JOSE_NOT_SUPPORTED',
  'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
  'ERR_JWKS_NO_MATCHING_KEY',
  'ERR_JWS_INVALID',
  'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  'ERR_JWT_CLAIM_VALIDATION_FAILED',
  'ERR_JWT_INVALID',
]);

/** What a token says of its bearer. */
export interface TokenClaims {
  subject: string;
  role: Role;
  expiresAt: number | null;
}

/** Makes a bearer token that the service accepts. */
export function mintToken(
  secret: string,
  claims: { subject: string; role: Role; lifetimeSeconds?: number },
): Promise<string> {
  return new SignJWT({ role: claims.role })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(claims.subject)
    .setIssuedAt()
    .setExpirationTime(`${claims.lifetimeSeconds ?? TOKEN_LIFETIME_SECONDS}s`)
    .sign(keyOf(secret, 'bearer'));
}

/** Makes the code of a sign-in link: single use, ten minutes. */
export function mintLinkCode(secret: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${LINK_LIFETIME_SECONDS}s`)
    .sign(keyOf(secret, 'link'));
}

/** Reads a link's code; `null` when it is not one, or too old. */
export async function verifyLinkCode(
  secret: string,
  code: string,
  clock: Clock,
): Promise<{ id: string; expiresAt: number } | null> {
  const payload = await verified(code, keyOf(secret, 'link'), { algorithms: ['HS256'] }, clock);
  if (!payload || payload === 'expired' || !payload.jti || !payload.exp) return null;
  return { id: payload.jti, expiresAt: payload.exp * 1000 };
}

/** Tells who a bearer is. */
export class TokenVerifier {
  private oidcKeys: Promise<JWTVerifyGetKey> | null = null;

  constructor(
    private readonly secret: string | null,
    private readonly environment: Pick<Environment, 'oidc' | 'devToken'>,
    private readonly clock: Clock,
  ) {}

  /** `'expired'` when it was valid once; `null` when nobody here made it, or it names no role. */
  async verify(token: string): Promise<TokenClaims | 'expired' | null> {
    const { devToken, oidc } = this.environment;
    if (devToken !== null && sameText(token, devToken))
      return { subject: 'developer', role: 'admin', expiresAt: null };
    if (this.secret !== null) {
      const payload = await verified(
        token,
        keyOf(this.secret, 'bearer'),
        { algorithms: ['HS256'] },
        this.clock,
      );
      if (payload) return claimsOf(payload, (claims) => highestRole(claims['role'] ?? claims['roles']));
    }
    if (oidc !== null) {
      const payload = await verified(
        token,
        await this.keys(oidc.issuer),
        { algorithms: OIDC_ALGORITHMS, issuer: oidc.issuer, audience: oidc.audience },
        this.clock,
      );
      if (payload) return claimsOf(payload, (claims) => highestRole(claimAt(claims, oidc.rolesClaim)));
    }
    return null;
  }

  private keys(issuer: string): Promise<JWTVerifyGetKey> {
    this.oidcKeys ??= discoverKeys(issuer).catch((thrown: unknown) => {
      // The next request asks again: an issuer that was away at start must not lock everybody out for good.
      this.oidcKeys = null;
      throw identityUnavailable(thrown);
    });
    return this.oidcKeys;
  }
}

async function discoverKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`The OIDC issuer ${issuer} answered ${response.status} to discovery.`);
  const { jwks_uri: uri } = (await response.json()) as { jwks_uri?: unknown };
  if (typeof uri !== 'string') throw new Error(`The OIDC issuer ${issuer} names no jwks_uri.`);
  return createRemoteJWKSet(new URL(uri), { timeoutDuration: 5_000, cooldownDuration: 30_000 });
}

async function verified(
  token: string,
  key: Uint8Array | JWTVerifyGetKey,
  options: { algorithms: string[]; issuer?: string; audience?: string },
  clock: Clock,
): Promise<JWTPayload | 'expired' | null> {
  try {
    const settings = {
      ...options,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(clock.now()),
      requiredClaims: ['exp'],
    };
    const result =
      typeof key === 'function'
        ? await jwtVerify(token, key, settings)
        : await jwtVerify(token, key, settings);
    return result.payload;
  } catch (thrown) {
    const { code } = thrown as { code?: unknown };
    if (code === 'ERR_JWT_EXPIRED') return 'expired';
    if (typeof code === 'string' && NOT_OURS.has(code)) return null;
    throw identityUnavailable(thrown);
  }
}

function identityUnavailable(thrown: unknown): FleetdeckError {
  return new FleetdeckError(
    'IDENTITY_UNAVAILABLE',
    `The identity provider could not be asked: ${messageOf(thrown)}`,
    {
      cause: thrown,
      retryAfterSeconds: 5,
    },
  );
}

function claimsOf(
  payload: JWTPayload | 'expired',
  roleOf: (payload: JWTPayload) => Role | null,
): TokenClaims | 'expired' | null {
  if (payload === 'expired') return payload;
  const role = roleOf(payload);
  if (role === null) return null;
  return {
    subject: payload.sub ?? 'unnamed',
    role,
    expiresAt: payload.exp === undefined ? null : payload.exp * 1000,
  };
}

function highestRole(claim: unknown): Role | null {
  const words: unknown[] = Array.isArray(claim)
    ? claim
    : typeof claim === 'string'
      ? claim.split(/[\s,]+/)
      : [];
  const roles = words
    .map((word) => (typeof word === 'string' ? word.replace(/^fleetdeck[:.-]/, '') : word))
    .filter(isRole);
  return roles.sort((a, b) => ROLES.indexOf(b) - ROLES.indexOf(a))[0] ?? null;
}

/** A claim by its dotted path, as `realm_access.roles`; a claim whose own name has dots is found too. */
function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path.split('.').reduce<unknown>((at, part) => {
    return typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined;
  }, claims);
}

// Two purposes, two keys: the code of a link is never a bearer. A bearer's key is the secret itself, so that other
// programs that hold it can make tokens too.
function keyOf(secret: string, purpose: 'bearer' | 'link'): Uint8Array {
  if (purpose === 'bearer') return new TextEncoder().encode(secret);
  return createHmac('sha256', secret).update('fleetdeck sign-in link').digest();
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHmac('sha256', 'compare').update(text).digest());
  return timingSafeEqual(left as Buffer, right as Buffer);
}
