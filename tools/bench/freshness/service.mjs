// The built service in a process of its own, with a load that calls `record` inside it.
import { existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ROOT } from '../../run.mjs';

const dist = (path) => import(join(ROOT, 'backend', path));
const { MetricsAggregator } = await dist('metrics/dist/index.js');
const { readEnvironment } = await dist('service/dist/environment/environment.js');
const { createLogger } = await dist('service/dist/logging/logger.js');
const { startService } = await dist('service/dist/start-service.js');

const TICK_MS = 5;
/** The most points that are recorded before anything else may run. */
const MAX_A_TURN = 200;
const SCHEDSTAT = '/proc/self/schedstat';
const schedstat = existsSync(SCHEDSTAT) ? openSync(SCHEDSTAT) : null;
const stat = Buffer.alloc(100);
// The service does not hand out its aggregator: it is taken from the one that starts.
let aggregator;
const { onModuleInit } = MetricsAggregator.prototype;
MetricsAggregator.prototype.onModuleInit = function () {
  aggregator = this;
  return onModuleInit.call(this);
};

const service = await startService(readEnvironment(process.env), createLogger('warn'), (sentence) => {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
});
const labelsOf = new Map();
let load = null;
let beat = null;

const orders = {
  /** Records every series of some metrics once. */
  async seed({ metrics, series }) {
    for (const name of metrics) {
      for (let i = 0; i < series; i += 1) {
        aggregator.record(name, 0, labels(i));
        if (i % MAX_A_TURN === 0) await setImmediate();
      }
    }
  },
  /** Records so many points a second, series by series; the value of each is the number of its round. */
  begin({ metric, series, perSecond }) {
    const began = performance.now();
    const times = [];
    let timer = null;
    const turn = () => {
      const due = Math.floor(((performance.now() - began) * perSecond) / 1000);
      // After the machine held it up it catches up in turns, so that it is not what holds up the service.
      const to = Math.min(due, times.length + MAX_A_TURN);
      for (; times.length < to; times.push(Date.now())) {
        aggregator.record(metric, Math.floor(times.length / series) + 1, labels(times.length % series));
      }
      timer = setTimeout(turn, times.length < due ? 1 : TICK_MS);
    };
    turn();
    load = { times, stop: () => clearTimeout(timer) };
  },
  /** Ends it and answers when each point was recorded, in milliseconds since the epoch. */
  end() {
    load.stop();
    return load.times;
  },
  /** Looks at the event loop every millisecond from now on. */
  watch() {
    beat = { heldUpMs: 0, oursMs: 0, busyMs: 0, ranMs: 0, waitedMs: 0, began: performance.now() };
    Object.assign(beat, { at: beat.began, thread: threadMs() });
    beat.timer = setInterval(() => {
      const [at, thread] = [performance.now(), threadMs()];
      const heldUpMs = at - beat.at;
      const waitedMs = Math.min(heldUpMs, thread.waited - beat.thread.waited);
      beat.heldUpMs = Math.max(beat.heldUpMs, heldUpMs);
      beat.oursMs = Math.max(beat.oursMs, heldUpMs - waitedMs);
      beat.busyMs = Math.max(beat.busyMs, thread.ran - beat.thread.ran);
      beat.ranMs += thread.ran - beat.thread.ran;
      beat.waitedMs += waitedMs;
      Object.assign(beat, { at, thread });
    }, 1);
  },
  /**
   * The longest that it was held up since; the longest of that without the time in which the machine gave a ready
   * thread no processor; the longest that it ran without a pause; and the parts of all the time in which it ran, and in
   * which it waited for a processor.
   */
  watched() {
    clearInterval(beat.timer);
    const { heldUpMs, oursMs, busyMs, ranMs, waitedMs, began } = beat;
    const all = performance.now() - began;
    return { heldUpMs, oursMs, busyMs, ran: ranMs / all, waited: waitedMs / all };
  },
  stats: () => aggregator.stats(),
  async close() {
    await service.close();
    void setImmediate().then(() => process.disconnect());
  },
};

process.on('message', async ({ id, order, options }) => {
  process.send({ id, answer: await orders[order](options) });
});
process.send({ url: service.url, signInUrl: service.signInUrl });

/** How long this thread ran, and how long it was ready and had to wait, in milliseconds; Linux tells. */
function threadMs() {
  if (schedstat === null) return { ran: 0, waited: 0 };
  const length = readSync(schedstat, stat, 0, stat.length, 0);
  const [ran, waited] = stat.toString('latin1', 0, length).split(' ');
  return { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 };
}

function labels(i) {
  let found = labelsOf.get(i);
  if (!found) labelsOf.set(i, (found = { unit: `u${i}` }));
  return found;
}
