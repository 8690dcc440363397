import type { Clock } from '@fleetdeck/kernel';

interface CacheEntry {
  answer: Promise<unknown>;
  metricNames: readonly string[];
  /** By the monotonic clock; infinite while the answer is on its way. */
  expiresAt: number;
}

/** Gives equal questions that come at once, or shortly after one another, the same answer. */
export class QueryCache {
  private readonly entries = new Map<string, CacheEntry>();

  constructor(
    private readonly clock: Clock,
    private readonly capacity = 500,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  /**
   * The answer of `key`, from `load` when there is none. Failures are not kept.
   * @param ttlMs how long it is kept once it is there; with 0 only questions at the same time share it
   */
  get<T>(key: string, ttlMs: number, metricNames: readonly string[], load: () => Promise<T>): Promise<T> {
    const known = this.entries.get(key);
    if (known && known.expiresAt > this.clock.monotonicMs()) return known.answer as Promise<T>;
    const entry: CacheEntry = { answer: Promise.resolve(), metricNames, expiresAt: Infinity };
    const answer = load().then(
      (value) => {
        entry.expiresAt = this.clock.monotonicMs() + ttlMs;
        if (ttlMs === 0) this.drop(key, entry);
        return value;
      },
      (thrown: unknown) => {
        this.drop(key, entry);
        throw thrown;
      },
    );
    entry.answer = answer;
    this.entries.delete(key);
    this.entries.set(key, entry);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.capacity) break;
      this.entries.delete(oldest);
    }
    return answer;
  }

  /** Forgets answers about these metrics, also those on their way: who wrote wants to read it. */
  forget(metricNames: ReadonlySet<string>): void {
    for (const [key, entry] of this.entries) {
      if (entry.metricNames.some((name) => metricNames.has(name))) this.entries.delete(key);
    }
  }

  private drop(key: string, entry: CacheEntry): void {
    if (this.entries.get(key) === entry) this.entries.delete(key);
  }
}
