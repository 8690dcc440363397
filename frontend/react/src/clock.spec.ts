import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createPageClock } from './clock.ts';

let visibility: DocumentVisibilityState = 'visible';
function show(state: DocumentVisibilityState): void {
  visibility = state;
  document.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
  visibility = 'visible';
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => visibility });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the page clock', () => {
  it('ticks once a second for all listeners with one timer', () => {
    const clock = createPageClock();
    const one = jest.fn();
    const two = jest.fn();
    clock.subscribe(one);
    clock.subscribe(two);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(3000);
    expect([one.mock.calls.length, two.mock.calls.length]).toEqual([3, 3]);
    expect(clock.getSnapshot()).toBe(1_003_000);
  });

  it('shows the same moment between two ticks', () => {
    const clock = createPageClock();
    const leave = clock.subscribe(() => undefined);
    const before = clock.getSnapshot();
    jest.advanceTimersByTime(999);
    expect(clock.getSnapshot()).toBe(before);
    leave();
  });

  it('rests when nobody listens, and is right again for the next reader', () => {
    const clock = createPageClock();
    const leave = clock.subscribe(() => undefined);
    leave();
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(60_000);
    expect(clock.getSnapshot()).toBe(1_060_000);
  });

  it('rests while the page is hidden and ticks at once when it is shown', () => {
    const clock = createPageClock();
    const listener = jest.fn();
    const leave = clock.subscribe(listener);
    show('hidden');
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(10_000);
    expect(listener).not.toHaveBeenCalled();
    show('visible');
    expect(listener).toHaveBeenCalledTimes(1);
    expect(clock.getSnapshot()).toBe(1_010_000);
    leave();
  });

  it('starts no timer on a page that is hidden from the begin', () => {
    visibility = 'hidden';
    const clock = createPageClock({ now: () => 5 });
    clock.subscribe(() => undefined);
    expect(jest.getTimerCount()).toBe(0);
    expect(clock.getSnapshot()).toBe(5);
  });
});
