import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { mintLinkCode, mintToken, TokenVerifier, verifyLinkCode } from './tokens.ts';

const SECRET = 'a secret that is longer than thirty-two characters';
const NOTHING = { oidc: null, devToken: null };
const clock = new FakeClock(new Date().toISOString());

describe('bearer tokens of a shared secret', () => {
  const verifier = new TokenVerifier(SECRET, NOTHING, clock);

  it('tell subject, role and end', async () => {
    const token = await mintToken(SECRET, { subject: 'ci', role: 'operator', lifetimeSeconds: 60 });
    const claims = await verifier.verify(token);
    expect(claims).toMatchObject({ subject: 'ci', role: 'operator' });
  });

  it('are expired afterwards, which is told from being nobody', async () => {
    const token = await mintToken(SECRET, { subject: 'ci', role: 'viewer', lifetimeSeconds: 60 });
    const later = new FakeClock(new Date(Date.now() + 120_000).toISOString());
    expect(await new TokenVerifier(SECRET, NOTHING, later).verify(token)).toBe('expired');
  });

  it.each([
    [
      'another secret',
      () => mintToken('another secret of at least thirty-two chars', { subject: 'x', role: 'admin' }),
    ],
    ['the code of a sign-in link', () => mintLinkCode(SECRET)],
    ['no token at all', () => Promise.resolve('hello')],
    [
      'algorithm none',
      () => Promise.resolve('eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4iLCJleHAiOjk5OTk5OTk5OTl9.'),
    ],
    ['no role', () => signed({})],
    ['an unknown role', () => signed({ role: 'root' })],
    ['a role that is no word', () => signed({ role: 7 })],
  ])('of %s are nobody', async (_what, make) => {
    expect(await verifier.verify(await make())).toBeNull();
  });

  it('without an end are nobody', async () => {
    const token = await new SignJWT({ role: 'admin' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
    expect(await verifier.verify(token)).toBeNull();
  });

  it('with several roles have the highest', async () => {
    expect(
      await verifier.verify(await signed({ roles: ['viewer', 'fleetdeck:admin', 'operator', 3] })),
    ).toMatchObject({ role: 'admin' });
  });

  it('are nobody where no secret is trusted', async () => {
    const token = await mintToken(SECRET, { subject: 'x', role: 'admin' });
    expect(await new TokenVerifier(null, NOTHING, clock).verify(token)).toBeNull();
  });

  function signed(claims: Record<string, unknown>): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(SECRET));
  }
});

describe('the developer token', () => {
  const verifier = new TokenVerifier(null, { oidc: null, devToken: 'developer-token-0001' }, clock);

  it('makes its bearer an admin', async () => {
    expect(await verifier.verify('developer-token-0001')).toEqual({
      subject: 'developer',
      role: 'admin',
      expiresAt: null,
    });
  });

  it('is not another word', async () => {
    expect(await verifier.verify('developer-token-0002')).toBeNull();
  });
});

describe('the code of a sign-in link', () => {
  it('is read with the secret that made it', async () => {
    const code = await mintLinkCode(SECRET);
    expect(await verifyLinkCode(SECRET, code, clock)).toMatchObject({ id: expect.anything() });
    expect(await verifyLinkCode('another secret of at least thirty-two chars', code, clock)).toBeNull();
  });

  it('is void after ten minutes', async () => {
    const code = await mintLinkCode(SECRET);
    const later = new FakeClock(new Date(Date.now() + 11 * 60_000).toISOString());
    expect(await verifyLinkCode(SECRET, code, later)).toBeNull();
  });

  it('is not a bearer token', async () => {
    expect(
      await verifyLinkCode(SECRET, await mintToken(SECRET, { subject: 'x', role: 'admin' }), clock),
    ).toBeNull();
  });
});

describe('tokens of an OIDC issuer', () => {
  let server: Server;
  let issuer: string;
  let privateKey: CryptoKey;
  let foreignKey: CryptoKey;
  let answering = true;

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    privateKey = pair.privateKey;
    foreignKey = (await generateKeyPair('ES256')).privateKey;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' };
    server = createServer((request, response) => {
      if (!answering) return response.writeHead(500).end();
      const body = request.url === '/keys' ? { keys: [jwk] } : { jwks_uri: `${issuer}/keys` };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const sign = (
    claims: Record<string, unknown>,
    options: { audience?: string; issuer?: string; key?: CryptoKey } = {},
  ) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setSubject('ada')
      .setIssuer(options.issuer ?? issuer)
      .setAudience(options.audience ?? 'fleetdeck')
      .setExpirationTime('1h')
      .sign(options.key ?? privateKey);
  const verifier = (rolesClaim = 'roles') =>
    new TokenVerifier(null, { devToken: null, oidc: { issuer, audience: 'fleetdeck', rolesClaim } }, clock);

  it('are verified with the keys that it publishes', async () => {
    expect(await verifier().verify(await sign({ roles: ['operator'] }))).toMatchObject({
      subject: 'ada',
      role: 'operator',
    });
  });

  it('carry their roles where the claim says', async () => {
    const token = await sign({ realm_access: { roles: ['viewer'] }, 'https://x/roles': 'admin' });
    expect(await verifier('realm_access.roles').verify(token)).toMatchObject({ role: 'viewer' });
    expect(await verifier('https://x/roles').verify(token)).toMatchObject({ role: 'admin' });
    expect(await verifier('sub.nothing').verify(token)).toBeNull();
  });

  it('for another audience, of another issuer or signed by another key are nobody', async () => {
    expect(await verifier().verify(await sign({ roles: 'admin' }, { audience: 'other' }))).toBeNull();
    expect(
      await verifier().verify(await sign({ roles: 'admin' }, { issuer: 'https://evil.example' })),
    ).toBeNull();
    expect(await verifier().verify(await sign({ roles: 'admin' }, { key: foreignKey }))).toBeNull();
  });

  it('cannot be judged while the issuer is away, which is not the caller being nobody, and can be afterwards', async () => {
    const patient = verifier();
    const token = await sign({ roles: 'admin' });
    answering = false;
    await expect(patient.verify(token)).rejects.toMatchObject({ code: 'IDENTITY_UNAVAILABLE' });
    answering = true;
    await expect(patient.verify(token)).resolves.toMatchObject({ role: 'admin' });
  });
});
