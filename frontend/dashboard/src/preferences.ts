/** What an operator chose for this browser. */
export interface Preferences {
  theme: 'auto' | 'light' | 'dark';
  timeZone: 'local' | 'utc';
}

const KEY = 'fleetdeck:preferences';
const DEFAULTS: Preferences = { theme: 'auto', timeZone: 'local' };

/** Reads what was stored; defaults where storage is blocked or holds something else. */
export function readPreferences(): Preferences {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences> | null;
    return {
      theme: stored?.theme === 'light' || stored?.theme === 'dark' ? stored.theme : DEFAULTS.theme,
      timeZone: stored?.timeZone === 'utc' ? 'utc' : DEFAULTS.timeZone,
    };
  } catch {
    return DEFAULTS;
  }
}

/** Stores a choice; one that cannot be stored holds until the page is left. */
export function storePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Blocked or full.
  }
}

/** Lets the page take on the theme. */
export function applyPreferences({ theme }: Preferences): void {
  document.documentElement.dataset['theme'] = theme;
}
