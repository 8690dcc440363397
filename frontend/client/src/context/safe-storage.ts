import type { ContextStorage } from './context-host.ts';

/**
 * A storage that never throws. What a blocked or full storage refuses is kept in memory, for as long as the page
 * lives or until somebody else writes the key.
 */
export class SafeStorage {
  readonly #refused = new Map<string, string | null>();

  readonly #open: () => ContextStorage | null;

  constructor(open: () => ContextStorage | null) {
    this.#open = open;
  }

  /** Whether everything written so far is really stored. */
  get persistent(): boolean {
    return this.#refused.size === 0;
  }

  read(key: string): string | null {
    const kept = this.#refused.get(key);
    if (kept !== undefined) return kept;
    try {
      return this.#open()?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  write(key: string, value: string | null): void {
    this.#refused.delete(key);
    try {
      const storage = this.#open();
      if (storage === null) this.#refused.set(key, value);
      else if (value === null) storage.removeItem(key);
      else storage.setItem(key, value);
    } catch {
      this.#refused.set(key, value);
    }
  }

  /** Somebody else wrote the key (`null`: all of them), so what was kept in its place is outdated. */
  forget(key: string | null): void {
    if (key === null) this.#refused.clear();
    else this.#refused.delete(key);
  }
}
