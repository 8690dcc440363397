import { createHash } from 'node:crypto';
import { Cacheable, createKeyv, type Keyv, type KeyvStoreAdapter } from 'cacheable';
import type { Clock } from '@fleetdeck/kernel';
import { withDeadline, type Timers } from '../timers.ts';

/** A store of the `keyv` family, as `new KeyvRedis(url)` of `@keyv/redis`. */
export type AnswerStore = Keyv | KeyvStoreAdapter;

/** After this a shared store counts as not having an answer, in milliseconds. */
const STORE_DEADLINE_MS = 250;
/** How much longer than its life the stores hold an answer: what is out of date is told by this process's clocks. */
const STORE_GRACE_MS = 60_000;

/** What an answer is about, so that it goes when that changes. */
export interface AnswerScope {
  readonly metricNames: readonly string[];
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

/** Reads an answer. */
type LoadAnswer<T> = (covers: (toMs: number) => void) => Promise<T>;

/** How far apart the clocks of processes that share a store may be, in milliseconds. */
const CLOCK_SPREAD_MS = 60_000;
/** The most changes that are remembered for answers of other processes. */
const MAX_CHANGES = 1000;

interface StoredAnswer extends AnswerScope {
  readonly answer: unknown;
  /** By the clock of whoever stored it. */
  readonly storedAt: number;
  /** By the clock of whoever stored it. */
  readonly expiresAt: number;
}

interface KnownAnswer extends AnswerScope {
  /** Tells it from a newer answer that another process stored under the same key. */
  readonly storedAt: number;
  /** By the monotonic clock of this process. */
  readonly expiresAt: number;
}

interface OnItsWay extends AnswerScope {
  toMs: number;
  answer: Promise<unknown>;
  /** Whether what it is about has changed since it was asked for. */
  stale: boolean;
}

/**
 * Gives equal questions that come at once, or while an answer lives, the same answer: from this process's memory, or
 * from a store that several processes share.
 */
export class AnswerCache {
  private readonly cache: Cacheable;
  private readonly underWay = new Map<string, OnItsWay>();
  /** What this process knows to be cached, oldest first, at most as many as the memory holds. */
  private readonly scopes = new Map<string, KnownAnswer>();
  private readonly shared: boolean;
  /** What changed lately, newest last: an answer in the store may be of a process that did not live to forget it. */
  private readonly changes: (Change & { at: number })[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly capacity: number,
    store: AnswerStore | null,
  ) {
    this.shared = store !== null;
    this.cache = new Cacheable({
      primary: createKeyv({ lruSize: Math.max(1, capacity), useClone: false }),
      ...(store ? { secondary: store, nonBlocking: true } : {}),
    });
    // A store that is away costs reads, not answers.
    this.cache.on('error', () => undefined);
  }

  /** How many answers this process knows to be cached. */
  get size(): number {
    return this.scopes.size;
  }

  /**
   * The answer of `key`, from `load` when there is none. Failures are not kept.
   * @param ttlMs how long it lives; with 0 only questions at the same time share it
   * @param load may tell by `covers` that the answer reaches further than its scope said, before it reads
   */
  get<T>(key: string, ttlMs: number, scope: AnswerScope, load: LoadAnswer<T>): Promise<T> {
    const known = this.underWay.get(key);
    if (known) return known.answer as Promise<T>;
    // A store writes JSON, which has no infinity.
    const toMs = Math.min(scope.toMs, Number.MAX_SAFE_INTEGER);
    const entry: OnItsWay = { ...scope, toMs, stale: false, answer: Promise.resolve() };
    this.underWay.set(key, entry);
    const answer = this.find(key, this.capacity === 0 ? 0 : ttlMs, entry, load).finally(() => {
      if (this.underWay.get(key) === entry) this.underWay.delete(key);
    });
    entry.answer = answer;
    return answer;
  }

  /** Forgets answers about these metrics that cover a time, also those on their way. Times are inclusive. */
  async forget(metricNames: ReadonlySet<string>, fromMs: number, toMs: number): Promise<void> {
    const change = { names: metricNames, fromMs, toMs };
    const covers = (scope: AnswerScope): boolean => isChanged(scope, change);
    this.noteChange(change);
    for (const [key, entry] of this.underWay) {
      if (!covers(entry)) continue;
      entry.stale = true;
      this.underWay.delete(key);
    }
    const gone: Promise<unknown>[] = [];
    for (const [key, scope] of this.scopes) {
      if (!covers(scope)) continue;
      this.scopes.delete(key);
      gone.push(this.cache.delete(storeKey(key)));
    }
    await Promise.allSettled(gone);
  }

