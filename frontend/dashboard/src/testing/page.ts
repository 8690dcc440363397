import { act } from '@testing-library/react';
import { jest } from '@jest/globals';

/** Lets fake time pass, with everything that comes of it. */
export const pass = (ms: number): Promise<void> => act(() => jest.advanceTimersByTimeAsync(ms));

/** Fakes the clock, but not the microtasks that answers come in. */
export function fakeTime(now = Date.parse('2026-01-15T12:00:00Z')): void {
  jest.useFakeTimers({ now, doNotFake: ['queueMicrotask', 'performance'] });
}

/** Hides the page, or shows it again; ends with `jest.restoreAllMocks()`. */
export function setVisible(visible: boolean): void {
  jest.spyOn(document, 'visibilityState', 'get').mockReturnValue(visible ? 'visible' : 'hidden');
  act(() => {
    document.dispatchEvent(new Event('visibilitychange'));
  });
}

/** Gives the page the performance marks that jsdom has not; answers the names that were set, in order. */
export function fakeMarks(): string[] {
  const names: string[] = [];
  Object.assign(performance, {
    mark: (name: string) => names.push(name),
    getEntriesByName: (name: string) => names.filter((each) => each === name),
  });
  return names;
}
