import { Profiler, StrictMode, type ReactNode } from 'react';
import { act, render, renderHook, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { TopicMessage } from '@fleetdeck/dto';
import { StatusBadge } from '../components/status-badge/StatusBadge.tsx';
import { FakeSocket, nextFrame } from '../testing/fakes.ts';
import { FleetdeckProvider } from './FleetdeckProvider.tsx';
import { MAX_TOPIC_KEYS } from './topicModel.ts';
import { usePageClock } from './usePageClock.ts';
import { useTopic } from './useTopic.ts';
import { useWebSocket } from './useWebSocket.ts';

const within = (socket: FakeSocket) =>
  function Wrapper({ children }: { children: ReactNode }) {
    return <FleetdeckProvider socket={socket}>{children}</FleetdeckProvider>;
  };

afterEach(() => {
  jest.useRealTimers();
});

describe('FleetdeckProvider', () => {
  it('sets theme and density on the document and gives back what was there', () => {
    document.documentElement.dataset.theme = 'light';
    const { rerender, unmount } = render(
      <FleetdeckProvider theme="dark" density="wall">
        x
      </FleetdeckProvider>,
    );
    expect(document.documentElement.dataset).toMatchObject({ theme: 'dark', density: 'wall' });
    rerender(<FleetdeckProvider theme="auto">x</FleetdeckProvider>);
    expect(document.documentElement.dataset.theme).toBe('auto');
    expect(document.documentElement.dataset.density).toBeUndefined();
    unmount();
    expect(document.documentElement.dataset.theme).toBe('light');
    delete document.documentElement.dataset.theme;
  });

  it('tells components locale, zone, hours and words, which their own props outdo', () => {
    render(
      <FleetdeckProvider
        locale="de"
        timeZone="Asia/Tokyo"
        hourCycle="h12"
        messages={{ since: (time) => `seit ${time}` }}
        now={() => Date.parse('2026-01-15T12:00:00Z')}
      >
        <StatusBadge status="failed" since="2026-01-15T11:00:00Z" data-testid="provider" />
        <StatusBadge
          status="failed"
          since="2026-01-15T11:00:00Z"
          timeZone="UTC"
          hourCycle="h23"
          data-testid="own"
        />
      </FleetdeckProvider>,
    );
    expect(screen.getByTestId('provider')).toHaveTextContent('Failed, seit 08:00 PM');
    expect(screen.getByTestId('own')).toHaveTextContent('Failed, seit 11:00');
  });
});

describe('usePageClock', () => {
  it('tells the time of the service once a second', () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const socket = new FakeSocket();
    socket.become({ clockOffsetMs: 500_000 });
    const { result } = renderHook(() => usePageClock(), { wrapper: within(socket) });
    expect(result.current).toBe(1_500_000);
    act(() => jest.advanceTimersByTime(2000));
    expect(result.current).toBe(1_502_000);
  });
});

describe('useWebSocket', () => {
  it('follows the connection, on the time of the page clock', () => {
    const socket = new FakeSocket();
    const { result } = renderHook(() => useWebSocket(), { wrapper: within(socket) });
    expect(result.current).toMatchObject({ state: 'live', since: 1000, nextAttemptAt: null });
    act(() =>
      socket.become({
        state: 'recovering',
        nextAttemptAt: 2000,
        lastMessageAt: 1500,
        clockOffsetMs: 10,
        reason: 'No network',
      }),
    );
    expect(result.current).toMatchObject({
      state: 'recovering',
      since: 1010,
      nextAttemptAt: 2010,
      lastMessageAt: 1510,
      reason: 'No network',
    });
  });

  it('tries at once when it is told to', () => {
    const socket = new FakeSocket();
    const { result } = renderHook(() => useWebSocket(), { wrapper: within(socket) });
    result.current.retryNow();
    expect(socket.retries).toBe(1);
  });

  it('answers the same object while nothing changed', () => {
    const { result, rerender } = renderHook(() => useWebSocket(), { wrapper: within(new FakeSocket()) });
    const before = result.current;
    rerender();
    expect(result.current).toBe(before);
  });

  it('listens to topics', () => {
    const socket = new FakeSocket();
    const { result } = renderHook(() => useWebSocket(), { wrapper: within(socket) });
    const onMessage = jest.fn();
    const leave = result.current.subscribe('system', { onMessage });
    socket.say('system', 'hello');
    leave();
    socket.say('system', 'again');
    expect(onMessage).toHaveBeenCalledTimes(1);
  });

  it('needs no provider where a socket is given', async () => {
    const socket = new FakeSocket();
    const { result } = renderHook(() => ({
      connection: useWebSocket(socket),
      health: useTopic('health', { socket }),
    }));
    expect(result.current.connection.state).toBe('live');
    await act(async () => {
      socket.say('health', 'well', { key: 'database' });
      await nextFrame();
    });
    expect([...result.current.health.data]).toEqual([['database', 'well']]);
  });

  it.each([
    ['useWebSocket', () => useWebSocket()],
    ['useTopic', () => useTopic('health')],
  ])('%s says what is missing without a socket', (name, hook) => {
    const quiet = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(() => renderHook<unknown, unknown>(hook)).toThrow(
      `${name} needs a socket: give one to <FleetdeckProvider socket>.`,
    );
    quiet.mockRestore();
  });
});

