import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import type { HealthHistory, HealthUpdate, TopicMessage } from '@fleetdeck/dto';
import { ownPostgres, type OwnPostgres } from '../../../tools/jest/own-postgres.mjs';
import { makeDataDir, startBuiltService, type BuiltService } from '../../../tools/service.mjs';
import { violations } from './support.ts';

// What PostgreSQL's end looks like to a client depends on what it was doing.
const SOMETHING = /\S/;

let postgres: OwnPostgres;
let service: BuiltService;
let dataDir: string;

test.beforeAll(async () => {
  [postgres, dataDir] = await Promise.all([ownPostgres(), makeDataDir()]);
  const rules = join(dataDir, 'rules.json');
  const rule = {
    name: 'PostgresDown',
    health: { component: 'postgres', status: 'critical' },
    forMs: 1000,
    keepFiringForMs: 1000,
    severity: 'critical',
    message: 'PostgreSQL is {{value}}: {{reason}}',
  };
  await writeFile(rules, JSON.stringify({ evaluationIntervalMs: 500, rules: [rule] }));
  const env = { DATABASE_URL: postgres.url, FLEETDECK_ALERTS_FILE: rules };
  service = await startBuiltService({ dataDir, env });
});

test.afterAll(async () => {
  await service.stop();
  await postgres.close();
});

const row = (page: Page, component: string) =>
  page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: component }) });
const card = (page: Page, title: string) => page.getByRole('group', { name: title, exact: true });
/** On a slow machine a component may have been degraded as well. */
const criticalIncidentsOf = (page: Page, component: string) =>
  page
    .getByRole('list', { name: `Incidents of ${component}` })
    .getByRole('listitem')
    .filter({ hasText: 'Critical' });
const alertsLink = (page: Page, name: string) => page.getByRole('link', { name, exact: true });

/** Each change of a component's health that the page hears, as "component status since". */
function changesHeardBy(page: Page): Set<string> {
  const heard = new Set<string>();
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      const event = /^42(?<event>\[.*)/s.exec(String(payload))?.groups?.['event'];
      const messages = event === undefined ? [] : (JSON.parse(event) as Partial<TopicMessage>[]).flat();
      for (const { topic, data } of messages) {
        const { component, health } = (data ?? {}) as Partial<HealthUpdate>;
        if (topic === 'health' && health) heard.add(`${component} ${health.status} ${health.since}`);
      }
    });
  });
  return heard;
}

/** The changes that are on record, in the same words. */
async function changesOnRecord(page: Page, components: Iterable<string>): Promise<string[]> {
  const record: string[] = [];
  for (const component of components) {
    const { complete, items } = await page.evaluate(async (path) => {
      const answer = await fetch(path);
      return (await answer.json()) as HealthHistory;
    }, `api/v1/health/components/${component}/history`);
    expect([component, complete]).toEqual([component, true]);
    record.push(...items.map(({ at, to }) => `${component} ${to} ${at}`));
  }
  return record;
}

/** Seconds from one time of day to another. */
function secondsBetween(from: string, to: string): number {
  const second = (time: string) => Date.parse(`1970-01-01T${time}Z`) / 1000;
  return (second(to) - second(from) + 86_400) % 86_400;
}

