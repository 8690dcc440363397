// What recording one value costs the caller, with 1,000 label sets: beside the labelled histogram of prom-client. Ours includes
// buffering and the live value; folding the points into sketches happens later, with the write, and is measured by ingest.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../../run.mjs';
import { inRounds } from '../paired.mjs';
import { calibrate, doubtsOf, noiseOf, ratio, Unmeasurable } from '../results.mjs';

const ROUNDS = 5;
const PAIRS_A_ROUND = 61;

export default async function observe({ smoke }) {
  const figures = await inRounds(smoke ? 1 : ROUNDS, () => measureAfresh(smoke ? 1 : PAIRS_A_ROUND));
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
    pairs: figures.labels.length,
    results: [
      against('record with a labels object', 'labels', 2.5, 3.5),
      against('bound handle', 'bound', 6),
    ],
    notes: { calibrationMs: calibrate(), noise },
    ...(smoke ? { verdict: false } : doubtsOf(noise)),
  };
}

/** What the compiler of a process makes of a function stays with that process, so there are several. */
async function measureAfresh(pairs) {
  const child = fork(join(ROOT, 'tools/bench/observe/round.mjs'), [String(pairs)]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Unmeasurable(`a round ended with code ${code}`);
  });
  const [figures] = await Promise.race([once(child, 'message'), ended]);
  await ended.catch(() => undefined);
  return figures;
}
