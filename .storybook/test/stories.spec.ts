import { expect } from '@playwright/test';
import { readComponents, readEntries, test, type View } from './catalog.ts';

const entries = readEntries();
const stories = entries.filter((entry) => entry.type === 'story');

const EVERY_COMPONENT = [
  ...['Playground', 'Default', 'AllStates', 'Stale', 'Empty', 'Loading', 'Error', 'Overflow', 'Densities'],
  ...['Dark', 'RTL', 'Narrow320', 'Keyboard', 'ReaderText'],
];
/** Stories that only some components owe. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  MetricsCard: ['Live', 'Open'],
  ProgressTracker: ['Live'],
  Timeline: ['Live'],
};

const VIEWS: Readonly<Record<string, View>> = {
  light: { globals: { theme: 'light' } },
  dark: { globals: { theme: 'dark' } },
  'right to left': { globals: { theme: 'light', direction: 'rtl' } },
  '320 px wide': { globals: { theme: 'light' }, width: 320 },
  'forced colours': { globals: { theme: 'light' }, media: { forcedColors: 'active' } },
  'reduced motion': { globals: { theme: 'light' }, media: { reducedMotion: 'reduce' } },
};

test('the catalog is built', () => {
  expect(stories.length, 'stories in dist/storybook; run "npm run build-storybook" first').toBeGreaterThan(0);
});

for (const component of readComponents()) {
  test(`${component} has the whole set of stories`, () => {
    const own = stories.filter(({ title }) => title === `Components/${component}`);
    const names = own.map(({ exportName, name }) => exportName ?? name.replaceAll(' ', ''));
    expect(names).toEqual(expect.arrayContaining([...EVERY_COMPONENT, ...(ALSO[component] ?? [])]));
  });
}

for (const { id, title, name } of stories) {
  test(`${title}, ${name}: plays, is accessible and leaves the console clean`, async ({ stage }) => {
    const { problems } = await stage.show(id);
    expect(problems.join('\n')).toBe('');
  });
}

for (const { id, title } of stories.filter((story) => story.id.endsWith('--all-states'))) {
  for (const [view, options] of Object.entries(VIEWS)) {
    test(`${title}, all states, ${view}: accessible, nothing wider than the page`, async ({ stage }) => {
      const { problems } = await stage.show(id, options);
      const excess = await stage.page.evaluate(() => {
        const root = document.documentElement;
        return root.scrollWidth - root.clientWidth;
      });
      expect(problems.join('\n')).toBe('');
      expect(excess, 'px by which the page scrolls sideways').toBe(0);
    });
  }
}

for (const { id, title } of entries.filter((entry) => entry.type === 'docs')) {
  test(`${title}: the docs page draws and leaves the console clean`, async ({ stage }) => {
    const { problems } = await stage.showDocs(id);
    expect(problems.join('\n')).toBe('');
  });
}
