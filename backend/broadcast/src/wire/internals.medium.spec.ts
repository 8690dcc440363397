import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Server } from 'socket.io';
import { ClientRegistry } from '../gateway/client-registry.ts';
import type { ClientSession } from '../gateway/client-session.ts';
import type { BroadcastServer } from '../gateway/socket.types.ts';
import { connect, startPortal, type Portal, type TestClient } from '../testing/own/portal.ts';
import { directProblem, Internals } from './internals.ts';

let portal: Portal;
let client: TestClient;

beforeAll(async () => {
  portal = await startPortal();
  client = await connect(portal.url);
});
afterAll(async () => {
  client.socket.disconnect();
  await portal.app.close();
});

describe('the internals of socket.io', () => {
  it('are as expected in the installed version, so that messages are written straight to sockets', () => {
    const server: BroadcastServer = new Server(createServer());
    expect(directProblem(server)).toBeNull();
    const [session] = portal.app.get(ClientRegistry, { strict: false }).all();
    expect((session as ClientSession).wire.isDirect).toBe(true);
  });

  it.each([
    ['packets that are encoded in another way', { encoder: { encode: () => ['2[]'] } }, /another way/],
    [
      'a WebSocket that takes no frames',
      { engine: { ws: { options: { WebSocket: { Sender: { prototype: {} } } } } } },
      /no frames/,
    ],
    ['an engine of another make', { engine: {} }, /another way/],
  ])('are not relied on with %s', (_what, other, problem) => {
    const server: BroadcastServer = new Server(createServer());
    const changed = Object.create(server, Object.getOwnPropertyDescriptors(other)) as BroadcastServer;
    expect(directProblem(changed)).toMatch(problem);
  });

  it.each([
    ['no queue', { writeBuffer: undefined }],
    ['another transport', { transport: { name: 'polling', writable: true } }],
    ['no WebSocket', { transport: { name: 'websocket', writable: true } }],
  ])('are not relied on in a connection with %s', (_what, other) => {
    const connection = { readyState: 'open', upgrading: false, writeBuffer: [], ...other };
    expect(Internals.of(connection as never, {} as never)).toBeNull();
  });
});
