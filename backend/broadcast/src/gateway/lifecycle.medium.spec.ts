import { afterEach, describe, expect, it } from '@jest/globals';
import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { BroadcastHealth } from '../broadcast.health.ts';
import { SocketHub } from './socket-hub.ts';
import { connect, portalPolicies, startPortal, TestClient, upgrade, type Portal } from '../testing/portal.ts';

const portals: Portal[] = [];
const clients: TestClient[] = [];

async function start(...args: Parameters<typeof startPortal>): Promise<Portal> {
  const portal = await startPortal(...args);
  portals.push(portal);
  return portal;
}
async function join(portal: Portal, token?: string): Promise<TestClient> {
  const client = await connect(portal.url, token);
  clients.push(client);
  return client;
}

/** The client's TCP connection. */
function wire(client: TestClient): { pause(): void; resume(): void } {
  const { transport } = client.socket.io.engine as unknown as {
    transport: { ws: { _socket: { pause(): void; resume(): void } } };
  };
  return transport.ws._socket;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.disconnect();
  await Promise.all(portals.splice(0).map(({ app }) => app.close()));
});

describe('a client that does not read', () => {
  it('is disconnected to come back, while others get everything and the server queues no more than it may', async () => {
    const history = { count: 5000, bytes: 512 * 1024 * 1024 };
    const portal = await start({ policies: { ...portalPolicies, audit: { leastRole: 'viewer', history } } });
    const [slow, quick] = [await join(portal, 'operator'), await join(portal, 'operator')];
    const subscribed = await slow.subscribe({ topic: 'audit' });
    await quick.subscribe({ topic: 'audit' });
    const hub = portal.app.get(SocketHub, { strict: false });
    wire(slow).pause();
    const pad = 'x'.repeat(50_000);
    let published = 0;
    while (hub.counters.slowDisconnects === 0 && published < 2000) {
      portal.broadcaster.publish('audit', { n: (published += 1), pad });
      await quick.received(published);
    }
    expect(hub.counters.slowDisconnects).toBe(1);
    expect(quick.messages.map(({ data }) => (data as { n: number }).n)).toEqual(
      Array.from({ length: published }, (_, i) => i + 1),
    );
    const gone = slow.disconnected();
    wire(slow).resume();
    await gone;
    const back = await join(portal, 'operator');
    const last = slow.messages.at(-1)?.offset ?? 0;
    const epoch = subscribed.ok ? subscribed.position.epoch : '';
    const reply = await back.subscribe({ topic: 'audit', position: { epoch, offset: last } });
    if (!reply.ok) throw new Error(reply.error.code);
    expect(reply.recovered).toBe(true);
    expect(reply.messages.map(({ offset }) => offset)).toEqual(
      Array.from({ length: published - last }, (_, i) => last + i + 1),
    );
  });
});

describe('a client that asks too often', () => {
  it('is told when to ask again', async () => {
    const portal = await start({ verbsPerSecond: 1, maxSubscriptionsPerClient: 1 });
    const client = await join(portal);
    for (let n = 0; n < 3; n += 1) await client.subscribe({ topic: 'system' });
    const reply = await client.subscribe({ topic: 'system' });
    expect(reply).toMatchObject({
      ok: false,
      topic: 'system',
      error: { code: 'RATE_LIMITED', retryable: true },
    });
    expect(reply.ok ? 0 : reply.error.retryAfterMs).toBeGreaterThan(0);
    client.socket.emit('unsubscribe', { topic: 'system' }, undefined as never);
    await expect(client.send('anything')).resolves.toMatchObject({ ok: false });
  });

  it('is disconnected when it goes on, and others feel nothing', async () => {
    const portal = await start({ verbsPerSecond: 1 });
    const [loud, other] = [await join(portal), await join(portal)];
    const gone = loud.disconnected();
    for (let n = 0; n < 400; n += 1) (loud.socket as unknown as Socket).emit('nonsense');
    await gone;
    expect(loud.closes[0]).toMatchObject({ code: 'RATE_LIMITED', retryable: true, retryAfterMs: 10_000 });
    await expect(other.subscribe({ topic: 'system' })).resolves.toMatchObject({ ok: true });
  });

  it('is disconnected when it sends more than a subscription needs', async () => {
    const portal = await start();
    const client = await join(portal);
    const gone = client.disconnected();
    client.socket.emit('subscribe', { topic: 'x'.repeat(70_000) }, () => undefined);
    await gone;
  });
});

