/** The part of the Web Storage API that a {@link ContextStore} uses. */
export interface ContextStorage {
  getItem: (key: string) => string | null;
  setItem: (key: string, value: string) => void;
  removeItem: (key: string) => void;
}

/** What a {@link ContextStore} hears from its surroundings. */
export interface ContextHostEvents {
  /** Another tab, or another store of this tab, wrote a key; `null` when everything was removed. */
  onStored: (key: string | null) => void;
  /** The visitor went back or forward in the page's history. */
  onAddress: () => void;
}

/** The browser as a {@link ContextStore} sees it; tests give another one. */
export interface ContextHost {
  /** Shared by all tabs. `null` or a storage that throws means: not available. */
  readonly local: () => ContextStorage | null;
  /** This tab's own, which survives a reload. */
  readonly session: () => ContextStorage | null;
  /** A parameter of the address; `null` when it is not there. */
  readonly parameter: (name: string) => string | null;
  /** Replaces a parameter of the address, without a new entry in the history; `null` takes it away. */
  readonly setParameter: (name: string, value: string | null) => void;
  /** Tells the other stores of this tab that a key was written: the browser tells only the other tabs. */
  readonly announce: (key: string, sender: object) => void;
  /** Listens until the answer is called. `sender` is left out of what {@link announce} tells. */
  readonly listen: (events: ContextHostEvents, sender: object) => () => void;
}

const SAME_TAB = 'fleetdeck:context';

interface SameTabDetail {
  key: string;
  sender: object;
}

/** The browser that this code runs in; on a server a host that knows nothing and keeps nothing. */
export function browserHost(): ContextHost {
  if (typeof window === 'undefined') return SERVER;
  return {
    local: () => window.localStorage,
    session: () => window.sessionStorage,
    parameter: (name) => new URLSearchParams(window.location.search).get(name),
    setParameter: (name, value) => {
      const url = new URL(window.location.href);
      if (url.searchParams.get(name) === value) return;
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
      window.history.replaceState(window.history.state, '', url);
    },
    announce: (key, sender) => {
      // An event and not a list of stores, so that two copies of this module on one page still hear each other.
      window.dispatchEvent(new CustomEvent<SameTabDetail>(SAME_TAB, { detail: { key, sender } }));
    },
    listen: ({ onStored, onAddress }, own) => {
      const onStorage = (event: StorageEvent): void => onStored(event.key);
      const onSameTab = (event: Event): void => {
        const { key, sender } = (event as CustomEvent<SameTabDetail>).detail;
        if (sender !== own) onStored(key);
      };
      window.addEventListener('storage', onStorage);
      window.addEventListener('popstate', onAddress);
      window.addEventListener(SAME_TAB, onSameTab);
      return () => {
        window.removeEventListener('storage', onStorage);
        window.removeEventListener('popstate', onAddress);
        window.removeEventListener(SAME_TAB, onSameTab);
      };
    },
  };
}

const SERVER: ContextHost = {
  local: () => null,
  session: () => null,
  parameter: () => null,
  setParameter: () => undefined,
  announce: () => undefined,
  listen: () => () => undefined,
};
