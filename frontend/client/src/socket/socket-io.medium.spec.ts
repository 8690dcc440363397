/**
 * @jest-environment node
 * @jest-environment-options {"customExportConditions": ["@fleetdeck/source", "node", "node-addons"]}
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Server } from 'socket.io';
import type { ClientToServerEvents, ServerToClientEvents } from '@fleetdeck/dto';
import { Journal, TopicServer } from '../testing/index.ts';
import { contractTopics, describeWebSocketManager } from '../testing/manager.contract.ts';
import { connectSocketIo } from './socket-io.ts';
import type { ClientSocket } from './socket.port.ts';
import { WebSocketManager } from './web-socket-manager.ts';

interface Listening {
  io: Server<ClientToServerEvents, ServerToClientEvents>;
  server: TopicServer;
  url: string;
  stop(): Promise<void>;
}

/** A bare socket.io server that speaks the wire contract. */
async function listen(port = 0, server = new TopicServer(contractTopics)): Promise<Listening> {
  const io: Listening['io'] = new Server({ path: '/ws/platform', transports: ['websocket'] });
  const admitted = new WeakMap<object, Exclude<ReturnType<TopicServer['admit']>, { ok: false }>>();
  io.use((socket, next) => {
    const token: unknown = socket.handshake.auth['token'];
    const session = server.admit(typeof token === 'string' ? token : null, {
      send: (event, payload) => (socket.emit as (event: string, payload: unknown) => void)(event, payload),
      cut: () => socket.conn.close(),
    });
    if ('ok' in session) {
      next(Object.assign(new Error(session.message), { data: session }));
      return;
    }
    admitted.set(socket, session);
    next();
  });
  io.on('connection', (socket) => {
    const session = admitted.get(socket);
    if (!session) return;
    socket.on('subscribe', (request, reply) => session.subscribe(request, reply));
    socket.on('auth', ({ token }, reply) => reply(session.auth(token)));
    socket.on('unsubscribe', ({ topic }, reply) => {
      session.unsubscribe(topic);
      reply({ ok: true });
    });
    socket.on('disconnect', () => session.gone());
    socket.emit('welcome', session.welcome);
  });
  io.listen(port);
  const http = io.httpServer as unknown as {
    once(event: 'listening', done: () => void): void;
    address(): { port: number };
  };
  await new Promise<void>((resolve) => http.once('listening', resolve));
  return { io, server, url: `http://127.0.0.1:${http.address().port}`, stop: () => io.close() };
}

describeWebSocketManager(
  'socket.io',
  async () => {
    const { server, url, stop } = await listen();
    return { server, url, options: {}, stop };
  },
  { afterEach, beforeEach, describe, expect, it },
);

describe('connectSocketIo', () => {
  it('tells nothing more once it is closed, also about what was asked', async () => {
    const { url, stop } = await listen();
    const told: string[] = [];
    const welcomed = new Promise<ClientSocket>((resolve) => {
      const socket = connectSocketIo(
        { origin: url, path: '/ws/platform', token: null },
        {
          welcome: () => resolve(socket),
          message: () => told.push('message'),
          reset: () => told.push('reset'),
          revoked: () => told.push('revoked'),
          token: () => told.push('token'),
          closing: () => told.push('closing'),
          refused: () => told.push('refused'),
          lost: () => told.push('lost'),
          alive: () => undefined,
        },
      );
    });
    const socket = await welcomed;
    socket.subscribe({ topic: 'audit' }, () => told.push('answer'));
    socket.close();
    await stop();
    expect(told).toEqual([]);
  });

  it('sends the token with the connection, not in its address, and takes the path from the URL', async () => {
    const { io, server, url, stop } = await listen();
    const addresses: string[] = [];
    io.engine.on('initial_headers', (_headers: unknown, request: { url: string }) =>
      addresses.push(request.url),
    );
    const manager = new WebSocketManager(`${url.replace('http', 'ws')}/ws/platform/`, {
      topics: contractTopics,
      getToken: () => Promise.resolve('secret'),
    });
    await connected(manager);
    expect(server.wire[0]).toEqual({ type: 'connect', token: 'secret' });
    expect(addresses).toEqual([expect.not.stringContaining('secret')]);
    manager.close();
    await stop();
  });

  it('says that the service cannot be reached, and when it tries again', async () => {
    const { url, stop } = await listen();
    await stop();
    const manager = new WebSocketManager(url, { topics: contractTopics, random: () => 0 });
    const before = Date.now();
    await failed(manager);
    const { reason, code, nextAttemptAt } = manager.getSnapshot();
    expect({ reason, code }).toEqual({ reason: expect.stringContaining('cannot be reached'), code: null });
    expect(nextAttemptAt).toBeGreaterThanOrEqual(before + 500);
    manager.close();
  });

  it('takes a refusal that has no code of ours as one of the network', async () => {
    const { io, url, stop } = await listen();
    io.use((_socket, next) => next(Object.assign(new Error('proxy'), { data: { code: 'STRANGE' } })));
    const manager = new WebSocketManager(url, { topics: contractTopics });
    await failed(manager);
    expect(manager.getSnapshot()).toMatchObject({ code: null, reason: expect.stringContaining('proxy') });
    manager.close();
    await stop();
  });

  it('takes heartbeats of the server as signs of life', async () => {
    const { io, server, url, stop } = await listen();
    // The server pings faster than it told the client, whose patience is shorter than the test.
    Object.assign(io.engine.opts, { pingInterval: 20 });
    server.heartbeatIntervalMs = 60;
    server.heartbeatTimeoutMs = 60;
    const manager = new WebSocketManager(url, { topics: contractTopics });
    await connected(manager);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(manager.getSnapshot()).toMatchObject({ state: 'live', clientId: 'client-1' });
    manager.close();
    await stop();
  });
});

