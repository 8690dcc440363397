// Pages in a real browser, and the server that feeds them: the same messages, each in a frame of its own.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';
import { BROWSER_ARGS } from '../../browser.mjs';
import { ROOT } from '../../run.mjs';
import { bundlePage } from '../page-bundle.mjs';

const ROWS = 200;
const DEADLINE_MS = 60_000;
const entry = (name) => join(ROOT, `tools/bench/hook/${name}.mjs`);
/** Before React is loaded: what it tells its developer tools of is the one way to count commits in production. */
const COUNTERS = `
  const counters = (globalThis.benchCounters = { messages: 0, outOfOrder: 0, commits: 0, last: -1 });
  const none = () => undefined;
  globalThis.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
    supportsFiber: true,
    inject: () => 1,
    onCommitFiberRoot: () => { counters.commits += 1; },
    onCommitFiberUnmount: none,
    onPostCommitFiberRoot: none,
    checkDCE: none,
  };`;

export async function startRig(executablePath) {
  const scripts = { ours: await bundlePage(entry('ours')), peer: await bundlePage(entry('peer')) };
  const server = createServer((request, response) => {
    const name = new URL(request.url, 'http://localhost').pathname.slice(1);
    const script = scripts[name.replace('.js', '')];
    if (!script) response.writeHead(404).end();
    else if (name.endsWith('.js')) response.setHeader('content-type', 'text/javascript').end(script);
    else
      response
        .setHeader('content-type', 'text/html')
        .end(
          `<!doctype html><title>${name}</title><script>${COUNTERS}</script><body><script type="module" src="/${name}.js"></script>`,
        );
  });
  const clients = new Map();
  const io = new Server(server, { path: '/ws/platform', transports: ['websocket'], pingInterval: 600_000 });
  io.on('connection', (socket) => {
    socket.emit('welcome', {
      clientId: socket.id,
      serverTime: new Date().toISOString(),
      heartbeatIntervalMs: 600_000,
      heartbeatTimeoutMs: 600_000,
    });
    socket.on('subscribe', ({ topic }, reply) => {
      reply({ ok: true, epoch: 'bench', offset: 0, recovered: false, snapshot: { messages: [] } });
      clients.set(socket.handshake.headers['user-agent'], (data) =>
        socket.emit('message', {
          topic,
          epoch: 'bench',
          offset: data.seq + 1,
          at: new Date().toISOString(),
          key: data.row,
          data,
        }),
      );
    });
    socket.on('unsubscribe', (_, reply) => reply({ ok: true }));
  });
  const peers = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (request.url !== '/peer') return;
    peers.handleUpgrade(request, socket, head, (peer) =>
      clients.set(request.headers['user-agent'], (data) => peer.send(JSON.stringify(data))),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  const browser = await chromium.launch({ executablePath, args: BROWSER_ARGS });
  let pages = 0;

  return { open, close };

  /** Opens a page of one kind, which is then driven by `run`. */
  async function open(kind) {
    // The server tells its pages apart by this.
    const userAgent = `bench-${(pages += 1)}`;
    const context = await browser.newContext({ userAgent });
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    await page.goto(`${origin}/${kind}`);
    const began = performance.now();
    while (!clients.has(userAgent)) {
      if (performance.now() - began > DEADLINE_MS) throw new Error(`The page ${kind} did not connect.`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    let seq = 0;
    const cpuSeconds = async () => {
      const { metrics } = await devtools.send('Performance.getMetrics');
      const valueOf = (wanted) => metrics.find(({ name }) => name === wanted).value;
      return { script: valueOf('ScriptDuration'), page: valueOf('TaskDuration') };
    };
    return {
      /** Sends for a while. What the page's main thread spent on it, and what became of the messages. */
      async run({ perSecond, seconds }) {
        await page.bringToFront();
        const before = await page.evaluate(() => ({ ...globalThis.benchCounters }));
        const cpuBefore = await cpuSeconds();
        const send = clients.get(userAgent);
        const total = perSecond * seconds;
        const start = performance.now();
        for (let sent = 0; sent < total;) {
          const due = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1_000));
          for (; sent < due; sent += 1, seq += 1) send({ row: `row ${seq % ROWS}`, seq, value: seq * 7 });
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        const tookSeconds = (performance.now() - start) / 1_000;
        // The last frame belongs to it. What never arrives is told as lost.
        await page
          .waitForFunction((last) => globalThis.benchCounters.last === last, seq - 1, { timeout: 10_000 })
          .catch(() => undefined);
        await page.evaluate(
          () => new Promise((done) => globalThis.requestAnimationFrame(() => setTimeout(done))),
        );
        const cpu = await cpuSeconds();
        const after = await page.evaluate(() => ({ ...globalThis.benchCounters }));
        return {
          scriptMicrosPerMessage: ((cpu.script - cpuBefore.script) * 1e6) / total,
          /** With styles, layout and paint, which both need for what they show. */
          pageMicrosPerMessage: ((cpu.page - cpuBefore.page) * 1e6) / total,
          commitsPerSecond: (after.commits - before.commits) / tookSeconds,
          lost: total - (after.messages - before.messages) + (after.outOfOrder - before.outOfOrder),
        };
      },
    };
  }

  async function close() {
    await browser.close();
    await io.close();
    peers.close();
    server.close();
  }
}
