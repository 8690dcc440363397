// An invented day of one metric: noise below the limit, short blips above it, three real incidents with dips, and one
// percent of the time without data. It knows nothing of the alerting module.

const DAY_MS = 86_400_000;
const STEP_MS = 5_000;
const GAP_MS = 45_000;
const LIMIT = 100;

function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Spans that do not come near one another. */
function spans(random, count, lengthOf, taken, apartMs) {
  const found = [];
  while (found.length < count) {
    const from = Math.floor(random() * (DAY_MS - 3_600_000) + 1_200_000);
    const until = from + lengthOf();
    if (![...taken, ...found].some((other) => from < other.until + apartMs && other.from < until + apartMs)) {
      found.push({ from, until });
    }
  }
  return found.sort((a, b) => a.from - b.from);
}

/**
 * Makes a day.
 * @returns the limit, the real incidents, and the value at a time after midnight: `null` in a gap
 */
export function alertDay(seed) {
  const random = chance(seed);
  const incidents = spans(random, 3, () => 600_000 + random() * 1_800_000, [], 1_800_000);
  const blips = spans(random, 68, () => 10_000 + random() * 25_000, incidents, 480_000 / 8);
  const dips = incidents.flatMap(({ from, until }) =>
    Array.from({ length: 3 }, () => {
      const begin = from + 150_000 + random() * (until - from - 300_000);
      return { from: begin, until: begin + 10_000 + random() * 50_000 };
    }),
  );
  const gaps = spans(random, Math.round((DAY_MS * 0.01) / GAP_MS), () => GAP_MS, [], 1_000);
  const noise = Array.from({ length: DAY_MS / STEP_MS + 1 }, () => random());
  const within = (list, at) => list.some(({ from, until }) => at >= from && at < until);
  return {
    limit: LIMIT,
    lengthMs: DAY_MS,
    incidents,
    gaps,
    valueAt(at) {
      if (within(gaps, at)) return null;
      const high = (within(incidents, at) && !within(dips, at)) || within(blips, at);
      return (high ? 130 : 70) + 20 * (noise[Math.floor(at / STEP_MS)] ?? 0);
    },
  };
}
