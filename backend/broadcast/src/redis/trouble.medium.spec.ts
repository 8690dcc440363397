import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { become, eventually, notice, numbers, range, TestNodes } from '../testing/own/nodes.ts';
import { RedisServer, RedisWire } from '../testing/own/redis-server.ts';

describe('nodes and a Redis in trouble', () => {
  const nodes = new TestNodes();
  let redis: RedisServer;
  let wires: RedisWire[];

  beforeEach(async () => {
    redis = await RedisServer.start();
    wires = [];
  });
  afterEach(async () => {
    redis.thaw();
    await nodes.end();
    await Promise.all(wires.map((wire) => wire.close()));
    await redis.stop();
  });

  async function wire(): Promise<RedisWire> {
    const made = await RedisWire.to(redis.port);
    wires.push(made);
    return made;
  }

  it('fills the hole when connections are cut in the middle, without a reset', async () => {
    // Cut so often, a node waits longer before it comes back.
    const patient = { redis: { url: '', graceMs: 20_000 } };
    const [one, two] = [await nodes.start(redis.url, patient), await nodes.start(redis.url, patient)];
    const client = await nodes.client(two);
    await client.accepted({ topic: 'system' });
    for (const n of range(1, 900)) {
      one.broadcaster.broadcast('system', notice(n));
      if (n % 300 === 0) await redis.command('CLIENT', 'KILL', 'TYPE', n % 600 ? 'pubsub' : 'normal');
    }
    await client.received(900);
    expect(numbers(client)).toEqual(range(1, 900));
    expect(client.resets).toEqual([]);
    await become('together', one, two);
  });

  it('declares a new epoch when Redis comes back empty, and loses nothing after it', async () => {
    const [one, two] = [await nodes.start(redis.url), await nodes.start(redis.url)];
    const [a, b] = [await nodes.client(one), await nodes.client(two)];
    const first = await a.accepted({ topic: 'system' });
    await b.accepted({ topic: 'system' });
    one.broadcaster.broadcast('system', notice(1));
    await Promise.all([a.received(1), b.received(1)]);
    await redis.kill();
    await redis.restart();
    await eventually('both start over', () => a.resets.length > 0 && b.resets.length > 0);
    expect(a.resets[0]).toMatchObject({ topic: 'system', reason: 'epoch', offset: 0 });
    expect(a.resets[0]?.epoch).not.toBe(first.epoch);
    expect(b.resets.at(-1)?.epoch).toBe(a.resets.at(-1)?.epoch);
    two.broadcaster.broadcast('system', notice(2));
    await Promise.all([a.received(2), b.received(2)]);
    expect([numbers(a), numbers(b)]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('goes on in the same epoch when Redis comes back with what it had', async () => {
    await redis.stop();
    redis = await RedisServer.start(true);
    const [one, two] = [await nodes.start(redis.url), await nodes.start(redis.url)];
    const client = await nodes.client(two);
    await client.accepted({ topic: 'system' });
    for (const n of range(1, 10)) one.broadcaster.broadcast('system', notice(n));
    await client.received(10);
    await redis.kill();
    for (const n of range(11, 20)) one.broadcaster.broadcast('system', notice(n));
    await redis.restart();
    await client.received(20);
    expect(numbers(client)).toEqual(range(1, 20));
    expect(client.resets.length).toBe(0);
  });

  it('goes on apart for its own clients under another epoch, says so, and declares it when they are together again', async () => {
    const [one, two] = [await nodes.start(redis.url), await nodes.start(redis.url)];
    const [a, b] = [await nodes.client(one), await nodes.client(two)];
    for (const client of [a, b]) {
      await client.accepted({ topic: 'system' });
      await client.accepted({ topic: 'queues' });
    }
    one.broadcaster.broadcast('system', notice(1));
    await Promise.all([a.received(1), b.received(1)]);
    redis.freeze();
    one.broadcaster.broadcast('system', notice(2));
    two.broadcaster.broadcast('system', notice(3));
    await become('apart', one, two);
    await Promise.all([a.received(2), b.received(2)]);
    expect([numbers(a), numbers(b)]).toEqual([
      [1, 2],
      [1, 3],
    ]);
    const epochs = [a, b].map(({ resets }) => resets[0]?.epoch);
    expect(new Set([...epochs, a.messages[0]?.epoch]).size).toBe(3);
    await expect(one.health.checkHealth()).resolves.toMatchObject({
      status: 'degraded',
      reason: expect.stringContaining('Redis does not answer'),
      details: { nodes: 'apart' },
    });
    one.broadcaster.broadcast('queues', { name: 'mail', depth: 4 });
    two.broadcaster.broadcast('queues', { name: 'pay', depth: 5 });
    await eventually('values came', () => a.messages.length === 3 && b.messages.length === 3);
    redis.thaw();
    await become('together', one, two);
    await expect(one.health.checkHealth()).resolves.toMatchObject({ status: 'healthy' });
    await eventually('one epoch', () => {
      const last = [a, b].map(({ resets }) => resets.filter(({ topic }) => topic === 'system').at(-1)?.epoch);
      return last[0] === last[1];
    });
    one.broadcaster.broadcast('system', notice(6));
    await eventually('both hear it', () => [a, b].every((client) => numbers(client).includes(6)));
    const late = await nodes.client(two);
    await eventually('the values of both sides are kept', async () => {
      const { snapshot } = await late.accepted({ topic: 'queues' });
      return snapshot?.messages?.length === 2;
    });
    // Who held a position from before must not go on as if nothing had been.
    const answer = await late.accepted({ topic: 'system', epoch: a.messages[0]?.epoch ?? '', offset: 1 });
    expect(answer).toMatchObject({ recovered: false, reason: 'epoch' });
  });

  it('fills in what a node missed when it published nothing itself meanwhile, without a reset', async () => {
    const way = await wire();
    const [one, two] = [await nodes.start(redis.url), await nodes.start(way.url)];
    const client = await nodes.client(two);
    await client.accepted({ topic: 'system' });
    one.broadcaster.broadcast('system', notice(1));
    await client.received(1);
    way.cut();
    await become('apart', two);
    for (const n of range(2, 50)) one.broadcaster.broadcast('system', notice(n));
    way.mend();
    await client.received(50);
    expect(numbers(client)).toEqual(range(1, 50));
    expect(client.resets).toEqual([]);
  });

  it('starts over for the clients of a node that missed more than is kept', async () => {
    const way = await wire();
    const [one, two] = [await nodes.start(redis.url), await nodes.start(way.url)];
    const [stays, misses] = [await nodes.client(one, 'admin'), await nodes.client(two, 'admin')];
    await stays.accepted({ topic: 'audit' });
    await misses.accepted({ topic: 'audit' });
    one.broadcaster.broadcast('audit', { n: 0 });
    await misses.received(1);
    way.cut();
    await become('apart', two);
    for (const n of range(1, 150)) one.broadcaster.broadcast('audit', { n });
    await stays.received(151);
    way.mend();
    await eventually('the last one came', () => misses.messages.at(-1)?.offset === 151);
    expect(misses.resets).toMatchObject([{ topic: 'audit', reason: 'expired', offset: 51 }]);
    expect(misses.messages.slice(1).map(({ offset }) => offset)).toEqual(range(52, 151));
    expect(stays.resets).toEqual([]);
  });

  it('ends the epoch for everyone when a node alone published apart', async () => {
    const way = await wire();
    const [one, two] = [await nodes.start(redis.url), await nodes.start(way.url)];
    const [a, b] = [await nodes.client(one), await nodes.client(two)];
    await a.accepted({ topic: 'system' });
    await b.accepted({ topic: 'system' });
    way.cut();
    await become('apart', two);
    two.broadcaster.broadcast('system', notice(1));
    one.broadcaster.broadcast('system', notice(2));
    await Promise.all([a.received(1), b.received(1)]);
    way.mend();
    await eventually('both start over', () => a.resets.length === 1 && b.resets.length === 2);
    expect(a.resets[0]).toMatchObject({ reason: 'epoch', epoch: b.resets[1]?.epoch });
    two.broadcaster.broadcast('system', notice(3));
    await Promise.all([a.received(2), b.received(2)]);
    expect(numbers(a)).toEqual([2, 3]);
    expect(numbers(b)).toEqual([1, 3]);
  });

  it('takes what was asked of all nodes to one that was away', async () => {
    const way = await wire();
    const [one, two] = [await nodes.start(redis.url), await nodes.start(way.url)];
    const client = await nodes.client(two, 'ann_viewer');
    await client.accepted({ topic: 'system' });
    way.cut();
    await become('apart', two);
    one.broadcaster.revoke('ann', 'system');
    const revoked = client.heard('revoked');
    way.mend();
    await expect(revoked).resolves.toMatchObject({ topic: 'system' });
  });

  it('asks other nodes once it can, when it was away itself', async () => {
    const way = await wire();
    const [one, two] = [await nodes.start(redis.url), await nodes.start(way.url)];
    const client = await nodes.client(one, 'ann_viewer');
    way.cut();
    two.broadcaster.revoke('ann');
    await become('apart', two);
    const closed = client.closed();
    way.mend();
    await expect(closed).resolves.toBe(4410);
  });

  it('starts without Redis, degraded, and joins the others when it is there', async () => {
    await redis.kill();
    const one = await nodes.start(redis.url);
    const client = await nodes.client(one);
    await client.accepted({ topic: 'system' });
    await become('apart', one);
    one.broadcaster.broadcast('system', notice(1));
    await client.received(1);
    await expect(one.health.checkHealth()).resolves.toMatchObject({ status: 'degraded' });
    await redis.restart();
    await become('together', one);
    await eventually('it starts over', () => client.resets.length === 1);
    const two = await nodes.start(redis.url);
    two.broadcaster.broadcast('system', notice(2));
    await client.received(2);
    expect(numbers(client)).toEqual([1, 2]);
  });

  it('declares a new epoch when Redis comes back older than it was', async () => {
    const way = await wire();
    const [one, two] = [await nodes.start(way.url), await nodes.start(way.url)];
    const [a, b] = [await nodes.client(one), await nodes.client(two)];
    await a.accepted({ topic: 'system' });
    await b.accepted({ topic: 'system' });
    const copy = ['meta', 'data'].map((part) => `fleetdeck:0:{system}:${part}`);
    for (const n of range(1, 10)) one.broadcaster.broadcast('system', notice(n));
    await Promise.all([a.received(10), b.received(10)]);
    for (const key of copy) await redis.command('COPY', key, `${key}:old`);
    for (const n of range(11, 20)) one.broadcaster.broadcast('system', notice(n));
    await Promise.all([a.received(20), b.received(20)]);
    way.cut();
    await become('apart', one, two);
    for (const key of copy) await redis.command('COPY', `${key}:old`, key, 'REPLACE');
    way.mend();
    await eventually('both start over', () => a.resets.length > 0 && b.resets.length > 0);
    two.broadcaster.broadcast('system', notice(21));
    await Promise.all([a.received(21), b.received(21)]);
    expect(numbers(a)).toEqual(range(1, 21));
    expect(a.messages[20]?.epoch).not.toBe(a.messages[19]?.epoch);
  });

  it('counts what it drops because Redis is too slow, and declares it', async () => {
    const one = await nodes.start(redis.url, { redis: { url: '', maxUnconfirmed: 10, graceMs: 5000 } });
    const client = await nodes.client(one);
    const { epoch } = await client.accepted({ topic: 'system' });
    for (const n of range(1, 25)) one.broadcaster.broadcast('system', notice(n));
    await eventually('it starts over', () => client.resets.length === 1);
    expect(one.hub.counters.unsent).toBe(15);
    expect(client.resets[0]).toMatchObject({ reason: 'epoch' });
    expect(client.resets[0]?.epoch).not.toBe(epoch);
    one.broadcaster.broadcast('system', notice(26));
    await client.received(11);
    expect(numbers(client)).toEqual([...range(1, 10), 26]);
  });
});
