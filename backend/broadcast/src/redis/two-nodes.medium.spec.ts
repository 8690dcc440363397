import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { portalPolicies, portalTopics } from '../testing/own/portal.ts';
import { eventually, notice, numbers, range, TestNodes, type Node } from '../testing/own/nodes.ts';
import { RedisServer, RedisWire } from '../testing/own/redis-server.ts';

describe('two nodes over one Redis', () => {
  const nodes = new TestNodes();
  let redis: RedisServer;
  let one: Node;
  let two: Node;
  let way: RedisWire | undefined;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    one = await nodes.start(redis.url);
    two = await nodes.start(redis.url);
  });
  afterEach(async () => {
    await nodes.end();
    await way?.close();
    way = undefined;
  });

  it('gives both the same messages in the same order, whoever published them', async () => {
    const [a, b] = [await nodes.client(one), await nodes.client(two)];
    await a.accepted({ topic: 'system' });
    await b.accepted({ topic: 'system' });
    for (let n = 0; n < 500; n += 1) (n % 2 ? one : two).broadcaster.broadcast('system', notice(n));
    expect(await a.received(500)).toEqual(await b.received(500));
    expect(a.messages.map(({ offset }) => offset)).toEqual(range(1, 500));
    expect(numbers(a).filter((n) => n % 2)).toEqual(range(0, 499).filter((n) => n % 2));
    expect(numbers(a).sort((x, y) => x - y)).toEqual(range(0, 499));
  });

  it('lets a client go on at the other node exactly where it stood', async () => {
    const first = await nodes.client(one);
    await first.accepted({ topic: 'system' });
    for (const n of range(1, 10)) one.broadcaster.broadcast('system', notice(n));
    const last = (await first.received(10))[9];
    first.socket.disconnect();
    for (const n of range(11, 20)) one.broadcaster.broadcast('system', notice(n));
    const second = await nodes.client(two);
    const position = { epoch: last?.epoch ?? '', offset: last?.offset ?? 0 };
    const answer = await second.accepted({ topic: 'system', ...position });
    expect(answer.recovered).toBe(true);
    await second.received(10);
    expect(numbers(second)).toEqual(range(11, 20));
  });

  it('reads on in Redis for a client that knows more than its node does yet', async () => {
    const wire = (way = await RedisWire.to(redis.port));
    // The heartbeat must not take the news that are stopped for a Redis that is away.
    const slow = await nodes.start(wire.url, { redis: { url: '', commandTimeoutMs: 20_000 } });
    const [ahead, behind] = [await nodes.client(one), await nodes.client(slow)];
    await ahead.accepted({ topic: 'system' });
    await behind.accepted({ topic: 'system' });
    wire.stopNews();
    for (const n of range(1, 50)) one.broadcaster.broadcast('system', notice(n));
    const { epoch, offset } = (await ahead.received(50))[39] ?? { epoch: '', offset: 0 };
    const answer = await behind.accepted({ topic: 'system', epoch, offset: offset ?? 0 });
    expect(answer).toMatchObject({ recovered: true, offset: 50 });
    expect(wire.stoppedNews).toBeGreaterThan(0);
    wire.passNews('late');
    one.broadcaster.broadcast('system', notice(51));
    await eventually('the next one', () => numbers(behind).includes(51));
    expect(numbers(behind).slice(-11)).toEqual(range(41, 51));
    expect([behind.resets, slow.hub.counters.holes]).toEqual([[], 0]);
  });

  it('fills the hole when news get lost on the way, for everyone here and with one read', async () => {
    const wire = (way = await RedisWire.to(redis.port));
    const deaf = await nodes.start(wire.url, { redis: { url: '', commandTimeoutMs: 20_000 } });
    const clients = [await nodes.client(deaf), await nodes.client(deaf)];
    for (const client of clients) await client.accepted({ topic: 'system' });
    one.broadcaster.broadcast('system', notice(1));
    await clients[0]?.received(1);
    wire.stopNews();
    one.broadcaster.broadcast('system', notice(2));
    await eventually('news were stopped', () => wire.stoppedNews > 0);
    wire.passNews('never');
    one.broadcaster.broadcast('system', notice(3));
    for (const client of clients) {
      await client.received(3);
      expect([numbers(client), client.resets]).toEqual([[1, 2, 3], []]);
    }
    expect(deaf.hub.counters.holes).toBe(1);
  });

  it('keeps the values of a topic from all nodes for whoever comes', async () => {
    one.broadcaster.broadcast('queues', { name: 'mail', depth: 1 });
    two.broadcaster.broadcast('queues', { name: 'pay', depth: 2 });
    const early = await nodes.client(two);
    await early.accepted({ topic: 'queues' });
    one.broadcaster.broadcast('queues', { name: 'mail', depth: 3 });
    await eventually('both values', () =>
      early.messages.some(({ data }) => (data as { depth: number }).depth === 3),
    );
    const three = await nodes.start(redis.url);
    const late = await nodes.client(three);
    const { snapshot } = await late.accepted({ topic: 'queues' });
    const values = snapshot?.messages?.map(({ key, data }) => [key, (data as { depth: number }).depth]);
    expect(values).toEqual([
      ['pay', 2],
      ['mail', 3],
    ]);
  });

  it('tells a position that other nodes can go on from', async () => {
    one.broadcaster.broadcast('system', notice(1));
    await eventually('the message came back', () => one.broadcaster.position('system')?.offset === 1);
    const position = one.broadcaster.position('system');
    one.broadcaster.broadcast('system', notice(2));
    const client = await nodes.client(two);
    await client.accepted({ topic: 'system', ...position });
    await client.received(1);
    expect(numbers(client)).toEqual([2]);
  });

  it('takes topics and connections away on every node with one call', async () => {
    const [a, b] = [await nodes.client(one, 'ann_viewer'), await nodes.client(two, 'ann_viewer')];
    for (const client of [a, b]) {
      await client.accepted({ topic: 'system' });
      await client.accepted({ topic: 'queues' });
    }
    const gone = [a.heard('revoked'), b.heard('revoked')];
    one.broadcaster.revoke('ann', 'system');
    await expect(Promise.all(gone)).resolves.toMatchObject([{ topic: 'system' }, { topic: 'system' }]);
    const closed = [a.closed(), b.closed()];
    two.broadcaster.revoke('ann');
    await expect(Promise.all(closed)).resolves.toEqual([4410, 4410]);
  });

  it('ends the connections of one sign-in on both, after what was kept of it was told to go', async () => {
    const [here, there] = [
      await nodes.client(one, 'ann_viewer_s1'),
      await nodes.client(two, 'ann_viewer_s1'),
    ];
    const other = await nodes.client(two, 'ann_viewer_s2');
    const ended: string[] = [];
    const deaf = two.broadcaster.onSessionEnd(() => ended.push('never'));
    deaf();
    two.broadcaster.onSessionEnd((session) => ended.push(`${session} ${there.socket.connected}`));
    const closed = [here.closed(), there.closed()];
    one.broadcaster.endSession('s1');
    await expect(Promise.all(closed)).resolves.toEqual([4402, 4402]);
    expect(ended).toEqual(['s1 true']);
    expect(other.socket.connected).toBe(true);
  });

  it('reaches single clients and principals wherever they are, and ends them', async () => {
    const [a, b] = [await nodes.client(one, 'ann_viewer'), await nodes.client(two, 'bob_viewer')];
    const ids = [a, b].map((client) => client.welcome?.clientId ?? '');
    one.broadcaster.sendTo(ids, 'queues', { name: 'mail', depth: 7 });
    one.broadcaster.sendToPrincipal('bob', 'system', notice(8));
    await b.received(2);
    expect(a.messages).toMatchObject([{ topic: 'queues', offset: null, key: 'mail' }]);
    expect(b.messages).toMatchObject([
      { topic: 'queues', offset: null, key: 'mail' },
      { topic: 'system', offset: null },
    ]);
    const closed = b.closed();
    expect(one.broadcaster.disconnect(ids[1] ?? '')).toBe(false);
    await expect(closed).resolves.toBe(4440);
    expect(a.socket.connected).toBe(true);
  });

  it('keeps no more in Redis than the policy of a topic says, and forgets it when nobody uses it', async () => {
    const policies = {
      ...portalPolicies,
      system: { leastRole: 'viewer', history: { count: 10, ageMs: 1000 } },
    } as const;
    const three = await nodes.start(redis.url, {
      topics: portalTopics,
      policies,
      redis: { url: '', prefix: 'other:' },
    });
    const client = await nodes.client(three);
    const start = await client.accepted({ topic: 'system' });
    for (const n of range(1, 30)) three.broadcaster.broadcast('system', notice(n));
    await client.received(30);
    expect(await redis.command('LLEN', 'other:0:{system}:data')).toBe(10);
    for (const part of ['meta', 'data']) {
      const leftMs = Number(await redis.command('PTTL', `other:0:{system}:${part}`));
      expect(leftMs).toBeGreaterThan(20_000);
      expect(leftMs).toBeLessThanOrEqual(31_000);
    }
    const answer = await client.accepted({ topic: 'system', epoch: start.epoch, offset: 19 });
    expect(answer).toMatchObject({ recovered: false, reason: 'expired', offset: 30 });
    await expect(client.accepted({ topic: 'system', epoch: start.epoch, offset: 20 })).resolves.toMatchObject(
      {
        recovered: true,
      },
    );
  });

  it('is not disturbed by what others send on its channels', async () => {
    const client = await nodes.client(one);
    await client.accepted({ topic: 'system' });
    const junk = [
      '',
      'x',
      '{}',
      'e\n1\n1\nid\nat\nkey\njson',
      'e\n1\n99999',
      `e\n1\n1\nn.1\n2026-01-01T00:00:00.000Z\n\n{"a":`,
    ];
    for (const payload of junk) await redis.command('PUBLISH', 'fleetdeck:0:news:system', payload);
    for (const payload of ['', '{}', '{"topic":"system"}', 'null']) {
      await redis.command('PUBLISH', 'fleetdeck:0:news:$direct', payload);
    }
    await eventually('all junk is counted', () => one.hub.counters.junk === junk.length + 4);
    two.broadcaster.broadcast('system', notice(1));
    await client.received(1);
    expect(numbers(client)).toEqual([1]);
    expect(client.resets).toEqual([]);
  });

  it('subscribes only to topics that are in use here', async () => {
    const client = await nodes.client(one);
    await client.accepted({ topic: 'metrics.cpu' });
    const channels = (await redis.command('PUBSUB', 'CHANNELS', 'fleetdeck:*')) as string[];
    expect(channels.sort()).toEqual([
      'fleetdeck:0:news:$calls',
      'fleetdeck:0:news:$direct',
      'fleetdeck:0:news:metrics.cpu',
    ]);
  });
});
