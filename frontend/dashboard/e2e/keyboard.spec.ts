import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { makeDataDir, startBuiltService, type BuiltService } from '../../../tools/service.mjs';
import { reportOrders, signIn } from './support.ts';

let service: BuiltService;
let dataDir: string;

test.beforeAll(async () => {
  dataDir = await makeDataDir();
  const rules = join(dataDir, 'rules.json');
  const rule = {
    name: 'OrdersWaiting',
    metric: { name: 'orders_waiting', window: '1m', aggregation: 'last', groupBy: ['shop'] },
    when: { is: 'above', value: 100 },
    forMs: 500,
    severity: 'critical',
    message: '{{value}} orders of {{labels.shop}} wait.',
  };
  await writeFile(rules, JSON.stringify({ evaluationIntervalMs: 500, rules: [rule] }));
  service = await startBuiltService({ dataDir, env: { FLEETDECK_ALERTS_FILE: rules } });
});

test.afterAll(() => service.stop());

/** Has an alert fire for a shop. */
const fire = (page: Page, shop: string): Promise<void> => reportOrders(page, service.url, shop, 640);

/** More stops than any page has. */
const MAX_STOPS = 100;

/** Goes to an element as a person does who has no mouse. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  await expect(target).toBeFocused();
}

/** Opens a page anew, so that the first Tab leads to the first stop. */
async function open(page: Page, path: string, heading: string): Promise<void> {
  await page.goto(service.url + path);
  await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
}

/** Only to be seen: what it explains has the same words as its value. */
const tooltip = (page: Page) => page.locator('.fd-tooltip');
const skipLink = (page: Page) => page.getByRole('link', { name: 'Skip to the page' });

for (const [path, heading] of [
  ['/', 'Overview'],
  ['/metric', 'Metrics'],
  ['/alerts', 'Alerts'],
] as const) {
  test(`the skip link leads past the bar of ${path}, and stays on the page`, async ({ page }) => {
    await signIn(page, dataDir);
    await open(page, path, heading);
    await page.keyboard.press('Tab');
    await expect(skipLink(page)).toBeFocused();
    await expect(skipLink(page)).toBeInViewport({ ratio: 1 });
    await page.keyboard.press('Enter');
    await expect(page.getByRole('main')).toBeFocused();
    await expect(page).toHaveURL(new RegExp(`^${service.url}${path}(?:#page)?$`));
    await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
    await page.keyboard.press('Tab');
    expect(await page.getByRole('main').evaluate((main) => main.contains(document.activeElement))).toBe(true);
  });
}

test('what happened to a component is opened, read and closed by keyboard', async ({ page }) => {
  await signIn(page, dataDir);
  await open(page, '/', 'Overview');
  const name = page.getByRole('button', { name: 'postgres', exact: true });
  await expect(name).toBeVisible();
  await tabTo(page, name);
  await page.keyboard.press('Enter');
  await expect(name).toHaveAttribute('aria-expanded', 'true');
  await expect(page.getByRole('heading', { name: 'Last 30 days' })).toBeVisible();
  await expect(name).toBeFocused();

  const strip = page.getByRole('row').filter({ has: name }).getByRole('slider');
  await tabTo(page, strip);
  const explained = tooltip(page);
  await expect(explained).toBeVisible();
  const last = await strip.getAttribute('aria-valuetext');
  await page.keyboard.press('Home');
  await expect(strip).not.toHaveAttribute('aria-valuetext', last ?? '');
  await page.keyboard.press('Escape');
  await expect(explained).toHaveCount(0);
  await expect(strip).toBeFocused();

  await page.keyboard.press('Shift+Tab');
  await expect(name).toBeFocused();
  await page.keyboard.press('Space');
  await expect(name).toHaveAttribute('aria-expanded', 'false');
});

