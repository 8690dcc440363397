import { afterEach, describe, expect, it } from '@jest/globals';
import { defineTopics, topic } from '@fleetdeck/dto';
import { startFakeGateway, type FakeGateway, type FakeGatewayOptions } from './fake-gateway.ts';
import type { Seen, Witness } from './witness.ts';

const topics = defineTopics({
  orders: topic<{ n: number; pad?: string }>({ mode: 'log' }),
  stock: topic<{ item: string; left: number }>({ mode: 'latest', key: 'item' }),
});

describe.each(['direct', 'stock'] as const)('a fake gateway with fan-out %s', (fanout) => {
  let gateway: FakeGateway<typeof topics>;
  const witnesses: Witness[] = [];
  let told: () => void = () => undefined;

  async function start(options: Partial<FakeGatewayOptions<typeof topics>> = {}): Promise<void> {
    gateway = await startFakeGateway({ topics, fanout, ...options });
  }
  async function join(token = 'viewer', of = ['orders']): Promise<Witness> {
    const witness = await gateway.witness({ token: () => token, topics: of, onSeen: () => told() });
    witnesses.push(witness);
    await until(() => of.every((name) => seen(witness, name).length > 0));
    return witness;
  }
  async function until(reached: () => boolean): Promise<void> {
    while (!reached()) {
      await new Promise<void>((resolve) => {
        told = resolve;
        setTimeout(resolve, 20);
      });
    }
  }
  const seen = (witness: Witness, name = 'orders'): Seen[] => witness.seen.get(name) ?? [];
  const offsets = (witness: Witness): (number | null)[] =>
    seen(witness).flatMap((each) => (each.kind === 'message' ? [each.message.offset] : []));
  const publish = (count: number, pad?: string): void => {
    for (let n = 0; n < count; n += 1)
      gateway.broadcaster.broadcast('orders', { n, ...(pad ? { pad } : {}) });
  };

  afterEach(async () => {
    for (const witness of witnesses.splice(0)) witness.stop();
    await gateway.stop();
  });

  it('is the real one, on a port of its own, for whoever it was told of', async () => {
    await start({
      principals: { ada: { role: 'operator' }, eve: { role: 'viewer' } },
      policies: {
        orders: { leastRole: 'operator' },
        stock: { leastRole: 'viewer' },
      },
    });
    const ada = await join('ada');
    publish(3);
    await until(() => offsets(ada).length === 3);
    expect(seen(ada).map(({ kind }) => kind)).toEqual(['start', 'message', 'message', 'message']);
    const eve = await join('eve', ['stock']);
    eve.socket.emit(
      'subscribe',
      { topic: 'orders' },
      (answer) => void (eve.clientId = JSON.stringify(answer)),
    );
    await until(() => eve.clientId.includes('4403'));
    const polled = await fetch(`${gateway.url}/api/v1/topics/orders`, {
      headers: { Authorization: 'Bearer ada' },
    });
    expect(await polled.json()).toMatchObject({ ok: true, offset: 3 });
    const nobody = await gateway.witness({ token: () => 'nobody', topics: [] });
    witnesses.push(nobody);
    await new Promise<void>((resolve) => nobody.socket.once('connect_error', () => resolve()));
    expect(nobody.clientId).toBe('');
  });

  it('kills connections, after which clients come back and miss nothing', async () => {
    await start();
    const witness = await join();
    const { clientId } = witness;
    expect(gateway.faults.kill('nobody')).toEqual([]);
    expect(gateway.faults.kill('all')).toEqual([clientId]);
    publish(5);
    await until(() => offsets(witness).length === 5);
    expect(offsets(witness)).toEqual([1, 2, 3, 4, 5]);
    expect(witness.closes).toEqual([]);
    expect(witness.clientId).not.toBe(clientId);
  });

  it('freezes a client, which gets all of it once it is thawed', async () => {
    await start();
    const [frozen, other] = [await join(), await join()];
    expect(gateway.faults.freeze(frozen.clientId)).toEqual([frozen.clientId]);
    expect(gateway.faults.freeze(frozen.clientId)).toEqual([]);
    publish(5);
    await until(() => offsets(other).length === 5);
    expect(offsets(frozen)).toEqual([]);
    expect(gateway.faults.thaw('all')).toEqual([frozen.clientId]);
    await until(() => offsets(frozen).length === 5);
    expect(offsets(frozen)).toEqual([1, 2, 3, 4, 5]);
  });

  it('makes a client slow, and says what the policy did', async () => {
    await start({ maxBufferedBytesPerClient: 10_000 });
    const witness = await join();
    const report = await gateway.faults.slow(witness.clientId, () => publish(100, 'x'.repeat(500)));
    expect(report.disconnected).toBe(false);
    expect(report.skipped).toBeGreaterThan(50);
    await until(() => seen(witness).some((each) => each.kind === 'start' && each.reason === 'slow'));
    await expect(gateway.faults.slow(witness.clientId, () => undefined)).resolves.toEqual({
      skipped: 0,
      disconnected: false,
    });
  });

  it('hides a page, which is closed when its heartbeat is missed, and shows it in time', async () => {
    await start({ heartbeatIntervalMs: 40, heartbeatTimeoutMs: 40 });
    const hidden = await join();
    expect(gateway.faults.hide(hidden.clientId)).toEqual([hidden.clientId]);
    publish(1);
    await until(() => hidden.closes.length > 0);
    expect(hidden.closes[0]?.code).toBe(4005);
    expect(offsets(hidden)).toEqual([1]);
    publish(1);
    await until(() => offsets(hidden).length === 2);
    expect(gateway.faults.hide('all')).toEqual(gateway.faults.show('all'));
  });

  it('expires a principal, which comes back with another token and misses nothing', async () => {
    await start();
    let token = 'viewer';
    const witness = await gateway.witness({ token: () => token, topics: ['orders'], onSeen: () => told() });
    witnesses.push(witness);
    await until(() => seen(witness).length === 1);
    const { clientId } = witness;
    expect(gateway.faults.expire('viewer')).toEqual([clientId]);
    await until(() => witness.closes.length === 1);
    expect(witness.closes).toMatchObject([{ code: 4402, retryAfterMs: null }]);
    const refused = await new Promise<{ data?: { code?: number } }>((resolve) =>
      witness.socket.once('connect_error', resolve),
    );
    expect(refused.data?.code).toBe(4402);
    publish(2);
    token = 'renewed';
    gateway.faults.signIn('renewed', { subject: 'viewer', role: 'viewer' });
    await until(() => offsets(witness).length === 2);
    expect(offsets(witness)).toEqual([1, 2]);
  });

  it('ends a token when its clock says so', async () => {
    await start({ principals: { brief: { role: 'viewer', expiresAt: Date.parse('2026-01-01T01:00:00Z') } } });
    const witness = await join('brief');
    gateway.clock.advance(3_600_000 + 9_999);
    expect(gateway.clientIds).toHaveLength(1);
    gateway.clock.advance(1);
    await until(() => witness.closes.length === 1);
    expect(witness.closes[0]?.code).toBe(4402);
  });

  it('denies a topic to those who hold it and those who ask, and allows it again', async () => {
    await start();
    const witness = await join('viewer', ['orders', 'stock']);
    expect(gateway.faults.deny('orders')).toBe(1);
    publish(2);
    gateway.broadcaster.broadcast('stock', { item: 'a', left: 1 });
    await until(() => seen(witness, 'stock').length === 2);
    expect(offsets(witness)).toEqual([]);
    expect(gateway.faults.deny('stock')).toBe(1);
    expect([gateway.faults.allow('orders'), gateway.faults.allow('orders')]).toEqual([true, false]);
    gateway.faults.kill('all');
    await until(() => offsets(witness).length === 2);
    expect(offsets(witness)).toEqual([1, 2]);
  });

  it('raises a storm, and says that nobody lost anything', async () => {
    await start();
    const report = await gateway.faults.storm({ clients: 30, topic: 'orders', messages: 10 });
    expect(report).toMatchObject({ clients: 30, messages: 30, gaps: 0, duplicates: 0 });
  });

  it('raises a storm that fails where something was lost, and names it', async () => {
    await start({
      policies: { orders: { leastRole: 'viewer', history: { count: 5 } }, stock: { leastRole: 'viewer' } },
    });
    await expect(
      gateway.faults.storm({ clients: 2, topic: 'orders', messages: 10, deadlineMs: 2000 }),
    ).rejects.toThrow(/not all clients came back and got what they missed/);
    await expect(
      gateway.faults.storm({
        clients: 1,
        topic: 'stock',
        deadlineMs: 300,
        data: () => ({ item: 'a', left: 1 }),
      }),
    ).rejects.toThrow(/within 300 ms|a gap/);
  });
});
