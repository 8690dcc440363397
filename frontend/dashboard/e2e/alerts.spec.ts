import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { makeDataDir, startBuiltService, type BuiltService } from '../../../tools/service.mjs';
import { reportOrders, signIn, violations } from './support.ts';

let service: BuiltService;
let dataDir: string;

test.beforeAll(async () => {
  dataDir = await makeDataDir();
  const rules = join(dataDir, 'rules.json');
  const rule = {
    name: 'OrdersWaiting',
    metric: { name: 'orders_waiting', window: '1m', aggregation: 'last', groupBy: ['shop'] },
    when: { is: 'above', value: 100, recoverAt: 50 },
    forMs: 500,
    severity: 'critical',
    message: '{{value}} orders of {{labels.shop}} wait, the limit is {{threshold}}.',
    runbookUrl: 'https://runbooks.example.com/orders-waiting',
  };
  await writeFile(rules, JSON.stringify({ evaluationIntervalMs: 500, rules: [rule] }));
  service = await startBuiltService({ dataDir, env: { FLEETDECK_ALERTS_FILE: rules } });
});

test.afterAll(() => service.stop());

const report = (page: Page, value: number, shop: string): Promise<void> =>
  reportOrders(page, service.url, shop, value);

test('an alert appears live, is acknowledged, silenced, and is over', async ({ page }) => {
  await page.goto(service.signInUrl ?? '');
  await page.getByRole('link', { name: 'Alerts' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Alerts' })).toBeVisible();
  const now = page.getByRole('region', { name: 'Now' });
  const silences = page.getByRole('region', { name: 'Silences' });
  const incidents = page.getByRole('region', { name: 'Incidents' });
  await expect(now).toContainText('Nothing fires');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();

  await report(page, 640, 'berlin');
  const alert = now.getByRole('listitem').filter({ hasText: '640 orders of berlin wait' });
  await expect(alert).toContainText('firing for');
  await expect(page.getByRole('link', { name: 'Alerts 1 firing' })).toBeVisible();
  await expect(incidents.getByRole('listitem')).toContainText('640 orders of berlin wait');

  await alert.getByRole('button', { name: /^Acknowledge/ }).press('Enter');
  await expect(alert.getByLabel(/What is being done/)).toBeFocused();
  await page.keyboard.type('calling the shop');
  await page.keyboard.press('Enter');
  await expect(alert).toContainText(/Acknowledged by .*: calling the shop/);
  await expect(incidents.getByRole('listitem')).toContainText('calling the shop');
  await expect(alert.getByRole('button', { name: /^Acknowledge/ })).toHaveCount(0);

  await alert.getByRole('button', { name: /^Silence/ }).press('Enter');
  const form = page.getByRole('form', { name: 'New silence' });
  await expect(form).toContainText('One alert on this page matches.');
  await expect(form.getByLabel('Why')).toBeFocused();
  await page.keyboard.type('stock-taking');
  await form.getByRole('button', { name: 'Silence' }).click();
  await expect(silences.getByRole('listitem')).toContainText('shop is berlin');
  await expect(alert).toContainText(/Silenced by .* until .*: stock-taking/);

  await report(page, 3, 'berlin');
  await expect(now).toContainText('Nothing fires');
  await expect(incidents.getByRole('listitem')).toContainText('lasted');
  await expect(page.getByRole('link', { name: 'Alerts', exact: true })).toBeVisible();

  // What became of it, from the address alone.
  await incidents.getByRole('button', { name: /lasted/ }).click();
  await expect(incidents.getByText(/calling the shop/).last()).toBeVisible();
  await expect(incidents).toContainText(/pending.*firing.*Acknowledged by .*inactive/s);
  await incidents.getByRole('link', { name: 'Link to this incident' }).click();
  await page.reload();
  await expect(incidents.getByRole('button', { expanded: true })).toContainText('OrdersWaiting');
  await incidents
    .getByRole('button', { name: /^Resolved/ })
    .first()
    .click();
  await expect(page).toHaveURL(/status=resolved/);

  await silences.getByRole('button', { name: /^End/ }).click();
  await expect(silences).toContainText('There is none');
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    test(`the alerts have no accessibility violation, ${colorScheme}, ${width} px wide`, async ({ page }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await signIn(page, dataDir);
      await report(page, 220, 'lisbon');
      await report(page, 900, 'oslo');
      await page.goto(`${service.url}/alerts`);
      const now = page.getByRole('region', { name: 'Now' });
      await expect(now.getByText(/firing for/)).toHaveCount(2);
      await now.getByRole('button', { name: /^Silence OrdersWaiting shop=oslo/ }).click();
      await expect(page.getByRole('form', { name: 'New silence' })).toBeVisible();
      await expect(page.getByText('Live', { exact: true })).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      expect(await violations(page)).toEqual([]);
    });
  }
}
