import { describe, expect, it, jest } from '@jest/globals';
import { FakeTabs, type FakeTab } from '../testing/fake-tabs.ts';
import { ContextStore } from './context-store.ts';
import type { ContextChange, ContextStoreOptions } from './context-types.ts';

const KEY = 'fleetdeck:shop:v1:context';

function storeIn(tab: FakeTab, options: Partial<ContextStoreOptions> = {}) {
  const store = new ContextStore({ app: 'shop', host: tab.host, ...options });
  const changes: ContextChange[] = [];
  store.on('change', (change) => changes.push(change));
  return { store, changes };
}

const flush = async (): Promise<void> => {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
};

describe('where the context comes from', () => {
  it('takes the address before this tab, this tab before what is stored, and that before the default', () => {
    const tabs = new FakeTabs();
    tabs.stored.set(KEY, JSON.stringify({ id: 'stored' }));
    const tab = tabs.open();
    tab.host.session()?.setItem(`${KEY}:tab`, JSON.stringify({ id: 'own' }));
    const look = (defaultId = 'fallback') => storeIn(tab, { defaultId }).store.getSnapshot();

    tab.parameters.set('context', 'named');
    expect(look()).toMatchObject({ id: 'named', source: 'url', pinned: true });
    tab.parameters.clear();
    // What the address named stays with the tab when the address changes.
    expect(look()).toMatchObject({ id: 'named', source: 'tab', pinned: true });
    tab.host.session()?.removeItem(`${KEY}:tab`);
    expect(look()).toMatchObject({ id: 'stored', source: 'stored', pinned: false });
    tabs.stored.clear();
    expect(look()).toMatchObject({ id: 'fallback', source: 'default', pinned: false });
  });

  it.each([
    ['no JSON', 'stored{'],
    ['a text', '"stored"'],
    ['a number as id', '{"id":5}'],
    ['an id that is too long', JSON.stringify({ id: 'x'.repeat(201) })],
    ['null', 'null'],
  ])('ignores what is stored when it is %s', (_name, text) => {
    const tabs = new FakeTabs();
    tabs.stored.set(KEY, text);
    tabs.stored.set(`${KEY}:recent`, text);
    const { store } = storeIn(tabs.open());
    expect(store.get()).toBeNull();
    expect(store.getSnapshot().recent).toEqual([]);
  });

  it('ignores an address without a usable name, and reads none when there is no parameter', () => {
    const tabs = new FakeTabs();
    expect(storeIn(tabs.open({ context: '' })).store.get()).toBeNull();
    expect(storeIn(tabs.open({ context: 'x' }), { parameter: null }).store.get()).toBeNull();
  });

  it('keeps portals and versions apart', () => {
    const tabs = new FakeTabs();
    const tab = tabs.open();
    void storeIn(tab).store.set('a');
    expect(storeIn(tab, { app: 'other' }).store.get()).toBeNull();
    expect(storeIn(tab, { version: 2 }).store.get()).toBeNull();
  });

  it('works where there is no browser at all', async () => {
    const host = { parameter: () => null, setParameter: () => undefined, announce: () => undefined };
    const store = new ContextStore({
      app: 'shop',
      host: { ...host, local: () => null, session: () => null, listen: () => () => undefined },
    });
    expect(await store.set('a')).toBe(true);
    expect(store.getSnapshot()).toMatchObject({ id: 'a', persistent: false });
  });
});

