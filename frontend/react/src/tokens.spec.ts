import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ciede2000, contrastRatio, labOf, rgbOf, simulate, type Sight } from './testing/colour.ts';
import {
  colorSets,
  colorTokens,
  contrastPairs,
  densityTokens,
  LEAST_COLOUR_DISTANCE,
  sizeTokens,
  type ColorToken,
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

  it('keeps its rules inside the two layers', () => {
    const outside = css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/@layer [\w.]+ \{[\s\S]*?\n\}/g, '');
    expect(outside.trim()).toBe('@layer fleetdeck.tokens, fleetdeck.components;');
  });
});

describe('colour tokens', () => {
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