test('PostgreSQL stops and comes back: the page says what happened and since when, and no change is lost', async ({
  page,
}) => {
  const changes = changesHeardBy(page);
  await page.goto(service.signInUrl ?? '');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(row(page, 'postgres')).toContainText('Healthy');
  await expect(card(page, 'Transactions').locator('.fd-metric-number')).toContainText(/\d/);
  await page.evaluate(() => Object.assign(window, { stayed: true }));

  const stoppedAt = new Date().toISOString().slice(11, 19);
  await postgres.stop();

  // Without a reload: the badge, since when and why, the sum of all, the card, and the alert.
  await expect(row(page, 'postgres')).toContainText('Critical');
  await expect(row(page, 'postgres').locator('.reason')).toHaveText(SOMETHING);
  const since = await row(page, 'postgres').locator('[data-label="since"]').innerText();
  expect(secondsBetween(stoppedAt, since)).toBeLessThan(15);
  await expect(page.locator('.page-title')).toContainText('1 critical');
  await expect(alertsLink(page, 'Alerts 1 firing')).toBeVisible();
  await page.getByRole('button', { name: 'postgres' }).click();
  await expect(criticalIncidentsOf(page, 'postgres')).toHaveCount(1);
  await expect(criticalIncidentsOf(page, 'postgres')).toContainText('so far');
  const reason = await criticalIncidentsOf(page, 'postgres').locator('.fd-incident-reason').innerText();
  // Its values are not measured any more; that is no reason to be calm.
  await expect(card(page, 'Connections')).toContainText('Last known value.');
  await expect(card(page, 'Connections')).toHaveAttribute('data-tone', 'critical');
  await expect(card(page, 'CPU')).not.toHaveAttribute('data-stale', /.*/);
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => 'stayed' in window)).toBe(true);

  // A page that is opened now shows the same: whoever was signed in still is.
  await page.reload();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(row(page, 'postgres')).toContainText('Critical');
  await expect(row(page, 'postgres')).toContainText(since);
  await expect(row(page, 'postgres').locator('.reason')).toHaveText(SOMETHING);
  await expect(row(page, 'alerting')).toContainText('Degraded');
  await expect(card(page, 'CPU').locator('.fd-metric-number')).toContainText(/\d/);
  await expect(page.getByText(/^Not all of the last 24 hours can be read at present/)).toBeVisible();
  await alertsLink(page, 'Alerts 1 firing').click();
  await expect(page.getByRole('region', { name: 'Now' })).toContainText(/PostgreSQL is critical: \S/);
  await expect(page.getByRole('region', { name: 'Incidents' })).toContainText('could not be read');
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('button', { name: 'postgres' }).click();
  await expect(criticalIncidentsOf(page, 'postgres')).toContainText('so far');
  await page.evaluate(() => Object.assign(window, { stayed: true }));

  await postgres.start();

  // Without a reload again: everything is as before, and the past says what was.
  await expect(row(page, 'postgres')).toContainText('Healthy');
  await expect(row(page, 'alerting')).toContainText('Healthy');
  await expect(row(page, 'postgres').locator('.reason')).toBeEmpty();
  await expect(alertsLink(page, 'Alerts')).toBeVisible();
  await expect(page.locator('.page-title')).not.toContainText('critical');
  await expect(criticalIncidentsOf(page, 'postgres')).toHaveCount(1);
  await expect(criticalIncidentsOf(page, 'postgres')).toContainText(/for \d+ (?:sec|min)/);
  await expect(criticalIncidentsOf(page, 'postgres')).toContainText(reason);
  await expect(page.getByText(/^Not all of/)).toHaveCount(0, { timeout: 20_000 });
  const strip = row(page, 'postgres').getByRole('slider');
  await strip.focus();
  await page.keyboard.press('End');
  await expect(strip).toHaveAttribute('aria-valuetext', /Critical/);
  await expect(strip).toHaveAccessibleName(/\d% up/);
  await expect(card(page, 'Connections')).toHaveAttribute('data-tone', 'healthy', { timeout: 20_000 });
  await expect(card(page, 'Transactions').locator('.fd-metric-number')).toContainText(/\d/);
  expect(await page.evaluate(() => 'stayed' in window)).toBe(true);

  const heard = [...changes];
  const components = new Set(heard.map((change) => change.split(' ', 1)[0] ?? ''));
  expect([...components]).toEqual(expect.arrayContaining(['postgres', 'alerting']));
  const record = await changesOnRecord(page, components);
  expect(record).toEqual(expect.arrayContaining(heard));
  expect(record.filter((change) => change.startsWith('postgres critical'))).toHaveLength(1);

  await alertsLink(page, 'Alerts').click();
  const incidents = page.getByRole('region', { name: 'Incidents' }).getByRole('listitem');
  await expect(incidents).toHaveCount(1);
  await expect(incidents).toContainText(/PostgresDown.*lasted/s);
});
