import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { io, type Socket } from 'socket.io-client';
import { WebSocket, WebSocketServer } from 'ws';
import { connect, startPortal, type Portal, type TestClient } from '../testing/own/portal.ts';

@WebSocketGateway()
class StoryGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() text: string): string {
    return `story: ${text}`;
  }

  // The same name as the broadcaster's verb, on the story's own path.
  @SubscribeMessage('subscribe')
  subscribe(): string {
    return 'story';
  }
}

@WebSocketGateway({ path: '/chat', namespace: 'room' })
class RoomGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() text: string): string {
    return `room: ${text}`;
  }
}

type ServerOptions = NonNullable<Parameters<IoAdapter['createIOServer']>[1]>;

class StoryIoAdapter extends IoAdapter {
  override createIOServer(port: number, options?: ServerOptions) {
    return super.createIOServer(port, {
      ...options,
      path: '/story/live',
      cors: { origin: 'https://story.example', credentials: true },
    } as ServerOptions);
  }
}

describe.each(['direct', 'stock'] as const)('with fan-out %s', (fanout) => {
  let portal: Portal;
  const open: { disconnect(): void }[] = [];

  async function start(prepare: (app: INestApplication) => void, providers: (new () => object)[] = []) {
    portal = await startPortal({ fanout, drainWindowMs: 20 }, prepare, { providers });
  }
  function story(path: string, namespace = '', transports = ['websocket']): Socket {
    const socket = io(`${portal.url}${namespace}`, { path, transports, reconnection: false, forceNew: true });
    open.push(socket);
    return socket;
  }
  async function ours(): Promise<TestClient> {
    const client = await connect(portal.url);
    open.push(client.socket);
    return client;
  }
  async function works(): Promise<void> {
    const client = await ours();
    await client.accepted({ topic: 'system' });
    portal.broadcaster.broadcastAll({ level: 'info', text: 'ours' });
    expect((await client.received(1)).map(({ data }) => data)).toEqual([{ level: 'info', text: 'ours' }]);
  }

  afterEach(async () => {
    for (const socket of open.splice(0)) socket.disconnect();
    await portal.app.close();
  });

  it("serves beside gateways of the story on Nest's adapter, their paths, namespaces and polling included", async () => {
    await start((app) => app.useWebSocketAdapter(new IoAdapter(app)), [StoryGateway, RoomGateway]);
    await works();
    await expect(story('/socket.io').timeout(5000).emitWithAck('echo', 'a')).resolves.toBe('story: a');
    await expect(
      story('/socket.io', '', ['polling', 'websocket'])
        .timeout(5000)
        .emitWithAck('subscribe', { topic: 'system' }),
    ).resolves.toBe('story');
    await expect(story('/chat', '/room').timeout(5000).emitWithAck('echo', 'b')).resolves.toBe('room: b');
    await works();
    await expect(fetch(`${portal.url}/hello`).then((answer) => answer.text())).resolves.toBe('hello');
  });

  it("serves beside an adapter of the story's own with another path and its own CORS", async () => {
    await start((app) => app.useWebSocketAdapter(new StoryIoAdapter(app)), [StoryGateway]);
    await works();
    await expect(story('/story/live').timeout(5000).emitWithAck('echo', 'a')).resolves.toBe('story: a');
    const polled = await fetch(`${portal.url}/story/live/?EIO=4&transport=polling`, {
      headers: { Origin: 'https://story.example' },
    });
    expect(polled.headers.get('access-control-allow-origin')).toBe('https://story.example');
    const refused = await fetch(`${portal.url}/ws/platform/?EIO=4&transport=polling`);
    expect(refused.status).toBe(404);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    await works();
  });

  it('keeps what is published from sockets of the story, and what the story emits from its own clients', async () => {
    await start((app) => app.useWebSocketAdapter(new IoAdapter(app)), [StoryGateway]);
    const theirs = story('/socket.io');
    const heard: unknown[] = [];
    theirs.onAny((...args) => heard.push(args));
    await theirs.timeout(5000).emitWithAck('echo', 'here');
    await works();
    await theirs.timeout(5000).emitWithAck('echo', 'still here');
    expect(heard).toEqual([]);
    expect(portal.broadcaster.clientIds).toHaveLength(1);
  });

  it('serves beside a bare upgrade handler of the story', async () => {
    const bare = new WebSocketServer({ noServer: true });
    await start((app) => {
      (app.getHttpServer() as HttpServer).on(
        'upgrade',
        (request: IncomingMessage, socket: Duplex, head: Buffer) => {
          if (request.url !== '/bare') return;
          bare.handleUpgrade(request, socket, head, (client) => {
            client.on('message', (text: Buffer) => client.send(`bare: ${text.toString()}`));
          });
        },
      );
    });
    const client = new WebSocket(`${portal.url.replace('http', 'ws')}/bare`);
    open.push({ disconnect: () => client.terminate() });
    const answer = new Promise<string>((resolve, reject) => {
      client.once('open', () => client.send('a'));
      client.once('message', (text: Buffer) => resolve(text.toString()));
      client.once('error', reject);
    });
    await expect(answer).resolves.toBe('bare: a');
    await works();
  });
});
