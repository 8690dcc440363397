import type { ContextHost, ContextHostEvents, ContextStorage } from '../context/context-host.ts';

interface Listener {
  events: ContextHostEvents;
  sender: object;
}

/** A made-up tab of a {@link FakeTabs}: give its `host` to a `ContextStore`. */
export interface FakeTab {
  readonly host: ContextHost;
  /** The address's parameters. Change them, then {@link goBack}. */
  readonly parameters: Map<string, string>;
  /** Tells the tab's stores that the address changed. */
  goBack: () => void;
  /** Hands the oldest waiting storage event to the tab's stores; `false` when there is none. */
  deliver: () => boolean;
}

/**
 * A browser of several tabs with one storage. Storage events wait until the test delivers them, since a real browser
 * hands them on some time after the write.
 */
export class FakeTabs {
  /** What all tabs share. */
  readonly stored = new Map<string, string>();
  /** While set, what every access to a storage throws: a browser that blocks storage. */
  blocked: Error | null = null;
  /** While set, what every write throws: a storage that is full. */
  full: Error | null = null;
  private readonly tabs: { waiting: (string | null)[]; listeners: Set<Listener> }[] = [];

  /** Opens a tab. */
  open(parameters: Readonly<Record<string, string>> = {}): FakeTab {
    const own = { waiting: [] as (string | null)[], listeners: new Set<Listener>() };
    this.tabs.push(own);
    const local = this.storage(this.stored, (key) => {
      for (const tab of this.tabs) if (tab !== own) tab.waiting.push(key);
    });
    const session = this.storage(new Map(), () => undefined);
    const address = new Map(Object.entries(parameters));
    return {
      parameters: address,
      goBack: () => own.listeners.forEach(({ events }) => events.onAddress()),
      deliver: () => {
        const key = own.waiting.shift();
        if (key === undefined) return false;
        for (const { events } of [...own.listeners]) events.onStored(key);
        return true;
      },
      host: {
        local: () => local,
        session: () => session,
        parameter: (name) => address.get(name) ?? null,
        setParameter: (name, value) =>
          void (value === null ? address.delete(name) : address.set(name, value)),
        announce: (key, sender) => {
          for (const each of [...own.listeners]) if (each.sender !== sender) each.events.onStored(key);
        },
        listen: (events, sender) => {
          const listener = { events, sender };
          own.listeners.add(listener);
          return () => own.listeners.delete(listener);
        },
      },
    };
  }

  /** Empties the storage as a visitor can: every tab hears of it with no key. */
  wipe(): void {
    this.stored.clear();
    for (const tab of this.tabs) tab.waiting.push(null);
  }

  private storage(values: Map<string, string>, wrote: (key: string) => void): ContextStorage {
    const check = (writing: boolean): void => {
      const error = this.blocked ?? (writing ? this.full : null);
      if (error !== null) throw error;
    };
    return {
      getItem: (key) => {
        check(false);
        return values.get(key) ?? null;
      },
      setItem: (key, value) => {
        check(true);
        if (values.get(key) === value) return;
        values.set(key, value);
        wrote(key);
      },
      removeItem: (key) => {
        check(false);
        if (values.delete(key)) wrote(key);
      },
    };
  }
}
