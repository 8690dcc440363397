import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@playwright/test';
import { readComponents, test } from './catalog.ts';

const SHOWN = [
  // Its AllStates is too long to be read through; its other stories assert the rest.
  ...readComponents().map((name) => [name, name === 'Timeline' ? 'default' : 'all-states'] as const),
  ['ContextSelector', 'open'],
  ['MetricsCard', 'open'],
] as const;

const trees = [
  ...SHOWN.map(([name, story]) => [`${name}, ${story}`, `components-${name.toLowerCase()}--${story}`]),
  ['TimeSeriesChart, default', 'charts-timeserieschart--default'],
] as const;

for (const [name = '', id = ''] of trees) {
  const file = `${id}.aria.yml`;
  test(`${name}: roles, names and states are those written down in trees/${file}`, async ({ stage }) => {
    const { problems } = await stage.show(id, { globals: { theme: 'light' } });
    expect(problems.join('\n')).toBe('');
    const root = stage.page.locator('#storybook-root');
    const path = join(import.meta.dirname, 'trees', file);
    if (!existsSync(path)) {
      // Word for word, where Playwright itself would take any number for another.
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${await root.ariaSnapshot()}\n`);
      throw new Error(`${path} was not there and is written now: read it, and run this again.`);
    }
    await expect(root).toMatchAriaSnapshot({ name: file });
  });
}