describe('set and clear', () => {
  it('switches at once, stores, counts and tells', () => {
    const tabs = new FakeTabs();
    const { store, changes } = storeIn(tabs.open());
    const before = store.signal;
    void store.set('a');
    expect(store.get()).toBe('a');
    expect(before.aborted).toBe(true);
    expect(store.signal.aborted).toBe(false);
    expect(tabs.stored.get(KEY)).toBe('{"id":"a"}');
    expect(changes).toEqual([{ id: 'a', previous: null, origin: 'here', generation: 1 }]);
  });

  it('does nothing when the context is the same, but stores what was only a default', async () => {
    const tabs = new FakeTabs();
    const { store, changes } = storeIn(tabs.open(), { defaultId: 'a' });
    const before = store.signal;
    expect(await store.set('a')).toBe(true);
    expect(changes).toEqual([]);
    expect(before.aborted).toBe(false);
    expect(store.getSnapshot().source).toBe('stored');
  });

  it('goes back to the default and leaves nothing stored', async () => {
    const tabs = new FakeTabs();
    const { store, changes } = storeIn(tabs.open());
    await store.set('a');
    await store.clear();
    expect(store.get()).toBeNull();
    expect(tabs.stored.has(KEY)).toBe(false);
    expect(changes.at(-1)).toMatchObject({ id: null, previous: 'a' });
  });

  it.each([[''], ['x'.repeat(201)], ['a\u0000b']])('refuses %j, which is no id', (id) => {
    const { store } = storeIn(new FakeTabs().open());
    expect(() => store.set(id)).toThrow(RangeError);
    expect(() => new ContextStore({ app: 'shop', defaultId: id })).toThrow('A context id is a text');
  });

  it('tells changes in order to every listener, when one of them switches again', () => {
    const { store } = storeIn(new FakeTabs().open());
    const heard: (string | null)[] = [];
    store.on('change', ({ id }) => {
      if (id === 'a') void store.set('b');
    });
    store.on('change', ({ id }) => heard.push(id));
    void store.set('a');
    expect(heard).toEqual(['a', 'b']);
  });

  it('goes on when a listener fails, and stops telling one that left', () => {
    const reported = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const { store } = storeIn(new FakeTabs().open());
    const listener = jest.fn();
    store.subscribe(() => {
      throw new Error('mine');
    });
    const leave = store.subscribe(listener);
    void store.set('a');
    expect(listener).toHaveBeenCalledTimes(1);
    leave();
    void store.set('b');
    expect(listener).toHaveBeenCalledTimes(1);
    reported.mockRestore();
  });

  it('remembers the five used last and the favourites', async () => {
    const tabs = new FakeTabs();
    const { store } = storeIn(tabs.open());
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'b']) await store.set(id);
    expect(store.getSnapshot().recent).toEqual(['b', 'f', 'e', 'd', 'c']);
    store.toggleFavourite('x');
    store.toggleFavourite('y');
    store.toggleFavourite('x');
    expect(store.getSnapshot().favourites).toEqual(['y']);
    expect(storeIn(tabs.open()).store.getSnapshot()).toMatchObject({ favourites: ['y'] });
  });

  it('keeps the same snapshot while nothing changes', () => {
    const tabs = new FakeTabs();
    const { store } = storeIn(tabs.open());
    const snapshot = store.getSnapshot();
    store.dismissElsewhere();
    expect(store.getSnapshot()).toBe(snapshot);
  });
});

