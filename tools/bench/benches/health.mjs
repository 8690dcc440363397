// What a probe costs: the snapshot endpoint, which is answered ahead of the middleware, beside a bare handler, plain Terminus and
// live SQL pings behind it, in one Nest app. Measured in answers for each second that the application and its database compute
// for them: neither a busy machine nor a second core decides.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { BIN, ROOT, run } from '../../run.mjs';
import { makeDataDir } from '../../service.mjs';
import { startHttpLoad } from '../http-load.mjs';
import { shuffled } from '../paired.mjs';
import { calibrate, doubtsOf, limit, median, noiseOf, ratio, round, Unmeasurable } from '../results.mjs';

const CONNECTIONS = 10;
const CROWD = 100;
const PAIRS = 18;
const SLICE_MS = 200;
/** What came before leaves garbage and sockets to close; that is not this one's. */
const LEAD_IN_MS = 40;
const WARM_UP_MS = 1_500;
const FLIPS = 5;
const HANGS = 5;
/** Slices of a time with a hung provider, and of each without one before and after it. */
const HUNG_SLICES = 4;
/** What a hung provider may add to an answer's time, beside what the machine does to it in the same run. */
const HUNG_ADDS = { p50Us: 0.1, p99Us: 0.25 };
const INTERVAL_MS = 1_000;
/** One interval; the check takes its time, and the answer has to be seen under load. */
const FOLLOWS_WITHIN_MS = INTERVAL_MS + 100;
/** One run an interval, and the spread: starts come up to 10 % earlier. */
const RUNS_AN_INTERVAL = 1.1;
const READY_DEADLINE_MS = 30_000;
const TOKEN = 'bench';

const CPU = 'answers/CPU s';
const WALL = 'answers/s';

/** In each direction. The cheaper an answer, the more of its cost is what the machine does just then. */
const SLICES = { snapshot: 4, again: 4, routed: 2, bare: 2 };

const PATHS = {
  snapshot: '/health/ready',
  again: '/health/ready',
  // With a slash at its end it is left to the framework's router.
  routed: '/health/ready/',
  bare: '/bare',
  terminus: '/terminus',
  sql: '/sql',
  report: '/api/v1/health',
  bareReport: '/bare-report',
};

