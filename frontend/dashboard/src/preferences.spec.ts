import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { applyPreferences, readPreferences, storePreferences } from './preferences.ts';

const KEY = 'fleetdeck:preferences';
const DEFAULTS = { theme: 'auto', timeZone: 'local' };

function block(method: 'getItem' | 'setItem'): void {
  jest.spyOn(Storage.prototype, method).mockImplementation(() => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  });
}

afterEach(() => {
  jest.restoreAllMocks();
  localStorage.clear();
});

describe('preferences', () => {
  it('are those of the system until something was chosen', () => {
    expect(readPreferences()).toEqual(DEFAULTS);
  });

  it.each([
    { theme: 'dark', timeZone: 'utc' },
    { theme: 'light', timeZone: 'local' },
  ] as const)('come back as they were stored: %p', (chosen) => {
    storePreferences(chosen);
    expect(readPreferences()).toEqual(chosen);
  });

  it.each(['', 'not json', 'null', '7', '"dark"', '[]', '{"theme":"pink","timeZone":3}'])(
    'are the defaults where %p is stored',
    (stored) => {
      localStorage.setItem(KEY, stored);
      expect(readPreferences()).toEqual(DEFAULTS);
    },
  );

  it('keep the half that can be read', () => {
    localStorage.setItem(KEY, '{"theme":"dark","timeZone":"moon"}');
    expect(readPreferences()).toEqual({ theme: 'dark', timeZone: 'local' });
  });

  it('are the defaults where storage cannot be read', () => {
    localStorage.setItem(KEY, '{"theme":"dark"}');
    block('getItem');
    expect(readPreferences()).toEqual(DEFAULTS);
  });

  it('do not fail where storage cannot be written', () => {
    block('setItem');
    expect(() => storePreferences({ theme: 'dark', timeZone: 'utc' })).not.toThrow();
    expect(readPreferences()).toEqual(DEFAULTS);
  });

  it('put the theme on the document', () => {
    applyPreferences({ theme: 'dark', timeZone: 'local' });
    expect(document.documentElement).toHaveAttribute('data-theme', 'dark');
  });
});
