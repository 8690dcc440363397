import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { AlertNotice } from '@fleetdeck/dto';
import { verifyWebhook } from '../notify/webhook-signature.ts';
import type { FromReplica, ReplicaSettings, ToReplica } from './replica-child.fixture.ts';

const CHILD = fileURLToPath(new URL('./replica-child.fixture.ts', import.meta.url));
const LOADER = fileURLToPath(new URL('../../../../tools/ts-loader.mjs', import.meta.url));
export const SECRET = 'a secret of the tests';

/** Something that is waited for, by what happens and never by time. */
export class Happenings<T> {
  readonly all: T[] = [];
  private readonly waiting = new Set<() => void>();

  add(item: T): void {
    this.all.push(item);
    for (const check of [...this.waiting]) check();
  }

  /** Resolves when `holds` does. */
  until(holds: (all: readonly T[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds(this.all)) return;
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
      check();
    });
  }
}

/** A web address that notes every notice that it gets. */
export class Receiver {
  readonly got = new Happenings<{ key: string; notice: AlertNotice; signed: boolean }>();
  /** While set, it answers nothing. */
  mute = false;
  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (part: string) => (body += part));
      request.on('end', () => {
        const signed = verifyWebhook(SECRET, body, String(request.headers['fleetdeck-signature']));
        const key = String(request.headers['idempotency-key']);
        if (!receiver.mute) response.writeHead(204).end();
        receiver.got.add({ key, notice: JSON.parse(body) as AlertNotice, signed });
      });
    });
    const receiver = new Receiver(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook?token=hidden`;
  }

  /** Kind of each notice once, in order: what comes again under its key is the same notice. */
  get told(): string[] {
    const kinds = new Map(this.got.all.map(({ key, notice }) => [key, notice.kind]));
    return [...kinds.values()];
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A replica in a process of its own. */
export class Replica {
  readonly said = new Happenings<FromReplica>();
  private readonly gone: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message: FromReplica) => this.said.add(message));
    this.gone = once(child, 'exit');
  }

  static async start(settings: ReplicaSettings): Promise<Replica> {
    const replica = new Replica(
      fork(CHILD, [JSON.stringify(settings)], {
        execArgv: ['--import', LOADER, '--conditions=@fleetdeck/source'],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      }),
    );
    await Promise.race([
      replica.said.until((all) => all.some(({ is }) => is === 'ready')),
      replica.gone.then(() => Promise.reject(new Error('The replica ended while it started.'))),
    ]);
    return replica;
  }

  tell(message: ToReplica): void {
    this.child.send(message);
  }

  /** Waits for a change to a state. */
  changed(to: string): Promise<void> {
    return this.said.until((all) => all.some((said) => said.is === 'changed' && said.to === to));
  }

  get evaluations(): number {
    return this.said.all.filter(({ is }) => is === 'evaluated').length;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.gone;
  }
}
