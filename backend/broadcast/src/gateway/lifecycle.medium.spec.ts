import { afterEach, describe, expect, it } from '@jest/globals';
import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { BroadcastHealth } from '../broadcast.health.ts';
import { connect, startPortal, TestClient, upgrade, type Portal } from '../testing/own/portal.ts';

describe.each(['direct', 'stock'] as const)('with fan-out %s', (fanout) => {
  const portals: Portal[] = [];
  const clients: TestClient[] = [];

  async function start(...args: Parameters<typeof startPortal>): Promise<Portal> {
    const [options, ...rest] = args;
    const portal = await startPortal({ fanout, drainWindowMs: 20, ...options }, ...rest);
    portals.push(portal);
    return portal;
  }
  async function join(portal: Portal, token?: string): Promise<TestClient> {
    const client = await connect(portal.url, token);
    clients.push(client);
    return client;
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.disconnect();
    await Promise.all(portals.splice(0).map(({ app }) => app.close()));
  });

  describe('a client that asks too often', () => {
    it('is told when to ask again', async () => {
      const portal = await start({ verbsPerSecond: 1, maxSubscriptionsPerClient: 1 });
      const client = await join(portal);
      for (let n = 0; n < 3; n += 1) await client.subscribe({ topic: 'system' });
      const reply = await client.subscribe({ topic: 'system' });
      expect(reply).toMatchObject({
        ok: false,
        code: 4429,
      });
      expect(reply.ok ? 0 : reply.retryAfterMs).toBeGreaterThan(0);
      client.socket.emit('unsubscribe', { topic: 'system' }, undefined as never);
      await expect(client.send('anything')).resolves.toMatchObject({ ok: false });
    });

    it('is disconnected when it goes on, and others feel nothing', async () => {
      const portal = await start({ verbsPerSecond: 1 });
      const [loud, other] = [await join(portal), await join(portal)];
      const gone = loud.closed();
      for (let n = 0; n < 400; n += 1) (loud.socket as unknown as Socket).emit('nonsense');
      expect(await gone).toBe(4429);
      expect(loud.closes[0]).toMatchObject({ code: 4429, retryAfterMs: 10_000 });
      await expect(other.subscribe({ topic: 'system' })).resolves.toMatchObject({ ok: true });
    });

    it('is disconnected when it sends more than a subscription needs', async () => {
      const portal = await start();
      const client = await join(portal);
      const gone = client.closed();
      await expect(client.send('subscribe', { topic: 'x'.repeat(20_000) })).resolves.toMatchObject({
        ok: false,
        code: 4413,
      });
      expect(await gone).toBe(4413);
      const huge = await join(portal);
      const cut = huge.closed();
      huge.socket.emit('subscribe', { topic: 'x'.repeat(300_000) }, () => undefined);
      expect(await cut).toBe(1009);
    });
  });

  describe('on shutdown', () => {
    it('tells clients when to come back, closes and lets nobody in', async () => {
      const portal = await start({ drainWindowMs: 500 });
      const all = [await join(portal), await join(portal), await join(portal)];
      const unauthenticated = await upgrade(portal.port);
      expect(unauthenticated.status).toBe(101);
      const gone = all.map((client) => client.closed());
      await portals.pop()?.app.close();
      expect(await Promise.all(gone)).toEqual([4001, 4001, 4001]);
      for (const { closes } of all) {
        expect(closes).toEqual([expect.objectContaining({ code: 4001 })]);
        expect(closes[0]?.retryAfterMs).toBeGreaterThanOrEqual(0);
        expect(closes[0]?.retryAfterMs).toBeLessThanOrEqual(500);
      }
    });

    it('answers an upgrade that comes while it stops with 503', async () => {
      const portal = await start({ drainWindowMs: 2000 });
      const frozen = await join(portal);
      frozen.network.pause();
      portals.pop();
      const closed = portal.app.close();
      // The frozen client keeps the server up until it is cut.
      const late = await upgrade(portal.port, { Cookie: 'session=viewer' });
      expect(late.status).toBe(503);
      expect(late.headers['retry-after']).toBe('2');
      await closed;
      frozen.network.resume();
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
});
