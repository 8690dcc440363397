// A browser that nobody listens to while it is measured: a driver that stays connected has every frame of a socket told to
// it, which costs as much as the page itself.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { BROWSER_ARGS } from '../../browser.mjs';
import { Unmeasurable } from '../results.mjs';

const DEADLINE_MS = 30_000;

/**
 * Starts a browser with one page.
 * @returns `withPage` connects, lets a function work with the page and disconnects; the page goes on meanwhile
 */
export async function startUnwatchedBrowser(executablePath) {
  const profile = await mkdtemp(join(tmpdir(), 'fleetdeck-browser-'));
  const port = portOf(profile);
  const args = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`];
  const child = spawn(executablePath, [...BROWSER_ARGS, ...args, 'about:blank'], { stdio: 'ignore' });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill();
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const address = `http://127.0.0.1:${await port}`;
    return {
      async withPage(work) {
        const browser = await chromium.connectOverCDP(address);
        try {
          const [page] = browser.contexts()[0].pages();
          return await work(page);
        } finally {
          await browser.close();
        }
      },
      stop,
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** The port that the browser opened; it writes it into its profile. */
async function portOf(profile) {
  const file = 'DevToolsActivePort';
  const watcher = watch(profile);
  try {
    return await new Promise((resolve, reject) => {
      setTimeout(() => reject(new Unmeasurable('the browser does not start')), DEADLINE_MS).unref();
      watcher.on('change', async (_, name) => {
        if (name !== file) return;
        const [port] = (await readFile(join(profile, file), 'latin1').catch(() => '')).split('\n');
        if (port) resolve(Number(port));
      });
    });
  } finally {
    watcher.close();
  }
}
