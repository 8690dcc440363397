import type { EventEmitter } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import { BROADCAST_CODES, type SubscribeReply } from '@fleetdeck/dto';
import { connect as connectTo, startPortal, type Portal, type TestClient } from '../testing/own/portal.ts';
import { SocketHub } from './socket-hub.ts';

describe.each(['direct', 'stock'] as const)('with fan-out %s', (fanout) => {
  let portal: Portal;
  const clients: TestClient[] = [];

  async function connect(token?: string): Promise<TestClient> {
    const client = await connectTo(portal.url, token);
    clients.push(client);
    return client;
  }

  beforeAll(async () => {
    portal = await startPortal({ fanout, maxSubscriptionsPerClient: 5 });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.socket.disconnect();
  });
  afterAll(() => portal.app.close());

  describe('a subscription', () => {
    it('is answered with where the topic stands, and then gets every message in order', async () => {
      portal.broadcaster.broadcast('audit', { n: 0 });
      const client = await connect('operator');
      const { epoch, offset, ...reply } = await client.accepted({ topic: 'audit' });
      const position = { epoch, offset };
      expect(reply).toEqual({ ok: true, recovered: false });
      for (const n of [1, 2, 3]) portal.broadcaster.broadcast('audit', { n });
      expect(await client.received(3)).toEqual(
        [1, 2, 3].map((n) => ({
          topic: 'audit',
          epoch: position.epoch,
          offset: position.offset + n,
          at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
          data: { n },
        })),
      );
      expect(portal.broadcaster.position('audit')).toEqual({ ...position, offset: position.offset + 3 });
    });

    it('goes on exactly where the client stopped', async () => {
      const first = await connect('operator');
      const { epoch, offset } = await first.accepted({ topic: 'audit' });
      first.socket.disconnect();
      for (const n of [1, 2, 3]) portal.broadcaster.broadcast('audit', { n });
      const second = await connect('operator');
      let before = -1;
      const answered = new Promise<SubscribeReply>((resolve) =>
        second.socket.emit('subscribe', { topic: 'audit', epoch, offset }, (answer) => {
          before = second.messages.length;
          resolve(answer);
        }),
      );
      // Published while the answer is under way: may overtake neither it nor what was missed.
      const busy = setInterval(() => portal.broadcaster.broadcast('audit', { n: 4 }), 0);
      const messages = await second.received(20).finally(() => clearInterval(busy));
      expect(await answered).toMatchObject({ ok: true, recovered: true, epoch });
      expect(before).toBe(0);
      expect(messages.map((message) => message.offset)).toEqual(messages.map((_, i) => offset + 1 + i));
      expect(messages.slice(0, 3).map(({ data }) => data)).toEqual([1, 2, 3].map((n) => ({ n })));
    });

    it.each([
      ['another run of the log', { epoch: 'another', offset: 1 }, 'epoch'],
      ['a position that is ahead', { offset: 1_000_000 }, 'ahead'],
    ] as const)('is told to start over from %s, and given no part', async (_what, given, reset) => {
      portal.broadcaster.broadcast('audit', { n: 0 });
      const { epoch } = portal.broadcaster.position('audit') ?? { epoch: '' };
      const client = await connect('operator');
      const reply = await client.accepted({ topic: 'audit', epoch, ...given });
      expect(reply).toMatchObject({ recovered: false, reason: reset });
      await client.accepted({ topic: 'system' });
      expect(client.messages).toEqual([]);
    });

    it('is told to start over when what it missed is no longer kept', async () => {
      const { epoch, offset } = portal.broadcaster.position('audit') ?? { epoch: '', offset: 0 };
      for (let n = 0; n < 101; n += 1) portal.broadcaster.broadcast('audit', { n });
      const client = await connect('operator');
      const reply = await client.accepted({ topic: 'audit', epoch, offset });
      expect(reply).toEqual({ ok: true, recovered: false, reason: 'expired', epoch, offset: offset + 101 });
    });

    it('of a latest topic begins with the value of each key, and goes on with those that changed', async () => {
      portal.broadcaster.broadcast('metrics.cpu', { labels: { host: 'a', core: '1' }, value: 1 });
      portal.broadcaster.broadcast('metrics.cpu', { labels: { core: '1', host: 'a' }, value: 2 });
      portal.broadcaster.broadcast('metrics.cpu', { labels: { host: 'b' }, value: 3 });
      const client = await connect();
      const fresh = await client.accepted({ topic: 'metrics.cpu' });
      expect(
        fresh.snapshot?.messages?.map(({ key, data }) => [key, (data as { value: number }).value]),
      ).toEqual([
        ['{"core":"1","host":"a"}', 2],
        ['{"host":"b"}', 3],
      ]);
      portal.broadcaster.broadcast('metrics.cpu', { labels: { host: 'b' }, value: 4 });
      const back = await client.accepted({
        topic: 'metrics.cpu',
        epoch: fresh.epoch,
        offset: fresh.offset,
      });
      expect(back).toEqual({ ok: true, recovered: true, epoch: fresh.epoch, offset: fresh.offset + 1 });
      expect((await client.received(2)).map(({ data }) => data)).toEqual(
        Array(2).fill({ labels: { host: 'b' }, value: 4 }),
      );
    });

    it('can be repeated without getting messages twice', async () => {
      const client = await connect();
      await client.subscribe({ topic: 'system' });
      await client.subscribe({ topic: 'system' });
      portal.broadcaster.broadcastAll({ level: 'info', text: 'one' });
      await client.subscribe({ topic: 'system' });
      expect(client.messages.map(({ data }) => data)).toEqual([{ level: 'info', text: 'one' }]);
    });

    it('ends when the client says so', async () => {
      const client = await connect();
      await client.subscribe({ topic: 'system' });
      await expect(client.send('unsubscribe', { topic: 'system' })).resolves.toEqual({ ok: true });
      await expect(client.send('unsubscribe', { topic: 'system' })).resolves.toEqual({ ok: true });
      portal.broadcaster.broadcastAll({ level: 'info', text: 'unheard' });
      await client.subscribe({ topic: 'queues' });
      expect(client.messages).toEqual([]);
    });

    it('keeps what was published, whatever its publisher does to the object afterwards', async () => {
      const queue = { name: 'mail', depth: 1 };
      portal.broadcaster.broadcast('queues', queue);
      queue.depth = 99;
      const client = await connect();
      const { snapshot } = await client.accepted({ topic: 'queues' });
      expect(snapshot?.messages?.map(({ data }) => data)).toEqual([{ name: 'mail', depth: 1 }]);
    });
  });

  describe('a refusal', () => {
    it.each([
      ['a topic that nobody declared', { topic: 'nothing' }, 'UNKNOWN_TOPIC'],
      ['a topic for a higher role', { topic: 'audit' }, 'FORBIDDEN'],
      ['a name that is none', { topic: 'Not a topic' }, 'INVALID_INPUT'],
      ['a position that is none', { topic: 'system', epoch: 'e', offset: -1 }, 'INVALID_INPUT'],
      ['half a position', { topic: 'system', epoch: 'e' }, 'INVALID_INPUT'],
      ['no object', 'system', 'INVALID_INPUT'],
      ['nothing', null, 'INVALID_INPUT'],
    ] as const)('of %s is coded', async (_what, request, code) => {
      const client = await connect();
      const reply = await client.send('subscribe', request);
      expect(reply).toMatchObject({
        ok: false,
        code: BROADCAST_CODES[code].number,
        message: expect.stringMatching(/\.$/),
        retryAfterMs: null,
      });
    });

    it('comes when a client holds as many topics as it may', async () => {
      const client = await connect();
      for (let n = 0; n < 5; n += 1) await client.accepted({ topic: `operations.${n}` });
      expect(await client.subscribe({ topic: 'operations.5' })).toMatchObject({
        ok: false,
        code: BROADCAST_CODES.LIMIT_EXCEEDED.number,
      });
      await client.accepted({ topic: 'operations.4' });
    });

    it('is all that an unknown event leads to: nothing is emitted within the service', async () => {
      const client = await connect();
      const inside: unknown[] = [];
      const server = portal.app.get(SocketHub).server;
      for (const socket of server?.sockets.sockets.values() ?? []) {
        (socket as unknown as EventEmitter).on('error', (error) => inside.push(error));
      }
      expect(await client.send('error', { toString: 1 })).toMatchObject({ ok: false });
      expect(await client.send('error', { toString: 2 })).toMatchObject({ ok: false });
      expect(inside).toEqual([]);
    });

    it('leaves the client connected, and so do verbs that do not exist', async () => {
      const client = await connect();
      const bare = client.socket as unknown as Socket;
      bare.emit('subscribe', { topic: 'system' });
      bare.emit('publish', { topic: 'system' });
      bare.emit('unsubscribe', undefined, 7);
      await client.accepted({ topic: 'system' });
    });
  });

  describe('Broadcaster', () => {
    it('refuses an undeclared topic, a payload that is not JSON and one without its key', () => {
      const { broadcaster } = portal;
      const circle: Record<string, unknown> = {};
      circle['self'] = circle;
      expect(() => broadcaster.publish('nothing', {})).toThrow(
        expect.objectContaining({ code: 'UNKNOWN_TOPIC' }),
      );
      expect(() => broadcaster.position('nothing')).toThrow(
        expect.objectContaining({ code: 'UNKNOWN_TOPIC' }),
      );
      expect(() => broadcaster.publish('system', undefined)).toThrow(/cannot be sent as JSON/);
      expect(() => broadcaster.publish('system', circle)).toThrow(/circular/);
      expect(() => broadcaster.publish('queues', {})).toThrow(/"name"/);
    });

    it('sends to single clients outside the log', async () => {
      const [one, other] = [await connect(), await connect()];
      await one.subscribe({ topic: 'queues' });
      const before = portal.broadcaster.position('queues');
      portal.broadcaster.sendTo([one.welcome?.clientId ?? '', 'gone'], 'queues', { name: 'mail', depth: 7 });
      portal.broadcaster.sendTo(['gone'], 'operations.1', { status: 'pending' });
      expect(await one.received(1)).toEqual([
        expect.objectContaining({
          topic: 'queues',
          epoch: before?.epoch,
          offset: null,
          key: 'mail',
          data: { name: 'mail', depth: 7 },
        }),
      ]);
      expect(() => portal.broadcaster.sendTo([], 'nothing' as 'audit', { n: 1 })).toThrow(
        /No declared topic/,
      );
      expect(portal.broadcaster.position('queues')).toEqual(before);
      await other.subscribe({ topic: 'queues' });
      expect(other.messages).toEqual([]);
    });

    it('disconnects one client, which may come back', async () => {
      const client = await connect();
      await client.accepted({ topic: 'operations.99' });
      const gone = client.closed();
      expect(portal.broadcaster.disconnect(client.welcome?.clientId ?? '')).toBe(true);
      expect(portal.app.get(SocketHub, { strict: false }).subscribers('operations.99')).toBe(0);
      await expect(gone).resolves.toBe(4440);
      expect(client.closes).toEqual([{ code: 4440, reason: expect.any(String), retryAfterMs: 0 }]);
      expect(portal.broadcaster.disconnect('nobody')).toBe(false);
    });
  });
});
