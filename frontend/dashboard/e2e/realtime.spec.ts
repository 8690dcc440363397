import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test, type Page } from '@playwright/test';
import { makeDataDir, startBuiltService, type BuiltService } from '../../../tools/service.mjs';

// A loaded machine is slow, not wrong: each wait ends with the state that it waits for.
test.describe.configure({ timeout: 180_000 });
const PATIENT = { timeout: 60_000 };
const ROOT = new URL('../../../', import.meta.url).pathname;

let service: BuiltService;
let dataDir: string;

test.beforeAll(async () => {
  dataDir = await makeDataDir();
  service = await startBuiltService({ dataDir });
});

test.afterAll(() => service.stop());

/** What a browser itself logs of a service that is not there, and nothing else. */
const NO_SERVICE = [
  /^WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/ws\/platform\/\?EIO=4&transport=websocket' failed: /,
  /^Failed to load resource: net::ERR_(?:CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INTERNET_DISCONNECTED)$/,
];
/** The same of a caller whose session is over. */
const NO_SESSION = [
  /^Failed to load resource: the server responded with a status of 401 \(Unauthorized\)$/,
  /^WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/ws\/platform\/\?EIO=4&transport=websocket' failed: .*401/,
];

function complaintsOf(page: Page, expected: readonly RegExp[]): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (!expected.some((line) => line.test(message.text()))) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}

/** What the page sends over its sockets, as it goes over the wire. */
function sentBy(page: Page): string[] {
  const sent: string[] = [];
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => sent.push(String(payload)));
  });
  return sent;
}

const connection = (page: Page) => page.locator('.fd-connection');
const is = (page: Page, state: string) =>
  expect(connection(page)).toHaveAttribute('data-state', state, PATIENT);

/** Every state that the page shows from now on, those too that last but a moment. */
async function watchStates(page: Page): Promise<() => Promise<string[]>> {
  await connection(page).evaluate((element) => {
    const states = [element.getAttribute('data-state')];
    Object.assign(window, { shownStates: states });
    new MutationObserver(() => states.push(element.getAttribute('data-state'))).observe(element, {
      attributeFilter: ['data-state'],
    });
  });
  return () => page.evaluate(() => (window as unknown as { shownStates: string[] }).shownStates);
}

/** New values come: the cards change again and again. */
async function valuesGoOn(page: Page): Promise<void> {
  const seen = new Set<string>();
  await expect
    .poll(async () => seen.add(await page.locator('.cards').first().innerText()).size, PATIENT)
    .toBeGreaterThan(3);
  await expect(page.locator('.cards [data-stale]')).toHaveCount(0, PATIENT);
}

/** Everything that has a name on the page. */
async function rowsOf(page: Page): Promise<string[]> {
  const names = await page.evaluate(() => {
    const nameOf = (element: Element) =>
      document.getElementById(element.getAttribute('aria-labelledby') ?? '')?.textContent ?? '';
    return [
      ...[...document.querySelectorAll('section[aria-label]')].flatMap((section) =>
        [...section.querySelectorAll('[role="group"]')].map(
          (card) => `${section.getAttribute('aria-label')} / ${nameOf(card)}`,
        ),
      ),
      ...[...document.querySelectorAll('th[scope="row"]')].map((row) => `row ${row.textContent}`),
    ];
  });
  return names.sort();
}

async function signIn(page: Page): Promise<void> {
  await page.goto(await cli('sign-in'));
  await is(page, 'live');
  await valuesGoOn(page);
  await expect(page.getByRole('rowheader', { name: /postgres/ })).toBeVisible();
}

/** The same rows as before, none twice, with values that go on. */
async function asBefore(page: Page, before: readonly string[]): Promise<void> {
  await valuesGoOn(page);
  await expect.poll(() => rowsOf(page), PATIENT).toEqual(before);
}

async function cli(name: 'sign-in' | 'token', ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [`backend/service/dist/cli/${name}.js`, ...args],
    { cwd: ROOT, env: { PATH: process.env['PATH'], FLEETDECK_DATA_DIR: dataDir } },
  );
  return stdout.replace('sign in: ', '').trim();
}

