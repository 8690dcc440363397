import { StrictMode, type ReactNode } from 'react';
import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { HealthReport, MetricRecentAnswer } from '@fleetdeck/dto';
import { FakeHttp, FakeSocket, nextFrame } from '../testing/fakes.ts';
import { FleetdeckProvider } from './FleetdeckProvider.tsx';
import { useHealth } from './useHealth.ts';
import { useMetrics } from './useMetrics.ts';

const T0 = Date.parse('2026-01-15T14:00:00.000Z');
const iso = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();

const answer = (value = 5): MetricRecentAnswer => ({
  asOf: iso(10),
  stepMs: 5000,
  metrics: [
    {
      metric: {
        ...{ name: 'cpu', kind: 'gauge', unit: '%', help: '', labels: [] },
        ...{ expectedEveryMs: 1000, goodDirection: 'down' },
      },
      series: [
        {
          labels: {},
          points: [
            { start: iso(0), value: 4, coverage: 1 },
            { start: iso(5), value: 4, coverage: 1 },
            { start: iso(10), value, coverage: 0.2 },
          ],
          last: { value, at: iso(10) },
        },
      ],
      position: { epoch: 'e1', offset: 0 },
    },
  ],
});
const cpu = (value: number, seconds: number) => ({ metricName: 'cpu', labels: {}, value, at: iso(seconds) });

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

