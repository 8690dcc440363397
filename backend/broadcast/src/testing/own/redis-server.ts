import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@fleetdeck/kernel/testing';
import { createClient } from 'redis';

/** A `redis-server` of a test's own, which it may kill, freeze and start again on the same port. */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly keeps: boolean,
  ) {}

  /** Starts one on a free port. `keeps`: what was written survives a restart. */
  static async start(keeps = false): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), 'fleetdeck-redis-')), keeps);
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it after {@link kill}. */
  async restart(): Promise<void> {
    const persistence = this.keeps
      ? ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always']
      : ['--save', '', '--appendonly', 'no'];
    const own = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.dir];
    const child = spawn('redis-server', [...own, ...persistence], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.child = child;
    let said = '';
    for await (const part of child.stdout) {
      said += String(part);
      if (said.includes('Ready to accept connections')) break;
    }
    if (!said.includes('Ready to accept connections')) throw new Error(`redis-server did not start: ${said}`);
    child.stdout.resume();
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** It hears nothing and answers nothing, its connections stay. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Sends one command, as another program would. */
  async command(...args: string[]): Promise<unknown> {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: false } });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.sendCommand(args);
    } finally {
      client.destroy();
    }
  }
}

/** A way to a Redis that a test can cut and mend, for one node of several. */
export class RedisWire {
  private readonly sockets = new Set<Socket>();
  private isCut = false;
  private news: 'pass' | 'stop' = 'pass';
  private readonly stopped: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async to(port: number): Promise<RedisWire> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wire = new RedisWire(server, `redis://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (near) => {
      if (wire.isCut) {
        near.destroy();
        return;
      }
      const far = connect(port, '127.0.0.1');
      let hasNews = false;
      near.on('data', (part: Buffer) => {
        hasNews ||= /\nsubscribe\r/i.test(part.toString('latin1'));
        far.write(part);
      });
      far.on('data', (part: Buffer) => {
        if (hasNews && wire.news !== 'pass') wire.stopped.push(() => near.write(part));
        else near.write(part);
      });
      for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
        wire.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          wire.sockets.delete(socket);
          other.destroy();
        });
      }
    });
    return wire;
  }

  /** Lets no news of channels through until {@link passNews}; answers to commands still come. */
  stopNews(): void {
    this.news = 'stop';
  }

  /** How many pieces of news were stopped. */
  get stoppedNews(): number {
    return this.stopped.length;
  }

  /** Lets news through again: those that were stopped first, or never. */
  passNews(stopped: 'late' | 'never'): void {
    this.news = 'pass';
    for (const pass of this.stopped.splice(0)) if (stopped === 'late') pass();
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }
}
