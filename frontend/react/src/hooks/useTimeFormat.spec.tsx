import type { ReactNode } from 'react';
import { act, renderHook } from '@testing-library/react';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { FakeSocket } from '../testing/fakes.ts';
import { FleetdeckProvider, type FleetdeckProviderProps } from './FleetdeckProvider.tsx';
import { useTimeFormat } from './useTimeFormat.ts';

const NOON = Date.parse('2026-01-15T12:00:00Z');

function formatWithin(props: Omit<FleetdeckProviderProps, 'children'>) {
  const wrapper = ({ children }: { children: ReactNode }) => (
    <FleetdeckProvider now={() => Date.now()} {...props}>
      {children}
    </FleetdeckProvider>
  );
  return renderHook(() => useTimeFormat(), { wrapper }).result;
}

afterEach(() => {
  jest.useRealTimers();
});

describe('useTimeFormat', () => {
  it('writes a moment in the time zone and hour cycle of the provider', () => {
    jest.useFakeTimers({ now: NOON });
    const moment = NOON - 3_600_000;
    expect(formatWithin({ timeZone: 'UTC' }).current.time(moment)).toBe('11:00:00');
    expect(formatWithin({ timeZone: 'Asia/Tokyo' }).current.time(moment)).toBe('20:00:00');
    expect(formatWithin({ timeZone: 'Asia/Tokyo', hourCycle: 'h12' }).current.time(moment)).toMatch(
      /^08:00:00\sPM$/,
    );
  });

  it('adds the date when it was another day in that zone', () => {
    jest.useFakeTimers({ now: NOON });
    const moment = NOON + 4 * 3_600_000;
    expect(formatWithin({ timeZone: 'UTC' }).current.time(moment)).toBe('16:00:00');
    expect(formatWithin({ timeZone: 'Asia/Tokyo' }).current.time(moment)).toBe('Jan 16, 01:00:00');
  });

  it('writes in the language of the provider', () => {
    jest.useFakeTimers({ now: NOON });
    expect(formatWithin({ locale: 'de' }).current.ago(NOON - 120_000)).toBe('vor 2 Min.');
  });

  it('counts from the clock of the page, set by the service, and goes on with it', () => {
    jest.useFakeTimers({ now: NOON });
    const socket = new FakeSocket();
    socket.become({ clockOffsetMs: 60_000 });
    const format = formatWithin({ socket });
    expect(format.current.ago(NOON)).toBe('1 min. ago');
    act(() => jest.advanceTimersByTime(60_000));
    expect(format.current.ago(NOON)).toBe('2 min. ago');
  });

  it('never says that a moment lies ahead', () => {
    jest.useFakeTimers({ now: NOON });
    expect(formatWithin({}).current.ago(NOON + 90_000)).toBe('0 sec. ago');
  });

  it('works without a provider and answers the same functions until the clock ticks', () => {
    jest.useFakeTimers({ now: NOON });
    const { result, rerender } = renderHook(() => useTimeFormat());
    const before = result.current;
    rerender();
    expect(result.current).toBe(before);
    expect(before.ago(NOON - 5000)).toBe('5 sec. ago');
  });
});