describe('on shutdown', () => {
  it('tells clients when to come back, closes and lets nobody in', async () => {
    const portal = await start({ drainWindowMs: 500 });
    const all = [await join(portal), await join(portal), await join(portal)];
    const unauthenticated = await upgrade(portal.port);
    expect(unauthenticated.status).toBe(101);
    const gone = all.map((client) => client.disconnected());
    await portals.pop()?.app.close();
    await Promise.all(gone);
    for (const { closes } of all) {
      expect(closes).toEqual([expect.objectContaining({ code: 'SHUTTING_DOWN', retryable: true })]);
      expect(closes[0]?.retryAfterMs).toBeGreaterThanOrEqual(0);
      expect(closes[0]?.retryAfterMs).toBeLessThanOrEqual(500);
    }
  });

  it('answers an upgrade that comes while it stops with 503', async () => {
    const portal = await start();
    const frozen = await join(portal);
    wire(frozen).pause();
    portals.pop();
    const closed = portal.app.close();
    // The frozen client keeps the server up until it is cut.
    const late = await upgrade(portal.port, { Cookie: 'session=viewer' });
    expect(late.status).toBe(503);
    expect(late.headers['retry-after']).toBe('2');
    await closed;
    wire(frozen).resume();
  });

  it('stops at once when nobody is connected', async () => {
    const portal = await start();
    await portals.pop()?.app.close();
    await expect(upgrade(portal.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('beside others', () => {
  it("serves on the application's HTTP server together with its own socket.io server and its routes", async () => {
    let own: Server | undefined;
    const portal = await start({}, (app) => {
      own = new Server(app.getHttpServer() as HttpServer);
      own.on('connection', (socket) =>
        socket.on('ping-me', (reply: (text: string) => void) => reply('pong')),
      );
    });
    const theirs = io(portal.url, { reconnection: false, forceNew: true });
    await expect(theirs.timeout(5000).emitWithAck('ping-me')).resolves.toBe('pong');
    const ours = await join(portal);
    await ours.subscribe({ topic: 'system' });
    portal.broadcaster.broadcastAll({ level: 'info', text: 'here' });
    await expect(ours.received(1)).resolves.toHaveLength(1);
    await expect(fetch(`${portal.url}/hello`).then((answer) => answer.text())).resolves.toBe('hello');
    theirs.disconnect();
    own?.disconnectSockets(true);
  });

  it('keeps two applications of one process apart', async () => {
    const [one, other] = [await start(), await start()];
    const [client, stranger] = [await join(one), await join(other)];
    await client.subscribe({ topic: 'system' });
    await stranger.subscribe({ topic: 'system' });
    one.broadcaster.broadcastAll({ level: 'info', text: 'one' });
    await client.received(1);
    await stranger.subscribe({ topic: 'queues' });
    expect(stranger.messages).toEqual([]);
    expect(one.broadcaster.position('system')?.epoch).not.toBe(other.broadcaster.position('system')?.epoch);
  });

  it('says that it is healthy, and how many are connected', async () => {
    const portal = await start();
    await (await join(portal)).subscribe({ topic: 'system' });
    await expect(portal.app.get(BroadcastHealth, { strict: false }).checkHealth()).resolves.toEqual({
      status: 'healthy',
      details: { clients: 1, subscriptions: 1, topics: 1, slowDisconnects: 0 },
    });
  });

  it('serves at the path that it is given', async () => {
    const portal = await start({ path: '/base/ws/platform' });
    const client = new TestClient(portal.url, { token: 'viewer', path: '/base/ws/platform' });
    clients.push(client);
    const { clientId } = await client.connected();
    expect(clientId).toBe(client.socket.id);
    await expect(upgrade(portal.port)).resolves.toMatchObject({ status: 404 });
  });
});
