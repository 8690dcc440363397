// All clients drop and come back at once: what that costs the server, and what it costs to give each what it missed.
import { limit, ratio } from '../results.mjs';
import { inRounds, inTurn, trust } from '../paired.mjs';
import { withRig } from '../realtime/rig.mjs';

const ROUNDS = 3;
const PAIRS_A_ROUND = 5;
const CLIENTS = 1000;
const MISSED = 20;
const UNRELATED = 20_000;
const BYTES = 200;
/** Time for a server to see that its clients have gone, before their return is measured. */
const GONE_MS = 300;

export default function storm({ smoke }) {
  return withRig(async (rig) => {
    const clients = smoke ? 50 : CLIENTS;
    const pairs = smoke ? 1 : PAIRS_A_ROUND;
    const faults = { unrecovered: 0, disorder: 0 };

    async function comeBack(subject, { missed = 0 } = {}) {
      await subject.tell('start');
      await subject.tell('drop');
      await new Promise((resolve) => setTimeout(resolve, GONE_MS));
      let { seq } = await subject.ask('usage');
      if (missed > 0) {
        ({ seq } = await subject.ask('paced', { events: missed, perSecond: 10_000, bytes: BYTES }));
        await subject.ask('unrelated', { events: smoke ? 100 : UNRELATED });
      }
      const before = await subject.ask('usage');
      const { live, reached } = await subject.tell('return', missed > 0 ? 1 : 0, seq);
      const after = await subject.ask('usage');
      const got = await subject.tell('report');
      if (live !== clients || !reached) throw new Error(`Not all came back: ${JSON.stringify(got)}`);
      faults.unrecovered += got.unrecovered + got.resets;
      faults.disorder += got.gaps + got.duplicates + (missed > 0 ? clients * missed - got.messages : 0);
      return (after.cpuUs - before.cpuUs) / 1000;
    }

    const figures = await inRounds(smoke ? 1 : ROUNDS, async () => {
      const ours = await rig.start('ours');
      const again = await rig.start('ours');
      const nest = await rig.start('Nest gateway');
      for (const subject of [ours, again, nest]) {
        await subject.connect(clients);
        // The compiler has to get warm, and every client needs a position.
        await comeBack(subject);
        await subject.publish('paced', { events: 5, perSecond: 100, bytes: BYTES });
      }
      const plain = await inTurn(pairs, {
        ours: () => comeBack(ours),
        nest: () => comeBack(nest),
        again: () => comeBack(again),
      });
      await rig.release(nest);
      const resumed = await inTurn(pairs, {
        whole: () => comeBack(ours),
        missed: async () => {
          await ours.publish('paced', { events: 1, perSecond: 100, bytes: BYTES });
          return comeBack(ours, { missed: MISSED });
        },
      });
      await rig.stop();
      return { ...plain, ...resumed };
    });
    const { oursAgainstOurs, ...judgement } = trust({ what: 'a return', ...figures, smoke });
    return {
      pairs: figures.ours.length,
      ...judgement,
      results: [
        ratio({
          id: `${clients} clients drop and come back: the server's CPU time`,
          ours: figures.ours,
          peer: figures.nest,
          peerName: 'stock Nest gateway',
          unit: 'ms',
          floor: 1.1,
          want: 0.8,
        }),
        ratio({
          id: `each having missed ${MISSED} messages, after ${UNRELATED} unrelated ones: the server's CPU time`,
          ours: figures.missed,
          peer: figures.whole,
          peerName: 'own plain return',
          unit: 'ms',
          floor: 1.3,
          want: 1.1,
        }),
        limit({
          id: 'clients that had to start over',
          values: [faults.unrecovered],
          unit: 'clients',
          floor: 0,
        }),
        limit({
          id: 'messages missing, doubled or out of order',
          values: [faults.disorder],
          unit: 'messages',
          floor: 0,
        }),
      ],
      notes: { oursAgainstOurs },
    };
  });
}
