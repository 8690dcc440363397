import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { browserHost } from './context-host.ts';
import { ContextStore } from './context-store.ts';

afterEach(() => {
  window.localStorage.clear();
  window.sessionStorage.clear();
  window.history.replaceState(null, '', '/');
});

describe('browserHost', () => {
  it('reads and replaces a parameter of the address, and keeps the rest of it and the history', () => {
    const host = browserHost();
    window.history.replaceState({ kept: true }, '', '/page?x=1#part');
    const length = window.history.length;
    expect(host.parameter('context')).toBeNull();
    host.setParameter('context', 'a b');
    host.setParameter('context', 'a b');
    expect(window.location.href).toMatch(/\/page\?x=1&context=a\+b#part$/);
    expect(window.history.state).toEqual({ kept: true });
    expect(host.parameter('context')).toBe('a b');
    host.setParameter('context', null);
    expect(window.location.search).toBe('?x=1');
    expect(window.history.length).toBe(length);
  });

  it('hears other tabs, the history and other stores of the tab, until it is told to stop', () => {
    const host = browserHost();
    const onStored = jest.fn();
    const onAddress = jest.fn();
    const own = {};
    const stop = host.listen({ onStored, onAddress }, own);
    window.dispatchEvent(new StorageEvent('storage', { key: 'k', newValue: null }));
    window.dispatchEvent(new StorageEvent('storage', { key: null }));
    host.announce('mine', own);
    host.announce('theirs', {});
    window.dispatchEvent(new PopStateEvent('popstate'));
    expect(onStored.mock.calls).toEqual([['k'], [null], ['theirs']]);
    expect(onAddress).toHaveBeenCalledTimes(1);
    stop();
    host.announce('theirs', {});
    window.dispatchEvent(new PopStateEvent('popstate'));
    expect(onStored).toHaveBeenCalledTimes(3);
    expect(onAddress).toHaveBeenCalledTimes(1);
  });

  it('is what a store uses by itself', async () => {
    const store = new ContextStore({ app: 'shop' });
    await store.set('a');
    expect(window.localStorage.getItem('fleetdeck:shop:v1:context')).toBe('{"id":"a"}');
    await store.pin();
    expect(window.sessionStorage.getItem('fleetdeck:shop:v1:context:tab')).toBe('{"id":"a"}');
    store.close();
  });
});
