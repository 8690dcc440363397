import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Position } from '@fleetdeck/dto';
import { connect, portalPolicies, startPortal, type Portal, type TestClient } from '../testing/own/portal.ts';
import { notice, numbers, range } from '../testing/own/nodes.ts';
import { RedisServer } from '../testing/own/redis-server.ts';

const policies = { ...portalPolicies, system: { leastRole: 'viewer', history: { count: 10 } } } as const;

describe.each(['memory', 'Redis'])('topics in %s', (where) => {
  let redis: RedisServer;
  let portal: Portal;
  let client: TestClient;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    const shared = where === 'Redis' ? { redis: { url: redis.url } } : {};
    portal = await startPortal({ policies, drainWindowMs: 1, ...shared });
    client = await connect(portal.url);
  });
  afterEach(async () => {
    client.socket.disconnect();
    await portal.app.close();
  });

  async function publish(from: number, to: number): Promise<Position> {
    const { epoch, offset } = await client.accepted({ topic: 'system' });
    const before = client.messages.length;
    for (const n of range(from, to)) portal.broadcaster.broadcast('system', notice(n));
    await client.received(before + to - from + 1);
    return { epoch, offset };
  }

  it('are numbered from 1 without holes, in the order in which they were published', async () => {
    const { epoch, offset } = await publish(1, 300);
    expect(offset).toBe(0);
    expect(numbers(client)).toEqual(range(1, 300));
    expect(client.messages.map((message) => message.offset)).toEqual(range(1, 300));
    expect(new Set(client.messages.map((message) => message.epoch))).toEqual(new Set([epoch]));
    expect(portal.broadcaster.position('system')).toEqual({ epoch, offset: 300 });
  });

  it('give exactly what was missed, or say why not', async () => {
    const { epoch } = await publish(1, 30);
    client.messages.length = 0;
    await expect(client.accepted({ topic: 'system', epoch, offset: 20 })).resolves.toMatchObject({
      recovered: true,
      offset: 30,
    });
    await client.received(10);
    expect(numbers(client)).toEqual(range(21, 30));
    const refused = { recovered: false, epoch, offset: 30 };
    await expect(client.accepted({ topic: 'system', epoch, offset: 19 })).resolves.toEqual({
      ok: true,
      ...refused,
      reason: 'expired',
    });
    await expect(client.accepted({ topic: 'system', epoch, offset: 31 })).resolves.toMatchObject({
      ...refused,
      reason: 'ahead',
    });
    await expect(client.accepted({ topic: 'system', epoch: 'other', offset: 3 })).resolves.toMatchObject({
      ...refused,
      reason: 'epoch',
    });
  });

  it('keep the last value of each key with its offset', async () => {
    await client.accepted({ topic: 'queues' });
    for (const [name, depth] of [
      ['a\n"é', 1],
      ['b', 2],
      ['a\n"é', 3],
    ] as const) {
      portal.broadcaster.broadcast('queues', { name, depth });
    }
    await client.received(3);
    const { snapshot, offset } = await client.accepted({ topic: 'queues' });
    expect(offset).toBe(3);
    expect(snapshot?.messages?.map(({ key, offset: at, data }) => [key, at, data])).toEqual([
      ['b', 2, { name: 'b', depth: 2 }],
      ['a\n"é', 3, { name: 'a\n"é', depth: 3 }],
    ]);
  });
});
