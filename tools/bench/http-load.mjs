// The load client for HTTP, built from C: one that is written in JavaScript computes as much as the server it measures.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { ROOT } from '../run.mjs';
import { Unmeasurable } from './results.mjs';

const SOURCES = ['http.c', 'histogram.c', 'times.c'].map((file) => join(ROOT, 'tools/bench/native', file));

/**
 * Builds the client and starts it for one server, an IPv4 address and a port.
 * @param {{ url: string, token: string }} target `token` is sent as a bearer
 */
export async function startHttpLoad({ url, token }) {
  const dir = await mkdtemp(join(tmpdir(), 'fleetdeck-http-'));
  try {
    const binary = join(dir, 'http');
    await compile(binary);
    const { hostname, port } = new URL(url);
    const child = spawn(binary, [hostname, port, token], { stdio: ['pipe', 'pipe', 2] });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      /**
       * Asks for a path from that many connections at once, for so long. Answers with `well` (200) and `other`
       * statuses, `errors`, what it took in `wallUs` and how long single answers took.
       */
      async load(path, connections, ms) {
        child.stdin.write(`load ${path} ${connections} ${ms}\n`);
        const { value, done } = await lines.next();
        if (done) throw new Error('The load client ended.');
        return JSON.parse(value);
      },
      async stop() {
        child.stdin.end();
        await ended;
        await rm(dir, { recursive: true, force: true });
      },
    };
  } catch (thrown) {
    await rm(dir, { recursive: true, force: true });
    throw thrown;
  }
}

async function compile(binary) {
  for (const compiler of ['cc', 'gcc', 'clang']) {
    try {
      await promisify(execFile)(compiler, ['-O2', '-o', binary, ...SOURCES]);
      return;
    } catch (error) {
      if (error.code === 'ENOENT') continue;
      throw new Unmeasurable(`the load client does not compile: ${error.stderr ?? error.message}`);
    }
  }
  throw new Unmeasurable('a C compiler (cc) is missing, which builds the load client');
}
