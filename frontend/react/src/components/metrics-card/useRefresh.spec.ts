import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { useRefresh } from './useRefresh.ts';

const show = (visible: boolean): void => {
  jest.spyOn(document, 'visibilityState', 'get').mockReturnValue(visible ? 'visible' : 'hidden');
  act(() => void document.dispatchEvent(new Event('visibilitychange')));
};
const pass = (ms: number): Promise<void> => act(() => jest.advanceTimersByTimeAsync(ms));

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('useRefresh', () => {
  it('calls every interval, counted from the end of the call before', async () => {
    const ends: (() => void)[] = [];
    const onRefresh = jest.fn(() => new Promise<void>((end) => void ends.push(end)));
    renderHook(() => useRefresh(onRefresh, 5_000));
    await pass(5_000);
    expect(onRefresh).toHaveBeenCalledTimes(1);
    await pass(60_000);
    expect(onRefresh).toHaveBeenCalledTimes(1);
    ends[0]?.();
    await pass(5_000);
    expect(onRefresh).toHaveBeenCalledTimes(2);
  });

  it('goes on after a failure, and never calls more often than once a second', async () => {
    const onRefresh = jest.fn(() => Promise.reject(new Error('503')));
    renderHook(() => useRefresh(onRefresh, 1));
    await pass(3_000);
    expect(onRefresh).toHaveBeenCalledTimes(3);
  });

  it('rests while the page is hidden, calls at once when it is shown, and ends with its card', async () => {
    const onRefresh = jest.fn<() => void>();
    const { unmount } = renderHook(() => useRefresh(onRefresh, 5_000));
    show(false);
    await pass(60_000);
    expect(onRefresh).not.toHaveBeenCalled();
    show(true);
    await pass(0);
    expect(onRefresh).toHaveBeenCalledTimes(1);
    unmount();
    await pass(60_000);
    expect(onRefresh).toHaveBeenCalledTimes(1);
  });

  it('waits for the call under way when the interval changes, or when it is taken away and given again', async () => {
    let end = (): void => undefined;
    const onRefresh = jest.fn(() => new Promise<void>((done) => void (end = done)));
    interface Given {
      call: typeof onRefresh | undefined;
      ms: number;
    }
    const first: Given = { call: onRefresh, ms: 5_000 };
    const { rerender } = renderHook(({ call, ms }: Given) => useRefresh(call, ms), { initialProps: first });
    await pass(5_000);
    rerender({ call: onRefresh, ms: 2_000 });
    await pass(10_000);
    rerender({ call: undefined, ms: 2_000 });
    rerender({ call: onRefresh, ms: 2_000 });
    await pass(10_000);
    expect(onRefresh).toHaveBeenCalledTimes(1);
    end();
    await pass(1_999);
    expect(onRefresh).toHaveBeenCalledTimes(1);
    await pass(1);
    expect(onRefresh).toHaveBeenCalledTimes(2);
  });

  it('gives a call up after a minute, or three intervals where that is longer', async () => {
    const onRefresh = jest.fn(() => new Promise<void>(() => undefined));
    renderHook(() => useRefresh(onRefresh, 5_000));
    await pass(5_000 + 60_000 + 4_999);
    expect(onRefresh).toHaveBeenCalledTimes(1);
    await pass(1);
    expect(onRefresh).toHaveBeenCalledTimes(2);
    const rare = jest.fn(() => new Promise<void>(() => undefined));
    renderHook(() => useRefresh(rare, 30_000));
    await pass(30_000 + 90_000 + 29_999);
    expect(rare).toHaveBeenCalledTimes(1);
    await pass(1);
    expect(rare).toHaveBeenCalledTimes(2);
  });

  it('is paused by an interval of 0, and by having nothing to call', async () => {
    const onRefresh = jest.fn<() => void>();
    renderHook(() => useRefresh(onRefresh, 0));
    renderHook(() => useRefresh(undefined, 5_000));
    await pass(60_000);
    expect(onRefresh).not.toHaveBeenCalled();
  });
});
