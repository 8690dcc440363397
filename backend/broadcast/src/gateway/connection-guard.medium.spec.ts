import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { startPortal, type Portal } from '../testing/own/portal.ts';
import { RawClient } from '../testing/own/raw-client.ts';
import { SocketHub } from './socket-hub.ts';

describe.each(['direct', 'stock'] as const)('with fan-out %s', (fanout) => {
  const portals: Portal[] = [];
  const clients: RawClient[] = [];

  async function start(...[options, ...rest]: Parameters<typeof startPortal>): Promise<Portal> {
    const portal = await startPortal({ fanout, drainWindowMs: 20, ...options }, ...rest);
    portals.push(portal);
    return portal;
  }
  async function join(portal: Portal): Promise<RawClient> {
    const client = await RawClient.signedIn(portal.url, 'viewer');
    clients.push(client);
    return client;
  }
  const countersOf = ({ app }: Portal) => app.get(SocketHub, { strict: false }).counters;
  const connections = ({ app }: Portal): Promise<number> =>
    promisify((done: (error: Error | null, count: number) => void) =>
      (app.getHttpServer() as Server).getConnections(done),
    )();
  async function emptied({ broadcaster }: Portal): Promise<void> {
    while (broadcaster.clientIds.length > 0) await pause(5);
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.terminate();
    await Promise.all(portals.splice(0).map(({ app }) => app.close()));
  });

  describe('a client that gives no sign of life', () => {
    const brief = { heartbeatIntervalMs: 400, heartbeatTimeoutMs: 100 };

    it('is told why, closed with its number and counted', async () => {
      const portal = await start(brief);
      const silent = await join(portal);
      expect(await silent.closed).toBe(4005);
      expect(silent.frames).toContain('2');
      expect(silent.frames.at(-1)).toContain('42["close",{"code":4005');
      expect(countersOf(portal).heartbeatsMissed).toBe(1);
    });

    it('is closed with that number before it has signed in too', async () => {
      const portal = await start({ heartbeatIntervalMs: 20, heartbeatTimeoutMs: 20 });
      const silent = await RawClient.open(portal.url);
      clients.push(silent);
      expect(await silent.closed).toBe(4005);
    });

    it('is cut when its connection is only half open', async () => {
      const portal = await start(brief);
      const halfOpen = await join(portal);
      halfOpen.stopReading();
      await emptied(portal);
      while ((await connections(portal)) > 0) await pause(20);
      expect(countersOf(portal).heartbeatsMissed).toBe(1);
    });

    it('stays while it answers, or asks something while the answer is due', async () => {
      const portal = await start({ heartbeatIntervalMs: 20, heartbeatTimeoutMs: 10_000 });
      const alive = await join(portal);
      for (let beats = 1; beats <= 3; beats += 1) {
        while (alive.frames.filter((frame) => frame === '2').length < beats) await pause(5);
        alive.send('421["unsubscribe",{"topic":"system"}]');
        alive.send('3');
      }
      await alive.frame('431[{"ok":true}]');
      expect(portal.broadcaster.clientIds).toHaveLength(1);
      expect(countersOf(portal).heartbeatsMissed).toBe(0);
    });
  });

  describe('a connection that never sends CONNECT', () => {
    it('is closed with a number once its time is over, and counted as refused', async () => {
      const clock = new FakeClock();
      const portal = await start({}, undefined, { clock });
      const stranger = await RawClient.open(portal.url);
      clients.push(stranger);
      await stranger.frame('0');
      clock.advance(4999);
      stranger.send('40/elsewhere,');
      await stranger.frame('44/elsewhere,');
      expect(stranger.socket.readyState).toBe(stranger.socket.OPEN);
      clock.advance(1);
      expect(await stranger.closed).toBe(4408);
      expect(countersOf(portal).refused).toBe(1);
    });

    it('is not timed once it has', async () => {
      const clock = new FakeClock();
      const portal = await start({}, undefined, { clock });
      const client = await join(portal);
      clock.advance(60_000);
      client.send('421["subscribe",{"topic":"system"}]');
      await client.frame('431[{"ok":true');
    });
  });

  describe('a connection that breaks the protocol', () => {
    it.each([
      ['no packet of the engine', 'x'],
      ['a heartbeat of the server', '2'],
      ['an event before CONNECT', '42["subscribe",{"topic":"system"}]'],
      ['no JSON', '42["subscribe",{'],
      ['an unknown kind of packet', '49'],
    ])('ends with its number before it is signed in: %s', async (_what, frame) => {
      const portal = await start();
      const stranger = await RawClient.open(portal.url);
      clients.push(stranger);
      stranger.send(frame);
      expect(await stranger.closed).toBe(4400);
    });

    it.each([
      ['no packet of the engine', 'x'],
      ['a heartbeat of the server', '2'],
      ['no JSON', '42["subscribe",{'],
      ['another CONNECT', '40{"token":"admin"}'],
      ['text where bytes were announced', '451-["subscribe",{"_placeholder":true,"num":0}]'],
    ])('ends with its number, and is told why: %s', async (_what, frame) => {
      const portal = await start();
      const client = await join(portal);
      client.send(frame);
      client.send('42["subscribe",{"topic":"system"}]');
      expect(await client.closed).toBe(4400);
      expect(client.frames.at(-1)).toContain('42["close",{"code":4400');
    });

    it('ends when two CONNECTs come at once, and is welcomed once at most', async () => {
      const portal = await start();
      const client = await RawClient.open(portal.url);
      clients.push(client);
      client.send('40{"token":"viewer"}');
      client.send('40{"token":"admin"}');
      expect(await client.closed).toBe(4400);
      expect(client.frames.filter((frame) => frame.includes('welcome')).length).toBeLessThanOrEqual(1);
      await emptied(portal);
    });

    it('ends when it sends frames without end that no verb counts', async () => {
      const portal = await start();
      const client = await join(portal);
      for (let n = 0; n < 3000; n += 1) client.send(`43${n}[]`);
      expect(await client.closed).toBe(4429);
      expect(client.frames.at(-1)).toContain('"retryAfterMs":10000');
    });

    it('keeps nothing open behind a namespace that was left', async () => {
      const portal = await start();
      const client = await join(portal);
      client.send('41');
      expect(await client.closed).toBe(1000);
      await emptied(portal);
    });
  });
});
