import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { connect, startPortal, type Portal, type TestClient } from '../testing/portal.ts';
import { RedisServer } from '../testing/redis-server.ts';

const notice = (n: number) => ({ level: 'info' as const, text: String(n) });
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('two nodes over one Redis', () => {
  let redis: RedisServer;
  let nodes: Portal[];
  let clients: TestClient[];

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    clients = [];
    nodes = [await node(), await node()];
  });
  afterEach(async () => {
    for (const client of clients) client.socket.disconnect();
    await Promise.all(nodes.map(({ app }) => app.close()));
  });

  const node = () => startPortal({ redis: { url: redis.url }, drainWindowMs: 1 });
  const at = (index: number) => nodes[index] as Portal;
  async function client(index: number, token = 'viewer'): Promise<TestClient> {
    const made = await connect(at(index).url, token);
    clients.push(made);
    return made;
  }

  it('gives both the same messages in the same order, whoever published them', async () => {
    const [a, b] = [await client(0), await client(1)];
    await a.accepted({ topic: 'system' });
    await b.accepted({ topic: 'system' });
    for (let n = 0; n < 500; n += 1) at(n % 2).broadcaster.broadcast('system', notice(n));
    const [seenByA, seenByB] = [await a.received(500), await b.received(500)];
    expect(seenByA).toEqual(seenByB);
    expect(seenByA.map(({ offset }) => offset)).toEqual(range(1, 500));
    expect(seenByA.map(({ data }) => Number((data as { text: string }).text)).sort((x, y) => x - y)).toEqual(
      range(0, 499),
    );
  });

  it('lets a client go on at the other node exactly where it stood', async () => {
    const first = await client(0);
    await first.accepted({ topic: 'system' });
    for (const n of range(1, 10)) at(0).broadcaster.broadcast('system', notice(n));
    const position = (await first.received(10)).at(-1);
    first.socket.disconnect();
    for (const n of range(11, 20)) at(0).broadcaster.broadcast('system', notice(n));
    const second = await client(1);
    const answer = await second.accepted({
      topic: 'system',
      epoch: position?.epoch ?? '',
      offset: position?.offset ?? 0,
    });
    expect(answer.recovered).toBe(true);
    const texts = (await second.received(10)).map(({ data }) => (data as { text: string }).text);
    expect(texts).toEqual(range(11, 20).map(String));
  });
});