describe('guards', () => {
  it('keep the context when one refuses, whoever asks', async () => {
    const { store, changes } = storeIn(new FakeTabs().open());
    const asked: unknown[] = [];
    const leave = store.onBeforeChange((change) => asked.push(change) < 0);
    expect(await store.set('a')).toBe(false);
    expect(store.get()).toBeNull();
    expect(asked).toEqual([{ id: 'a', previous: null, origin: 'here' }]);
    leave();
    expect(await store.set('a')).toBe(true);
    expect(changes).toHaveLength(1);
  });

  it('may take their time; a later switch ends the question and wins', async () => {
    const { store, changes } = storeIn(new FakeTabs().open());
    const questions: { signal: AbortSignal; answer: (allowed: boolean) => void }[] = [];
    store.onBeforeChange((_change, signal) => new Promise((answer) => questions.push({ signal, answer })));
    const first = store.set('a');
    expect(store.getSnapshot()).toMatchObject({ id: null, switching: true });
    const second = store.set('b');
    expect(questions[0]?.signal.aborted).toBe(true);
    questions[1]?.answer(true);
    expect(await second).toBe(true);
    questions[0]?.answer(true);
    expect(await first).toBe(false);
    expect(store.getSnapshot()).toMatchObject({ id: 'b', switching: false });
    expect(changes.map(({ id }) => id)).toEqual(['b']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['says no after a while', () => Promise.resolve(false)],
  ] as [string, () => boolean | Promise<boolean>][])('keep the context when one %s', async (_name, guard) => {
    const reported = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const { store } = storeIn(new FakeTabs().open());
    store.onBeforeChange(guard);
    expect(await store.set('a')).toBe(false);
    expect(store.getSnapshot()).toMatchObject({ id: null, switching: false });
    reported.mockRestore();
  });

  it('hear nothing after the store is closed, and the question ends', async () => {
    const { store, changes } = storeIn(new FakeTabs().open());
    let ended: AbortSignal | undefined;
    let answer: (allowed: boolean) => void = () => undefined;
    store.onBeforeChange((_change, signal) => {
      ended = signal;
      return new Promise((resolve) => (answer = resolve));
    });
    const switched = store.set('a');
    store.close();
    answer(true);
    expect(ended?.aborted).toBe(true);
    expect(await switched).toBe(false);
    expect(changes).toEqual([]);
  });
});

describe('several tabs', () => {
  it('follow each other and say that another tab switched', async () => {
    const tabs = new FakeTabs();
    const [left, right] = [tabs.open(), tabs.open()];
    const { store: a } = storeIn(left);
    const { store: b, changes } = storeIn(right);
    await a.set('x');
    expect(b.get()).toBeNull();
    while (right.deliver());
    expect(b.get()).toBe('x');
    expect(changes).toEqual([{ id: 'x', previous: null, origin: 'other-tab', generation: 1 }]);
    expect(b.getSnapshot().elsewhere).toEqual({ id: 'x', followed: true, previous: null });
    expect(b.getSnapshot().recent).toEqual(['x']);
    b.dismissElsewhere();
    expect(b.getSnapshot().elsewhere).toBeNull();
  });

  it('hear a removal, and that everything was removed, as no context', async () => {
    const tabs = new FakeTabs();
    const [left, right] = [tabs.open(), tabs.open()];
    const { store: a } = storeIn(left);
    const { store: b } = storeIn(right);
    await a.set('x');
    await a.clear();
    while (right.deliver());
    expect(b.get()).toBeNull();
    await a.set('y');
    while (right.deliver());
    tabs.wipe();
    while (right.deliver());
    expect(b.getSnapshot()).toMatchObject({ id: null, recent: [] });
  });

  it('agree when both wrote before either heard of the other', async () => {
    const tabs = new FakeTabs();
    const [left, right] = [tabs.open(), tabs.open()];
    const { store: a } = storeIn(left);
    const { store: b } = storeIn(right);
    await a.set('x');
    await b.set('y');
    while (left.deliver() || right.deliver());
    expect([a.get(), b.get()]).toEqual(['y', 'y']);
  });

  it('leave a pinned one alone, which says what the others did', async () => {
    const tabs = new FakeTabs();
    const [left, right] = [tabs.open(), tabs.open({ context: 'mine' })];
    const { store: a } = storeIn(left);
    const { store: b } = storeIn(right);
    await a.set('x');
    while (right.deliver());
    expect(b.getSnapshot()).toMatchObject({
      id: 'mine',
      elsewhere: { id: 'x', followed: false, previous: 'mine' },
    });
    await b.set('other');
    expect(right.parameters.get('context')).toBe('other');
    expect(tabs.stored.get(KEY)).toBe('{"id":"x"}');
    await b.unpin();
    expect(b.getSnapshot()).toMatchObject({ id: 'x', pinned: false, source: 'stored', elsewhere: null });
    expect(right.parameters.has('context')).toBe(false);
  });

  it('can go back to what a tab had, for that tab alone', async () => {
    const tabs = new FakeTabs();
    const [left, right] = [tabs.open(), tabs.open()];
    const { store: a } = storeIn(left);
    const { store: b } = storeIn(right);
    await a.set('x');
    while (right.deliver());
    await a.set('y');
    while (right.deliver());
    await b.pin(b.getSnapshot().elsewhere?.previous);
    expect(b.getSnapshot()).toMatchObject({ id: 'x', pinned: true, source: 'tab' });
    expect(storeIn(right).store.get()).toBe('x');
    await b.clear();
    expect(b.getSnapshot()).toMatchObject({ id: null, pinned: true });
    expect(a.get()).toBe('y');
  });

  it('stay where they are when a guard refuses to follow, and say so', async () => {
    const tabs = new FakeTabs();
    const [left, right] = [tabs.open(), tabs.open()];
    const { store: a } = storeIn(left);
    const { store: b } = storeIn(right);
    const leave = b.onBeforeChange(() => Promise.resolve(false));
    await a.set('x');
    while (right.deliver());
    await flush();
    expect(b.getSnapshot()).toMatchObject({
      id: null,
      elsewhere: { id: 'x', followed: false, previous: null },
    });
    leave();
    await a.clear();
    while (right.deliver());
    expect(b.getSnapshot().elsewhere).toBeNull();
  });

  it('drop a question that the other tab took back', async () => {
    const tabs = new FakeTabs();
    const [left, right] = [tabs.open(), tabs.open()];
    const { store: a } = storeIn(left);
    const { store: b } = storeIn(right);
    let signal: AbortSignal | undefined;
    b.onBeforeChange((_change, ends) => {
      signal = ends;
      return new Promise(() => undefined);
    });
    await a.set('x');
    while (right.deliver());
    expect(b.getSnapshot().switching).toBe(true);
    await a.clear();
    while (right.deliver());
    expect(signal?.aborted).toBe(true);
    expect(b.getSnapshot()).toMatchObject({ id: null, switching: false });
  });

  it('does not drop a question of its own when another tab repeats what holds', async () => {
    const tabs = new FakeTabs();
    const [left, right] = [tabs.open(), tabs.open()];
    storeIn(left);
    const { store: b } = storeIn(right);
    let answer: (allowed: boolean) => void = () => undefined;
    b.onBeforeChange(() => new Promise((resolve) => (answer = resolve)));
    const own = b.set('x');
    tabs.wipe();
    while (right.deliver());
    expect(b.getSnapshot().switching).toBe(true);
    answer(true);
    expect(await own).toBe(true);
  });

  it('two stores of one tab follow each other, which the browser does not tell', async () => {
    const tab = new FakeTabs().open();
    const { store: a } = storeIn(tab);
    const { store: b } = storeIn(tab);
    await a.set('x');
    expect(b.get()).toBe('x');
    a.toggleFavourite('x');
    expect(b.getSnapshot().favourites).toEqual(['x']);
  });

  it('ignore what is none of their business', () => {
    const tabs = new FakeTabs();
    const [left, right] = [tabs.open(), tabs.open()];
    const { changes } = storeIn(right);
    left.host.local()?.setItem('something', 'else');
    while (right.deliver());
    expect(changes).toEqual([]);
  });
});

describe('the address', () => {
  it('switches when the visitor goes back, and is put right when a guard refuses', async () => {
    const tab = new FakeTabs().open();
    const { store, changes } = storeIn(tab);
    tab.goBack();
    await flush();
    expect(changes).toEqual([]);
    tab.parameters.set('context', 'a');
    tab.goBack();
    await flush();
    expect(changes.at(-1)).toMatchObject({ id: 'a', origin: 'url' });
    store.onBeforeChange(() => false);
    tab.parameters.set('context', 'b');
    tab.goBack();
    await flush();
    expect(store.get()).toBe('a');
    expect(tab.parameters.get('context')).toBe('a');
  });
});

describe('a storage that refuses', () => {
  it('costs only the memory of it', async () => {
    const tabs = new FakeTabs();
    const tab = tabs.open();
    tabs.blocked = new Error('SecurityError');
    const { store } = storeIn(tab);
    expect(await store.set('a')).toBe(true);
    expect(store.getSnapshot()).toMatchObject({ id: 'a', persistent: false, recent: ['a'] });
    await store.clear();
    expect(store.get()).toBeNull();
  });

  it('is taken up again when it has room, and what another tab wrote since counts', async () => {
    const tabs = new FakeTabs();
    const [left, right] = [tabs.open(), tabs.open()];
    const { store: a } = storeIn(left);
    const { store: b } = storeIn(right);
    tabs.full = new Error('QuotaExceededError');
    await b.set('mine');
    expect(b.getSnapshot().persistent).toBe(false);
    tabs.full = null;
    await a.set('x');
    while (right.deliver());
    expect(b.getSnapshot()).toMatchObject({ id: 'x', persistent: true });
  });
});
