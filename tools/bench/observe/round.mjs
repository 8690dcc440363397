// One round of the bench `observe`, in a process of its own: it tells its figures to the process that forked it.
import { setImmediate, setTimeout } from 'node:timers/promises';
import { startMetricsApp } from '../metrics-app.mjs';
import { shuffled } from '../paired.mjs';

const SETS = 1000;
/** Values of one slice: short, so that whatever else the machine does meets all ways alike. */
const SLICE = 4000;
const WARM_UP = 20;
/** Pairs between two writes, which are not measured: what waits then stays below the default bound of the buffer. */
const PAIRS_A_WRITE = 4;

process.send(await measure(Number(process.argv[2])), () => process.exit(0));

/** Values that each way takes in a second of computing, in millions, by pair. */
async function measure(pairs) {
  const { default: prom } = await import('prom-client');
  const bench = await startMetricsApp({
    options: {
      metrics: [{ name: 'took', kind: 'distribution', labels: ['route', 'status'] }],
      maxBufferedPoints: 50_000,
      // Seldom by itself: a write costs what is not measured.
      flushIntervalMs: 60_000,
    },
  });
  try {
    const sets = Array.from({ length: SETS }, (_, i) => ({
      route: `/orders/${i >> 2}`,
      status: String(200 + (i & 3)),
    }));
    const values = Float64Array.from({ length: SLICE }, () => Math.exp(3 + Math.random() * 2));
    const histogram = new prom.Histogram({
      name: 'took',
      help: 'How long it took.',
      labelNames: ['route', 'status'],
      registers: [],
    });
    const handles = sets.map((labels) => bench.aggregator.bind('took', labels));
    const ways = {
      labels: (i) => bench.aggregator.record('took', values[i], sets[i % SETS]),
      again: (i) => bench.aggregator.record('took', values[i], sets[i % SETS]),
      bound: (i) => handles[i % SETS].record(values[i]),
      peer: (i) => histogram.observe(sets[i % SETS], values[i]),
    };
    const names = Object.keys(ways);
    const figures = Object.fromEntries(names.map((name) => [name, []]));
    for (let pair = -WARM_UP; pair < pairs; pair += 1) {
      for (const name of shuffled(names)) {
        const way = ways[name];
        const began = process.cpuUsage();
        for (let i = 0; i < SLICE; i += 1) way(i);
        const { user, system } = process.cpuUsage(began);
        if (pair >= 0) figures[name].push(SLICE / (user + system));
      }
      if (pair % PAIRS_A_WRITE === 0) await write(bench.aggregator, sets[0]);
    }
    return figures;
  } finally {
    await bench.stop();
  }
}

/** Empties the buffer, so that a full one is not what is measured, and lets the garbage go. */
async function write(aggregator, labels) {
  while (aggregator.stats().bufferedPoints > 0) {
    // A question writes what is buffered first.
    await aggregator.getMetrics({ metricName: 'took', timeWindow: '1m', aggregation: 'count', labels });
    await setTimeout(5);
  }
  await setImmediate();
}