  /** Forgets everything that this process knows to be cached. */
  async clear(): Promise<void> {
    this.noteChange(EVERYTHING);
    for (const entry of this.underWay.values()) entry.stale = true;
    this.underWay.clear();
    const keys = [...this.scopes.keys()];
    this.scopes.clear();
    await Promise.allSettled(keys.map((key) => this.cache.delete(storeKey(key))));
  }

  private async find<T>(key: string, ttlMs: number, entry: OnItsWay, load: LoadAnswer<T>): Promise<T> {
    const known = this.scopes.get(key);
    if (ttlMs > 0 && (this.shared || (known && this.msLeft(known) > 0))) {
      const stored = await this.stored(key);
      const isKnown = stored !== undefined && stored.storedAt === known?.storedAt;
      const msLeft = isKnown ? this.msLeft(known) : this.msLeftOfOther(stored);
      const trusted = stored && (known !== undefined || !this.isOutdated(stored));
      if (trusted && msLeft > 0) {
        this.remember(key, stored, msLeft);
        return stored.answer as T;
      }
    }
    const answer = await load((toMs) => (entry.toMs = Math.max(entry.toMs, toMs)));
    if (ttlMs > 0 && !entry.stale) {
      const { metricNames, fromMs, toMs } = entry;
      const storedAt = this.clock.now();
      const expiresAt = storedAt + ttlMs;
      const stored: StoredAnswer = { metricNames, fromMs, toMs, answer, storedAt, expiresAt };
      this.remember(key, stored, ttlMs);
      await this.cache.set(storeKey(key), stored, ttlMs + STORE_GRACE_MS).catch(() => undefined);
      if (entry.stale) await this.cache.delete(storeKey(key)).catch(() => undefined);
    }
    return answer;
  }

  private msLeft({ expiresAt }: KnownAnswer): number {
    return expiresAt - this.clock.monotonicMs();
  }

  /** Of an answer whose begin only a time of day tells: never more than its whole life, none from a time to come. */
  private msLeftOfOther(stored: StoredAnswer | undefined): number {
    const now = this.clock.now();
    if (!stored || stored.storedAt > now + CLOCK_SPREAD_MS) return 0;
    return Math.min(stored.expiresAt - now, stored.expiresAt - stored.storedAt);
  }

  private async stored(key: string): Promise<StoredAnswer | undefined> {
    const asked = this.cache.get<StoredAnswer>(storeKey(key), { nonBlocking: false });
    if (!this.shared) return asked;
    return withDeadline(asked, STORE_DEADLINE_MS, this.timers, () => new Error('late')).catch(
      () => undefined,
    );
  }

  private noteChange(change: Change): void {
    if (!this.shared) return;
    this.changes.push({ ...change, at: this.clock.now() });
    if (this.changes.length <= MAX_CHANGES) return;
    // Too many to tell apart: nothing that was stored before the middle of them is trusted.
    const half = this.changes.splice(0, MAX_CHANGES / 2);
    this.changes.unshift({ ...EVERYTHING, at: half.at(-1)?.at ?? 0 });
  }

  /** Whether what the answer of another process is about has changed since it was stored. */
  private isOutdated(stored: StoredAnswer): boolean {
    return this.changes.some(
      (change) => stored.storedAt <= change.at + CLOCK_SPREAD_MS && isChanged(stored, change),
    );
  }

  private remember(key: string, { metricNames, fromMs, toMs, storedAt }: StoredAnswer, msLeft: number): void {
    const expiresAt = this.clock.monotonicMs() + msLeft;
    this.scopes.delete(key);
    this.scopes.set(key, { metricNames, fromMs, toMs, storedAt, expiresAt });
    for (const oldest of this.scopes.keys()) {
      if (this.scopes.size <= this.capacity) break;
      this.scopes.delete(oldest);
    }
  }
}

type Change = { names: ReadonlySet<string> | null; fromMs: number; toMs: number };

const EVERYTHING: Change = { names: null, fromMs: -Infinity, toMs: Infinity };

function isChanged(scope: AnswerScope, { names, fromMs, toMs }: Change): boolean {
  if (scope.fromMs > toMs || scope.toMs <= fromMs) return false;
  return names === null || scope.metricNames.some((name) => names.has(name));
}

function storeKey(key: string): string {
  return `fleetdeck:metrics:${createHash('sha256').update(key).digest('base64url')}`;
}
