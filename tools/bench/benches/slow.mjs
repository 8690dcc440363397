// Clients that stop reading: what the others notice of them, and what they cost the server in memory.
import { limit, ratio, Unmeasurable } from '../results.mjs';
import { inRounds, inTurn, trust } from '../paired.mjs';
import { withRig } from '../realtime/rig.mjs';

const ROUNDS = 3;
const PAIRS_A_ROUND = 7;
const CLIENTS = 200;
const FROZEN = 20;
/** Large messages, so that what the kernel holds for a frozen client is soon full. */
const BYTES = 20_000;
const PER_SECOND = 80;
const SLICE_EVENTS = 80;
const FILL_DEADLINE_MS = 40_000;
/** The most that the server may grow while frozen clients are left behind. */
const GROWTH_LIMIT_MIB = 8;
/** Whoever does not read does not answer either, and must not be taken for dead while this is measured. */
const PATIENT = { heartbeatTimeoutMs: 600_000 };
const MIB = 1024 * 1024;

export default function slow({ smoke }) {
  return withRig(async (rig) => {
    const pairs = smoke ? 1 : PAIRS_A_ROUND;
    const clients = smoke ? 50 : CLIENTS;
    const frozen = smoke ? 5 : FROZEN;
    const p99 = async (subject) => {
      const slice = { events: smoke ? 10 : SLICE_EVENTS, perSecond: PER_SECOND, bytes: BYTES };
      return (await subject.publish('paced', slice)).p99Us / 1000;
    };
    const growth = [];
    let withheld = 0;
    const figures = await inRounds(smoke ? 1 : ROUNDS, async () => {
      const held = await rig.start('ours', PATIENT);
      const free = await rig.start('ours', PATIENT);
      const again = await rig.start('ours', PATIENT);
      for (const subject of [held, free, again]) {
        await subject.connect(clients);
        await p99(subject);
      }
      await held.tell('freeze', frozen);
      await fill(held, frozen);
      const before = await held.ask('memory');
      const skippedBefore = await skipped(held);
      const slices = await inTurn(pairs, {
        held: () => p99(held),
        free: () => p99(free),
        again: () => p99(again),
      });
      growth.push(((await held.ask('memory')).rss - before.rss) / MIB);
      withheld += (await skipped(held)) - skippedBefore;
      await rig.stop();
      return slices;
    });
    const { again, free: ours } = figures;
    const { oursAgainstOurs, ...judgement } = trust({ what: 'p99', again, ours, smoke });
    return {
      pairs: ours.length,
      ...judgement,
      results: [
        ratio({
          id: `${frozen} of ${clients} clients frozen: p99 of the others`,
          ours: figures.held,
          peer: ours,
          peerName: 'none frozen',
          unit: 'ms',
          floor: 1.2,
          want: 1.05,
        }),
        limit({
          id: 'growth of the server while they are left behind',
          values: [Math.max(...growth)],
          unit: 'MiB',
          floor: GROWTH_LIMIT_MIB,
        }),
      ],
      notes: {
        oursAgainstOurs,
        withheldFromFrozenMiB: Math.round((withheld * BYTES) / MIB),
      },
    };
  });
}

/** Publishes until every frozen client has fallen behind, as the server itself counts it. */
async function fill(subject, frozen) {
  const until = performance.now() + FILL_DEADLINE_MS;
  const perSecond = PER_SECOND * 1.5;
  while (performance.now() < until) {
    const before = await skipped(subject);
    await subject.publish('paced', { events: perSecond / 2, perSecond, bytes: BYTES });
    if ((await skipped(subject)) - before >= (frozen * perSecond) / 2) return;
  }
  throw new Unmeasurable('the kernel takes so much for frozen clients that the server never notices them');
}

/** Messages that the server withheld from clients that do not keep up. */
async function skipped(subject) {
  return (await subject.ask('figures'))['fleetdeck_broadcast_drops.slow'] ?? 0;
}
