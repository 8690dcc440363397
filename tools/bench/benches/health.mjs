// What a probe costs: the snapshot endpoint beside a bare handler, plain Terminus and live SQL pings, in one Nest app. Measured in
// answers for each second that the application computes, so that a busy machine does not decide.
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { buildApp } from '../../build-app.mjs';
import { ROOT } from '../../run.mjs';
import { makeDataDir } from '../../service.mjs';
import { calibrate, limit, median, ratio, round, Unmeasurable } from '../results.mjs';

const CONNECTIONS = 10;
const PAIRS = 9;
const INTERVAL_MS = 1_000;
/** Checks are spread by 10 % to either side, and the answer has to be seen under load. */
const FOLLOWS_WITHIN_MS = INTERVAL_MS * 1.1 + 100;
const READY_DEADLINE_MS = 30_000;
const NOISE = [0.95, 1.05];

const CPU = 'answers/CPU s';
// The database computes too, and the application waits for it: what counts there is how many come out.
const WALL = 'answers/s';

const PATHS = {
  snapshot: '/health/ready',
  again: '/health/ready',
  bare: '/bare',
  report: '/api/v1/health',
  bareReport: '/bare-report',
  terminus: '/terminus',
  sql: '/sql',
};

export default async function health({ smoke }) {
  if (!(await buildApp())) throw new Unmeasurable('the service does not build');
  const { startEmbeddedPostgres } = await import(join(ROOT, 'backend/postgres/dist/index.js'));
  const dataDir = await makeDataDir();
  const postgres = await startEmbeddedPostgres({ dataDir });
  const app = await startApp(postgres.url);
  try {
    const seconds = smoke ? 1 : 2;
    const pairs = smoke ? 1 : PAIRS;
    const names = Object.keys(PATHS);
    const measured = Object.fromEntries(names.map((name) => [name, []]));
    const follows = [];
    for (const name of names) await load(app, PATHS[name], 1);
    for (let pair = 0; pair < pairs; pair += 1) {
      // Each round begins with another one, so that none is always the one that follows a heavy one.
      const order = [...names.slice(pair % names.length), ...names.slice(0, pair % names.length)];
      if (pair % 2 === 1) order.reverse();
      for (const name of order) measured[name].push(await load(app, PATHS[name], seconds));
      follows.push(await followsFlip(app, seconds));
    }
    const figures = (name, unit) => measured[name].map((slice) => slice[unit]);
    const noiseOf = (unit) =>
      median(measured.snapshot.map((slice, pair) => slice[unit] / measured.again[pair][unit]));
    const noise = noiseOf(CPU);
    const tooNoisy = !smoke && [noise, noiseOf(WALL)].some((each) => each < NOISE[0] || each > NOISE[1]);
    const against = (id, ours, peer, peerName, floor, unit = CPU) =>
      ratio({
        id,
        ours: figures(ours, unit),
        peer: figures(peer, unit),
        peerName,
        unit,
        floor,
        better: 'higher',
      });
    return {
      pairs,
      verdict: !smoke && !tooNoisy,
      ...(tooNoisy && { reason: 'too noisy: the same endpoint against itself leaves 0.95 to 1.05' }),
      results: [
        against('snapshot endpoint', 'snapshot', 'bare', 'bare JSON handler', 1),
        against('snapshot endpoint', 'snapshot', 'terminus', 'Terminus attempt, withTimeout, 10', 4),
        against('snapshot endpoint', 'snapshot', 'sql', 'ten live SQL pings', 10, WALL),
        against('report of 10 components', 'report', 'bareReport', 'bare handler, same size and guard', 1),
        limit({
          id: 'a provider flips, the answer follows (slowest)',
          values: [Math.max(...follows)],
          unit: 'ms',
          floor: FOLLOWS_WITHIN_MS,
        }),
      ],
      notes: {
        oursAgainstOurs: { [CPU]: round(noise), [WALL]: round(noiseOf(WALL)) },
        connections: CONNECTIONS,
        intervalMs: INTERVAL_MS,
        calibrationMs: calibrate(),
      },
    };
  } finally {
    await app.stop();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Starts the application and waits until it listens. */
async function startApp(databaseUrl) {
  const child = spawn(process.execPath, [join(ROOT, 'tools/bench/peers/health-app.mjs')], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      INTERVAL_MS: String(INTERVAL_MS),
    },
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let onCpu = () => undefined;
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Unmeasurable('the application did not listen in time'));
    }, READY_DEADLINE_MS);
    void exited.then(() => reject(new Unmeasurable('the application ended before it listened')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('cpu ')) onCpu(Number(line.slice('cpu '.length)));
      if (!line.startsWith('ready ')) return;
      clearTimeout(timer);
      resolve(line.slice('ready '.length));
    });
  });
  const app = {
    url,
    cpuMicroseconds: () =>
      new Promise((resolve) => {
        onCpu = resolve;
        child.stdin.write('cpu\n');
      }),
    flip: (status) => child.stdin.write(`flip ${status}\n`),
    async stop() {
      child.stdin.write('stop\n');
      const timer = setTimeout(() => child.kill('SIGKILL'), READY_DEADLINE_MS);
      await exited;
      clearTimeout(timer);
    },
  };
  await answers(app, 200);
  return app;
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
async function followsFlip(app, seconds) {
  const loaded = load(app, PATHS.snapshot, seconds);
  app.flip('critical');
  const ms = await answers(app, 503);
  app.flip('healthy');
  await answers(app, 200);
  await loaded;
  return ms;
}

/** How many requests the application answers, in a second and in a second of its own computing. */
async function load({ url, cpuMicroseconds }, path, duration) {
  const before = await cpuMicroseconds();
  const result = await autocannon({
    url: url + path,
    connections: CONNECTIONS,
    duration,
    headers: { authorization: 'Bearer bench' },
    timeout: 10,
  });
  const spent = (await cpuMicroseconds()) - before;
  if (result.errors + result.timeouts > 0) throw new Unmeasurable(`${path} failed ${result.errors} times`);
  return { [CPU]: result.requests.total / (spent / 1e6), [WALL]: result.requests.total / result.duration };
}
