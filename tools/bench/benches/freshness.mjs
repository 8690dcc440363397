// From `record` in the built service to the changed number in a real browser, and the event loop while it is scraped.
import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { buildApp } from '../../build-app.mjs';
import { findBrowser } from '../../requirements.mjs';
import { ROOT } from '../../run.mjs';
import { makeDataDir } from '../../service.mjs';
import { startUnwatchedBrowser } from '../freshness/browser.mjs';
import { bundlePage } from '../page-bundle.mjs';
import { calibrate, limit, round, Unmeasurable } from '../results.mjs';

const TOKEN = 'bench-developer-token-000001';
const METRIC = 'bench_level';
const SERIES = 1000;
/** The numbers that the page shows of them. */
const SHOWN = 50;
const PER_SECOND = 10_000;
/** A metric takes 1,000 series, so what is scraped is several of them. */
const SCRAPED = Array.from({ length: 10 }, (_, i) => (i === 0 ? METRIC : `bench_level_${i}`));
const RUNS = 3;
const SCRAPES = 30;
const DEADLINE_MS = 60_000;
const GOAL_MS = 500;
const HELD_UP_GOAL_MS = 50;
/** How late 1 % of the looks of an idle thread may be; beyond it the machine is too busy to tell of us. */
const QUIET_MS = 20;
/** The part of its time in which the service may be ready and get no processor; beyond it so too. */
const QUIET_WAIT = 0.25;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export default async function freshness({ smoke }) {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Unmeasurable('no Chromium (install one, or set CHROMIUM_PATH)');
  if (!(await buildApp())) throw new Unmeasurable('the service does not build');
  const script = await bundlePage(join(ROOT, 'tools/bench/freshness/page.mjs'));
  const calibrationMs = calibrate();
  const service = await startLoadedService();
  const browser = await startUnwatchedBrowser(executablePath);
  try {
    await service.order('seed', { metrics: [METRIC], series: SERIES });
    await browser.withPage((page) => openPage(page, service, script));
    const runs = [];
    for (let run = 0; run < (smoke ? 1 : RUNS); run += 1) {
      runs.push(await measureDelays(browser, service, { warmUpSeconds: 3, seconds: smoke ? 3 : 20 }));
    }
    const scraped = await measureScrapes(service, smoke ? 3 : SCRAPES);
    const { droppedPoints } = await service.order('stats');
    const results = [
      limit({
        id: 'p99 from record to the painted number',
        values: runs.map(({ p99 }) => p99),
        unit: 'ms',
        floor: GOAL_MS,
      }),
      limit({
        id: 'points whose number was never painted',
        values: [runs.reduce((sum, { never }) => sum + never, 0)],
        unit: 'points',
        floor: 0,
      }),
      limit({
        id: 'longest hold-up of the event loop, scraped',
        values: [scraped.heldUpMs],
        unit: 'ms',
        floor: HELD_UP_GOAL_MS,
      }),
    ];
    return {
      pairs: runs.length,
      results,
      notes: {
        load: { series: SERIES, pointsPerSecond: PER_SECOND, shown: SHOWN },
        runs,
        scraped,
        droppedPoints,
        calibrationMs,
      },
      ...(smoke ? { verdict: false } : doubts(results, runs, scraped)),
    };
  } finally {
    await browser.stop();
    await service.stop();
  }
}

/**
 * A goal that was missed counts against us unless the machine is what missed it: a slow painting, when an idle thread
 * beside it was late too, or the service got no processor for much of the time; a hold-up, when it is within the goal without the time in which the thread was ready and got no
 * processor.
 */
function doubts([delay, never, heldUp], runs, scraped) {
  const reasons = [];
  const late = Math.max(...runs.map(({ idle }) => idle.p99));
  const waited = Math.max(...runs.map(({ loop }) => loop.waited));
  if (!delay.ok && (late > QUIET_MS || waited > QUIET_WAIT)) {
    reasons.push(
      `1 % of the looks of an idle thread were ${late} ms late, of at most ${QUIET_MS}; the service waited for a processor for ${waited} of its time, of at most ${QUIET_WAIT}`,
    );
  }
  if (!heldUp.ok && scraped.oursMs <= HELD_UP_GOAL_MS) {
    reasons.push(
      `of a hold-up of ${scraped.heldUpMs} ms no more than ${scraped.oursMs} were the service's own`,
    );
  }
  const missed = [delay, never, heldUp].filter(({ ok }) => !ok).length;
  if (missed === 0 || reasons.length < missed) return {};
  return { verdict: false, reason: `too noisy: ${reasons.join('; ')}` };
}

