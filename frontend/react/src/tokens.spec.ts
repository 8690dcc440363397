import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ciede2000, contrastRatio, labOf, rgbOf, simulate, type Rgb, type Sight } from './testing/colour.ts';
import {
  colorSets,
  colorTokens,
  contrastPairs,
  densityTokens,
  LEAST_COLOUR_DISTANCE,
  sizeTokens,
  type ColorToken,
  type DensityToken,
  type ThemeName,
} from './tokens.ts';

const css = readFileSync(`${process.cwd()}/src/styles.css`, 'utf8');
const THEMES: readonly ThemeName[] = ['light', 'dark'];
const SIGHTS: readonly Sight[] = ['normal', 'protanopia', 'deuteranopia', 'tritanopia'];

/** The declarations of the first rule whose selectors hold this one. */
function rule(selector: string): Map<string, string> {
  const found = [...css.matchAll(/([^{}]+)\{([^{}]*)\}/g)].find(([, selectors = '']) =>
    selectors.split(',').some((each) => each.replace(/\/\*[\s\S]*?\*\//g, '').trim() === selector),
  );
  const declarations = [...(found?.[2] ?? '').matchAll(/--fd-([\w-]+):\s*([^;]+);/g)];
  return new Map(declarations.map(([, name = '', value = '']) => [name, value.replace(/\s+/g, ' ')]));
}

describe('styles.css', () => {
  it('holds every colour of both themes as the tokens have it', () => {
    const root = rule(':root');
    for (const name of Object.keys(colorTokens.light) as ColorToken[]) {
      expect([name, root.get(name)?.toLowerCase()]).toEqual([
        name,
        `light-dark(${colorTokens.light[name]}, ${colorTokens.dark[name]})`.toLowerCase(),
      ]);
    }
  });

  it('holds every size as the tokens have it', () => {
    const root = rule(':root');
    for (const [name, value] of Object.entries(sizeTokens))
      expect([name, root.get(name)]).toEqual([name, value]);
    for (const [density, sizes] of Object.entries(densityTokens)) {
      expect([density, Object.fromEntries(rule(`[data-density='${density}']`))]).toEqual([density, sizes]);
    }
  });

  it('uses no custom property that it does not define', () => {
    const defined = new Set([...css.matchAll(/(--fd-[\w-]+):/g)].map(([, name]) => name));
    const fallback = new Set([...css.matchAll(/var\((--fd-[\w-]+),/g)].map(([, name]) => name));
    for (const [, name = ''] of css.matchAll(/var\((--fd-[\w-]+)/g)) {
      expect([name, defined.has(name) || fallback.has(name)]).toEqual([name, true]);
    }
  });

  it('shows old data in forced colours too, which drop the hatching', () => {
    const forced = css.slice(css.lastIndexOf('@media (forced-colors: active)'));
    const hatched = [...css.matchAll(/\n {2}([^{}]*\[data-stale\][^{}]*)\{[^{}]*var\(--fd-hatch\)/g)].flatMap(
      ([, selectors = '']) =>
        selectors
          .replace(/\/\*[\s\S]*?\*\//g, '')
          .split(/,\n/)
          .map((each) => each.trim()),
    );
    expect(hatched.length).toBeGreaterThan(5);
    for (const selector of hatched) {
      // Its own element, or one inside it, gets an edge there.
      const [owner = ''] = /^\.fd-[a-z]+/.exec(selector) ?? [];
      expect([selector, new RegExp(`\\${owner}(\\[data-stale\\]|:is\\(\\[data-stale)`).test(forced)]).toEqual(
        [selector, true],
      );
    }
  });

  it('keeps its rules inside the two layers', () => {
    const outside = css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/@layer [\w.]+ \{[\s\S]*?\n\}/g, '');
    expect(outside.trim()).toBe('@layer fleetdeck.tokens, fleetdeck.components;');
  });
});

/** On what each second text is read: the first class of a selector begins with the name, the longest one counts. */
const READ_ON: Readonly<Record<string, readonly ColorToken[]>> = {
  'fd-badge': ['bg', 'surface', 'sunken', 'selected-bg', 'st-degraded-bg'],
  'fd-button': ['bg', 'surface', 'sunken'],
  'fd-chart': ['bg', 'surface', 'st-critical-bg'],
  'fd-connection': ['bg', 'surface'],
  'fd-context': ['surface'],
  'fd-context-aside': ['surface', 'sunken'],
  'fd-context-button': ['surface', 'sunken'],
  'fd-context-name': ['surface', 'sunken'],
  'fd-context-option': ['surface', 'sunken', 'selected-bg'],
  'fd-entry': ['surface'],
  'fd-icon-button': ['bg', 'surface', 'sunken'],
  'fd-incident': ['bg', 'surface'],
  'fd-metric': ['surface', 'st-critical-bg'],
  'fd-progress': ['surface'],
  'fd-stage': ['surface'],
  'fd-stage-error': ['st-critical-bg'],
  'fd-strip': ['bg', 'surface'],
  'fd-summary': ['bg', 'surface'],
  'fd-timeline': ['surface'],
};

/** The rules of styles.css, without their comments and the at-rules around them. */
const rules = [...css.replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/([^{}]+)\{([^{}]*)\}/g)].map(
  ([, selectors = '', declarations = '']) => ({
    selectors: selectors.replace(/\s+/g, ' ').trim(),
    declarations,
  }),
);

function* secondTexts(): Generator<[selectors: string, ink: ColorToken, ground: ColorToken | null]> {
  for (const { selectors, declarations } of rules) {
    const inks = new Set([...declarations.matchAll(/var\(--fd-(text-[23])\)/g)].map(([, ink]) => ink));
    const [, owner = ''] = /\.(fd-[\w-]+)/.exec(selectors) ?? [];
    const [name = ''] = Object.keys(READ_ON)
      .filter((each) => owner.startsWith(each))
      .sort((a, b) => b.length - a.length);
    for (const ink of inks as Set<ColorToken>)
      for (const ground of READ_ON[name] ?? [null]) yield [selectors, ink, ground];
  }
}

const mixed = (ink: ColorToken, share: number, ground: ColorToken, theme: ThemeName): Rgb => {
  const [over, under] = [rgbOf(colorTokens[theme][ink]), rgbOf(colorTokens[theme][ground])];
  const channel = (index: 0 | 1 | 2): number => over[index] * share + under[index] * (1 - share);
  return [channel(0), channel(1), channel(2)];
};

describe('the guide to theming', () => {
  const guide = readFileSync(`${process.cwd()}/../../.storybook/docs/theming.mdx`, 'utf8');
  const named = new Set([...guide.matchAll(/`(--fd-[\w-]+)`/g)].map(([, name]) => name));
  const used = new Set([...css.matchAll(/--fd-[\w-]+/g)].map(([name]) => name));
  const rowOf = (name: string): string | undefined =>
    guide.split('\n').find((line) => line.startsWith(`| \`--fd-${name}\``));

  it('names every custom property of the style sheet, and no other', () => {
    expect([...used].filter((name) => !named.has(name))).toEqual([]);
    expect([...named].filter((name) => !used.has(name ?? ''))).toEqual([]);
  });

  it('tells every size as the tokens have it', () => {
    for (const [name, value] of Object.entries(sizeTokens))
      expect(
        rowOf(name)
          ?.split('|')
          .map((cell) => cell.trim()),
      ).toContain(value);
    const densities = Object.values(densityTokens);
    for (const name of Object.keys(densityTokens.default) as DensityToken[]) {
      const cells = rowOf(name)
        ?.split('|')
        .map((cell) => cell.trim());
      expect([name, cells?.slice(2, 6)]).toEqual([name, densities.map((sizes) => sizes[name])]);
    }
  });
});

describe('colour tokens', () => {
  it('are checked on every ground on which a second text is read', () => {
    const checked = new Map(contrastPairs.map(([ink, ground, least]) => [`${ink} on ${ground}`, least]));
    const texts = [...secondTexts()];
    expect(texts.length).toBeGreaterThan(40);
    for (const [selectors, ink, ground] of texts) {
      expect([selectors, ink, ground, (checked.get(`${ink} on ${ground}`) ?? 0) >= 4.5]).toEqual([
        ...[selectors, ink, ground],
        true,
      ]);
    }
  });

  it.each(THEMES)('keep the contrast of texts on hatching in the %s theme', (theme) => {
    const hatched = rules.flatMap(({ selectors, declarations }) => {
      const [, percent] = /color-mix\(in srgb, var\(--fd-hatch\) (\d+)%/.exec(declarations) ?? [];
      // No text stands on the line of a card, the bars of a strip, or the place of a chart that could not be read.
      if (percent === undefined || /fd-metric-spark$|fd-strip|fd-chart-empty$/.test(selectors)) return [];
      const raised = declarations.includes('--fd-text-3: var(--fd-text-2);');
      return [{ selectors, share: Number(percent) / 100, raised }];
    });
    expect(hatched).toHaveLength(4);
    for (const { selectors, share, raised } of hatched) {
      const faintest = raised || selectors.endsWith('.fd-incident') ? 'text-2' : 'text-3';
      for (const ink of ['text', 'st-unknown', faintest] as const) {
        for (const ground of ['bg', 'surface'] as const) {
          const ratio = contrastRatio(
            rgbOf(colorTokens[theme][ink]),
            mixed('border-strong', share, ground, theme),
          );
          expect([selectors, ink, ground, ratio >= 4.5]).toEqual([selectors, ink, ground, true]);
        }
      }
    }
  });

  it('that stand for a status or a line are all in the set whose distances are measured', () => {
    const names = Object.keys(colorTokens.light);
    expect(colorSets.status).toEqual(names.filter((name) => /^st-[a-z]+$/.test(name)));
    expect(colorSets.chart).toEqual(names.filter((name) => name.startsWith('ch-')));
  });

  it.each(THEMES)('give a critical badge more ink than a degraded one in the %s theme', (theme) => {
    // In the dark theme amber is brighter than red, which no red mends that is told from green by all eyes: so the
    // critical badge is solid, and has an edge in the colour of text.
    const against = (name: ColorToken): number =>
      contrastRatio(rgbOf(colorTokens[theme][name]), rgbOf(colorTokens[theme].surface));
    expect(against('st-critical')).toBeGreaterThan(3 * against('st-degraded-bg'));
    const edge = theme === 'dark' ? 'text' : 'st-critical';
    expect(against(edge)).toBeGreaterThan(against('st-degraded'));
    const critical = rules.find(({ selectors }) => selectors === ".fd-badge[data-tone='critical']");
    expect(critical?.declarations).toContain(
      'border-color: light-dark(var(--fd-st-critical), var(--fd-text))',
    );
    expect(critical?.declarations).toContain('background: var(--fd-st-critical)');
  });

  it.each(THEMES)('keep the contrast that reading needs in the %s theme', (theme) => {
    for (const [ink, ground, least] of contrastPairs) {
      const ratio = contrastRatio(rgbOf(colorTokens[theme][ink]), rgbOf(colorTokens[theme][ground]));
      expect([ink, ground, ratio >= least]).toEqual([ink, ground, true]);
    }
  });

  it.each(THEMES.flatMap((theme) => SIGHTS.map((sight) => [theme, sight] as const)))(
    'of one set are told apart in the %s theme with %s sight',
    (theme, sight) => {
      for (const set of Object.values(colorSets)) {
        set.forEach((a, index) => {
          for (const b of set.slice(index + 1)) {
            const [one, two] = [a, b].map((name) =>
              labOf(simulate(rgbOf(colorTokens[theme][name]), sight)),
            ) as [readonly [number, number, number], readonly [number, number, number]];
            expect([a, b, ciede2000(one, two) >= LEAST_COLOUR_DISTANCE]).toEqual([a, b, true]);
          }
        });
      }
    },
  );
});

describe('the colour measures', () => {
  it('know the extremes of contrast', () => {
    expect(contrastRatio([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
    expect(contrastRatio([9, 9, 9], [9, 9, 9])).toBe(1);
  });

  // Pairs 1, 7, 17 and 25 of the published test data.
  it.each([
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, 0, 0], [50, -1, 2], 2.3669],
    [[50, 2.5, 0], [73, 25, -18], 27.1492],
    [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
    [[22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373],
  ] as const)('agree with the published distance of %j and %j', (a, b, distance) => {
    expect(ciede2000(a, b)).toBeCloseTo(distance, 4);
  });

  it('refuse what is no colour', () => {
    expect(() => rgbOf('red')).toThrow('"red" is not a colour');
  });
});