test('an alert is acknowledged and silenced by keyboard, and the focus is never lost', async ({ page }) => {
  await signIn(page, dataDir);
  await fire(page, 'berlin');
  await open(page, '/', 'Overview');
  await expect(page.getByRole('link', { name: 'Alerts 1 firing' })).toBeVisible();
  await tabTo(page, page.getByRole('link', { name: 'Alerts 1 firing' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Alerts' })).toBeVisible();
  const alert = page.getByRole('region', { name: 'Now' }).getByRole('listitem');
  const acknowledge = alert.getByRole('button', { name: /^Acknowledge/ });
  const reason = alert.getByLabel(/What is being done/);
  await expect(acknowledge).toBeVisible();

  await tabTo(page, acknowledge);
  await page.keyboard.press('Enter');
  await expect(reason).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(reason).toHaveCount(0);
  await expect(alert).toBeFocused();
  await tabTo(page, acknowledge);
  await page.keyboard.press('Space');
  await page.keyboard.type('calling the shop');
  await page.keyboard.press('Enter');
  await expect(alert).toContainText(/Acknowledged by .*: calling the shop/);
  await expect(alert).toBeFocused();

  const silences = page.getByRole('region', { name: 'Silences' });
  const form = page.getByRole('form', { name: 'New silence' });
  await tabTo(page, alert.getByRole('button', { name: /^Silence/ }));
  await page.keyboard.press('Enter');
  await expect(form.getByLabel('Why')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(form).toHaveCount(0);
  await expect(silences.getByRole('heading')).toBeFocused();
  await tabTo(page, silences.getByRole('button', { name: 'New silence' }));
  await page.keyboard.press('Enter');
  await expect(form.getByLabel('Label')).toBeFocused();
  await tabTo(page, form.getByRole('button', { name: 'Add a condition' }));
  await page.keyboard.press('Enter');
  await expect(form.getByLabel('Label').nth(1)).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(form.getByRole('button', { name: 'Remove condition 1' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(form.getByRole('group', { name: /^Condition/ })).toHaveCount(1);
  expect(await form.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  await page.keyboard.press('Escape');
  await expect(form).toHaveCount(0);

  const incidents = page.getByRole('region', { name: 'Incidents' });
  const resolved = incidents.getByRole('button', { name: /^Resolved/ });
  await tabTo(page, resolved);
  await page.keyboard.press('Enter');
  await expect(resolved).toHaveAttribute('aria-pressed', 'true');
  await expect(incidents.getByRole('listitem')).toHaveCount(0);
  await expect(resolved).toBeFocused();
  await page.keyboard.press('Enter');
  const incident = incidents.getByRole('button', { name: /orders of berlin/ });
  await tabTo(page, incident);
  await page.keyboard.press('Enter');
  await expect(incidents).toContainText('Changes');
  await expect(incident).toBeFocused();
});

for (const [path, heading] of [
  ['/', 'Overview'],
  ['/metric/fleetdeck_process_memory_bytes', 'fleetdeck_process_memory_bytes'],
  ['/alerts', 'Alerts'],
  ['/sign-in', 'Sign in'],
] as const) {
  test(`every stop of the keyboard on ${path} is seen`, async ({ page }) => {
    await signIn(page, dataDir);
    await fire(page, 'berlin');
    await page.goto(service.url + path);
    await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
    if (path === '/alerts') await expect(page.getByRole('button', { name: /^Silence Orders/ })).toBeVisible();
    if (path === '/') await expect(page.getByRole('slider').first()).toBeVisible();
    if (path.startsWith('/metric/')) await expect(page.getByRole('combobox', { name: 'By' })).toBeVisible();
    const stops: string[] = [];
    for (let stop = 0; stop < MAX_STOPS; stop += 1) {
      await page.keyboard.press('Tab');
      const seen = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === null || element === document.body) return null;
        const { top, bottom, left, right, width } = element.getBoundingClientRect();
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const inside = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth && width > 0;
        const ringed = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
        const name = `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent}`;
        return `${name}: ${ringed ? 'ringed' : 'no ring'}, ${inside ? 'in view' : 'out of view'}`;
      });
      if (seen === null) break;
      stops.push(seen);
    }
    expect(stops.length).toBeGreaterThan(1);
    expect(stops.filter((stop) => !stop.endsWith(': ringed, in view'))).toEqual([]);
  });
}

for (const [what, viewport, deviceScaleFactor] of [
  ['320 px wide', { width: 320, height: 640 }, 1],
  ['1280 px wide at 200 % zoom', { width: 640, height: 450 }, 2],
] as const) {
  test(`no page is wider than a window that is ${what}`, async ({ browser }) => {
    const context = await browser.newContext({ viewport, deviceScaleFactor });
    const page = await context.newPage();
    const excess = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await page.goto(`${service.url}/sign-in`);
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    expect(await excess()).toBe(0);

    await signIn(page, dataDir);
    await fire(page, 'a-shop-whose-name-is-so-long-that-it-fits-into-no-line-of-a-phone');
    await page.getByRole('button', { name: 'postgres', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'Last 30 days' })).toBeVisible();
    await page.getByRole('slider').first().focus();
    await expect(tooltip(page)).toBeVisible();
    expect(await excess()).toBe(0);

    await page.getByRole('link', { name: 'Metrics' }).click();
    await page.getByRole('link', { name: 'fleetdeck_http_request_duration_ms' }).click();
    await expect(page.getByRole('figure')).toBeVisible();
    expect(await excess()).toBe(0);
    await page.getByRole('link', { name: 'All metrics' }).click();
    await expect(page.getByRole('searchbox')).toBeVisible();
    expect(await excess()).toBe(0);

    await page.getByRole('link', { name: /^Alerts/ }).click();
    await page.getByRole('button', { name: /^Silence .*a-shop-whose/ }).click();
    await expect(page.getByRole('form', { name: 'New silence' })).toBeVisible();
    await page
      .getByRole('button', { name: /^Acknowledge/ })
      .first()
      .click();
    expect(await excess()).toBe(0);
    await context.close();
  });
}
