import { expect } from '@playwright/test';
import { readComponents, readEntries, test, type View } from './catalog.ts';

const entries = readEntries();
const stories = entries.filter((entry) => entry.type === 'story');

const EVERY_COMPONENT = [
  ...[
    'Playground',
    'Default',
    'AllStates',
    'Live',
    'Stale',
    'Empty',
    'Loading',
    'Error',
    'Overflow',
    'Densities',
  ],
  ...['Dark', 'RTL', 'German', 'Japanese', 'ColourVision', 'Narrow320', 'Keyboard', 'ReaderText'],
];
/** Stories that only some components owe. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  MetricsCard: ['Open'],
};

/**
 * Stories that may look like Default: Playground differs by its controls, Keyboard and ReaderText by what their plays
 * assert. Any other of the set that looks like it shows nothing of its own.
 */
const MAY_EQUAL_DEFAULT = new Set(['Playground', 'Default', 'Keyboard', 'ReaderText']);
const OWED = new Set([...EVERY_COMPONENT, ...Object.values(ALSO).flat()]);

const light = { theme: 'light' };
/** Those of the same globals stand together: then the page is kept and only the story changes. */
const VIEWS: Readonly<Record<string, View>> = {
  light: { globals: light },
  '320 px wide': { globals: light, width: 320 },
  '200 % zoom': { globals: light, zoom: 2 },
  'forced colours': { globals: light, media: { forcedColors: 'active' } },
  'reduced motion': { globals: light, media: { reducedMotion: 'reduce' } },
  dark: { globals: { theme: 'dark' } },
  'right to left': { globals: { ...light, direction: 'rtl' } },
  compact: { globals: { ...light, density: 'compact' } },
  comfortable: { globals: { ...light, density: 'comfortable' } },
  'for a wall': { globals: { ...light, density: 'wall' } },
};

test('the catalog is built', () => {
  expect(stories.length, 'stories in dist/storybook; run "npm run build-storybook" first').toBeGreaterThan(0);
});

for (const component of [...readComponents(), 'TimeSeriesChart']) {
  test(`${component} has the whole set of stories`, () => {
    const own = stories.filter(({ title }) => /^(?:Components|Charts)\/(.*)$/.exec(title)?.[1] === component);
    const names = own.map(({ exportName, name }) => exportName ?? name.replaceAll(' ', ''));
    expect(names).toEqual(expect.arrayContaining([...EVERY_COMPONENT, ...(ALSO[component] ?? [])]));
  });
}

/** What the Default of each title looks like, as far as this worker has seen it. */
const defaults = new Map<string, Buffer>();

for (const { id, title, name, exportName = '' } of stories) {
  const owed = /^(Components|Charts)\//.test(title) && OWED.has(exportName);
  const differs = owed && !MAY_EQUAL_DEFAULT.has(exportName);
  const promises = `plays, is accessible${differs ? ', is not like Default' : ''} and leaves the console clean`;
  test(`${title}, ${name}: ${promises}`, async ({ stage }) => {
    if (differs && !defaults.has(title)) {
      await stage.show(id.replace(/--.*$/, '--default'));
      defaults.set(title, await stage.picture());
    }
    const { problems } = await stage.show(id);
    expect(problems.join('\n')).toBe('');
    if (differs) {
      const same = defaults.get(title)?.equals(await stage.picture());
      expect(same, 'looks the same as Default of its component').toBe(false);
    }
  });
}

const whole = stories.filter(({ id }) => /--all-states$|^recipes-.*--default$/.test(id));
for (const [view, options] of Object.entries(VIEWS)) {
  for (const { id, title, name } of whole) {
    test(`${title}, ${name}, ${view}: accessible, nothing wider than the page or cut`, async ({ stage }) => {
      const { problems } = await stage.show(id, options);
      const excess = await stage.page.evaluate(() => {
        const root = document.documentElement;
        return root.scrollWidth - root.clientWidth;
      });
      expect(problems.join('\n')).toBe('');
      expect(excess, 'px by which the page scrolls sideways').toBe(0);
      expect(await stage.cut()).toEqual([]);
    });
  }
}

/** A theme on forced colours of the other kind: what the browser did not force would vanish there. */
const CROSSED: Readonly<Record<string, View>> = {
  'the light theme in dark forced colours': {
    globals: light,
    media: { forcedColors: 'active', colorScheme: 'dark' },
  },
  'the dark theme in light forced colours': {
    globals: { theme: 'dark' },
    media: { forcedColors: 'active' },
  },
};
for (const [view, options] of Object.entries(CROSSED)) {
  for (const { id, title, name } of whole) {
    test(`${title}, ${name}, ${view}: draws in colours of the system`, async ({ stage }) => {
      await stage.show(id, options);
      expect(await stage.unforced()).toEqual([]);
    });
  }
}