describe('useTopic', () => {
  const append = (all: readonly unknown[], { data }: TopicMessage): readonly unknown[] => [...all, data];

  it('keeps the newest payload of each key', async () => {
    const socket = new FakeSocket();
    const { result } = renderHook(() => useTopic('orders.open'), { wrapper: within(socket) });
    expect(result.current.data.size).toBe(0);
    await act(async () => {
      socket.say('orders.open', 1, { key: 'a' });
      socket.say('orders.open', 2, { key: 'b' });
      socket.say('orders.open', 3, { key: 'a' });
      socket.say('orders.open', 4);
      await nextFrame();
    });
    expect([...result.current.data].toSorted()).toEqual([
      ['', 4],
      ['a', 3],
      ['b', 2],
    ]);
  });

  it('renders once for a thousand messages of one frame, and its reducer saw them all', async () => {
    const socket = new FakeSocket();
    const commits = jest.fn();
    let total = 0;
    function Sum() {
      total = useTopic('system', { initial: 0, reduce: (sum: number) => sum + 1 }).data;
      return null;
    }
    render(
      <FleetdeckProvider socket={socket}>
        <Profiler id="sum" onRender={commits}>
          <Sum />
        </Profiler>
      </FleetdeckProvider>,
    );
    commits.mockClear();
    await act(async () => {
      for (let index = 0; index < 1000; index += 1)
        socket.say('system', { level: 'info', text: String(index) });
      await nextFrame();
    });
    expect(commits).toHaveBeenCalledTimes(1);
    expect(total).toBe(1000);
  });

  it('does not change a map that it gave out', async () => {
    const socket = new FakeSocket();
    const { result } = renderHook(() => useTopic('orders.open'), { wrapper: within(socket) });
    const before = result.current.data;
    await act(async () => {
      socket.say('orders.open', 1, { key: 'a' });
      await nextFrame();
    });
    expect(before.size).toBe(0);
    expect(result.current.data).not.toBe(before);
  });

  it('uses the newest reducer for what comes from now on', async () => {
    const socket = new FakeSocket();
    const { result, rerender } = renderHook(
      ({ by }) => useTopic('system', { initial: 0, reduce: (sum: number) => sum + by }),
      { wrapper: within(socket), initialProps: { by: 1 } },
    );
    socket.say('system', null);
    rerender({ by: 10 });
    await act(async () => {
      socket.say('system', null);
      await nextFrame();
    });
    expect(result.current.data).toBe(11);
  });

  it('renders only when the part that is picked changes', async () => {
    const socket = new FakeSocket();
    const renders = jest.fn();
    const { result } = renderHook(
      () => {
        renders();
        return useTopic('orders.open', { select: (values) => values.get('a') });
      },
      { wrapper: within(socket) },
    );
    await act(nextFrame);
    renders.mockClear();
    await act(async () => {
      socket.say('orders.open', 1, { key: 'b' });
      await nextFrame();
    });
    expect(renders).not.toHaveBeenCalled();
    await act(async () => {
      socket.say('orders.open', 2, { key: 'a' });
      await nextFrame();
    });
    expect(result.current.data).toBe(2);
  });

  it('may pick a new object each time', async () => {
    const socket = new FakeSocket();
    const { result } = renderHook(() => useTopic('orders.open', { select: (values) => [...values.keys()] }), {
      wrapper: within(socket),
    });
    await act(async () => {
      socket.say('orders.open', 1, { key: 'b' });
      await nextFrame();
    });
    expect(result.current.data).toEqual(['b']);
  });

  it('starts over when the topic does', async () => {
    const socket = new FakeSocket();
    const { result } = renderHook(
      () => ({ latest: useTopic('system'), all: useTopic('system', { initial: [], reduce: append }) }),
      { wrapper: within(socket) },
    );
    await act(async () => {
      socket.say('system', 1);
      socket.startOver('system');
      socket.say('system', 2);
      await nextFrame();
    });
    expect([...result.current.latest.data.values()]).toEqual([2]);
    expect(result.current.all.data).toEqual([2]);
  });

  it('listens once in strict mode, follows its topic, and leaves nothing behind', () => {
    const socket = new FakeSocket();
    const { rerender, unmount } = renderHook(({ topic }) => useTopic(topic), {
      initialProps: { topic: 'one' },
      wrapper: ({ children }: { children: ReactNode }) => (
        <StrictMode>
          <FleetdeckProvider socket={socket}>{children}</FleetdeckProvider>
        </StrictMode>
      ),
    });
    expect(socket.topics).toEqual(['one']);
    rerender({ topic: 'two' });
    expect(socket.topics).toEqual(['two']);
    unmount();
    expect(socket.topics).toEqual([]);
  });

  it('forgets the key that it heard of longest ago rather than grow without bound', async () => {
    const socket = new FakeSocket();
    const { result } = renderHook(() => useTopic('orders.open'), { wrapper: within(socket) });
    await act(async () => {
      socket.say('orders.open', 0, { key: 'first' });
      socket.say('orders.open', 0, { key: 'second' });
      socket.say('orders.open', 1, { key: 'first' });
      for (let index = 0; index < MAX_TOPIC_KEYS - 1; index += 1)
        socket.say('orders.open', index, { key: `k${index}` });
      await nextFrame();
    });
    expect(result.current.data.size).toBe(MAX_TOPIC_KEYS);
    expect(result.current.data.has('first')).toBe(true);
    expect(result.current.data.has('second')).toBe(false);
  });
});
