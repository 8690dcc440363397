import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CloseNotice, TopicMessage, TopicReset, TopicRevoked } from '@fleetdeck/dto';
import type { Principal } from '@fleetdeck/kernel';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { connect, portalPolicies, startPortal, type Portal, type TestClient } from '../testing/own/portal.ts';
import type { ServiceClient } from './service-clients.ts';

const viewer: Principal = { subject: 'reporter', role: 'viewer', method: 'bearer', expiresAt: null };
const notice = (text: string) => ({ level: 'info', text }) as const;

class Follower {
  readonly messages: TopicMessage[] = [];
  readonly resets: TopicReset[] = [];
  readonly revoked: TopicRevoked[] = [];
  readonly closes: CloseNotice[] = [];
  hold: Promise<void> | undefined;
  private told: () => void = () => undefined;
  readonly handlers = {
    message: (message: TopicMessage) => {
      this.messages.push(message);
      this.told();
      return this.hold;
    },
    reset: (reset: TopicReset) => this.note(this.resets, reset),
    revoked: (revoked: TopicRevoked) => this.note(this.revoked, revoked),
    close: (close: CloseNotice) => this.note(this.closes, close),
  };

  async until(reached: () => boolean): Promise<void> {
    while (!reached()) await new Promise<void>((resolve) => (this.told = resolve));
  }

  private note<T>(list: T[], item: T): void {
    list.push(item);
    this.told();
  }
}