test('what belongs together stands together right to left', async ({ stage }) => {
  const view = VIEWS['right to left'];
  await stage.show('components-timeline--all-states', view);
  const toLine = await stage.page.locator('.fd-entry-row').evaluateAll((rows) =>
    rows.flatMap((row) => {
      const [mark, head] = row.children;
      if (!mark || !head) return [];
      const line = document.createRange();
      line.selectNodeContents(head);
      return [Math.round(mark.getBoundingClientRect().left - line.getBoundingClientRect().right)];
    }),
  );
  expect(toLine.length).toBeGreaterThan(0);
  expect(Math.max(...toLine), 'px from the shape of an entry to its line').toBeLessThan(24);
  await stage.show('components-metricscard--all-states', view);
  const toUnit = await stage.page.locator('.fd-metric-value:has(.fd-metric-unit)').evaluateAll((values) =>
    values.map((value) => {
      const unit = document.createRange();
      unit.selectNodeContents(value.querySelector('.fd-metric-unit bdi') ?? value);
      const number = value.querySelector('.fd-metric-number')?.getBoundingClientRect();
      return (number?.left ?? 0) - unit.getBoundingClientRect().right;
    }),
  );
  expect(Math.min(...toUnit), 'px from a number to its unit').toBeGreaterThan(2);
  await stage.show('components-progresstracker--all-states', view);
  const toName = await stage.page.locator('.fd-stage-body').evaluateAll((bodies) =>
    bodies.map((body) => {
      const rightOf = (part: string): number => {
        const words = document.createRange();
        words.selectNodeContents(body.querySelector(part) ?? body);
        return words.getBoundingClientRect().right;
      };
      return Math.abs(rightOf('.fd-stage-name') - rightOf('.fd-stage-notes'));
    }),
  );
  expect(Math.max(...toName), 'px between the begins of the name and the notes of a stage').toBeLessThan(2);
});

test('the toolbar forces colours as well, nearly', async ({ stage }) => {
  await stage.show('components-statusbadge--all-states', { globals: light });
  const plain = await stage.picture();
  await stage.show('components-statusbadge--all-states', { globals: { ...light, contrast: 'forced' } });
  const edge = await stage.page
    .locator('.fd-badge[data-tone="critical"]:not([data-compact])')
    .first()
    .evaluate((badge) => getComputedStyle(badge).borderTopWidth);
  expect(edge, "the kit's own rule for forced colours applies").toBe('3px');
  expect(plain.equals(await stage.picture())).toBe(false);
});

test('the gallery shows every component, light and dark', async ({ stage }) => {
  const { problems } = await stage.showDocs('gallery--docs');
  expect(problems).toEqual([]);
  const pictures = await stage.page
    .locator('#storybook-docs img')
    .evaluateAll((images) => images.map((image) => image.getAttribute('alt')));
  const wanted = readComponents().flatMap((name) => [
    `${name}, all states, light`,
    `${name}, all states, dark`,
  ]);
  expect(pictures).toEqual(expect.arrayContaining(wanted));
});

const known = new Set(entries.map(({ id }) => id));
for (const { id, title } of entries.filter((entry) => entry.type === 'docs')) {
  test(`${title}: the docs page draws, its links lead somewhere, the console stays clean`, async ({
    stage,
  }) => {
    const { problems } = await stage.showDocs(id);
    expect(problems.join('\n')).toBe('');
    const bars = await stage.page
      .locator('#storybook-docs p')
      .filter({ hasText: /^\s*\|/ })
      .allTextContents();
    expect(bars, 'tables that were taken for text').toEqual([]);
    const links = await stage.page
      .locator('#storybook-docs a[href*="path=/"]')
      .evaluateAll((anchors) => anchors.map((anchor) => anchor.getAttribute('href') ?? ''));
    const dead = links.filter((link) => !known.has(/path=\/(?:docs|story)\/([^&#]+)/.exec(link)?.[1] ?? ''));
    expect(dead, 'links to pages that the catalog does not have').toEqual([]);
  });
}

/** What every page of a component tells, in this order. */
const CHAPTERS = [
  ...['When to use it, and when not', 'States', 'Anatomy', 'Accessibility', 'Live data and staleness'],
  ...['Formatting, locale, zone', 'Theming tokens', 'Performance', 'API', 'Recipes', 'Known limits'],
  'Changelog',
];
const pages = [
  ...readComponents().map((name) => `components-${name.toLowerCase()}--docs`),
  'charts-timeserieschart--docs',
];
for (const id of pages) {
  test(`${id} has all chapters of a component's page, in their order`, async ({ stage }) => {
    await stage.showDocs(id);
    expect(await stage.page.locator('#storybook-docs h2').allInnerTexts()).toEqual(CHAPTERS);
  });
}