export default async function health({ smoke }) {
  const configs = ['health', 'postgres'].map((name) => `backend/${name}/tsconfig.build.json`);
  if ((await run([BIN.tsc, '-b', ...configs])) !== 0) throw new Unmeasurable('the module does not build');
  const { startEmbeddedPostgres } = await import(join(ROOT, 'backend/postgres/dist/index.js'));
  const dataDir = await makeDataDir();
  const stops = [() => rm(dataDir, { recursive: true, force: true })];
  try {
    const postgres = await startEmbeddedPostgres({ dataDir });
    stops.push(() => postgres.stop());
    const app = await startApp(postgres);
    stops.push(() => app.stop());
    const client = await startHttpLoad({ url: app.url, token: TOKEN });
    stops.push(() => client.stop());
    return await measure({ app, client, smoke });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function measure({ app, client, smoke }) {
  const pairs = smoke ? 1 : PAIRS;
  const flips = smoke ? 1 : FLIPS;
  const names = Object.keys(PATHS);
  const measured = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) await slice(app, client, PATHS[name], { ms: WARM_UP_MS });

  const follows = [];
  const crowded = [];
  const runsBefore = await app.ask('runs');
  const began = performance.now();
  for (let pair = 0; pair < pairs; pair += 1) {
    // There and back.
    const order = shuffled(names.flatMap((name) => Array.from({ length: SLICES[name] ?? 1 }, () => name)));
    const slices = Object.fromEntries(names.map((name) => [name, []]));
    for (const name of [...order, ...order.toReversed()]) {
      slices[name].push(await slice(app, client, PATHS[name]));
    }
    for (const name of names) measured[name].push(rates(slices[name]));
    if (pair >= flips) continue;
    follows.push(await followsFlip(app, client));
    crowded.push(await slice(app, client, PATHS.snapshot, { connections: CROWD, ms: INTERVAL_MS }));
  }
  const intervals = (performance.now() - began) / INTERVAL_MS;
  const runsAfter = await app.ask('runs');
  const runs = runsAfter.map((count, index) => count - runsBefore[index]);
  const freshRuns = await app.ask(`fresh ${CROWD}`);
  const hung = await whileOneHangs(app, client, smoke ? 1 : HANGS);

  const figures = (name, unit) => measured[name].map((each) => each[unit]);
  const noise = { 'snapshot endpoint': noiseOf(figures('again', CPU), figures('snapshot', CPU)) };
  const against = (id, ours, peer, peerName, floor) =>
    ratio({
      ...{ id, peerName, floor, unit: CPU, better: 'higher' },
      ...{ ours: figures(ours, CPU), peer: figures(peer, CPU) },
    });
  return {
    pairs,
    ...(smoke ? { verdict: false } : doubtsOf(noise)),
    results: [
      against('snapshot endpoint', 'snapshot', 'bare', 'bare JSON handler', 1),
      against('snapshot endpoint', 'snapshot', 'terminus', 'Terminus attempt, withTimeout, 10', 4),
      against('snapshot endpoint', 'snapshot', 'sql', 'ten live SQL pings', 10),
      against('the same answer behind the middleware', 'routed', 'bare', 'bare JSON handler', 1),
      ratio({
        ...{ id: 'snapshot endpoint while a provider hangs', peerName: 'none hangs', floor: 0.8 },
        ...{ ours: hung.hanging[CPU], peer: hung.calm[CPU], unit: CPU, better: 'higher' },
      }),
      ...Object.entries(HUNG_ADDS).map(([figure, adds]) => {
        const calm = hung.calm[figure];
        return ratio({
          id: `time of an answer while a provider hangs, ${figure.replace('Us', '')}`,
          ...{ ours: hung.hanging[figure], peer: calm, peerName: 'none hangs', unit: 'µs' },
          floor: round(1 + adds + unrestOf(calm, hung.again[figure])),
        });
      }),
      against('report of 10 components', 'report', 'bareReport', 'bare handler, same size and guard', 1),
      limit({
        id: `runs of a provider in an interval, while up to ${CROWD} probes ask at once (most)`,
        // Between so many runs lies one interval fewer.
        values: [(Math.max(...runs) - 1) / intervals],
        unit: 'runs',
        floor: RUNS_AN_INTERVAL,
      }),
      limit({
        id: `runs of a provider for ${CROWD} fresh reports at once (most)`,
        values: [Math.max(...freshRuns)],
        unit: 'runs',
        floor: 1,
      }),
      limit({
        id: 'a provider flips there and back, the answer follows (slowest)',
        values: [Math.max(...follows)],
        unit: 'ms',
        floor: FOLLOWS_WITHIN_MS,
      }),
    ],
    notes: {
      noise,
      probesOfACrowd: crowded.reduce((sum, { count }) => sum + count, 0),
      perWallSecond: Object.fromEntries(names.map((name) => [name, round(median(figures(name, WALL)))])),
      client: 'written in C, one thread',
      connections: CONNECTIONS,
      intervalMs: INTERVAL_MS,
      calibrationMs: calibrate(),
    },
  };
}

/** Starts the application and waits until it listens. */
async function startApp(postgres) {
  const child = spawn(process.execPath, [join(ROOT, 'tools/bench/peers/health-app.mjs')], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      DATABASE_URL: postgres.url,
      INTERVAL_MS: String(INTERVAL_MS),
    },
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (what) => {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Unmeasurable(`the application did not ${what} in time`)),
        READY_DEADLINE_MS,
      );
    });
    const { value, done } = await Promise.race([lines.next(), late]).finally(() => clearTimeout(timer));
    if (done) throw new Unmeasurable(`the application ended before it could ${what}`);
    return JSON.parse(value);
  };
  const app = {
    async ask(command) {
      child.stdin.write(`${command}\n`);
      return answer(command);
    },
    /** What the application and its database have computed so far, in microseconds. */
    cpuMicroseconds: async () => (await app.ask('cpu')) + familyMicroseconds(postgres.pid),
    async stop() {
      child.stdin.end('stop\n');
      const timer = setTimeout(() => child.kill('SIGKILL'), READY_DEADLINE_MS);
      await exited;
      clearTimeout(timer);
    },
  };
  try {
    app.url = await answer('listen');
    await answers(app, 200);
  } catch (thrown) {
    child.kill('SIGKILL');
    await exited;
    throw thrown;
  }
  return app;
}