describe.each(['direct', 'stock'] as const)('with fan-out %s', (fanout) => {
  let portal: Portal;
  let clock: FakeClock;
  const sockets: TestClient[] = [];

  function follow(principal: Principal = viewer): { follower: Follower; client: ServiceClient } {
    const follower = new Follower();
    return { follower, client: portal.broadcaster.connect(principal, follower.handlers) };
  }
  async function join(token: string): Promise<TestClient & { id: string }> {
    const client = await connect(portal.url, token);
    sockets.push(client);
    return Object.assign(client, { id: client.welcome?.clientId ?? '' });
  }

  beforeEach(async () => {
    clock = new FakeClock();
    portal = await startPortal(
      {
        fanout,
        drainWindowMs: 20,
        maxBufferedBytesPerClient: 20_000,
        policies: { ...portalPolicies, audit: { leastRole: 'operator', slow: 'disconnect' } },
      },
      undefined,
      { clock },
    );
  });
  afterEach(async () => {
    for (const { socket } of sockets.splice(0)) socket.disconnect();
    await portal.app.close();
  });

  describe('a client within the service', () => {
    it('gets what a socket gets, in order, and never within the call that publishes', async () => {
      const { follower, client } = follow();
      const socket = await join('viewer');
      expect(await client.subscribe('system')).toMatchObject({ ok: true, recovered: false, offset: 0 });
      await socket.accepted({ topic: 'system' });
      for (let n = 0; n < 50; n += 1) portal.broadcaster.broadcastAll(notice(String(n)));
      expect(follower.messages).toEqual([]);
      await follower.until(() => follower.messages.length === 50);
      expect(follower.messages).toEqual(await socket.received(50));
    });

    it('goes on from a position with exactly what it missed, the answer first', async () => {
      const { follower, client } = follow();
      const start = await client.subscribe('system');
      client.unsubscribe('system');
      for (let n = 1; n <= 3; n += 1) portal.broadcaster.broadcastAll(notice(String(n)));
      const answer = await client.subscribe('system', start.ok ? start : undefined);
      expect(answer).toMatchObject({ ok: true, recovered: true, offset: 3 });
      expect(follower.messages).toEqual([]);
      await follower.until(() => follower.messages.length === 3);
      expect(follower.messages.map(({ offset }) => offset)).toEqual([1, 2, 3]);
    });

    it('is refused what its principal may not have', async () => {
      const { client } = follow();
      await expect(client.subscribe('audit')).resolves.toMatchObject({ ok: false, code: 4403 });
      await expect(client.subscribe('nowhere')).resolves.toMatchObject({ ok: false, code: 4404 });
      await expect(client.subscribe('no name')).resolves.toMatchObject({ ok: false, code: 4400 });
    });

    it('is one of those that sendTo, sendToPrincipal and revoke reach', async () => {
      const { follower, client } = follow();
      await client.subscribe('system');
      portal.broadcaster.sendTo([client.clientId], 'system', notice('to you'));
      portal.broadcaster.sendToPrincipal('reporter', 'system', notice('to the reporter'));
      portal.broadcaster.revoke('reporter', 'system');
      portal.broadcaster.broadcastAll(notice('to all'));
      await follower.until(() => follower.revoked.length === 1);
      expect(follower.messages.map(({ offset, data }) => [offset, data])).toEqual([
        [null, notice('to you')],
        [null, notice('to the reporter')],
      ]);
      expect(follower.revoked).toMatchObject([{ topic: 'system', code: 4410, retryAfterMs: null }]);
    });

    it('that is slow starts a log over once it goes on, and gets the last values of a latest topic', async () => {
      const { follower, client } = follow();
      await client.subscribe('system');
      await client.subscribe('queues');
      let go: () => void = () => undefined;
      follower.hold = new Promise((resolve) => (go = resolve));
      for (let depth = 1; depth <= 200; depth += 1) {
        portal.broadcaster.broadcast('queues', { name: 'a', depth, pad: 'x'.repeat(200) });
        portal.broadcaster.broadcastAll(notice('x'.repeat(200)));
      }
      await follower.until(() => follower.messages.length === 1);
      follower.hold = undefined;
      go();
      await follower.until(
        () =>
          follower.resets.length === 1 &&
          follower.messages.some(({ data }) => (data as { depth?: number }).depth === 200),
      );
      expect(follower.resets).toMatchObject([{ topic: 'system', reason: 'slow', offset: 200 }]);
      expect(follower.messages.length).toBeLessThan(200);
      const log = follower.messages.filter(({ topic }) => topic === 'system').map(({ offset }) => offset);
      expect(log).toEqual(log.map((_, i) => i + 1));
    });

    it('that is slow ends where the policy says so, and is told last', async () => {
      const { follower, client } = follow({ ...viewer, role: 'operator' });
      await client.subscribe('audit');
      let go: () => void = () => undefined;
      follower.hold = new Promise((resolve) => (go = resolve));
      for (let n = 0; n < 400; n += 1) portal.broadcaster.broadcast('audit', { n });
      follower.hold = undefined;
      go();
      await follower.until(() => follower.closes.length === 1);
      expect(follower.closes).toMatchObject([{ code: 4002, retryAfterMs: 0 }]);
      expect(portal.broadcaster.clientIds).toEqual([]);
    });

    it('goes on when a handler throws', async () => {
      const seen: unknown[] = [];
      const client = portal.broadcaster.connect(viewer, {
        message: ({ offset }) => {
          seen.push(offset);
          throw new Error('no');
        },
        reset: () => undefined,
      });
      await client.subscribe('system');
      portal.broadcaster.broadcastAll(notice('1'));
      portal.broadcaster.broadcastAll(notice('2'));
      while (seen.length < 2) await new Promise(setImmediate);
      expect(seen).toEqual([1, 2]);
      client.disconnect();
    });

    it('ends with its principal, by disconnect and with the service', async () => {
      const brief = follow({ ...viewer, expiresAt: clock.now() + 1000 });
      clock.advance(11_000);
      await brief.follower.until(() => brief.follower.closes.length === 1);
      expect(brief.follower.closes[0]?.code).toBe(4402);

      const ended = follow();
      await ended.client.subscribe('system');
      expect(portal.broadcaster.disconnect(ended.client.clientId)).toBe(true);
      expect(portal.broadcaster.disconnect(ended.client.clientId)).toBe(false);
      portal.broadcaster.broadcastAll(notice('too late'));
      await ended.follower.until(() => ended.follower.closes.length === 1);
      ended.client.disconnect();
      expect(ended.follower).toMatchObject({ messages: [], closes: [{ code: 4440 }] });
      await expect(ended.client.subscribe('system')).rejects.toMatchObject({ code: 'NOT_FOUND' });

      const last = follow();
      await portal.app.close();
      await last.follower.until(() => last.follower.closes.length === 1);
      expect(last.follower.closes[0]?.code).toBe(4001);
    });

    it('is one of a bounded number', () => {
      const handlers = { message: jest.fn(), reset: jest.fn() };
      const clients = Array.from({ length: 1000 }, () => portal.broadcaster.connect(viewer, handlers));
      expect(() => portal.broadcaster.connect(viewer, handlers)).toThrow(/1000 clients/);
      clients[0]?.disconnect();
      expect(() => portal.broadcaster.connect(viewer, handlers)).not.toThrow();
    });
  });

  describe('a subscription that the service makes for a socket', () => {
    it('is told by a reset with the snapshot, and goes on from there', async () => {
      portal.broadcaster.broadcast('queues', { name: 'a', depth: 1 });
      const socket = await join('viewer');
      const reset = socket.heard<TopicReset>('reset');
      const answer = await portal.broadcaster.subscribe(socket.id, 'queues');
      expect(answer).toMatchObject({ ok: true, recovered: false, offset: 1 });
      portal.broadcaster.broadcast('queues', { name: 'a', depth: 2 });
      expect(await reset).toMatchObject({
        topic: 'queues',
        offset: 1,
        reason: 'started',
        snapshot: { messages: [expect.objectContaining({ data: { name: 'a', depth: 1 } })] },
      });
      expect((await socket.received(1)).map(({ data }) => data)).toEqual([{ name: 'a', depth: 2 }]);
    });

    it('goes on from a position without a reset where it can', async () => {
      const socket = await join('viewer');
      const start = portal.broadcaster.position('system') ?? undefined;
      portal.broadcaster.broadcastAll(notice('missed'));
      await expect(portal.broadcaster.subscribe(socket.id, 'system', start)).resolves.toMatchObject({
        recovered: true,
      });
      expect((await socket.received(1)).map(({ offset }) => offset)).toEqual([1]);
      expect(socket.resets).toEqual([]);
      const other = portal.broadcaster.subscribe(socket.id, 'system', { epoch: 'other', offset: 1 });
      await expect(other).resolves.toMatchObject({ recovered: false, reason: 'epoch' });
    });

    it('is refused to the caller, by the rights of the client, which hears nothing', async () => {
      const socket = await join('viewer');
      await expect(portal.broadcaster.subscribe(socket.id, 'audit')).resolves.toMatchObject({
        ok: false,
        code: 4403,
      });
      await expect(portal.broadcaster.subscribe('nobody', 'system')).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await socket.accepted({ topic: 'system' });
      expect(socket.resets).toEqual([]);
    });

    it('ends by unsubscribe, and the client is told', async () => {
      const socket = await join('viewer');
      await portal.broadcaster.subscribe(socket.id, 'system');
      const told = socket.heard<TopicRevoked>('revoked');
      expect(portal.broadcaster.unsubscribe(socket.id, 'system')).toBe(true);
      expect(portal.broadcaster.unsubscribe(socket.id, 'system')).toBe(false);
      expect(portal.broadcaster.unsubscribe('nobody', 'system')).toBe(false);
      portal.broadcaster.broadcastAll(notice('too late'));
      expect(await told).toMatchObject({ topic: 'system', code: 4440, retryAfterMs: null });
      await socket.accepted({ topic: 'queues' });
      expect(socket.messages).toEqual([]);
    });
  });
});
