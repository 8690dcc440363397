// 50 live cards: what an update costs beside a card written by hand, and beside small charts of a chart library.
import { openPage } from '../kit-page.mjs';
import { limit, median, round } from '../results.mjs';

const PAIRS = 9;
const BATCHES = 12;

export default async function cards({ smoke }) {
  const { page, cpu, close } = await openPage('cards');
  try {
    const runs = { kit: [], hand: [], chart: [], again: [] };
    const order = ['hand', 'kit', 'again', 'chart'];
    for (let pair = 0; pair < (smoke ? 1 : PAIRS) + 1; pair += 1) {
      for (const name of order) {
        const run = await measure(page, cpu, name === 'again' ? 'hand' : name);
        // The first round only warms the page.
        if (pair > 0 || smoke) runs[name].push(run);
      }
    }
    const ratios = (field, ours, peer) =>
      runs[ours].map((run, index) => run[field] / runs[peer][index][field]);
    const ratio = (id, field, floor) => ({
      ...limit({
        id,
        values: ratios(field, 'kit', 'hand'),
        unit: 'times',
        floor,
        peerName: 'hand-written SVG card',
      }),
      kind: 'ratio',
      ratio: round(median(ratios(field, 'kit', 'hand'))),
      peer: round(median(runs.hand.map((run) => run[field]))),
    });
    return {
      pairs: runs.kit.length,
      results: [
        ratio('CPU of an update, against a hand-written card', 'updateMs', 2),
        ratio('CPU of the mount, against a hand-written card', 'mountMs', 2),
        limit({
          id: 'long tasks in 12 batches',
          values: runs.kit.map((run) => run.longTasks),
          unit: 'tasks',
          floor: 0,
        }),
        limit({
          id: 'tab stops of 50 cards',
          values: runs.kit.map((run) => run.tabStops),
          unit: '',
          floor: 0,
        }),
        {
          ...limit({
            id: 'CPU of an update, against small area charts',
            values: ratios('updateMs', 'kit', 'chart'),
            unit: 'times',
            floor: 0.5,
            peerName: 'recharts AreaChart',
          }),
          kind: 'ratio',
        },
      ],
      notes: {
        updateCpuMs: Object.fromEntries(
          Object.entries(runs).map(([name, all]) => [name, round(median(all.map((run) => run.updateMs)))]),
        ),
        handAgainstHand: round(median(ratios('updateMs', 'again', 'hand'))),
      },
    };
  } finally {
    await close();
  }
}

async function measure(page, cpu, kind) {
  const before = await cpu();
  await page.evaluate((name) => window.bench.mount(name), kind);
  const mounted = await cpu();
  await page.evaluate(() => (window.bench.longTasks = 0));
  for (let batch = 0; batch < BATCHES; batch += 1) await page.evaluate(() => window.bench.batch());
  const updated = await cpu();
  const longTasks = await page.evaluate(() => window.bench.longTasks);
  const tabStops = await page.evaluate(() => window.bench.tabStops());
  await page.evaluate(() => window.bench.unmount());
  return { mountMs: mounted - before, updateMs: (updated - mounted) / BATCHES, longTasks, tabStops };
}
