import { act, renderHook } from '@testing-library/react';
import { ContextStore } from '@fleetdeck/client';
import { FakeTabs } from '@fleetdeck/client/testing';
import { describe, expect, it } from '@jest/globals';
import { FleetdeckProvider } from './FleetdeckProvider.tsx';
import { useContextSelector } from './useContextSelector.ts';

const make = () => {
  const tabs = new FakeTabs();
  const [here, there] = [tabs.open(), tabs.open()];
  return {
    here,
    store: new ContextStore({ app: 'shop', host: here.host }),
    other: new ContextStore({ app: 'shop', host: there.host }),
  };
};

describe('useContextSelector', () => {
  it('gives the context of the provider’s store and changes it', async () => {
    const { store } = make();
    const { result } = renderHook(() => useContextSelector(), {
      wrapper: ({ children }) => <FleetdeckProvider context={store}>{children}</FleetdeckProvider>,
    });
    expect(result.current).toMatchObject({ context: null, generation: 0, pinned: false });
    const before = result.current.signal;
    await act(() => result.current.set('billing-03'));
    expect(result.current).toMatchObject({ context: 'billing-03', generation: 1 });
    expect(before.aborted).toBe(true);
    await act(() => result.current.clear());
    expect(result.current.context).toBeNull();
  });

  it('feeds a selector: choice, favourites, pin and what other tabs do', async () => {
    const { here, store, other } = make();
    const { result } = renderHook(() => useContextSelector(store));
    const props = () => result.current.selectorProps;
    act(() => props().onChange('a'));
    act(() => props().onToggleFavourite('a'));
    expect(props()).toMatchObject({ value: 'a', favourites: ['a'], recent: ['a'] });
    await other.set('b');
    act(() => void (here.deliver() && here.deliver()));
    expect(props()).toMatchObject({ value: 'b', elsewhere: { id: 'b', followed: true, previous: 'a' } });
    await act(() => Promise.resolve(props().onKeep('a')));
    expect(props()).toMatchObject({ value: 'a', pinned: true, elsewhere: null });
    await act(() => Promise.resolve(props().onFollow('b')));
    expect(props()).toMatchObject({ value: 'b', pinned: false });
    await act(() => Promise.resolve(props().onUnpin()));
    await act(() => Promise.resolve(props().onPin()));
    expect(props()).toMatchObject({ value: 'b', pinned: true });
    await act(() => Promise.resolve(props().onUnpin()));
    act(() => props().onDismissElsewhere());
    act(() => props().onChange(null));
    expect(props().value).toBeNull();
  });
});
