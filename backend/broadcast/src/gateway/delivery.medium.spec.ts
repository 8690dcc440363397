import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { TopicAnswer, TopicMessage, TopicReset } from '@fleetdeck/dto';
import { connect, portalPolicies, startPortal, type Portal, type TestClient } from '../testing/own/portal.ts';
import { SocketHub } from './socket-hub.ts';

const portals: Portal[] = [];
const clients: TestClient[] = [];
const pad = 'x'.repeat(50_000);

async function join(portal: Portal, token = 'operator'): Promise<TestClient> {
  const client = await connect(portal.url, token);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) {
    client.network?.resume();
    client.socket.disconnect();
  }
  await Promise.all(portals.splice(0).map(({ app }) => app.close()));
});

describe.each(['direct', 'stock'] as const)('with fan-out %s', (fanout) => {
  async function start(...[options, ...rest]: Parameters<typeof startPortal>): Promise<Portal> {
    const portal = await startPortal({ fanout, drainWindowMs: 20, ...options }, ...rest);
    portals.push(portal);
    return portal;
  }

  describe('a message', () => {
    it('is encoded once for all who get it, whatever it holds', async () => {
      const portal = await start();
      const all = await Promise.all(Array.from({ length: 10 }, () => join(portal)));
      for (const client of all) await client.accepted({ topic: 'queues' });
      let encoded = 0;
      const text = '"\\ \u2028 née 🚀 '.repeat(4000);
      const toJSON = (): object => ({ name: `a"b${(encoded += 1)}`, text });
      portal.broadcaster.publish('queues', { name: 'a"b', toJSON });
      for (const client of all) {
        const [message] = await client.received(1);
        expect(message).toMatchObject({ key: 'a"b', data: { name: 'a"b1', text } });
      }
      expect(encoded).toBe(1);
    });

    it('comes in order, mixed with answers and messages outside the log', async () => {
      const portal = await start();
      const client = await join(portal);
      const { offset } = await client.accepted({ topic: 'audit' });
      for (let n = 0; n < 300; n += 1) {
        portal.broadcaster.broadcast('audit', { n });
        if (n % 7 === 0) portal.broadcaster.sendToPrincipal('operator', 'queues', { name: 'q', depth: n });
        if (n % 50 === 0) await client.accepted({ topic: 'system' });
      }
      const messages = await client.received(343);
      const logged = messages.filter((message) => message.topic === 'audit');
      expect(logged.map((message) => message.offset)).toEqual(logged.map((_, i) => offset + 1 + i));
      expect(logged).toHaveLength(300);
      const outside = messages.filter((message) => message.offset === null);
      expect(outside.map(({ data }) => (data as { depth: number }).depth)).toEqual(
        Array.from({ length: 43 }, (_, i) => i * 7),
      );
    });

    it('is written with others within a window, of a latest topic the last of each key', async () => {
      const portal = await start({
        policies: {
          ...portalPolicies,
          audit: { leastRole: 'viewer', coalesceMs: 30 },
          queues: { leastRole: 'viewer', coalesceMs: 30 },
        },
      });
      const client = await join(portal);
      await client.accepted({ topic: 'audit' });
      await client.accepted({ topic: 'queues' });
      for (let n = 0; n < 5; n += 1) {
        portal.broadcaster.broadcast('audit', { n });
        for (const name of ['a', 'b']) portal.broadcaster.broadcast('queues', { name, depth: n });
      }
      const messages = await client.received(8);
      const of = (topic: string): TopicMessage[] => messages.filter((message) => message.topic === topic);
      expect(of('audit').map(({ data }) => data)).toEqual([0, 1, 2, 3, 4].map((n) => ({ n })));
      expect(of('queues').map(({ data }) => data)).toEqual([
        { name: 'a', depth: 0 },
        { name: 'a', depth: 4 },
        { name: 'b', depth: 4 },
      ]);
    });
  });

  describe('a client that does not read', () => {
    const history = { count: 5000, bytes: 512 * 1024 * 1024 };

    async function fill(portal: Portal, topic: 'audit' | 'queues', quick: TestClient): Promise<number> {
      const hub = portal.app.get(SocketHub, { strict: false });
      const { counters } = hub;
      const before = quick.messages.length;
      let published = 0;
      while (counters.slowSkipped + counters.slowDisconnects < 20 && published < 2000) {
        const n = (published += 1);
        portal.broadcaster.publish(topic, topic === 'audit' ? { n, pad } : { name: `q${n % 3}`, n, pad });
        await quick.received(before + published);
        if (counters.slowDisconnects > 0) break;
      }
      expect(published).toBeLessThan(2000);
      return published;
    }

    it('starts the log topic over once it reads, and gets everything from there', async () => {
      const snapshot = jest.fn(() => Promise.resolve({ total: 1 }));
      const audit = { leastRole: 'viewer', history, snapshot } as const;
      const portal = await start({ policies: { ...portalPolicies, audit } });
      const [slow, quick] = [await join(portal), await join(portal)];
      await slow.accepted({ topic: 'audit' });
      const first = await quick.accepted({ topic: 'audit' });
      slow.network.pause();
      const published = await fill(portal, 'audit', quick);
      const heard = slow.heard<TopicReset>('reset');
      slow.network.resume();
      const reset = await heard;
      expect(reset).toMatchObject({ topic: 'audit', reason: 'slow', snapshot: { state: { total: 1 } } });
      expect(reset.offset).toBe(first.offset + published);
      portal.broadcaster.broadcast('audit', { n: -1 });
      while (slow.messages.at(-1)?.offset !== reset.offset + 1) await slow.received(slow.messages.length + 1);
      const offsets = slow.messages.map((message) => message.offset ?? 0);
      expect(offsets.slice(0, -1)).toEqual(offsets.slice(0, -1).map((_, i) => first.offset + 1 + i));
      await quick.received(published + 1);
      expect(quick.messages.map((message) => message.offset)).toEqual(
        Array.from({ length: published + 1 }, (_, i) => first.offset + 1 + i),
      );
      const hub = portal.app.get(SocketHub, { strict: false });
      expect(hub.counters.reset.slow).toBe(1);
    });

    it('gets the last value of each key of a latest topic once it reads', async () => {
      const portal = await start();
      const [slow, quick] = [await join(portal), await join(portal)];
      await slow.accepted({ topic: 'queues' });
      const first = await quick.accepted({ topic: 'queues' });
      slow.network.pause();
      const published = await fill(portal, 'queues', quick);
      slow.network.resume();
      const last = first.offset + published;
      while (slow.messages.at(-1)?.offset !== last) await slow.received(slow.messages.length + 1);
      expect(slow.messages.length).toBeLessThan(published);
      expect(slow.messages.slice(-3).map((message) => message.offset)).toEqual([last - 2, last - 1, last]);
      expect(slow.resets).toEqual([]);
    });

    it('is disconnected where the policy says so, and comes back by its positions', async () => {
      const audit = { leastRole: 'viewer', history, slow: 'disconnect' } as const;
      const portal = await start({ policies: { ...portalPolicies, audit } });
      const [slow, quick] = [await join(portal), await join(portal)];
      const { epoch } = await slow.accepted({ topic: 'audit' });
      await quick.accepted({ topic: 'audit' });
      slow.network.pause();
      const published = await fill(portal, 'audit', quick);
      const gone = slow.closed();
      slow.network.resume();
      expect(await gone).toBe(4002);
      expect(slow.closes).toEqual([{ code: 4002, reason: expect.any(String), retryAfterMs: 0 }]);
      const last = slow.messages.at(-1)?.offset ?? 0;
      const back = await join(portal);
      const reply = await back.accepted({ topic: 'audit', epoch, offset: last });
      expect(reply).toMatchObject({ recovered: true, offset: published });
      const missed = await back.received(published - last);
      expect(missed.map((message) => message.offset)).toEqual(missed.map((_, i) => last + 1 + i));
    });

    it('gets nothing sent to it alone beyond what may wait', async () => {
      const portal = await start();
      const slow = await join(portal);
      slow.network.pause();
      const hub = portal.app.get(SocketHub, { strict: false });
      for (let n = 0; n < 2000 && hub.counters.dropped === 0; n += 1) {
        portal.broadcaster.sendTo([slow.welcome?.clientId ?? ''], 'queues', { name: 'q', depth: n, pad });
        await new Promise(setImmediate);
      }
      expect(hub.counters.dropped).toBe(1);
    });
  });

  describe('a snapshot', () => {
    it('is read once for clients of one principal that start at once; what came meanwhile follows', async () => {
      const begun: (() => void)[] = [];
      const snapshot = jest.fn(async (name: string, { subject }: { subject: string }) => {
        await new Promise<void>((resolve) => begun.push(resolve));
        return `${name} of ${subject}`;
      });
      const audit = { leastRole: 'viewer', snapshot } as const;
      const portal = await start({ policies: { ...portalPolicies, audit } });
      const [one, two, other] = [await join(portal), await join(portal), await join(portal, 'eve_operator')];
      portal.broadcaster.broadcast('audit', { n: 1 });
      const answers = [one, two, other].map((client) => client.accepted({ topic: 'audit' }));
      while (begun.length < 2) await new Promise(setImmediate);
      await one.accepted({ topic: 'system' });
      await two.accepted({ topic: 'system' });
      portal.broadcaster.broadcast('audit', { n: 2 });
      for (const go of begun) go();
      const [first, second, third] = await Promise.all(answers);
      expect(snapshot).toHaveBeenCalledTimes(2);
      expect(first).toMatchObject({ offset: 1, recovered: false, snapshot: { state: 'audit of operator' } });
      expect(second).toEqual(first);
      expect(third).toMatchObject({ snapshot: { state: 'audit of eve' } });
      for (const client of [one, two, other]) {
        expect((await client.received(1)).map(({ data }) => data)).toEqual([{ n: 2 }]);
      }
    });

    it('is encoded once for all who start from it', async () => {
      let encoded = 0;
      const state = { toJSON: () => ({ encoded: (encoded += 1) }) };
      const begun: (() => void)[] = [];
      const snapshot = async () => {
        await new Promise<void>((resolve) => begun.push(resolve));
        return state;
      };
      const audit = { leastRole: 'viewer', snapshot, snapshotForAll: true } as const;
      const portal = await start({ policies: { ...portalPolicies, audit } });
      const all = await Promise.all(Array.from({ length: 10 }, () => join(portal)));
      const answers = all.map((client) => client.accepted({ topic: 'audit' }));
      // Answered by the time that each has asked for the topic: requests of one client are taken in order.
      for (const client of all) await client.accepted({ topic: 'system' });
      for (const go of begun) go();
      for (const answer of await Promise.all(answers)) {
        expect(answer).toMatchObject({ snapshot: { state: { encoded: 1 } } });
      }
      expect(encoded).toBe(1);
    });

    it('that cannot be read refuses the topic for the moment', async () => {
      const audit = { leastRole: 'viewer', snapshot: () => Promise.reject(new Error('down')) } as const;
      const portal = await start({ policies: { ...portalPolicies, audit } });
      const reply = await (await join(portal)).subscribe({ topic: 'audit' });
      expect(reply).toMatchObject({ ok: false, code: 4004, retryAfterMs: 1000 });
    });
  });

  describe('GET /api/v1/topics/:topic', () => {
    async function get(portal: Portal, path: string, token = 'viewer') {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await fetch(`${portal.url}/api/v1/topics/${path}`, { headers });
      return { status: response.status, body: (await response.json()) as TopicAnswer & { code: string } };
    }

    it('answers as a subscription does, with what was missed', async () => {
      const portal = await start();
      for (const n of [1, 2, 3]) portal.broadcaster.broadcast('audit', { n });
      const fresh = await get(portal, 'audit', 'operator');
      expect(fresh.status).toBe(200);
      const { epoch } = fresh.body;
      expect(fresh.body).toEqual({
        ok: true,
        topic: 'audit',
        recovered: false,
        epoch,
        offset: 3,
        messages: [],
      });
      const { body } = await get(portal, `audit?epoch=${epoch}&offset=1`, 'operator');
      expect(body).toMatchObject({ recovered: true, offset: 3 });
      expect(body.messages.map(({ data }) => data)).toEqual([{ n: 2 }, { n: 3 }]);
    });

    it('refuses by the same rules', async () => {
      const portal = await start();
      expect(await get(portal, 'audit')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      expect(await get(portal, 'nothing')).toMatchObject({ status: 404, body: { code: 'UNKNOWN_TOPIC' } });
      expect(await get(portal, 'system?epoch=e&offset=x')).toMatchObject({ status: 400 });
      expect(await get(portal, 'system', 'nobody')).toMatchObject({ status: 401 });
    });
  });
});
