// 10,000 entries: how many nodes, how soon they are there beside the bare virtual list, and what a change costs.
import { openPage } from '../kit-page.mjs';
import { limit, median, round } from '../results.mjs';

const PAIRS = 9;
const LONG_TASK_MS = 50;

export default async function timeline({ smoke }) {
  const { page, close } = await openPage('timeline');
  const call = (name, value) => page.evaluate(([what, arg]) => window.bench[what](arg), [name, value]);
  try {
    const runs = [];
    for (let pair = 0; pair < (smoke ? 1 : PAIRS) + 1; pair += 1) {
      const bareMs = await call('mount', 'bare');
      await call('unmount');
      const kitMs = await call('mount', 'kit');
      const nodes = await call('nodes');
      const prependMs = await call('prepend');
      const filterMs = await call('filter');
      await call('unfilter');
      await call('unmount');
      // The first round loads the parts that come on first use.
      if (pair > 0) runs.push({ bareMs, kitMs, nodes, prependMs, filterMs });
    }
    const of = (field) => runs.map((run) => run[field]);
    const ratios = runs.map((run) => run.kitMs / run.bareMs);
    return {
      pairs: runs.length,
      results: [
        limit({ id: 'nodes in the page', values: of('nodes'), unit: 'nodes', floor: 3_000 }),
        {
          ...limit({
            id: 'mount, against the bare list',
            values: ratios,
            unit: 'times',
            floor: 3,
            peerName: '@tanstack/react-virtual',
          }),
          kind: 'ratio',
          ratio: round(median(ratios)),
          peer: round(median(of('bareMs'))),
        },
        limit({
          id: 'prepend blocks the page for',
          values: of('prependMs'),
          unit: 'ms',
          floor: LONG_TASK_MS,
        }),
        limit({ id: 'filter blocks the page for', values: of('filterMs'), unit: 'ms', floor: LONG_TASK_MS }),
      ],
      notes: { mountMs: { kit: round(median(of('kitMs'))), bare: round(median(of('bareMs'))) } },
    };
  } finally {
    await close();
  }
}
