import { expect, type Locator, type Page } from '@playwright/test';
import { test, type Stage } from './catalog.ts';

/**
 * The keys that the pages of the components document, pressed on a real keyboard: the browser moves the focus and
 * clicks what has it, which the plays of the stories only imitate.
 */
async function open(
  stage: Stage,
  id: string,
): Promise<{ page: Page; root: Locator; keys: Page['keyboard'] }> {
  // Loaded anew, so that the focus begins before everything.
  const { problems } = await stage.show(id, { globals: { theme: 'light' }, fresh: true });
  expect(problems.join('\n')).toBe('');
  const { page } = stage;
  return { page, root: page.locator('#storybook-root'), keys: page.keyboard };
}

test('StatusSummary is text: Tab passes it by', async ({ stage }) => {
  const { root, keys } = await open(stage, 'components-statussummary--all-states');
  await keys.press('Tab');
  await expect(root.locator(':focus')).toHaveCount(0);
});

test('Timeline: Tab goes through filters to entries, Enter opens one and Escape closes it', async ({
  stage,
}) => {
  const { root, keys } = await open(stage, 'components-timeline--default');
  const stops = ['CSV', 'JSON', 'Search', 'Any time', 'deployment 2'];
  await keys.press('Tab');
  for (const name of stops) {
    await expect(root.locator(':focus')).toHaveAccessibleName(name);
    await keys.press('Tab');
  }
  const entry = root.getByRole('button', { name: /^refund-07 failed/ });
  for (let at = 0; at < 20 && !(await entry.evaluate((it) => it === document.activeElement)); at += 1)
    await keys.press('Tab');
  await expect(entry).toBeFocused();
  await keys.press('Enter');
  await expect(entry).toHaveAttribute('aria-expanded', 'true');
  await expect(root.getByText('The broker refuses the connection.')).toBeVisible();
  await keys.press('Escape');
  await expect(entry).toHaveAttribute('aria-expanded', 'false');
  await expect(entry).toBeFocused();
  await keys.press('Shift+Tab');
  await expect(root.locator(':focus')).toHaveAccessibleName('Warning 1');
  await keys.press('Space');
  await expect(root.getByRole('listitem')).toHaveCount(1);
});

test('Timeline as a feed: Page Down and Page Up go from entry to entry, Ctrl+End leaves it', async ({
  stage,
}) => {
  const { root, keys } = await open(stage, 'components-timeline--default');
  await stage.show('components-timeline--infinite', { globals: { theme: 'light' } });
  const [first, second] = [root.getByRole('article').nth(0), root.getByRole('article').nth(1)];
  await first.focus();
  await keys.press('PageDown');
  await expect(second).toBeFocused();
  await keys.press('PageUp');
  await expect(first).toBeFocused();
  await keys.press('Control+End');
  await expect(root.locator('.fd-timeline-foot')).toBeFocused();
});

test('ContextSelector: arrows and typing open it, Enter chooses, Escape gives the focus back', async ({
  stage,
}) => {
  const { root, keys } = await open(stage, 'components-contextselector--default');
  const button = root.getByRole('button', { name: /^Agent/ });
  const search = root.getByRole('combobox', { name: 'Search' });
  await keys.press('Tab');
  await expect(button).toBeFocused();
  await keys.press('ArrowDown');
  await expect(search).toBeFocused();
  await keys.press('Escape');
  await expect(search).toHaveCount(0);
  await expect(button).toBeFocused();

  await keys.type('intake');
  await expect(search).toHaveValue('intake');
  await expect(root.getByRole('option')).toHaveText([/^Intake 02/]);
  await keys.press('Enter');
  await expect(button).toHaveAccessibleName('Agent: Intake 02 Degraded');
  await expect(button).toBeFocused();

  await keys.press('Enter');
  await expect(search).toBeFocused();
  // It begins at what is chosen.
  await keys.press('ArrowDown');
  const next = root.getByRole('option', { name: /^Refund 07/ });
  await expect(search).toHaveAttribute('aria-activedescendant', (await next.getAttribute('id')) ?? '');
  await keys.press('ArrowUp');
  await keys.press('ArrowUp');
  await keys.press('Enter');
  await expect(button).toHaveAccessibleName('Agent: Checkout 01 Critical');

  await keys.press('Tab');
  await expect(root.locator(':focus')).toHaveAccessibleName('Clear Checkout 01');
  await keys.press('Enter');
  await expect(button).toHaveAccessibleName('Agent: All');
  await expect(button).toBeFocused();
  await keys.press('Tab');
  await expect(root.locator(':focus')).toHaveAccessibleName('Back to Checkout 01');
  await keys.press('Space');
  await expect(button).toHaveAccessibleName('Agent: Checkout 01 Critical');
  await expect(button).toBeFocused();
});

test('ContextSelector with a shortcut opens on Ctrl+K from anywhere', async ({ stage }) => {
  const { root, keys } = await open(stage, 'components-contextselector--all-states');
  await keys.press('Control+k');
  await expect(root.getByRole('combobox', { name: 'Search' })).toBeFocused();
  await keys.press('Tab');
  await expect(root.getByRole('link', { name: 'All agents' })).toBeFocused();
  await keys.press('Escape');
  await expect(root.getByRole('combobox')).toHaveCount(0);
  await expect(root.getByRole('button', { name: 'Add Billing 03 to favourites' })).toBeVisible();
});

test('ProgressTracker: Tab reaches actions and details, Enter and Space close and open them', async ({
  stage,
}) => {
  const { root, keys } = await open(stage, 'components-progresstracker--error');
  await keys.press('Tab');
  await expect(root.locator(':focus')).toHaveAccessibleName('Retry');
  await keys.press('Tab');
  const details = root.getByRole('button', { name: 'Details Canary' });
  await expect(details).toBeFocused();
  await expect(details).toHaveAttribute('aria-expanded', 'true');
  await keys.press('Enter');
  await expect(details).toHaveAttribute('aria-expanded', 'false');
  await keys.press('Space');
  await expect(details).toHaveAttribute('aria-expanded', 'true');
  await keys.press('Tab');
  await expect(root.locator(':focus')).toHaveCount(0);
});

test('MetricsCard: its trend opens and closes by Enter and Space, and its chart is read by arrows', async ({
  stage,
}) => {
  const { root, keys } = await open(stage, 'components-metricscard--open');
  const trend = root.getByRole('button', { name: 'Trend of p95 latency' });
  await expect(trend).toBeFocused();
  await keys.press('Enter');
  await expect(trend).toHaveAttribute('aria-expanded', 'false');
  await expect(root.getByRole('figure')).toHaveCount(0);
  await keys.press('Space');
  await expect(trend).toHaveAttribute('aria-expanded', 'true');
  await keys.press('Tab');
  const values = root.getByRole('slider', { name: 'Values of Trend of p95 latency' });
  await expect(values).toBeFocused();
  await keys.press('ArrowLeft');
  await expect(values).toHaveAttribute('aria-valuetext', /842 ms|\d+ ms/);
  const last = await values.getAttribute('aria-valuetext');
  await keys.press('ArrowLeft');
  await expect(values).not.toHaveAttribute('aria-valuetext', last ?? '');
  await keys.press('Tab');
  await expect(root.locator(':focus')).toHaveAccessibleName('Show as table');
  await keys.press('Enter');
  await expect(root.getByRole('table')).toBeVisible();
});
