import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FleetdeckError } from '@fleetdeck/kernel';
import { startPortal, TestClient, upgrade, type Portal } from '../testing/portal.ts';

let portal: Portal;
const clients: TestClient[] = [];

function client(options: ConstructorParameters<typeof TestClient>[1], url = portal.url): TestClient {
  const made = new TestClient(url, options);
  clients.push(made);
  return made;
}

beforeAll(async () => {
  portal = await startPortal({
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
    await expect(upgrade(portal.port, { 'X-Address': '192.0.2.2' })).resolves.toMatchObject({ status: 101 });
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
  ])('refuses %s with a code that the client can read', async (_what, options, code) => {
    const refused = client(options);
    const { data, message } = await refused.refused();
    expect(data).toMatchObject({ code, retryable: false });
    expect(message).toMatch(/\.$/);
    expect(refused.socket.connected).toBe(false);
  });

  it('hides what broke inside', async () => {
    const { data } = await client({ token: 'broken' }).refused();
    expect(data?.code).toBe('INTERNAL');
    expect(data?.message).not.toContain('fell over');
  });

  it('takes a token although the cookie has expired', async () => {
    await client({ token: 'viewer', headers: { Cookie: 'session=expired' } }).connected();
  });

  it('refuses everyone when the application recognises nobody', async () => {
    const open = await startPortal({}, undefined, 'none');
    const { data } = await client({ token: 'admin' }, open.url).refused();
    expect(data?.code).toBe('UNAUTHENTICATED');
    await open.app.close();
  });
});

describe('a session that ends', () => {
  it('ends its socket with a code, and not sooner', async () => {
    const short = client({ token: 'short' });
    await short.connected();
    await short.subscribe({ topic: 'system' });
    const gone = await short.disconnected();
    expect(gone).toBe('io server disconnect');
    expect(short.closes).toEqual([
      { code: 'SESSION_EXPIRED', message: expect.any(String), retryable: false },
    ]);
  });
});
