// Builds a catalog and looks at it in a browser; for the commands that take pictures.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { BROWSER_ARGS } from './browser.mjs';
import { findBrowser } from './requirements.mjs';
import { packageDirs, ROOT, run } from './run.mjs';
import { readEntries, Stage } from '../.storybook/test/catalog.ts';
import { serveFolder } from '../.storybook/test/server.ts';

/** What a command cannot go on without; its message is for people. */
export class CannotRun extends Error {}

/** Does something in a folder that is gone afterwards. */
export async function inTemporaryFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'fleetdeck-catalog-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Builds the catalog of a tree. @throws CannotRun when the build fails */
export async function buildCatalog(tree, out) {
  const storybook = join(tree, 'node_modules/storybook/dist/bin/dispatcher.js');
  if (!existsSync(storybook)) throw new CannotRun('Storybook is not installed; run "npm ci" first.');
  const code = await run([storybook, 'build', '-c', '.storybook', '-o', out, '--quiet'], { cwd: tree });
  if (code !== 0) throw new CannotRun(`The catalog in ${tree} does not build; the lines above say why.`);
}

/** Lends the packages of this tree to another one, which keeps its own workspace packages. */
export async function lendPackages(tree) {
  const modules = join(tree, 'node_modules');
  await mkdir(join(modules, '@fleetdeck'), { recursive: true });
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    // What is hidden are caches and the like, which belong to this tree.
    if (name.startsWith('.') || name === '@fleetdeck') continue;
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  for (const dir of packageDirs()) {
    const own = join(tree, dir);
    if (!existsSync(own)) continue;
    await symlink(own, join(modules, '@fleetdeck', dir.split('/').at(-1)));
    const nested = join(ROOT, dir, 'node_modules');
    if (existsSync(nested)) await symlink(nested, join(own, 'node_modules'));
  }
}

/** Runs the browser for as long as the work takes. @throws CannotRun without one */
export async function withBrowser(work) {
  const executablePath = findBrowser();
  if (executablePath === null) throw new CannotRun('No Chromium: install one, or set CHROMIUM_PATH.');
  const browser = await chromium.launch({ executablePath, args: BROWSER_ARGS });
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/** Opens a built catalog for as long as the work takes, which is given its entries and a stage to show them on. */
export async function withCatalog(browser, folder, work) {
  const server = await serveFolder(folder, '/catalog/');
  const options = { timezoneId: 'UTC', locale: 'en-US', colorScheme: 'light' };
  const stage = await Stage.make(browser, options, server.url);
  try {
    return await work({ entries: readEntries(folder), stage });
  } finally {
    await stage.page.close();
    await server.close();
  }
}

/** Runs a command; exit code 2, and why, when it cannot run. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${error instanceof CannotRun ? error.message : error.stack}\n`);
    process.exitCode = 2;
  }
}
