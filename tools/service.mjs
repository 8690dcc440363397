// Runs the built service for tests and benches: a free port, a data folder of its own, stopped and removed afterwards.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './run.mjs';

const READY_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 30_000;

/** Makes an empty data folder. As root the service's PostgreSQL runs as somebody else, who must be able to pass. */
export async function makeDataDir() {
  const dir = await mkdtemp(join(tmpdir(), 'fleetdeck-'));
  await chmod(dir, 0o711);
  return dir;
}

/**
 * Starts the service and waits until it says that it is ready.
 * @param {{ dataDir?: string, port?: number, env?: Record<string, string> }} options
 *   `dataDir` is kept when it is given, removed at the end otherwise
 */
export async function startBuiltService({ dataDir, port = 0, env = {} } = {}) {
  const ownDir = dataDir === undefined;
  const dir = dataDir ?? (await makeDataDir());
  const began = performance.now();
  const child = spawn(process.execPath, [join(ROOT, 'backend/service/dist/main.js')], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME ?? dir,
      LOG_LEVEL: 'warn',
      PORT: String(port),
      FLEETDECK_DATA_DIR: dir,
      FLEETDECK_NODE_NAME: 'node-1',
      ...env,
    },
  });
  const errors = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    errors.push(line);
    if (errors.length > 500) errors.shift();
  });
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const service = {
    url: '',
    signInUrl: null,
    pid: child.pid,
    dataDir: dir,
    readyMs: 0,
    errors,
    exited,
    kill,
    stop,
  };

  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(`The service was not ready within ${READY_DEADLINE_MS / 1000} s.\n${errors.join('\n')}`),
      );
    }, READY_DEADLINE_MS);
    void exited.then(({ code }) => {
      clearTimeout(timer);
      reject(new Error(`The service ended with code ${code} before it was ready.\n${errors.join('\n')}`));
    });
    const signInWanted = !env.FLEETDECK_JWT_SECRET;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('ready ')) {
        service.url = line.slice('ready '.length);
        service.readyMs = performance.now() - began;
      }
      if (line.startsWith('sign in: ')) service.signInUrl = line.slice('sign in: '.length);
      if (service.url && (service.signInUrl || !signInWanted)) {
        clearTimeout(timer);
        resolve();
      }
    });
  });
  return service;

  async function kill() {
    child.kill('SIGKILL');
    await exited;
  }

  async function stop() {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
      await exited;
      clearTimeout(timer);
    }
    if (ownDir) await rm(dir, { recursive: true, force: true });
  }
}
