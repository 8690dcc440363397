// How soon a signed-in operator sees something, and a real value, on a slow machine with a slow line.
import { chromium } from '@playwright/test';
import { buildApp } from '../../build-app.mjs';
import { findBrowser } from '../../requirements.mjs';
import { BROWSER_ARGS } from '../../browser.mjs';
import { startBuiltService } from '../../service.mjs';
import { calibrate, limit, Unmeasurable } from '../results.mjs';

const PROFILE = { cpuSlowdown: 4, megabitsPerSecond: 1.6, roundTripMs: 150 };
const RUNS = 9;
const DEADLINE_MS = 30_000;

export default async function page({ smoke }) {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Unmeasurable('no Chromium (install one, or set CHROMIUM_PATH)');
  if (!(await buildApp())) throw new Unmeasurable('the dashboard or the service does not build');

  const service = await startBuiltService();
  const browser = await chromium.launch({ executablePath, args: BROWSER_ARGS });
  try {
    const signedIn = await signIn(browser, service.signInUrl);
    const visits = [];
    for (let run = 0; run < (smoke ? 1 : RUNS); run += 1)
      visits.push(await visit(browser, service.url, signedIn));
    return {
      pairs: visits.length,
      results: [
        limit({
          id: 'first contentful paint',
          values: visits.map((v) => v.paintMs),
          unit: 'ms',
          floor: 2_000,
        }),
        limit({ id: 'first real value', values: visits.map((v) => v.valueMs), unit: 'ms', floor: 3_500 }),
      ],
      notes: { profile: PROFILE, cache: 'empty', calibrationMs: calibrate() },
    };
  } finally {
    await browser.close();
    await service.stop();
  }
}

async function signIn(browser, url) {
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(url);
  await tab.waitForFunction(() => performance.getEntriesByName('fleetdeck:first-value').length > 0, {
    timeout: DEADLINE_MS,
  });
  const state = await context.storageState();
  await context.close();
  return state;
}

/** One visit with an empty cache. */
async function visit(browser, url, storageState) {
  const context = await browser.newContext({ storageState });
  try {
    const tab = await context.newPage();
    const devtools = await context.newCDPSession(tab);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: PROFILE.roundTripMs,
      downloadThroughput: (PROFILE.megabitsPerSecond * 1e6) / 8,
      uploadThroughput: (PROFILE.megabitsPerSecond * 1e6) / 8,
    });
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: PROFILE.cpuSlowdown });
    await tab.goto(`${url}/`, { waitUntil: 'commit' });
    await tab.waitForFunction(() => performance.getEntriesByName('fleetdeck:first-value').length > 0, {
      timeout: DEADLINE_MS,
    });
    return await tab.evaluate(() => ({
      paintMs: performance.getEntriesByName('first-contentful-paint')[0].startTime,
      valueMs: performance.getEntriesByName('fleetdeck:first-value')[0].startTime,
    }));
  } finally {
    await context.close();
  }
}
