import { guarded, reportFailure } from '../socket/report-failure.ts';
import { browserHost, type ContextHost } from './context-host.ts';
import { isContextId, MAX_CONTEXT_ID_LENGTH, readIds, readRecord } from './context-record.ts';
import type {
  ContextChange,
  ContextGuard,
  ContextOrigin,
  ContextSnapshot,
  ContextSource,
  ContextStoreOptions,
} from './context-types.ts';
import { SafeStorage } from './safe-storage.ts';

/** A change that the guards are asked about. */
interface Question {
  readonly end: AbortController;
  readonly origin: ContextOrigin;
}

const MAX_RECENT = 5;
const MAX_FAVOURITES = 50;

/**
 * The agent or customer that the portal is filtered to. The address names it, else this tab, else what any tab chose
 * last, else the default. All tabs of an app follow each other, except pinned ones: a tab whose address named a
 * context is pinned. A switch can be refused by a guard, and ends the requests of the old context through
 * {@link signal}.
 *
 * @example
 * const context = new ContextStore({ app: 'orders' });
 * context.on('change', ({ id }) => reload(id, context.signal));
 * await context.set('billing-03');
 */
export class ContextStore {
  readonly #host: ContextHost;
  readonly #local: SafeStorage;
  readonly #session: SafeStorage;
  readonly #parameter: string | null;
  readonly #defaultId: string | null;
  readonly #key: string;
  readonly #unlisten: () => void;
  readonly #listeners = new Set<() => void>();
  readonly #onChange = new Set<(change: ContextChange) => void>();
  readonly #guards = new Set<ContextGuard>();
  readonly #news: ContextChange[] = [];
  #telling = false;
  #requests = new AbortController();
  #question: Question | null = null;
  #snapshot: ContextSnapshot;

