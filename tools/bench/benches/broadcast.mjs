// What it costs to send one event to many: against raw WebSockets, stock socket.io and a stock NestJS gateway.
import { limit, median, ratio, round } from '../results.mjs';
import { highestRates } from '../realtime/highest-rate.mjs';
import { inTurn, ratios, trust } from '../realtime/paired.mjs';
import { withRig } from '../realtime/rig.mjs';

const BYTES = 200;
const PAIRS = 21;
/** Of the highest rate, whose slices are longer; of memory, which no other process disturbs. */
const RATE_PAIRS = 9;
const MEMORY_PAIRS = 3;
const SLICE_MS = 400;
const WINDOW_MS = 10;
const SMOKE = { pairs: 1, sliceMs: 200, clients: 50 };

export default function broadcast({ smoke }) {
  return withRig(async (rig) => {
    const pairs = smoke ? SMOKE.pairs : PAIRS;
    const capacity = await measureCapacity(rig, pairs, smoke);
    const windowed = await measureWindow(rig, pairs, smoke);
    const rate = await measureRate(rig, smoke);
    const memory = await measureMemory(rig, smoke);
    return {
      pairs,
      ...capacity.judgement,
      ...(smoke ? {} : rate.judgement),
      results: [...capacity.results, windowed, ...rate.results, memory],
      notes: capacity.notes,
    };
  });
}

async function measureCapacity(rig, pairs, smoke) {
  const clients = smoke ? SMOKE.clients : 1000;
  const ms = smoke ? SMOKE.sliceMs : SLICE_MS;
  const subjects = {
    ours: await rig.start('ours'),
    raw: await rig.start('raw ws'),
    again: await rig.start('ours'),
  };
  const slice = async (subject) => {
    const slice = await subject.publish('flood', { ms, bytes: BYTES });
    subject.slices = [...(subject.slices ?? []), slice];
    return slice.serverUs;
  };
  for (const subject of Object.values(subjects)) {
    await subject.connect(clients);
    // The compiler has to get warm.
    await slice(subject);
  }
  const figures = await inTurn(
    pairs,
    Object.fromEntries(Object.entries(subjects).map(([name, subject]) => [name, () => slice(subject)])),
  );
  const { slices } = subjects.ours;
  for (const subject of Object.values(subjects)) await rig.release(subject);
  const { oursAgainstOurs, ...judgement } = trust({ what: 'capacity', ...figures, smoke });
  const clientUs = slices.map((slice) => slice.clientUs);
  return {
    judgement,
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
        values: ratios(clientUs.slice(-pairs), figures.ours),
        unit: 'times',
        floor: 1,
      }),
    ],
    notes: {
      oursAgainstOurs,
      deliveriesPerSecond: round(median(slices.map((slice) => (slice.messages / slice.wallMs) * 1000))),
    },
  };
}

async function measureWindow(rig, pairs, smoke) {
  const clients = smoke ? SMOKE.clients : 250;
  const perSecond = 400;
  const events = Math.round((perSecond * (smoke ? SMOKE.sliceMs : SLICE_MS)) / 1000);
  const ours = await rig.start('ours', { coalesceMs: WINDOW_MS });
  const raw = await rig.start('raw ws');
  const slice = async (subject) =>
    (await subject.publish('paced', { events, perSecond, bytes: BYTES })).serverUs;
  for (const subject of [ours, raw]) {
    await subject.connect(clients);
    await slice(subject);
  }
  const figures = await inTurn(pairs, { ours: () => slice(ours), raw: () => slice(raw) });
  await rig.release(ours);
  await rig.release(raw);
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
