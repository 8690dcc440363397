// Servers on one core, their load clients on another.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { BIN, ROOT, run } from '../../run.mjs';
import { Unmeasurable } from '../results.mjs';

const SERVER_CORE = '0';
const CLIENT_CORE = '1';
const ANSWER_DEADLINE_MS = 60_000;
const NATIVE = join(ROOT, 'tools/bench/native');
const PEERS = join(ROOT, 'tools/bench/peers');

/** The servers that can be measured, and how a client reaches them. */
const KINDS = {
  ours: {
    script: join(ROOT, 'tools/bench/realtime/ours.mjs'),
    path: '/ws/platform/?EIO=4&transport=websocket',
    topic: 'bench',
    token: 'bench-token',
  },
  'raw ws': { script: join(PEERS, 'raw-ws.mjs'), path: '/', topic: '', token: '' },
  'socket.io': {
    script: join(PEERS, 'socket-io.mjs'),
    path: '/socket.io/?EIO=4&transport=websocket',
    topic: 'bench',
    token: '',
  },
  'Nest gateway': {
    script: join(PEERS, 'nest.mjs'),
    path: '/socket.io/?EIO=4&transport=websocket',
    topic: 'bench',
    token: '',
  },
};

function findProgram(...names) {
  for (const name of names) {
    for (const dir of (process.env.PATH ?? '').split(delimiter)) {
      if (existsSync(join(dir, name))) return join(dir, name);
    }
  }
  return null;
}

/**
 * Builds what is needed, hands a rig to `measure` and takes down all that it started.
 * @template T
 * @param {(rig: Rig) => Promise<T>} measure
 * @returns {Promise<T>}
 */
export async function withRig(measure) {
  const taskset = findProgram('taskset');
  if (taskset === null) throw new Unmeasurable('taskset is missing, which keeps server and client apart');
  if (availableParallelism() < 2)
    throw new Unmeasurable('two cores are needed, one each for server and client');
  const compiler = findProgram('cc', 'gcc', 'clang');
  if (compiler === null) throw new Unmeasurable('a C compiler (cc) is missing, which builds the load client');
  if ((await run([BIN.tsc, '-b', 'backend/broadcast/tsconfig.build.json'])) !== 0) {
    throw new Unmeasurable('@fleetdeck/broadcast does not build');
  }
  const dir = await mkdtemp(join(tmpdir(), 'fleetdeck-bench-'));
  const rig = new Rig(taskset, join(dir, 'load'));
  try {
    await mkdir(dir, { recursive: true });
    const sources = ['load.c', 'wire.c', 'histogram.c', 'times.c'].map((file) => join(NATIVE, file));
    try {
      await promisify(execFile)(compiler, ['-O2', '-o', rig.client, ...sources]);
    } catch (error) {
      throw new Unmeasurable(`the load client does not compile: ${error.stderr ?? error.message}`);
    }
    return await measure(rig);
  } finally {
    await rig.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Starts servers with their clients. */
class Rig {
  #running = new Set();
  #taskset;

  constructor(taskset, client) {
    this.#taskset = taskset;
    this.client = client;
  }

  /** Starts a server of one of the {@link KINDS} and a client for it that has no connections yet. */
  async start(kind, options = {}) {
    const { script, path, topic, token } = KINDS[kind];
    const server = spawn(
      this.#taskset,
      [
        '-c',
        SERVER_CORE,
        process.execPath,
        '--expose-gc',
        ...profiling(kind),
        script,
        JSON.stringify(options),
      ],
      { cwd: ROOT, stdio: ['ignore', 2, 2, 'ipc'], env: { PATH: process.env.PATH, NODE_ENV: 'production' } },
    );
    const serving = track(server, `The server "${kind}"`);
    const port = await new Promise((resolve, reject) => {
      serving.catch(reject);
      server.once('message', ({ ready }) => resolve(ready));
    });
    const client = spawn(
      this.#taskset,
      ['-c', CLIENT_CORE, this.client, '127.0.0.1', String(port), path, topic, token],
      { stdio: ['pipe', 'pipe', 2] },
    );
    const running = new Running(server, serving, client, track(client, 'The load client'));
    this.#running.add(running);
    return running;
  }

  async stop() {
    await Promise.all([...this.#running].map((running) => this.release(running)));
  }

  /** Stops one that {@link start} gave. */
  async release(running) {
    this.#running.delete(running);
    await running.stop();
  }
}

/** `BENCH_PROFILE=<folder>` writes a CPU profile of each server there. */
function profiling(kind) {
  const dir = process.env.BENCH_PROFILE;
  return dir ? ['--cpu-prof', `--cpu-prof-dir=${join(dir, kind.replace(' ', '-'))}`] : [];
}

/** Rejects when the process ends without being asked to. */
function track(child, name) {
  const ended = new Promise((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (!child.stopping) reject(new Error(`${name} ended with ${signal ?? `code ${code}`}.`));
    });
  });
  ended.catch(() => undefined);
  return ended;
}

/** A server and its client. */
class Running {
  #nextId = 0;
  #lines;

  constructor(server, serving, client, loading) {
    this.server = server;
    this.client = client;
    this.failed = Promise.race([serving, loading]);
    this.failed.catch(() => undefined);
    this.#lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
  }

  /** Has the server do something; its answer. */
  ask(action, request = {}) {
    const id = (this.#nextId += 1);
    return this.#inTime(action, (resolve) => {
      const listen = (answer) => {
        if (answer.id !== id) return;
        this.server.off('message', listen);
        resolve(answer);
      };
      this.server.on('message', listen);
      this.server.send({ id, action, ...request });
    });
  }

  /** Has the client do something; its answer. */
  tell(...words) {
    return this.#inTime(words[0], (resolve, reject) => {
      this.client.stdin.write(`${words.join(' ')}\n`);
      this.#lines.next().then(({ value }) => resolve(JSON.parse(value)), reject);
    });
  }

  /** Opens more connections and subscribes them. */
  async connect(count) {
    const before = this.connected ?? 0;
    const { live, refused } = await this.tell('connect', count);
    if (live !== before + count) {
      throw new Unmeasurable(
        `only ${live} of ${before + count} connections are open, ${refused} were refused`,
      );
    }
    this.connected = live;
  }

  /**
   * Publishes and waits until it has arrived; what it cost.
   * @param {'flood' | 'paced'} action
   */
  async publish(action, request) {
    await this.tell('start');
    const sent = await this.ask(action, request);
    const { reached } = await this.tell('await', sent.seq, 10_000);
    const got = await this.tell('report');
    if (!reached || got.gaps + got.duplicates > 0) {
      throw new Error(`Not everything arrived, or not in order: ${JSON.stringify({ sent, got })}`);
    }
    return { ...sent, ...got, serverUs: sent.cpuUs / got.messages, clientUs: got.cpuUs / got.messages };
  }

  async stop() {
    this.server.stopping = this.client.stopping = true;
    const gone = Promise.all(
      [this.server, this.client]
        .filter((child) => child.exitCode === null && child.signalCode === null)
        .map((child) => new Promise((resolve) => child.once('exit', resolve))),
    );
    this.client.stdin.end();
    if (this.server.connected) this.server.disconnect();
    const cut = setTimeout(() => [this.server, this.client].forEach((child) => child.kill('SIGKILL')), 5000);
    await gone;
    clearTimeout(cut);
  }

  #inTime(what, begin) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`No answer to "${what}" in time.`)), ANSWER_DEADLINE_MS);
    });
    return Promise.race([new Promise(begin), late, this.failed]).finally(() => clearTimeout(timer));
  }
}