  /** @throws RangeError when `defaultId` is no id */
  constructor(options: ContextStoreOptions) {
    const { app, version = 1, defaultId = null, parameter = 'context', host = browserHost() } = options;
    this.#host = host;
    this.#local = new SafeStorage(host.local);
    this.#session = new SafeStorage(host.session);
    this.#parameter = parameter;
    this.#defaultId = defaultId === null ? null : checked(defaultId);
    this.#key = `fleetdeck:${app}:v${version}:context`;
    const start = this.#read();
    if (start.source === 'url') this.#keepInTab(start.id);
    this.#snapshot = {
      ...start,
      generation: 0,
      switching: false,
      elsewhere: null,
      recent: this.#readRecent(),
      favourites: this.#readFavourites(),
      persistent: true,
    };
    this.#unlisten = host.listen(
      { onStored: (key) => this.#hear(key), onAddress: () => void this.readAddress() },
      this,
    );
  }

  /** The current context; `null` when there is none. */
  get(): string | null {
    return this.#snapshot.id;
  }

  /** Everything at once; the same object until something changes. */
  readonly getSnapshot = (): ContextSnapshot => this.#snapshot;

  /** Calls back after each change of the snapshot. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  };

  /** Ends when the context changes: give it to every request that belongs to the context. */
  get signal(): AbortSignal {
    return this.#requests.signal;
  }

  /** Calls back after each change of the context, in order. The answer ends it. */
  on(_event: 'change', listener: (change: ContextChange) => void): () => void {
    const own = (change: ContextChange): void => listener(change);
    this.#onChange.add(own);
    return () => this.#onChange.delete(own);
  }

  /** Adds a guard that is asked before each change, whoever causes it. The answer takes it away. */
  onBeforeChange(guard: ContextGuard): () => void {
    const own: ContextGuard = (change, signal) => guard(change, signal);
    this.#guards.add(own);
    return () => this.#guards.delete(own);
  }

  /**
   * Switches to a context; at once, unless a guard takes its time. The answer is `false` when a guard refused or a
   * later switch overtook this one. In a pinned tab it holds for this tab only.
   *
   * @throws RangeError when it is no id: 1 to 200 characters, no control characters
   */
  set(id: string): Promise<boolean> {
    return this.#move(checked(id), 'here', () => this.#write(id));
  }

  /** Goes back to the default, which is no context where none was declared. */
  clear(): Promise<boolean> {
    return this.#move(this.#defaultId, 'here', () => this.#write(null));
  }

  /** Keeps this tab where it is, or brings it to `id`, whatever other tabs do. */
  pin(id: string | null = this.#snapshot.id): Promise<boolean> {
    return this.#move(id === null ? null : checked(id), 'here', () => this.#keepInTab(id));
  }

  /** Lets this tab follow the others again, beginning with what they chose last. */
  unpin(): Promise<boolean> {
    this.#session.write(this.#tabKey, null);
    if (this.#parameter !== null) this.#host.setParameter(this.#parameter, null);
    this.#update({ pinned: false });
    // It was asked for here, so there is nothing to give notice of, unless a guard kept the tab where it is.
    return this.#follow().then((followed) => {
      if (followed) this.dismissElsewhere();
      return followed;
    });
  }

  /** Puts the notice of what another tab did away. */
  dismissElsewhere(): void {
    this.#update({ elsewhere: null });
  }

  /** Adds a context to the favourites, or takes it away. */
  toggleFavourite(id: string): void {
    const known = this.#readFavourites();
    const next = known.includes(checked(id)) ? known.filter((each) => each !== id) : [...known, id];
    this.#writeLocal(this.#favouritesKey, JSON.stringify(next.slice(-MAX_FAVOURITES)));
    this.#update({ favourites: this.#readFavourites() });
  }

  /** Reads the address again, for routers that change it without the browser's `popstate`. */
  readAddress(): Promise<boolean> {
    const named = this.#readParameter();
    if (named === null) return Promise.resolve(true);
    return this.#move(named, 'url', () => this.#keepInTab(named)).then((moved) => {
      // The address must not claim what the page does not show.
      if (!moved && this.#parameter !== null && this.#readParameter() === named)
        this.#host.setParameter(this.#parameter, this.#snapshot.id);
      return moved;
    });
  }

  /** Stops listening and ends a question to the guards. Requests under {@link signal} go on. */
  close(): void {
    this.#unlisten();
    this.#ask(null);
    this.#listeners.clear();
    this.#onChange.clear();
  }

  get #tabKey(): string {
    return `${this.#key}:tab`;
  }

  get #recentKey(): string {
    return `${this.#key}:recent`;
  }

  get #favouritesKey(): string {
    return `${this.#key}:favourites`;
  }

  #readParameter(): string | null {
    const named = this.#parameter === null ? null : this.#host.parameter(this.#parameter);
    return isContextId(named) ? named : null;
  }

  #readStored(): { id: string | null; source: ContextSource } {
    const stored = readRecord(this.#local.read(this.#key));
    return stored ? { id: stored.id, source: 'stored' } : { id: this.#defaultId, source: 'default' };
  }

  #read(): Pick<ContextSnapshot, 'id' | 'source' | 'pinned'> {
    const named = this.#readParameter();
    if (named !== null) return { id: named, source: 'url', pinned: true };
    const own = readRecord(this.#session.read(this.#tabKey));
    if (own) return { id: own.id, source: 'tab', pinned: true };
    return { ...this.#readStored(), pinned: false };
  }

  #readRecent(): readonly string[] {
    return readIds(this.#local.read(this.#recentKey), MAX_RECENT);
  }

  #readFavourites(): readonly string[] {
    return readIds(this.#local.read(this.#favouritesKey), MAX_FAVOURITES);
  }

  /** Stores a choice where this tab's choices belong; `null` is the choice of nothing. */
  #write(id: string | null): void {
    if (this.#snapshot.pinned) this.#keepInTab(id ?? this.#defaultId);
    else this.#writeLocal(this.#key, id === null ? null : JSON.stringify({ id }));
    if (id === null) return;
    const recent = [id, ...this.#readRecent().filter((each) => each !== id)].slice(0, MAX_RECENT);
    this.#writeLocal(this.#recentKey, JSON.stringify(recent));
  }

  #keepInTab(id: string | null): void {
    this.#session.write(this.#tabKey, JSON.stringify({ id }));
    if (this.#readParameter() !== null && this.#parameter !== null)
      this.#host.setParameter(this.#parameter, id);
  }

  #writeLocal(key: string, value: string | null): void {
    this.#local.write(key, value);
    this.#host.announce(key, this);
  }

  /** Somebody else wrote. What is stored now counts, not what the event says: events of two tabs may cross. */
  #hear(key: string | null): void {
    this.#local.forget(key);
    if (key === null || key === this.#recentKey || key === this.#favouritesKey)
      this.#update({ recent: this.#readRecent(), favourites: this.#readFavourites() });
    if (key !== null && key !== this.#key) return;
    void this.#follow();
  }

  /** Goes where the other tabs are; a pinned tab, and one whose guard refuses, only says where that is. */
  #follow(): Promise<boolean> {
    const { id } = this.#readStored();
    const { id: previous, pinned } = this.#snapshot;
    if (id === previous) {
      // A question about what another tab wrote before is out of date with it.
      if (this.#question?.origin === 'other-tab') this.#ask(null);
      this.#update({ elsewhere: null, ...this.#read(), switching: this.#question !== null });
      return Promise.resolve(true);
    }
    if (pinned) {
      this.#update({ elsewhere: { id, followed: false, previous } });
      return Promise.resolve(false);
    }
    return this.#move(id, 'other-tab', () => undefined).then((moved) => {
      const { id: now, switching } = this.#snapshot;
      const stored = this.#readStored().id;
      if (!moved && !switching && stored !== now)
        this.#update({ elsewhere: { id: stored, followed: false, previous: now } });
      return moved;
    });
  }

  #ask(question: Question | null): void {
    this.#question?.end.abort();
    this.#question = question;
  }

  #move(id: string | null, origin: ContextOrigin, commit: () => void): Promise<boolean> {
    const question = { end: new AbortController(), origin };
    this.#ask(question);
    const apply = (allowed: boolean): boolean => {
      if (this.#question !== question) return false;
      this.#question = null;
      if (allowed) {
        commit();
        this.#apply(id, origin);
      } else {
        question.end.abort();
        this.#update({ switching: false });
      }
      return allowed;
    };
    if (id === this.#snapshot.id) return Promise.resolve(apply(true));
    const answer = this.#askGuards({ id, previous: this.#snapshot.id, origin }, question.end.signal);
    if (typeof answer === 'boolean') return Promise.resolve(apply(answer));
    this.#update({ switching: true });
    return answer.then(apply);
  }

  #askGuards(change: Omit<ContextChange, 'generation'>, signal: AbortSignal): boolean | Promise<boolean> {
    const waiting: Promise<boolean>[] = [];
    for (const guard of [...this.#guards]) {
      try {
        const answer = guard(change, signal);
        if (answer === false) return false;
        if (typeof answer === 'object') waiting.push(answer);
      } catch (error) {
        reportFailure(error);
        return false;
      }
    }
    if (waiting.length === 0) return true;
    // Whichever refuses first decides; a failure is a refusal.
    return Promise.all(waiting.map(async (answer) => ((await answer) ? true : Promise.reject(REFUSED)))).then(
      () => true,
      (reason: unknown) => {
        if (reason !== REFUSED && !signal.aborted) reportFailure(reason);
        return false;
      },
    );
  }

  #apply(id: string | null, origin: ContextOrigin): void {
    const { id: previous, generation: before } = this.#snapshot;
    const changed = id !== previous;
    const { source, pinned } = this.#read();
    const generation = changed ? before + 1 : before;
    const followed = origin === 'other-tab' && changed;
    const old = this.#requests;
    if (changed) this.#requests = new AbortController();
    this.#update({
      ...{ id, source, pinned, generation, switching: false },
      elsewhere: followed ? { id, followed, previous } : null,
      recent: this.#readRecent(),
    });
    if (!changed) return;
    old.abort();
    this.#tell({ id, previous, origin, generation });
  }

  /** One after the other, so that a listener that switches again does not make others hear the later change first. */
  #tell(change: ContextChange): void {
    this.#news.push(change);
    if (this.#telling) return;
    this.#telling = true;
    for (let next = this.#news.shift(); next !== undefined; next = this.#news.shift()) {
      const told = next;
      for (const listener of [...this.#onChange]) guarded(() => listener(told));
    }
    this.#telling = false;
  }

  #update(change: Partial<ContextSnapshot>): void {
    const next = {
      ...this.#snapshot,
      ...change,
      persistent: this.#local.persistent && this.#session.persistent,
    };
    const fields = Object.keys(next) as (keyof ContextSnapshot)[];
    if (fields.every((field) => same(next[field], this.#snapshot[field]))) return;
    this.#snapshot = next;
    for (const listener of [...this.#listeners]) guarded(listener);
  }
}

const REFUSED = new Error('A guard refused.');

function same(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (Array.isArray(a) && JSON.stringify(a) === JSON.stringify(b));
}

function checked(id: string): string {
  if (isContextId(id)) return id;
  throw new RangeError(
    `A context id is a text of 1 to ${MAX_CONTEXT_ID_LENGTH} characters without control characters, but it was ${JSON.stringify(id)?.slice(0, 80)}.`,
  );
}
