import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { expect, type Page } from '@playwright/test';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ROOT = new URL('../../../', import.meta.url).pathname;

/** Signs this browser in with a link that has not been used, and waits for the overview. */
export async function signIn(page: Page, dataDir: string): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, ['backend/service/dist/cli/sign-in.js'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], FLEETDECK_DATA_DIR: dataDir },
  });
  await page.goto(stdout.replace('sign in: ', '').trim());
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
}

/** Reports how many orders of a shop wait, as a script does. */
export async function reportOrders(page: Page, url: string, shop: string, value: number): Promise<void> {
  const cookies = await page.context().cookies();
  const answer = await page.request.post(`${url}/api/v1/metrics/points`, {
    headers: { cookie: cookies.map(({ name, value: text }) => `${name}=${text}`).join('; ') },
    data: { points: [{ name: 'orders_waiting', value, labels: { shop } }] },
  });
  expect(answer.status()).toBe(202);
}

/** What axe finds wrong with the page, one text a violation. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await axe.run()).violations;
  });
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}
