// Shapes and figures that every bench shares.

/** What ours against ours may come to. */
const NOISE = [0.95, 1.05];

/** Thrown by a bench that cannot measure here; says what is missing. */
export class Unmeasurable extends Error {}

/** The middle value. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A result against an absolute goal. `floor` is the goal; lower is better unless said otherwise. */
export function limit({ id, values, unit, floor, better = 'lower', peerName = 'goal' }) {
  const ours = round(median(values));
  const spread = [round(Math.min(...values)), round(Math.max(...values))];
  const ok = better === 'lower' ? ours <= floor : ours >= floor;
  return { id, ours, peer: null, peerName, unit, better, ratio: null, spread, floor, kind: 'limit', ok };
}

/**
 * A result against a peer that was measured in the same run: the middle of the ratios of each pair.
 * @param {{ ours: number[], peer: number[] }} figures by pair
 * @param {number[]} [ratios] of each pair, when they are not simply ours / peer
 */
export function ratio({ id, ours, peer, ratios, peerName, unit, floor, want, better = 'lower' }) {
  const all = ratios ?? ours.map((value, pair) => value / peer[pair]);
  const middle = round(median(all));
  return {
    id,
    ours: round(median(ours)),
    peer: round(median(peer)),
    peerName,
    unit,
    better,
    ratio: middle,
    spread: [round(Math.min(...all)), round(Math.max(...all))],
    floor,
    want,
    kind: 'ratio',
    ok: better === 'lower' ? middle <= floor : middle >= floor,
  };
}

/** Ours against ours: the middle of the pairs, which is about 1 where anything can be measured. */
export function noiseOf(ours, again) {
  return round(median(ours.map((value, pair) => value / again[pair])));
}

/**
 * What a report says when ours against ours is not about 1: then nothing else means anything either.
 * @param {Record<string, number>} noise of each thing that was measured
 */
export function doubtsOf(noise) {
  const loud = Object.entries(noise).filter(([, value]) => value < NOISE[0] || value > NOISE[1]);
  if (loud.length === 0) return {};
  const told = loud.map(([id, value]) => `${id} against itself gives ${value}`).join(', ');
  return { verdict: false, reason: `too noisy: ${told}, the middle of all pairs` };
}

/** A readable table. */
export function formatResults(name, { results, pairs, verdict = true, ...notes }) {
  const rows = results.map(({ id, ours, peer, peerName, ratio, unit, spread, floor, want, better, ok }) => [
    verdict ? (ok ? 'ok' : 'NOT MET') : 'no verdict',
    id,
    `${ours} ${unit}`,
    ratio === null ? '' : `${peer} ${unit} (${peerName})`,
    ratio === null ? '' : `${ratio}`,
    `${better === 'lower' ? 'at most' : 'at least'} ${floor}${want === undefined ? '' : ` (want ${want})`}`,
    `${spread[0]} to ${spread[1]}`,
  ]);
  const table = [['', name, 'ours', 'peer', 'ratio', 'goal', 'spread'], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
  const details = Object.entries(notes)
    .filter(([key]) => key !== 'bench')
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return [...lines, `runs: ${pairs}`, ...details].join('\n');
}

/** How fast this machine is right now: milliseconds for a fixed piece of work, so that figures can be read beside it. */
export function calibrate() {
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now();
    let state = 1;
    for (let i = 0; i < 20_000_000; i += 1) state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    if (state < 0) throw new Error('unreachable');
    return performance.now() - began;
  });
  return round(median(times));
}

export function round(value) {
  return Math.round(value * 100) / 100;
}
