// The built service in a process of its own, with a load that calls `record` inside it.
import { join } from 'node:path';
import { ROOT } from '../../run.mjs';

const dist = (path) => import(join(ROOT, 'backend', path));
const { MetricsAggregator } = await dist('metrics/dist/index.js');
const { readEnvironment } = await dist('service/dist/environment/environment.js');
const { createLogger } = await dist('service/dist/logging/logger.js');
const { startService } = await dist('service/dist/start-service.js');

const TICK_MS = 5;
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
  seed({ metrics, series }) {
    for (const name of metrics) for (let i = 0; i < series; i += 1) aggregator.record(name, 0, labels(i));
  },
  /** Records so many points a second, series by series; the value of each is the number of its round. */
  begin({ metric, series, perSecond }) {
    const began = performance.now();
    const times = [];
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - began) * perSecond) / 1000);
      for (; times.length < due; times.push(Date.now())) {
        aggregator.record(metric, Math.floor(times.length / series) + 1, labels(times.length % series));
      }
    }, TICK_MS);
    load = { times, stop: () => clearInterval(timer) };
  },
  /** Ends it and answers when each point was recorded, in milliseconds since the epoch. */
  end() {
    load.stop();
    return load.times;
  },
  /** Looks at the event loop every millisecond from now on. */
  watch() {
    beat = { heldUpMs: 0, busyMs: 0, at: performance.now(), cpu: cpuMs() };
    beat.timer = setInterval(() => {
      const [at, cpu] = [performance.now(), cpuMs()];
      const heldUpMs = at - beat.at;
      beat.heldUpMs = Math.max(beat.heldUpMs, heldUpMs);
      beat.busyMs = Math.max(beat.busyMs, Math.min(heldUpMs, cpu - beat.cpu));
      Object.assign(beat, { at, cpu });
    }, 1);
  },
  /** The longest that it was held up since, and the longest of that in which this process had a processor. */
  watched() {
    clearInterval(beat.timer);
    const { heldUpMs, busyMs } = beat;
    return { heldUpMs, busyMs };
  },
  stats: () => aggregator.stats(),
  async close() {
    await service.close();
    setImmediate(() => process.disconnect());
  },
};

process.on('message', async ({ id, order, options }) => {
  process.send({ id, answer: await orders[order](options) });
});
process.send({ url: service.url, signInUrl: service.signInUrl });

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function labels(i) {
  let found = labelsOf.get(i);
  if (!found) labelsOf.set(i, (found = { unit: `u${i}` }));
  return found;
}
