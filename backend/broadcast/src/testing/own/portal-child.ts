import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const LOADER = fileURLToPath(new URL('../../../../../tools/ts-loader.mjs', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./portal-process.ts', import.meta.url));

/** A portal in a process of its own. */
export class PortalChild {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: Interface,
    readonly url: string,
  ) {}

  static async start(redisUrl: string): Promise<PortalChild> {
    const child = spawn(process.execPath, ['--import', LOADER, PROGRAM, redisUrl], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const [url] = (await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) =>
        Promise.reject(new Error(`the portal ended with ${String(code)}`)),
      ),
    ])) as [string];
    return new PortalChild(child, lines, url);
  }

  /** Publishes notices 1 to `count`, a thousand a second; resolves when it has. */
  async publish(count: number): Promise<void> {
    const done = once(this.lines, 'line');
    this.child.stdin?.write(`${count}\n`);
    await done;
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}