describe('a service that goes away', () => {
  const quick = { topics: contractTopics, reconnectMinMs: 10, reconnectMaxMs: 40 };

  it('is found again on its port, and its topics go on exactly where they were', async () => {
    const first = await listen();
    const manager = new WebSocketManager(first.url, quick);
    const journal = new Journal();
    manager.subscribe('audit', journal);
    await journal.live();
    first.server.publish('audit', 1);
    await journal.live(1);
    await first.stop();
    await until(manager, () => manager.getSnapshot().state === 'offline');
    first.server.publish('audit', 2);
    const second = await listen(Number(new URL(first.url).port), first.server);
    await journal.live(2);
    first.server.publish('audit', 3);
    await journal.live(3);
    expect(journal.data).toEqual([1, 2, 3]);
    expect(journal.resets).toEqual([]);
    manager.close();
    await second.stop();
  });

  it('says reset when it comes back with nothing of what it knew', async () => {
    const first = await listen();
    const manager = new WebSocketManager(first.url, quick);
    const journal = new Journal();
    first.server.publish('queues', { name: 'a', depth: 1 }, 'a');
    manager.subscribe('queues', journal);
    await journal.live(1);
    await first.stop();
    await until(manager, () => manager.getSnapshot().state !== 'live');
    const fresh = new TopicServer(contractTopics);
    fresh.restart('queues');
    fresh.publish('audit', 0);
    fresh.publish('queues', { name: 'a', depth: 7 }, 'a');
    const second = await listen(Number(new URL(first.url).port), fresh);
    await journal.until(({ resets }) => resets.length > 0);
    await journal.live(2);
    expect(journal.resets).toEqual(['epoch']);
    expect(journal.data).toEqual([
      { name: 'a', depth: 1 },
      { name: 'a', depth: 7 },
    ]);
    manager.close();
    await second.stop();
  });

  it('is noticed although its connection looks open', async () => {
    const { io, server, url, stop } = await listen();
    server.heartbeatIntervalMs = 50;
    server.heartbeatTimeoutMs = 50;
    // It promises a beat and gives none: what a half-open connection looks like from here.
    Object.assign(io.engine.opts, { pingInterval: 60_000, pingTimeout: 60_000 });
    const manager = new WebSocketManager(url, quick);
    const reasons: (string | null)[] = [];
    manager.subscribeState(() => reasons.push(manager.getSnapshot().reason));
    await until(manager, () => manager.getSnapshot().state === 'recovering');
    expect(reasons).toContain('The service is silent.');
    await until(manager, () => manager.getSnapshot().clientId === 'client-2');
    manager.close();
    await stop();
  });
});

type AnyManager = WebSocketManager<typeof contractTopics>;

function until(manager: AnyManager, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = manager.subscribeState(look);
    function look(): void {
      if (!holds()) return;
      stop();
      resolve();
    }
    look();
  });
}
const connected = (manager: AnyManager) => until(manager, () => manager.getSnapshot().state === 'live');
const failed = (manager: AnyManager) => until(manager, () => manager.getSnapshot().nextAttemptAt !== null);
