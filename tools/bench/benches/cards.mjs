// 50 live cards: what an update costs beside a card written by hand, and beside small charts of a chart library.
import { openPage } from '../kit-page.mjs';
import { shuffled } from '../paired.mjs';
import { calibrate, doubtsOf, limit, noiseOf, ratio } from '../results.mjs';

const PAIRS = 21;
const BATCHES = 12;
const MOUNTS = 3;

export default async function cards({ smoke }) {
  const { page, cpu, collectGarbage, close } = await openPage('cards');
  try {
    const runs = { kit: [], hand: [], chart: [], again: [] };
    for (let pair = 0; pair < (smoke ? 1 : PAIRS) + 1; pair += 1) {
      for (const name of shuffled(Object.keys(runs))) {
        const run = await measure({ page, cpu, collectGarbage }, name === 'again' ? 'hand' : name);
        // The first round only warms the page.
        if (pair > 0 || smoke) runs[name].push(run);
      }
    }
    const of = (name, field) => runs[name].map((run) => run[field]);
    const against = (id, field, peer, peerName, floor) =>
      ratio({ id, ours: of('kit', field), peer: of(peer, field), peerName, unit: 'CPU ms', floor });
    const noise = {
      'an update': noiseOf(of('again', 'updateMs'), of('hand', 'updateMs')),
      'the mount': noiseOf(of('again', 'mountMs'), of('hand', 'mountMs')),
    };
    return {
      pairs: runs.kit.length,
      results: [
        against('an update of 50 cards', 'updateMs', 'hand', 'hand-written SVG card', 2),
        against('the mount of 50 cards', 'mountMs', 'hand', 'hand-written SVG card', 2),
        against('an update of 50 cards', 'updateMs', 'chart', 'recharts AreaChart', 0.5),
        limit({
          id: 'long tasks in 12 batches',
          values: of('kit', 'longTasks'),
          unit: 'tasks',
          floor: 0,
        }),
        limit({
          id: 'tab stops of 50 cards',
          values: of('kit', 'tabStops'),
          unit: '',
          floor: 0,
        }),
      ],
      notes: { calibrationMs: calibrate(), noise },
      ...(smoke ? { verdict: false } : doubtsOf(noise)),
    };
  } finally {
    await close();
  }
}

async function measure({ page, cpu, collectGarbage }, kind) {
  let mountMs = 0;
  let mounted = 0;
  for (let mount = 1; mount <= MOUNTS; mount += 1) {
    await collectGarbage();
    const before = await cpu();
    await page.evaluate((name) => window.bench.mount(name), kind);
    mounted = await cpu();
    mountMs += (mounted - before) / MOUNTS;
    if (mount < MOUNTS) await page.evaluate(() => window.bench.unmount());
  }
  await page.evaluate(() => (window.bench.longTasks = 0));
  for (let batch = 0; batch < BATCHES; batch += 1) await page.evaluate(() => window.bench.batch());
  const updated = await cpu();
  const longTasks = await page.evaluate(() => window.bench.longTasks);
  const tabStops = await page.evaluate(() => window.bench.tabStops());
  await page.evaluate(() => window.bench.unmount());
  return { mountMs, updateMs: (updated - mounted) / BATCHES, longTasks, tabStops };
}
