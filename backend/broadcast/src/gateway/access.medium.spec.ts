import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BROADCAST_CODES, type CloseNotice } from '@fleetdeck/dto';
import { FleetdeckError } from '@fleetdeck/kernel';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { startPortal, TestClient, upgrade, type Portal } from '../testing/own/portal.ts';

describe.each(['direct', 'stock'] as const)('with fan-out %s', (fanout) => {
  let portal: Portal;
  const clients: TestClient[] = [];

  function client(options: ConstructorParameters<typeof TestClient>[1], url = portal.url): TestClient {
    const made = new TestClient(url, options);
    clients.push(made);
    return made;
  }

  beforeAll(async () => {
    portal = await startPortal({
      fanout,
      maxUnauthenticatedPerAddress: 2,
      clientAddress: (request) => String(request.headers['x-address'] ?? 'anyone'),
      allowRequest: (request) => {
        if (request.headers['x-test'] === 'throw') throw new FleetdeckError('HOST_REFUSED', 'Not this host.');
        return request.headers['x-test'] === 'no' ? 'Not today.' : request.headers['x-test'] !== 'never';
      },
    });
  });
  afterEach(() => {
    for (const made of clients.splice(0)) made.socket.disconnect();
  });
  afterAll(() => portal.app.close());

  describe('before the upgrade', () => {
    it('refuses a page of another site, cookie or not', async () => {
      const answer = await upgrade(portal.port, { Origin: 'https://evil.example', Cookie: 'session=admin' });
      expect(answer.status).toBe(403);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'ORIGIN_REFUSED', status: 403 });
      await expect(upgrade(portal.port, { Origin: 'https://evil.example' })).resolves.toMatchObject({
        status: 403,
      });
    });

    it('lets a page of its own host in by its cookie', async () => {
      const { clientId, ...welcome } = await client({
        headers: { Origin: portal.url, Cookie: 'other=1; session=viewer' },
      }).connected();
      expect(clientId).toMatch(/^\S{10,}$/);
      expect(welcome).toEqual({
        serverTime: expect.stringMatching(/Z$/),
        heartbeatIntervalMs: 10_000,
        heartbeatTimeoutMs: 8_000,
      });
    });

    it('lets a script in by its Authorization header and answers a wrong one with 401', async () => {
      await client({ headers: { Authorization: 'Bearer operator' } }).connected();
      const answer = await upgrade(portal.port, { Authorization: 'Bearer nobody' });
      expect(answer).toMatchObject({ status: 401 });
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'UNAUTHENTICATED' });
      await expect(upgrade(portal.port, { Authorization: 'Bearer expired' })).resolves.toMatchObject({
        status: 401,
      });
    });

    it("asks the application's own check", async () => {
      const refused = await upgrade(portal.port, { 'X-Test': 'no' });
      expect(JSON.parse(refused.body)).toMatchObject({ status: 403, detail: 'Not today.' });
      await expect(upgrade(portal.port, { 'X-Test': 'never' })).resolves.toMatchObject({ status: 403 });
      const thrown = await upgrade(portal.port, { 'X-Test': 'throw' });
      expect(JSON.parse(thrown.body)).toMatchObject({ code: 'HOST_REFUSED' });
    });

    it('says nothing of what broke inside', async () => {
      const answer = await upgrade(portal.port, { Cookie: 'session=broken' });
      expect(answer.status).toBe(500);
      expect(answer.body).not.toContain('fell over');
    });

    it('bounds the sockets of one address that are not signed in, and forgets those that have gone', async () => {
      const address = { 'X-Address': '192.0.2.1' };
      const [first, second] = [await upgrade(portal.port, address), await upgrade(portal.port, address)];
      expect([first.status, second.status]).toEqual([101, 101]);
      const third = await upgrade(portal.port, address);
      expect(third.status).toBe(429);
      expect(third.headers['retry-after']).toBe('1');
      await expect(upgrade(portal.port, { 'X-Address': '192.0.2.2' })).resolves.toMatchObject({
        status: 101,
      });
      await expect(upgrade(portal.port, { ...address, Cookie: 'session=viewer' })).resolves.toMatchObject({
        status: 101,
      });
      first.end();
      let status = 429;
      while (status === 429) ({ status } = await upgrade(portal.port, address));
      expect(status).toBe(101);
      second.end();
    });

    it('does not count those that are signed in', async () => {
      for (let n = 0; n < 4; n += 1) {
        await client({ token: 'viewer', headers: { 'X-Address': '192.0.2.3' } }).connected();
      }
    });

    it('leaves other paths alone when nobody else takes them', async () => {
      const answer = await upgrade(portal.port, {}, '/elsewhere');
      expect(answer.status).toBe(404);
      await expect(upgrade(portal.port, {}, '/ws/platformer')).resolves.toMatchObject({ status: 404 });
    });
  });

  describe('at connect', () => {
    it.each([
      ['no token', {}, 'UNAUTHENTICATED'],
      ['a token that nobody knows', { token: 'nobody' }, 'UNAUTHENTICATED'],
      ['a token that has expired', { token: 'expired' }, 'SESSION_EXPIRED'],
      ['a cookie that has expired', { headers: { Cookie: 'session=expired' } }, 'SESSION_EXPIRED'],
      ['a token in the query string', { query: { token: 'admin' } }, 'UNAUTHENTICATED'],
      ['a token without end', { token: 'x'.repeat(8193) }, 'UNAUTHENTICATED'],
    ] as const)('refuses %s with a code that the client can read', async (_what, options, code) => {
      const refused = client(options);
      const { data, message } = await refused.refused();
      expect(data).toMatchObject({ ok: false, code: BROADCAST_CODES[code].number, retryAfterMs: null });
      expect(message).toMatch(/\.$/);
      expect(refused.socket.connected).toBe(false);
    });

    it('hides what broke inside', async () => {
      const { data } = await client({ token: 'broken' }).refused();
      expect(data?.code).toBe(BROADCAST_CODES.INTERNAL.number);
      expect(data?.message).not.toContain('fell over');
    });

    it('takes a token although the cookie has expired', async () => {
      await client({ token: 'viewer', headers: { Cookie: 'session=expired' } }).connected();
    });

    it('refuses everyone when the application recognises nobody', async () => {
      const open = await startPortal({ fanout }, undefined, { access: 'none' });
      const { data } = await client({ token: 'admin' }, open.url).refused();
      expect(data?.code).toBe(BROADCAST_CODES.UNAUTHENTICATED.number);
      await open.app.close();
    });
  });

  describe('a token that ends', () => {
    it('is announced at once when little is left, and ends its socket with its number after the grace', async () => {
      const clock = new FakeClock();
      const brief = await startPortal({ fanout, tokenGraceMs: 100 }, undefined, { clock });
      const short = client({ token: 'short' }, brief.url);
      await short.connected();
      const told = short.heard<CloseNotice>('close');
      await short.subscribe({ topic: 'system' });
      expect(short.tokens).toEqual([{ expiresAt: expect.stringMatching(/Z$/) }]);
      const ended = short.closed();
      clock.advance(300);
      const code = await ended;
      expect(await told).toEqual({ code: 4402, reason: expect.stringMatching(/\.$/), retryAfterMs: null });
      expect(code).toBe(4402);
      await brief.app.close();
    });

    it('is renewed on the open socket, which then stays', async () => {
      const clock = new FakeClock();
      const brief = await startPortal({ fanout, tokenGraceMs: 100 }, undefined, { clock });
      const short = client({ token: 'short' }, brief.url);
      await short.connected();
      await short.accepted({ topic: 'system' });
      await expect(short.send('auth', { token: 'short_viewer' })).resolves.toEqual({
        ok: true,
        expiresAt: null,
      });
      clock.advance(400);
      brief.broadcaster.broadcastAll({ level: 'info', text: 'still here' });
      await short.received(1);
      expect(short.closes).toEqual([]);
      await brief.app.close();
    });

    it.each([
      ['a token of somebody else', { token: 'admin' }, 4403],
      ['a token that nobody knows', { token: 'nobody' }, 4401],
      ['no token', {}, 4401],
      ['nothing', null, 4401],
    ])('is not renewed by %s', async (_what, request, code) => {
      const viewer = client({ token: 'viewer' });
      await viewer.connected();
      await expect(viewer.send('auth', request)).resolves.toMatchObject({ ok: false, code });
    });

    it('of a cookie is looked up again, and goes on when its session was prolonged', async () => {
      const clock = new FakeClock();
      const brief = await startPortal({ fanout, tokenGraceMs: 100 }, undefined, { clock });
      const short = client({ headers: { Cookie: 'session=brief' } }, brief.url);
      await short.connected();
      await short.accepted({ topic: 'system' });
      clock.advance(400);
      brief.broadcaster.broadcastAll({ level: 'info', text: 'still here' });
      await short.received(1);
      expect(short.closes).toEqual([]);
      await brief.app.close();
    });

    it('takes the topics with it that the new token has no right to', async () => {
      const ada = client({ token: 'ada_operator' });
      await ada.connected();
      await ada.accepted({ topic: 'audit' });
      await ada.accepted({ topic: 'system' });
      await expect(ada.send('auth', { token: 'ada_viewer' })).resolves.toMatchObject({ ok: true });
      expect(ada.revoked).toEqual([
        { topic: 'audit', code: 4403, message: expect.stringContaining('operator'), retryAfterMs: null },
      ]);
      portal.broadcaster.broadcast('audit', { n: 1 });
      portal.broadcaster.broadcastAll({ level: 'info', text: 'for all' });
      await ada.received(1);
      expect(ada.messages.map(({ topic }) => topic)).toEqual(['system']);
    });
  });

  describe('access that is taken away', () => {
    it('ends the topics of a pattern on all connections of the principal, and of nobody else', async () => {
      const [one, two, other] = [
        client({ token: 'eve_viewer' }),
        client({ token: 'eve_viewer' }),
        client({ token: 'bob_viewer' }),
      ];
      await Promise.all([one, two, other].map((each) => each.connected()));
      for (const each of [one, two, other]) {
        await each.accepted({ topic: 'operations.7' });
        await each.accepted({ topic: 'system' });
      }
      portal.broadcaster.revoke('eve', 'operations.*');
      portal.broadcaster.broadcast('operations.7', { status: 'pending' });
      portal.broadcaster.broadcastAll({ level: 'info', text: 'for all' });
      await other.received(2);
      for (const each of [one, two]) {
        expect((await each.received(1)).map(({ topic }) => topic)).toEqual(['system']);
        expect(each.revoked).toEqual([expect.objectContaining({ topic: 'operations.7', code: 4410 })]);
      }
      expect(other.revoked).toEqual([]);
    });

    it('ends the connections when no topic is named', async () => {
      const eve = client({ token: 'eve_viewer' });
      await eve.connected();
      const code = eve.closed();
      portal.broadcaster.revoke('eve');
      expect(await code).toBe(4410);
      expect(eve.closes).toEqual([{ code: 4410, reason: expect.any(String), retryAfterMs: null }]);
    });
  });
});