describe('useMetrics', () => {
  it('asks once for all names and listens to their topics', async () => {
    const { result } = renderHook(
      () => useMetrics(['cpu', 'memory', 'cpu'], { spanSeconds: 60, maxPoints: 12 }),
      {
        wrapper,
      },
    );
    expect(result.current).toMatchObject({ state: 'loading', series: [], asOf: null });
    expect(http.asked).toHaveLength(1);
    expect(http.last).toMatchObject({
      path: '/metrics/recent',
      query: { metricName: ['cpu', 'memory'], spanSeconds: 60, maxPoints: 12 },
    });
    expect(socket.topics).toEqual(['metrics.cpu', 'metrics.memory']);
    await settle(() => http.last.answer(answer()));
    expect(result.current).toMatchObject({ state: 'live', asOf: iso(10), stepMs: 5000, error: null });
    expect(result.current.get('cpu')).toMatchObject({ value: 5, asOf: iso(10), staleAfterMs: 5000 });
    expect(result.current.get('cpu')?.points.map(({ value }) => value)).toEqual([4, 4, 5]);
    expect(result.current.get('disk')).toBeUndefined();
  });

  it('shows what the service remembers while its database is away, as last known and with the reason', async () => {
    const { result } = renderHook(() => useMetrics(['cpu']), { wrapper });
    await settle(() => http.last.answer({ ...answer(), problem: 'The database does not answer.' }));
    expect(result.current).toMatchObject({
      state: 'error',
      error: { message: 'The database does not answer.' },
    });
    expect(result.current.get('cpu')).toMatchObject({ value: 5, asOf: iso(10) });
    await settle(() => socket.say('metrics.cpu', cpu(7, 11)));
    expect(result.current.get('cpu')).toMatchObject({ value: 7, asOf: iso(11) });
    await settle(() => result.current.refetch());
    await settle(() => http.last.answer(answer(8)));
    expect(result.current).toMatchObject({ state: 'live', error: null });
  });

  it('asks once in strict mode too, and stops when it leaves', async () => {
    const { unmount } = renderHook(() => useMetrics(['cpu']), {
      wrapper: ({ children }: { children: ReactNode }) => <StrictMode>{wrapper({ children })}</StrictMode>,
    });
    await settle(() => undefined);
    expect(http.asked).toHaveLength(1);
    expect(socket.topics).toEqual(['metrics.cpu']);
    unmount();
    await settle(() => undefined);
    expect(socket.topics).toEqual([]);
    expect(socket.watchers).toBe(0);
    expect(http.last.signal?.aborted).toBe(true);
  });

  it('goes on with live values without a gap and without a repeat', async () => {
    const { result } = renderHook(() => useMetrics(['cpu'], { maxPoints: 4 }), { wrapper });
    socket.say('metrics.cpu', cpu(7, 11));
    socket.say('metrics.cpu', cpu(5, 10));
    await settle(() => http.last.answer(answer()));
    expect(result.current.get('cpu')).toMatchObject({ value: 7, asOf: iso(11) });
    // The open step held one point of 5 already, so its mean is that of 5 and 7.
    expect(result.current.get('cpu')?.points.at(-1)).toMatchObject({ start: iso(10), value: 6 });
    await settle(() => socket.say('metrics.cpu', cpu(9, 27)));
    expect(result.current.get('cpu')?.points).toEqual([
      { start: iso(10), value: 6, coverage: 0.4 },
      { start: iso(15), value: null, coverage: null },
      { start: iso(20), value: null, coverage: null },
      { start: iso(25), value: 9, coverage: 0.2 },
    ]);
    expect(result.current.asOf).toBe(iso(27));
  });

  it('leaves a series that nothing came for as it is', async () => {
    const { result } = renderHook(() => useMetrics(['cpu']), { wrapper });
    const two = answer();
    two.metrics[0]?.series.push({ labels: { core: '1' }, points: [], last: null });
    await settle(() => http.last.answer(two));
    const [first, second] = result.current.series;
    await settle(() => socket.say('metrics.cpu', cpu(9, 12)));
    expect(result.current.series[0]).not.toBe(first);
    expect(result.current.series[1]).toBe(second);
    expect(result.current.get('cpu', { core: '1' })).toBe(second);
  });

  it('reads again when its topic starts over, and after a reconnection', async () => {
    const { result } = renderHook(() => useMetrics(['cpu']), { wrapper });
    await settle(() => http.last.answer(answer()));
    await settle(() => socket.startOver('metrics.cpu'));
    expect(http.asked).toHaveLength(2);
    await settle(() => http.last.answer(answer(6)));
    expect(result.current.get('cpu')?.value).toBe(6);

    await settle(() => socket.become({ state: 'recovering' }));
    expect(result.current.state).toBe('stale');
    expect(result.current.get('cpu')?.value).toBe(6);
    await settle(() => socket.become({ state: 'connecting' }));
    await settle(() => socket.become({ state: 'live' }));
    expect(http.asked).toHaveLength(3);
    await settle(() => http.last.answer(answer(8)));
    expect(result.current).toMatchObject({ state: 'live' });
    expect(result.current.get('cpu')?.value).toBe(8);
  });

  it.each(['live', 'polling'] as const)('reads again once it is %s after it was offline', async (state) => {
    const { result } = renderHook(() => useMetrics(['cpu']), { wrapper });
    await settle(() => http.last.answer(answer()));
    await settle(() => socket.become({ state: 'offline' }));
    await settle(() => socket.become({ state }));
    expect(http.asked).toHaveLength(2);
    await settle(() => http.last.answer(answer()));
    expect(result.current.state).toBe('live');
  });

  it('reads again when the page is shown after its topics were left', async () => {
    renderHook(() => useMetrics(['cpu']), { wrapper });
    await settle(() => http.last.answer(answer()));
    await settle(() => socket.stand('metrics.cpu', 'paused'));
    await settle(() => socket.stand('metrics.cpu', 'waiting'));
    expect(http.asked).toHaveLength(1);
    await settle(() => socket.stand('metrics.cpu', 'live'));
    expect(http.asked).toHaveLength(2);
    await settle(() => http.last.answer(answer()));
    await settle(() => socket.stand('metrics.cpu', 'waiting'));
    await settle(() => socket.stand('metrics.cpu', 'live'));
    expect(http.asked).toHaveLength(2);
  });

  it('reads once when several topics are shown again, or the component reads by itself', async () => {
    const { result } = renderHook(() => useMetrics(['cpu', 'memory']), { wrapper });
    await settle(() => http.last.answer(answer()));
    const topics = ['metrics.cpu', 'metrics.memory'];
    await settle(() => topics.forEach((topic) => socket.stand(topic, 'paused')));
    await settle(() => topics.forEach((topic) => socket.stand(topic, 'live')));
    expect(http.asked).toHaveLength(2);
    await settle(() => http.last.answer(answer()));
    expect(http.asked).toHaveLength(2);
    await settle(() => topics.forEach((topic) => socket.stand(topic, 'paused')));
    result.current.refetch();
    await settle(() => topics.forEach((topic) => socket.stand(topic, 'live')));
    await settle(() => http.last.answer(answer()));
    expect(http.asked).toHaveLength(3);
  });

  it('keeps the last values when a read fails, and says why', async () => {
    const { result } = renderHook(() => useMetrics(['cpu']), { wrapper });
    await settle(() => http.last.answer(answer()));
    await settle(() => result.current.refetch());
    await settle(() => http.last.fail(new Error('The database does not answer')));
    expect(result.current.state).toBe('error');
    expect(result.current.error?.message).toBe('The database does not answer');
    expect(result.current.get('cpu')?.value).toBe(5);
  });

  it('asks nothing when it is given no name', async () => {
    const { result } = renderHook(() => useMetrics([]), { wrapper });
    await settle(() => undefined);
    expect(http.asked).toHaveLength(0);
    expect(result.current.state).toBe('live');
  });

  it('works without a socket, on what it read', async () => {
    const { result } = renderHook(() => useMetrics(['cpu']), {
      wrapper: ({ children }: { children: ReactNode }) => (
        <FleetdeckProvider http={http}>{children}</FleetdeckProvider>
      ),
    });
    await settle(() => http.last.answer(answer()));
    expect(result.current.state).toBe('live');
  });

  it.each([
    [
      'more names than fit',
      () => useMetrics(Array.from({ length: 51 }, (_, i) => `m${i}`)),
      'was given 51 names',
    ],
  ])('refuses %s', (_what, hook, message) => {
    const quiet = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(() => renderHook(hook, { wrapper })).toThrow(message);
    quiet.mockRestore();
  });

  it.each([
    ['useMetrics', () => useMetrics(['cpu'])],
    ['useHealth', () => useHealth()],
  ])('%s says what is missing without an HTTP client', (name, hook) => {
    const quiet = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(() => renderHook<unknown, unknown>(hook)).toThrow(`${name} needs an HTTP client`);
    quiet.mockRestore();
  });
});

describe('useHealth', () => {
  const report: HealthReport = {
    overallStatus: 'healthy',
    asOf: iso(0),
    position: { epoch: 'e1', offset: 0 },
    replica: 'r1',
    components: {
      database: {
        ...{ status: 'healthy', since: iso(0), latencyMs: 2, reason: null, checkedAt: iso(0) },
        ...{ criticality: 'critical', intervalMs: 5000 },
      },
    },
  };

  it('reads the report and follows its topic', async () => {
    const { result } = renderHook(() => useHealth(), { wrapper });
    expect(http.last.path).toBe('/health');
    expect(socket.topics).toEqual(['health']);
    expect(result.current).toMatchObject({ state: 'loading', report: null });
    await settle(() => http.last.answer(report));
    expect(result.current.report?.overallStatus).toBe('healthy');
    await settle(() =>
      socket.say('health', {
        ...{ id: 'r1/database', replica: 'r1', component: 'database' },
        health: { ...report.components.database, status: 'critical', checkedAt: iso(5) },
        overallStatus: 'critical',
      }),
    );
    expect(result.current.report?.overallStatus).toBe('critical');
    expect(result.current.report?.components.database?.status).toBe('critical');
  });
});
