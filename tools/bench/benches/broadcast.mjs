// What it costs to send one event to many: against raw WebSockets, stock socket.io and a stock NestJS gateway.
import { limit, median, ratio, round } from '../results.mjs';
import { highestRates } from '../realtime/highest-rate.mjs';
import { inRounds, inTurn, ratios, trust } from '../paired.mjs';
import { withRig } from '../realtime/rig.mjs';

const BYTES = 200;
const ROUNDS = 5;
const PAIRS_A_ROUND = 5;
/** Of the highest rate, whose slices are longer; of memory, which no other process disturbs. */
const RATE_PAIRS = 9;
const MEMORY_PAIRS = 3;
const SLICE_MS = 400;
const WINDOW_MS = 10;
const SMOKE = { rounds: 1, pairs: 1, sliceMs: 200, clients: 50 };

export default function broadcast({ smoke }) {
  return withRig(async (rig) => {
    const capacity = await measureCapacity(rig, smoke);
    const windowed = await measureWindow(rig, smoke);
    const rate = await measureRate(rig, smoke);
    const memory = await measureMemory(rig, smoke);
    return {
      pairs: capacity.pairs,
      ...capacity.judgement,
      ...(smoke ? {} : rate.judgement),
      results: [...capacity.results, windowed, ...rate.results, memory],
      notes: capacity.notes,
    };
  });
}

/** Servers of their own for each round: each is connected, gets warm, and then has its slices in turn with the others. */
function sliced(rig, smoke, { servers, clients, slice }) {
  return inRounds(smoke ? SMOKE.rounds : ROUNDS, async () => {
    const subjects = {};
    for (const [name, [kind, options]] of Object.entries(servers)) {
      const subject = await rig.start(kind, options);
      await subject.connect(clients);
      // The compiler has to get warm.
      await slice(subject, name);
      subjects[name] = () => slice(subject, name);
    }
    const figures = await inTurn(smoke ? SMOKE.pairs : PAIRS_A_ROUND, subjects);
    await rig.stop();
    return figures;
  });
}

async function measureCapacity(rig, smoke) {
  const clients = smoke ? SMOKE.clients : 1000;
  const ms = smoke ? SMOKE.sliceMs : SLICE_MS;
  const client = [];
  const perSecond = [];
  const figures = await sliced(rig, smoke, {
    servers: { ours: ['ours'], raw: ['raw ws'], again: ['ours'] },
    clients,
    slice: async (subject, name) => {
      const { serverUs, clientUs, messages, wallMs } = await subject.publish('flood', { ms, bytes: BYTES });
      if (name === 'ours') {
        client.push(clientUs / serverUs);
        perSecond.push((messages / wallMs) * 1000);
      }
      return serverUs;
    },
  });
  const { oursAgainstOurs, ...judgement } = trust({ what: 'capacity', ...figures, smoke });
  return {
    judgement,
    pairs: figures.ours.length,
    results: [
      ratio({
        id: `${clients} clients: capacity, from the server's CPU time for each delivery`,
        ours: figures.ours,
        peer: figures.raw,
        ratios: ratios(figures.raw, figures.ours),
        peerName: 'raw ws',
        unit: 'µs',
        floor: 0.8,
        want: 0.95,
        better: 'higher',
      }),
      // A load client that costs more than the server would measure itself.
      limit({
        id: "the load client's CPU time for each delivery, of the server's",
        values: client,
        unit: 'times',
        floor: 1,
      }),
    ],
    notes: { oursAgainstOurs, deliveriesPerSecond: round(median(perSecond)) },
  };
}

async function measureWindow(rig, smoke) {
  const clients = smoke ? SMOKE.clients : 250;
  const perSecond = 400;
  const events = Math.round((perSecond * (smoke ? SMOKE.sliceMs : SLICE_MS)) / 1000);
  const figures = await sliced(rig, smoke, {
    servers: { ours: ['ours', { coalesceMs: WINDOW_MS }], raw: ['raw ws'] },
    clients,
    slice: async (subject) => (await subject.publish('paced', { events, perSecond, bytes: BYTES })).serverUs,
  });
  return ratio({
    id: `${clients} clients, ${perSecond} events/s, window of ${WINDOW_MS} ms: CPU time for each delivery`,
    ours: figures.ours,
    peer: figures.raw,
    peerName: 'raw ws without a window',
    unit: 'µs',
    floor: 0.4,
    want: 0.25,
  });
}

async function measureRate(rig, smoke) {
  const clients = smoke ? SMOKE.clients : 1000;
  const ours = await rig.start('ours', { coalesceMs: WINDOW_MS });
  const stock = await rig.start('socket.io');
  await ours.connect(clients);
  await stock.connect(clients);
  const figures = await highestRates(
    { ours, stock },
    { pairs: smoke ? SMOKE.pairs : RATE_PAIRS, bytes: BYTES, seconds: smoke ? 0.2 : 1 },
  );
  await rig.release(ours);
  await rig.release(stock);
  if (!figures) {
    const reason = 'too noisy: deliveries are late at a rate that is no load';
    return { judgement: { verdict: false, reason }, results: [] };
  }
  const result = ratio({
    id: `${clients} clients: highest rate with p99 below 100 ms, ours with a window of ${WINDOW_MS} ms`,
    ours: figures.ours,
    peer: figures.stock,
    peerName: 'stock socket.io',
    unit: 'events/s',
    floor: 3,
    want: 6,
    better: 'higher',
  });
  return { judgement: {}, results: [result] };
}

/** Fresh processes each time: what one run left in the heap is not the next one's. */
async function measureMemory(rig, smoke) {
  const [few, many] = smoke ? [50, 150] : [500, 2500];
  const slope = async (kind) => {
    const subject = await rig.start(kind);
    await subject.connect(few);
    const before = await subject.ask('memory');
    await subject.connect(many - few);
    const after = await subject.ask('memory');
    await rig.release(subject);
    return (after.rss - before.rss) / (many - few) / 1024;
  };
  const figures = await inTurn(smoke ? SMOKE.pairs : MEMORY_PAIRS, {
    ours: () => slope('ours'),
    nest: () => slope('Nest gateway'),
  });
  return ratio({
    id: 'memory of each idle connection with one topic',
    ours: figures.ours,
    peer: figures.nest,
    peerName: 'stock Nest gateway',
    unit: 'KiB',
    floor: 1,
    want: 0.8,
  });
}
