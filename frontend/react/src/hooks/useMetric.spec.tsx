import type { ReactNode } from 'react';
import { act, render, renderHook, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MetricBucket, MetricQueryAnswer } from '@fleetdeck/dto';
import { MetricsCard } from '../components/metrics-card/MetricsCard.tsx';
import { FakeHttp, FakeSocket, nextFrame } from '../testing/fakes.ts';
import { FleetdeckProvider } from './FleetdeckProvider.tsx';
import { LIVE_READ_MS, useMetric } from './useMetric.ts';

const T0 = Date.parse('2026-01-15T14:02:30.000Z');
const iso = (ms: number): string => new Date(ms).toISOString();
const bucket = (value: number | null): MetricBucket => ({ start: iso(T0 - 60_000), value, coverage: 0.5 });

function answer(points: MetricBucket[], offset = 3, asOf = T0): MetricQueryAnswer {
  const position = { epoch: 'e1', offset };
  const result = {
    metricName: 'took',
    aggregation: 'p95' as const,
    unit: 'ms',
    labels: {},
    points,
    position,
  };
  return { results: [{ ...result, asOf: iso(asOf) }] };
}

let socket: FakeSocket;
let http: FakeHttp;
const wrapper = ({ children }: { children: ReactNode }): ReactNode => (
  <FleetdeckProvider socket={socket} http={http}>
    {children}
  </FleetdeckProvider>
);
const settle = (work: () => void): Promise<void> =>
  act(async () => {
    work();
    await nextFrame();
  });

