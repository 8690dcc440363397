import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const LOADER = new URL('../../../../../tools/ts-loader.mjs', import.meta.url).href;

/** Starts a script of the workspace, from source, in a process of its own that ends with this one. */
export function startChild(script: URL, args: string[] = [], flags: string[] = []): ChildProcess {
  return fork(fileURLToPath(script), args, {
    execArgv: ['--import', LOADER, '--conditions=@fleetdeck/source', ...flags],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/**
 * The next message of a child that `pick` takes.
 * @throws Error when the child ends, or nothing comes within the time
 */
export function heard<T>(
  child: ChildProcess,
  what: string,
  ms: number,
  pick: (message: unknown) => T | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(new Error(`${what} did not come within ${ms} ms.`)), ms);
    const onExit = (): void => end(new Error(`${what} did not come: the process ended.`));
    const onMessage = (message: unknown): void => {
      const picked = pick(message);
      if (picked !== undefined) end(undefined, picked);
    };
    function end(error: Error | undefined, picked?: T): void {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
      if (error) reject(error);
      else resolve(picked as T);
    }
    child.on('message', onMessage).once('exit', onExit);
  });
}

/** Ends a child and waits for its end. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
