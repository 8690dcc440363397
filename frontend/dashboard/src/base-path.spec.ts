import { afterEach, describe, expect, it } from '@jest/globals';
import { basePath } from './base-path.ts';

function setBase(href: string): void {
  const base = document.createElement('base');
  base.href = href;
  document.head.append(base);
}

afterEach(() => {
  document.head.replaceChildren();
  window.history.replaceState(null, '', '/');
});

describe('basePath', () => {
  it.each([
    ['/', ''],
    ['/portal/', '/portal'],
    ['/ops/portal/', '/ops/portal'],
  ])('of a page with the base %p is %p', (href, expected) => {
    setBase(href);
    expect(basePath()).toBe(expected);
  });

  it('does not depend on the page that was opened', () => {
    window.history.replaceState(null, '', '/portal/agents/7?x=1#top');
    setBase('/portal/');
    expect(basePath()).toBe('/portal');
  });
});