beforeEach(() => {
  socket = new FakeSocket();
  http = new FakeHttp();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('useMetric', () => {
  it('says that a rate is a lower bound, of the window that ends now and of those before it', async () => {
    const { result } = renderHook(
      () => useMetric('took', { window: '1m', aggregation: 'ratePerSecond', history: 2 }),
      { wrapper },
    );
    await settle(() => http.last.answer(answer([{ ...bucket(12), lowerBound: true }])));
    await settle(() => http.last.answer(answer([{ ...bucket(8), lowerBound: true }, bucket(10)])));
    expect(result.current.lowerBound).toBe(true);
    expect(result.current.points.map(({ lowerBound }) => lowerBound === true)).toEqual([true, false, true]);
  });

  it('names a single label twice whose value has a comma, so that it stays one', () => {
    const labels = { route: '/a,host:b' };
    renderHook(() => useMetric('took', { window: '1m', aggregation: 'p95', labels }), { wrapper });
    expect(http.last.query).toMatchObject({ labels: ['route:/a,host:b', 'route:/a,host:b'] });
  });

  it('asks for the window that ends now and once for those before it', async () => {
    const { result } = renderHook(
      () => useMetric('took', { window: '1m', aggregation: 'p95', labels: { host: 'a' }, history: 2 }),
      { wrapper },
    );
    expect(result.current).toMatchObject({ state: 'loading', value: null, points: [], staleAfterMs: 30_000 });
    const query = { metricName: 'took', timeWindow: '1m', aggregation: 'p95', labels: ['host:a'] };
    expect(http.last).toMatchObject({ path: '/metrics/query', query });
    await settle(() => http.last.answer(answer([bucket(12)])));
    expect(http.last.query).toEqual({
      ...query,
      from: '2026-01-15T14:00:00.000Z',
      to: '2026-01-15T14:02:00.000Z',
    });
    await settle(() => http.last.answer(answer([bucket(8), bucket(10)])));
    expect(result.current).toMatchObject({
      state: 'live',
      value: 12,
      unit: 'ms',
      coverage: 0.5,
      baseline: 10,
    });
    expect(result.current.points.map(({ value }) => value)).toEqual([8, 10, 12]);
    expect(result.current.lowerBound).toBe(false);

    await settle(() => result.current.refetch());
    await settle(() => http.last.answer(answer([bucket(13)])));
    expect(http.asked).toHaveLength(3);
    expect(result.current.points.map(({ value }) => value)).toEqual([8, 10, 13]);
  });

  it('reads again soon when its topic says that there is something new, and not for what it has', async () => {
    const { result } = renderHook(() => useMetric('took', { history: 0, refreshIntervalMs: 0 }), { wrapper });
    await settle(() => http.last.answer(answer([bucket(1)])));
    jest.useFakeTimers();
    await act(async () => {
      socket.say('metrics.took', { metricName: 'took', labels: {}, value: 2, at: iso(T0) });
      await jest.advanceTimersByTimeAsync(LIVE_READ_MS);
    });
    const before = http.asked.length;
    await act(async () => {
      for (let i = 0; i < 5; i += 1) {
        socket.say('metrics.took', { metricName: 'took', labels: {}, value: 2, at: iso(T0) });
      }
      await jest.advanceTimersByTimeAsync(LIVE_READ_MS + 100);
    });
    expect(http.asked.length).toBe(before + 1);
    expect(result.current.staleAfterMs).toBeNull();
  });

  it('reads the line again once the service closed the window that had just ended, and not for older ones', async () => {
    const { result } = renderHook(
      () => useMetric('took', { window: '1m', history: 1, refreshIntervalMs: 0 }),
      { wrapper },
    );
    await settle(() => http.last.answer(answer([bucket(1)])));
    await settle(() => http.last.answer(answer([bucket(8)])));
    jest.useFakeTimers();
    const say = (start: number, closedAt: number, value = 2): Promise<void> =>
      act(async () => {
        const window = { start: iso(start), closedAt: iso(closedAt), points: 1, sum: 9, min: 9, max: 9 };
        const live = { metricName: 'took', labels: {}, value, at: iso(T0) };
        socket.say('metrics.took', { ...live, window: { ...window, increase: null, increaseMs: null } });
        await jest.advanceTimersByTimeAsync(LIVE_READ_MS + 100);
      });
    const spans = (): number => http.asked.filter(({ query }) => Object.hasOwn(query ?? {}, 'from')).length;
    // The line ends at 14:02:00 and was read at 14:02:30.
    await say(T0 - 90_000, T0 + 500);
    await act(async () => {
      http.last.answer(answer([bucket(2)], 99, T0 + 1000));
      await jest.advanceTimersByTimeAsync(100);
    });
    await act(async () => {
      http.last.answer(answer([bucket(9)]));
      await jest.advanceTimersByTimeAsync(100);
    });
    expect(spans()).toBe(2);
    expect(result.current.points.map(({ value }) => value)).toEqual([9, 2]);
    const before = http.asked.length;
    await say(T0 - 90_000, T0 + 500);
    await say(T0 - 150_000, T0 + 2000);
    await act(() => jest.advanceTimersByTimeAsync(5000));
    expect([http.asked.length - before, spans()]).toEqual([0, 2]);
  });

  it('reads at its interval, and without the topic when it is not to be live', async () => {
    jest.useFakeTimers();
    renderHook(() => useMetric('took', { history: 0, refreshIntervalMs: 5000, live: false }), { wrapper });
    expect(socket.topics).toEqual([]);
    await act(async () => {
      http.last.answer(answer([bucket(1)]));
      await jest.advanceTimersByTimeAsync(5000);
    });
    expect(http.asked).toHaveLength(2);
  });

  it('says what is wrong with a history that is too long', () => {
    jest.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(() => renderHook(() => useMetric('took', { history: 201 }), { wrapper })).toThrow(
      'must be 0 to 200',
    );
  });

  it('feeds a MetricsCard', async () => {
    function Card(): ReactNode {
      const { value, unit, points, baseline, asOf } = useMetric('took', { aggregation: 'p95', history: 1 });
      return (
        <MetricsCard title="p95" value={value} unit={unit} points={points} baseline={baseline} asOf={asOf} />
      );
    }
    render(<Card />, { wrapper });
    await settle(() => http.last.answer(answer([bucket(12)])));
    await settle(() => http.last.answer(answer([bucket(10)])));
    expect(screen.getByRole('group', { name: 'p95' }).textContent).toContain('12');
  });
});
