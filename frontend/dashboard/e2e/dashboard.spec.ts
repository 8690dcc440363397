import { expect, test, type Page } from '@playwright/test';
import { makeDataDir, startBuiltService, type BuiltService } from '../../../tools/service.mjs';
import { signIn, violations } from './support.ts';

let service: BuiltService;
let dataDir: string;

test.beforeAll(async () => {
  dataDir = await makeDataDir();
  service = await startBuiltService({ dataDir });
});

test.afterAll(() => service.stop());

/** What the browser complained of: errors of the page, and of its content security policy. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}

const card = (page: Page, title: string) => page.getByRole('group', { name: title, exact: true });

/** The number that a card shows. */
async function valueOf(page: Page, title: string): Promise<number> {
  const text = await card(page, title).locator('.fd-metric-number').innerText();
  return Number(text.replace(/[^\d.-]/g, ''));
}

test('an operator signs in by the link and reads live numbers', async ({ page }) => {
  const complaints = complaintsOf(page);
  await page.goto(service.signInUrl ?? '');
  await expect(page).toHaveURL(`${service.url}/`);
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();

  const memory = card(page, 'Memory').first();
  await expect(memory).toContainText(/\d/);
  const transactions = card(page, 'Transactions');
  await expect.poll(async () => valueOf(page, 'Transactions')).toBeGreaterThan(0);
  const seen = new Set<string>();
  await expect
    .poll(async () => seen.add(await page.locator('.cards').first().innerText()).size, {
      message: 'values change',
    })
    .toBeGreaterThan(3);
  await expect(transactions).not.toHaveAttribute('data-stale', /.*/);

  const health = page.getByRole('region', { name: 'Health' });
  await expect(health.getByRole('rowheader', { name: /postgres/ })).toBeVisible();
  await expect(health.getByText('Healthy').first()).toBeVisible();
  expect(await page.evaluate(() => performance.getEntriesByName('fleetdeck:first-value').length)).toBe(1);
  expect(complaints).toEqual([]);
});

test('a value that a script reports appears on the page', async ({ page, request }) => {
  await signIn(page, dataDir);
  const cookies = await page.context().cookies();
  const answer = await request.post(`${service.url}/api/v1/metrics/points`, {
    headers: { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') },
    data: { points: [{ name: 'orders_open', value: 4217 }] },
  });
  expect(answer.status()).toBe(202);
  await expect(card(page, 'orders_open')).toContainText('4,217');
});

test('the past of a value is one click away, by percentile and by label, and its address shows the same again', async ({
  page,
}) => {
  const complaints = complaintsOf(page);
  await signIn(page, dataDir);
  await page.getByRole('link', { name: 'History of Request latency, p95' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('fleetdeck_http_request_duration_ms');
  const chart = page.getByRole('figure');
  await expect(chart).toBeVisible();
  // Minutes that are over hold the requests of the tests before.
  await expect(chart.locator('.recharts-line-curve, .recharts-line-dot').first()).toBeAttached({
    timeout: 90_000,
  });
  await page.getByLabel('24 hours').check();
  await page.getByLabel('By').selectOption('node');
  await expect(page).toHaveURL(/range=24h.*by=node/);
  const title = /p95 by node/;
  await expect(chart).toHaveAccessibleName(title);
  await page.reload();
  await expect(chart).toHaveAccessibleName(title);
  await expect(page.getByLabel('24 hours')).toBeChecked();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('link', { name: 'All metrics' }).click();
  await page.getByRole('searchbox').fill('resident');
  await expect(page.getByRole('link', { name: 'fleetdeck_process_memory_bytes' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('the page says that the service is gone, keeps what it knew, and goes on by itself when it is back', async ({
  page,
}) => {
  await signIn(page, dataDir);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  const port = Number(new URL(service.url).port);
  await expect.poll(async () => valueOf(page, 'Transactions')).toBeGreaterThan(0);

  await service.kill();
  await expect(page.getByText(/^(?:Reconnecting|Offline)/).first()).toBeVisible();
  await expect(page.getByText(/last seen/i).first()).toBeVisible();

  service = await startBuiltService({ dataDir, port });
  await expect(page.getByText('Live', { exact: true })).toBeVisible({ timeout: 40_000 });
  await expect(page.getByText(/last seen/i)).toHaveCount(0);
  await expect.poll(async () => valueOf(page, 'Transactions')).toBeGreaterThan(0);
});

test('metrics and sessions outlive a stop and a start', async ({ page }) => {
  await signIn(page, dataDir);
  const port = Number(new URL(service.url).port);
  await service.stop();
  service = await startBuiltService({ dataDir, port });
  await page.goto(service.url);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(card(page, 'orders_open')).toBeVisible();
});

test('signing out ends the session', async ({ page }) => {
  await signIn(page, dataDir);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.goto(service.url);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('a used link says so, and a wrong token is refused in words', async ({ page }) => {
  await page.goto(`${service.url}/sign-in/link?code=used`);
  await expect(page.getByRole('heading', { name: 'This sign-in link no longer works' })).toBeVisible();
  await page.getByLabel('Access token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('That token is not valid, or has expired.');
});

for (const theme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    test(`the overview has no accessibility violation, ${theme}, ${width} px wide`, async ({ page }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: theme });
      await signIn(page, dataDir);
      await expect(page.getByText('Live', { exact: true })).toBeVisible();
      await expect.poll(async () => valueOf(page, 'Transactions')).toBeGreaterThan(0);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      expect(await violations(page)).toEqual([]);
    });
  }
}

test('the sign-in page has no accessibility violation', async ({ page }) => {
  await page.goto(`${service.url}/sign-in`);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test('everything works by keyboard from the skip link on', async ({ page }) => {
  await signIn(page, dataDir);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Fleetdeck' })).toBeFocused();
  const theme = page.getByRole('button', { name: /^Theme/ });
  await theme.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});