test('a service that is killed and started again', async ({ page }) => {
  const complaints = complaintsOf(page, NO_SERVICE);
  await signIn(page);
  const before = await rowsOf(page);
  const states = await watchStates(page);
  const port = Number(new URL(service.url).port);

  await service.kill();
  await is(page, 'offline');
  await expect(page.getByText(/^Offline since/)).toBeVisible();
  expect(await states()).toEqual(['live', 'recovering', 'offline']);
  await expect(page.getByText(/last seen/i).first()).toBeVisible(PATIENT);

  service = await startBuiltService({ dataDir, port });
  await is(page, 'live');
  expect(await states()).not.toContain('denied');
  expect(new Set(before).size).toBe(before.length);
  await asBefore(page, before);
  expect(complaints).toEqual([]);
});

test('a network that goes and comes back', async ({ page, context }) => {
  const complaints = complaintsOf(page, NO_SERVICE);
  await signIn(page);
  const before = await rowsOf(page);
  const states = await watchStates(page);
  const port = Number(new URL(service.url).port);

  await context.setOffline(true);
  // The browser keeps sockets that are open: what was there ends with its other side.
  await service.stop();
  await is(page, 'offline');
  service = await startBuiltService({ dataDir, port });
  expect((await states()).at(-1)).toBe('offline');

  await context.setOffline(false);
  await is(page, 'live');
  expect(await states()).not.toContain('denied');
  await asBefore(page, before);
  expect(complaints).toEqual([]);
});

test('a page that is hidden for two minutes', async ({ page }) => {
  const complaints = complaintsOf(page, []);
  const sent = sentBy(page);
  const subscribed = (frames: readonly string[]) => frames.filter((frame) => frame.includes('"subscribe"'));
  await page.clock.install();
  await signIn(page);
  const before = await rowsOf(page);
  const states = await watchStates(page);

  const whileLive = sent.length;
  await show(page, 'hidden');
  await page.clock.fastForward(10_000);
  expect(sent.slice(whileLive).filter((frame) => frame.includes('"unsubscribe"'))).toEqual([]);
  // No heartbeat fits into the jump, so to the page the connection was lost as well, as on a machine that slept.
  const back = page.waitForEvent('websocket', PATIENT);
  await page.clock.fastForward(110_000);
  const socket = await back;
  await socket.waitForEvent('framereceived', {
    ...PATIENT,
    predicate: ({ payload }) => String(payload).includes('"welcome"'),
  });
  await is(page, 'live');
  const whileHidden = sent.length;

  await show(page, 'visible');
  // While it was hidden it asked for no topic; now it goes on from the positions that it held.
  await expect
    .poll(
      () => subscribed(sent.slice(whileHidden)).filter((frame) => frame.includes('"epoch":')).length,
      PATIENT,
    )
    .toBeGreaterThan(0);
  await is(page, 'live');
  await asBefore(page, before);
  for (const state of await states()) expect(['live', 'recovering']).toContain(state);
  expect(complaints).toEqual([]);
});

test('a session that ends', async ({ page }) => {
  const complaints = complaintsOf(page, NO_SESSION);
  await page.goto(`${service.url}/sign-in`);
  await page
    .getByLabel('Access token')
    .fill(await cli('token', '--role', 'viewer', '--hours', String(20 / 3600)));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await is(page, 'live');

  await expect(page.getByRole('heading', { name: 'Your session has ended' })).toBeVisible(PATIENT);
  // Nothing is shown as live to who is signed out.
  await expect(connection(page)).toHaveCount(0);

  await signIn(page);
  const rows = await rowsOf(page);
  expect(new Set(rows).size).toBe(rows.length);
  expect(complaints).toEqual([]);
});

async function show(page: Page, state: 'hidden' | 'visible'): Promise<void> {
  await page.evaluate((next) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => next });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}
