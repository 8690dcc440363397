// What 2,000 messages a second cost a React page of 200 rows: useTopic against react-use-websocket, in a real browser.
import { findBrowser } from '../../requirements.mjs';
import { startRig } from '../hook/rig.mjs';
import { calibrate, doubtsOf, limit, median, noiseOf, ratio, round, Unmeasurable } from '../results.mjs';

const PAIRS = 9;
const LOAD = { perSecond: 2_000, seconds: 1 };

export default async function hook({ smoke }) {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Unmeasurable('no Chromium (install one, or set CHROMIUM_PATH)');
  const calibrationMs = calibrate();
  const rig = await startRig(executablePath);
  try {
    const pages = {
      ours: await rig.open('ours'),
      peer: await rig.open('peer'),
      again: await rig.open('ours'),
    };
    const names = Object.keys(pages);
    for (const name of names) for (let warm = 0; warm < 2; warm += 1) await pages[name].run(LOAD);
    const runs = { ours: [], peer: [], again: [] };
    for (let pair = 0; pair < (smoke ? 1 : PAIRS); pair += 1) {
      // Who goes first changes, so that a drift of the machine favours nobody.
      for (let turn = 0; turn < names.length; turn += 1) {
        const name = names[(pair + turn) % names.length];
        runs[name].push(await pages[name].run(LOAD));
      }
    }
    const of = (name, field) => runs[name].map((run) => run[field]);
    const lost = (name) => of(name, 'lost').reduce((sum, count) => sum + count, 0);
    const noise = {
      'CPU of scripts': noiseOf(of('ours', 'scriptMicrosPerMessage'), of('again', 'scriptMicrosPerMessage')),
    };
    return {
      pairs: runs.ours.length,
      results: [
        ratio({
          id: 'CPU of scripts for a message',
          ours: of('ours', 'scriptMicrosPerMessage'),
          peer: of('peer', 'scriptMicrosPerMessage'),
          peerName: 'react-use-websocket 4.13',
          unit: 'µs',
          floor: 0.6,
          want: 0.4,
        }),
        limit({ id: 'commits', values: of('ours', 'commitsPerSecond'), unit: 'per second', floor: 60 }),
        limit({
          id: 'messages lost or out of order',
          values: [lost('ours') + lost('again')],
          unit: 'messages',
          floor: 0,
        }),
      ],
      notes: {
        pageMicrosPerMessage: {
          ours: round(median(of('ours', 'pageMicrosPerMessage'))),
          peer: round(median(of('peer', 'pageMicrosPerMessage'))),
        },
        load: { ...LOAD, rows: 200 },
        peer: { commitsPerSecond: round(median(of('peer', 'commitsPerSecond'))), lost: lost('peer') },
        noise,
        calibrationMs,
      },
      ...(smoke ? { verdict: false } : doubtsOf(noise)),
    };
  } finally {
    await rig.close();
  }
}