/** What a process and its children have computed, in microseconds: a PostgreSQL has one process for each connection. */
function familyMicroseconds(parent) {
  let nanoseconds = 0;
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const stat = readUnlessGone(`/proc/${name}/stat`);
      const [, parentOf] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(name) !== parent && Number(parentOf) !== parent) continue;
      nanoseconds += Number(readUnlessGone(`/proc/${name}/schedstat`).split(' ')[0]);
    }
  } catch (thrown) {
    throw new Unmeasurable(`what PostgreSQL computes cannot be read here (${thrown.message})`);
  }
  if (nanoseconds === 0) throw new Unmeasurable('what PostgreSQL computes is not told by this kernel');
  return nanoseconds / 1000;
}

/** Processes come and go while they are listed. */
function readUnlessGone(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (thrown.code === 'ENOENT' || thrown.code === 'ESRCH') return '';
    throw thrown;
  }
}

/** Waits until the readiness probe answers a status; answers how long that took, in milliseconds. */
async function answers(app, status) {
  const began = performance.now();
  while (performance.now() - began < READY_DEADLINE_MS) {
    const answer = await fetch(app.url + PATHS.snapshot);
    await answer.body?.cancel();
    if (answer.status === status) return performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Unmeasurable(`the probe did not answer ${status} in time`);
}

/** Flips a provider while the probe is under load, and says how long the answer takes to follow. */
async function followsFlip(app, client) {
  const loaded = client.load(PATHS.snapshot, CONNECTIONS, INTERVAL_MS * 1.5);
  await app.ask('flip critical');
  const there = await answers(app, 503);
  await app.ask('flip healthy');
  const back = await answers(app, 200);
  await loaded;
  return Math.max(there, back);
}

/** What an answer costs and how long it takes with a provider that hangs, and twice without, by pair. */
async function whileOneHangs(app, client, pairs) {
  const times = ['calm', 'hanging', 'again'];
  const units = [CPU, ...Object.keys(HUNG_ADDS)];
  const figures = Object.fromEntries(
    times.map((name) => [name, Object.fromEntries(units.map((unit) => [unit, []]))]),
  );
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const name of pair % 2 === 0 ? times : times.toReversed()) {
      await app.ask(`hang ${name === 'hanging' ? 'on' : 'off'}`);
      // Until its next check has begun.
      await wait(INTERVAL_MS * 1.1);
      const slices = [];
      for (let i = 0; i < HUNG_SLICES; i += 1) slices.push(await slice(app, client, PATHS.snapshot));
      figures[name][CPU].push(rates(slices)[CPU]);
      for (const unit of Object.keys(HUNG_ADDS))
        figures[name][unit].push(median(slices.map((each) => each[unit])));
    }
  }
  await app.ask('hang off');
  return figures;
}

/** By how much the same differs from itself in a pair, as a share: the most of all pairs. */
function unrestOf(ours, again) {
  return Math.max(...ours.map((value, pair) => Math.abs(again[pair] / value - 1)));
}

/** How many requests are answered in a second, and in a second of computing. */
function rates(slices) {
  const sum = (unit) => slices.reduce((total, each) => total + each[unit], 0);
  return { [CPU]: sum('count') / (sum('cpuUs') / 1e6), [WALL]: sum('count') / (sum('wallUs') / 1e6) };
}

async function slice(app, client, path, { connections = CONNECTIONS, ms = SLICE_MS } = {}) {
  await client.load(path, connections, LEAD_IN_MS);
  const before = await app.cpuMicroseconds();
  const { well, other, errors, wallUs, p50Us, p99Us } = await client.load(path, connections, ms);
  const cpuUs = (await app.cpuMicroseconds()) - before;
  if (other + errors > 0)
    throw new Unmeasurable(`${path}: ${other} answers were not 200, ${errors} did not come`);
  return { count: well, cpuUs, wallUs, p50Us, p99Us };
}
