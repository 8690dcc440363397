// 10,000 entries: how many nodes, how soon they are there beside the bare virtual list, and what a change costs.
import { openPage } from '../kit-page.mjs';
import { calibrate, doubtsOf, limit, noiseOf, ratio } from '../results.mjs';

const PAIRS = 25;
const LONG_TASK_MS = 50;

export default async function timeline({ smoke }) {
  const { page, close } = await openPage('timeline');
  const call = (name, value) => page.evaluate(([what, arg]) => window.bench[what](arg), [name, value]);
  try {
    const runs = [];
    for (let pair = 0; pair < (smoke ? 1 : PAIRS) + 1; pair += 1) {
      const run = {};
      const mounts = {
        bare: async () => {
          run.bareMs = await call('mount', 'bare');
        },
        again: async () => {
          run.againMs = await call('mount', 'bare');
        },
        kit: async () => {
          run.kitMs = await call('mount', 'kit');
          run.nodes = await call('nodes');
          run.prependMs = await call('prepend');
          run.filterMs = await call('filter');
          await call('unfilter');
        },
      };
      const order = ['bare', 'kit', 'again'];
      for (const name of pair % 2 === 0 ? order : order.toReversed()) {
        await mounts[name]();
        await call('unmount');
      }
      // The first round loads the parts that come on first use.
      if (pair > 0) runs.push(run);
    }
    const of = (field) => runs.map((run) => run[field]);
    const noise = { 'the bare list': noiseOf(of('againMs'), of('bareMs')) };
    return {
      pairs: runs.length,
      results: [
        limit({ id: 'nodes in the page', values: of('nodes'), unit: 'nodes', floor: 3_000 }),
        ratio({
          id: 'mount of 10,000 entries',
          ours: of('kitMs'),
          peer: of('bareMs'),
          peerName: '@tanstack/react-virtual',
          unit: 'ms',
          floor: 3,
        }),
        limit({
          id: 'prepend blocks the page for',
          values: of('prependMs'),
          unit: 'ms',
          floor: LONG_TASK_MS,
        }),
        limit({ id: 'filter blocks the page for', values: of('filterMs'), unit: 'ms', floor: LONG_TASK_MS }),
      ],
      notes: { calibrationMs: calibrate(), noise },
      ...(smoke ? { verdict: false } : doubtsOf(noise)),
    };
  } finally {
    await close();
  }
}
