// The highest rate of events at which 99 of 100 deliveries arrive in time.
const IN_TIME_MS = 100;
/** What each carries with ease when the machine is its own. */
const FIRST_RATE = 30;
const HIGHEST_RATE = 5000;
const STEP = 2 ** (1 / 4);
const PAUSE_MS = 50;

/**
 * Doubles the rate of each subject until it is too high; then goes up a step after each success and down after each
 * failure, the subjects in turn, so that what it finds follows what the machine gives at that moment.
 * @returns the rate of each subject, by pair; `null` when one is late even at the first, easy rate: that says
 *   something of the machine only
 */
export async function highestRates(subjects, { pairs, bytes, seconds }) {
  const names = Object.keys(subjects);
  const once = async (name, rate) => {
    const events = Math.max(5, Math.round(rate * seconds));
    const { p99Us } = await subjects[name].publish('paced', { events, perSecond: rate, bytes });
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return p99Us < IN_TIME_MS * 1000;
  };
  // A stall of the machine makes a delivery late, never early: one of two is enough to show that a rate is carried.
  const inTime = async (name, rate) => (await once(name, rate)) || (await once(name, rate));
  const rates = {};
  for (const name of names) {
    let rate = FIRST_RATE;
    if (!(await inTime(name, rate))) return null;
    while (rate < HIGHEST_RATE && (await inTime(name, rate * 2))) rate *= 2;
    rates[name] = rate;
  }
  const found = Object.fromEntries(names.map((name) => [name, []]));
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const name of pair % 2 === 0 ? names : names.toReversed()) {
      const tried = Math.min(HIGHEST_RATE, rates[name] * STEP);
      rates[name] = (await inTime(name, tried)) ? tried : rates[name] / STEP;
      found[name].push(rates[name]);
    }
  }
  return found;
}
