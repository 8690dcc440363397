// What recording one value costs the caller, with 1,000 label sets: beside the labelled histogram of prom-client. Ours includes
// buffering and the live value; folding the points into sketches happens later, with the write, and is measured by ingest.
import { setImmediate, setTimeout } from 'node:timers/promises';
import { calibrate, ratio } from '../results.mjs';
import { doubtsOf, noiseOf, orderOf, startMetricsApp } from '../metrics-app.mjs';

const SETS = 1000;
/** Values of one slice: short, so that whatever else the machine does meets all ways alike. */
const SLICE = 4000;
const PAIRS = 151;
const WARM_UP = 20;
/** Pairs between two writes, which are not measured: what waits then stays below the default bound of the buffer. */
const PAIRS_A_WRITE = 4;

export default async function observe({ smoke }) {
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
    const pairs = smoke ? 1 : PAIRS;
    for (let pair = -WARM_UP; pair < pairs; pair += 1) {
      for (const name of orderOf(names, pair)) {
        const way = ways[name];
        const began = process.cpuUsage();
        for (let i = 0; i < SLICE; i += 1) way(i);
        const { user, system } = process.cpuUsage(began);
        if (pair >= 0) figures[name].push(SLICE / (user + system));
      }
      if (pair % PAIRS_A_WRITE === 0) await write(bench.aggregator);
    }
    const noise = { 'record with labels': noiseOf(figures.labels, figures.again) };
    const against = (id, ours, floor, want) =>
      ratio({
        id,
        ours: figures[ours],
        peer: figures.peer,
        peerName: 'prom-client labelled histogram',
        unit: 'million a CPU s',
        floor,
        want,
        better: 'higher',
      });
    return {
      pairs,
      results: [
        against('record with a labels object', 'labels', 2.5, 3.5),
        against('bound handle', 'bound', 6),
      ],
      notes: { calibrationMs: calibrate(), noise },
      ...(smoke ? { verdict: false } : doubtsOf(noise)),
    };
  } finally {
    await bench.stop();
  }
}

/** Empties the buffer, so that a full one is not what is measured, and lets the garbage go. */
async function write(aggregator) {
  while (aggregator.stats().bufferedPoints > 0) {
    // A question writes what is buffered first.
    await aggregator.getMetrics({ metricName: 'took', timeWindow: '1m', aggregation: 'count' });
    await setTimeout(5);
  }
  await setImmediate();
}