/** The built service, in a process that takes orders. */
async function startLoadedService() {
  const dataDir = await makeDataDir();
  const child = fork(join(ROOT, 'tools/bench/freshness/service.mjs'), {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME ?? dataDir,
      PORT: '0',
      FLEETDECK_DATA_DIR: dataDir,
      FLEETDECK_NODE_NAME: 'node-1',
      FLEETDECK_DEV_TOKEN: TOKEN,
    },
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const waiting = new Map();
  let orders = 0;
  child.on('message', ({ id, answer }) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  const ended = exited.then((code) => {
    throw new Error(`The service ended with code ${code}.`);
  });
  ended.catch(() => undefined);
  const order = (name, options) => {
    const id = (orders += 1);
    const answered = new Promise((resolve) => {
      waiting.set(id, resolve);
      child.send({ id, order: name, options });
    });
    return Promise.race([answered, ended, late(`The service did not answer "${name}".`)]);
  };
  const { url, signInUrl } = await Promise.race([
    new Promise((resolve) => child.once('message', resolve)),
    ended,
    late('The service was not ready in time.'),
  ]);
  return {
    url,
    signInUrl,
    order,
    async stop() {
      await order('close').catch(() => child.kill('SIGKILL'));
      await exited;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function late(sentence) {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(sentence)), DEADLINE_MS).unref();
  });
}

/** Signs in, then opens the page below the service's own address. */
async function openPage(page, { url, signInUrl }, script) {
  await page.goto(signInUrl);
  await page.waitForFunction(() => performance.getEntriesByName('fleetdeck:first-value').length > 0, {
    timeout: DEADLINE_MS,
  });
  // In place of the dashboard's script, in the document that the service serves: a document that was made up here would
  // not count as one from this machine, and might not open a socket to it.
  await page.route(/\/assets\/index-[^/]*\.js$/, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  );
  await page.goto(`${url}/`);
  await page.waitForSelector(`main[data-state="live"][data-series="${SERIES}"]`, { timeout: DEADLINE_MS });
}

/** Loads for a while. Each point of a shown series counts until its number, or a newer one, is painted. */
async function measureDelays(browser, service, { warmUpSeconds, seconds }) {
  await browser.withPage((page) => page.evaluate(() => void globalThis.benchShown.splice(0)));
  const idle = watchIdleThread();
  await service.order('watch');
  await service.order('begin', { metric: METRIC, series: SERIES, perSecond: PER_SECOND });
  await wait((warmUpSeconds + seconds) * 1000);
  const loop = await service.order('watched');
  const idled = await idle.end();
  const times = await service.order('end');
  await wait(3000);
  const shown = await browser.withPage((page) => page.evaluate(() => globalThis.benchShown));
  const painted = new Map();
  for (let i = 0; i < shown.length; i += 3) {
    const paints = painted.get(shown[i]) ?? [];
    painted.set(shown[i], paints);
    paints.push({ value: shown[i + 1], at: shown[i + 2] });
  }
  if (painted.size !== SHOWN) throw new Error(`${painted.size} of ${SHOWN} numbers changed.`);
  const delays = [];
  let never = 0;
  for (const [series, paints] of painted) {
    let next = 0;
    for (let point = series; point < times.length; point += SERIES) {
      const value = Math.floor(point / SERIES) + 1;
      while (next < paints.length && paints[next].value < value) next += 1;
      if (point < warmUpSeconds * PER_SECOND) continue;
      const paint = paints[next];
      if (paint) delays.push(paint.at - times[point]);
      else never += 1;
    }
  }
  delays.sort((a, b) => a - b);
  const at = (quantile) => delays[Math.floor(quantile * (delays.length - 1))] ?? Infinity;
  return { p50: at(0.5), p99: at(0.99), worst: at(1), never, loop: rounded(loop), idle: idled };
}

/** Scrapes 10,000 series again and again while 1,000 of them are recorded. */
async function measureScrapes(service, scrapes) {
  await service.order('seed', { metrics: SCRAPED, series: SERIES });
  await service.order('begin', { metric: METRIC, series: SERIES, perSecond: PER_SECOND });
  // The first write of 9,000 new series is not what is measured.
  await wait(3000);
  const idle = watchIdleThread();
  await service.order('watch');
  const took = [];
  let lines = 0;
  for (let scrape = 0; scrape < scrapes; scrape += 1) {
    const began = performance.now();
    const answer = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    lines = (await answer.text()).split('\n').filter((line) => line.startsWith(METRIC)).length;
    took.push(performance.now() - began);
  }
  const loop = await service.order('watched');
  const idled = await idle.end();
  await service.order('end');
  if (lines !== SERIES * SCRAPED.length) throw new Error(`A scrape held ${lines} series.`);
  return { series: lines, ...rounded(loop), idle: idled, slowestMs: round(Math.max(...took)) };
}

/** What a thread sees of the machine that has nothing to do but to look at the time. */
function watchIdleThread() {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const delay = require('node:perf_hooks').monitorEventLoopDelay({ resolution: 1 });
     delay.enable();
     parentPort.once('message', () =>
       parentPort.postMessage({ p99: delay.percentile(99) / 1e6, worst: delay.max / 1e6 }));`,
    { eval: true },
  );
  return {
    async end() {
      const told = new Promise((resolve) => worker.once('message', resolve));
      worker.postMessage('how late');
      const late = await told;
      await worker.terminate();
      return rounded(late);
    },
  };
}

function rounded(figures) {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value)]));
}
