// Slices of several subjects in turn, so that whatever else the machine does touches all of them alike.
import { median, round } from './results.mjs';

/** Between these the same against the same must stay, or the machine is too noisy for a verdict. */
const QUIET = [0.95, 1.05];

/**
 * Measures every subject once a pair, in the opposite order each time.
 * @param {number} pairs
 * @param {Record<string, () => Promise<number>>} subjects
 * @returns {Promise<Record<string, number[]>>} the figures of each, by pair
 */
export async function inTurn(pairs, subjects) {
  const names = Object.keys(subjects);
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const name of pair % 2 === 0 ? names : names.toReversed()) {
      figures[name].push(await subjects[name]());
    }
  }
  return figures;
}

/**
 * Measures in several rounds and puts their pairs together. Each round is to start its processes afresh: of two that run
 * the same program one can be some per cent quicker than the other for as long as they live, and no number of pairs
 * between the two takes that out.
 * @param {number} rounds
 * @param {() => Promise<Record<string, number[]>>} measure
 */
export async function inRounds(rounds, measure) {
  const all = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, figures] of Object.entries(await measure())) (all[name] ??= []).push(...figures);
  }
  return all;
}

/** An order by chance, so that none is always the one that follows a heavy one. */
export function shuffled(names) {
  return names
    .map((name) => ({ name, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ name }) => name);
}

/** The ratio of each pair. */
export function ratios(ours, peers) {
  return ours.map((value, pair) => value / peers[pair]);
}

/**
 * Whether a run may be judged, from what the same cost against the same.
 * @param {{ what: string, again: number[], ours: number[], smoke: boolean }} figures by pair
 */
export function trust({ what, again, ours, smoke }) {
  const oursAgainstOurs = round(median(ratios(again, ours)));
  if (smoke) return { verdict: false, oursAgainstOurs };
  const [least, most] = QUIET;
  if (oursAgainstOurs >= least && oursAgainstOurs <= most) return { verdict: true, oursAgainstOurs };
  const reason = `too noisy: ${what} of ours against ours is ${oursAgainstOurs}, which should be ${least} to ${most}`;
  return { verdict: false, reason, oursAgainstOurs };
}
