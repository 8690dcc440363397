import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createAnnouncer } from './announcer.ts';

const regions = (): NodeListOf<HTMLElement> => document.querySelectorAll('[data-fleetdeck-announcer]');
const said = (): string | null | undefined => [...regions()].at(-1)?.textContent;

beforeEach(() => {
  jest.useFakeTimers();
  document.body.replaceChildren();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the announcer', () => {
  it('adds one polite region when it first has something to say, and says it a little later', () => {
    const { announce } = createAnnouncer();
    expect(regions()).toHaveLength(0);
    announce('4 new');
    expect(said()).toBe('');
    jest.advanceTimersByTime(250);
    expect(said()).toBe('4 new');
    expect(regions()[0]).toHaveAttribute('aria-live', 'polite');
    announce('more');
    jest.advanceTimersByTime(1_000);
    expect(regions()).toHaveLength(1);
  });

  it('says together what comes together, and of one topic only the last', () => {
    const { announce } = createAnnouncer();
    announce('1 new', 'count');
    announce('Cleared.');
    announce('2 new', 'count');
    jest.advanceTimersByTime(250);
    expect(said()).toBe('Cleared. 2 new');
  });

  it('lets a sentence be read before the next, and forgets it after a while', () => {
    const { announce } = createAnnouncer();
    announce('one');
    jest.advanceTimersByTime(250);
    announce('two');
    jest.advanceTimersByTime(999);
    expect(said()).toBe('one');
    jest.advanceTimersByTime(1);
    expect(said()).toBe('two');
    jest.advanceTimersByTime(7_000);
    expect(said()).toBe('');
  });

  it('drops the oldest of more than ten, and an empty sentence', () => {
    const { announce } = createAnnouncer();
    announce('');
    for (let index = 0; index < 12; index += 1) announce(`n${index}`);
    jest.advanceTimersByTime(250);
    expect(said()).toBe('n2 n3 n4 n5 n6 n7 n8 n9 n10 n11');
  });

  it('makes its region again when somebody emptied the page', () => {
    const { announce } = createAnnouncer();
    announce('one');
    document.body.replaceChildren();
    announce('two');
    jest.advanceTimersByTime(250);
    expect(said()).toBe('one two');
  });

  it('has the only live region of the kit', () => {
    const src = import.meta.dirname;
    const live = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((file) => /^[^.]+\.tsx?$/.test(file))
      .filter((file) =>
        /(?:role|aria-live)\W+(?:alert|status|log|polite|assertive)\b/.test(
          readFileSync(join(src, file), 'utf8'),
        ),
      );
    expect(live).toEqual(['announcer.ts']);
  });
});
