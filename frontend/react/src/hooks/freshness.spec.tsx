import { Activity, StrictMode, type ReactNode } from 'react';
import { act, render, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { defineTopics, topic, type TopicMessage } from '@fleetdeck/dto';
import { FakeSocket, nextFrame } from '../testing/fakes.ts';
import { FleetdeckProvider } from './FleetdeckProvider.tsx';
import { TopicRefusedError } from './topicStore.ts';
import { useTopic } from './useTopic.ts';

let socket: FakeSocket;
const wrapper = ({ children }: { children: ReactNode }): ReactNode => (
  <FleetdeckProvider socket={socket}>{children}</FleetdeckProvider>
);
const settle = (work: () => void = () => undefined): Promise<void> =>
  act(async () => {
    await Promise.resolve();
    work();
    await nextFrame();
  });
const append = (all: readonly unknown[], { data }: TopicMessage): readonly unknown[] => [...all, data];

beforeEach(() => {
  socket = new FakeSocket();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('useTopic, its messages', () => {
  it('tells each of them as it comes, without a render', async () => {
    const heard: unknown[] = [];
    const renders = jest.fn();
    renderHook(
      () => {
        renders();
        return useTopic('system', {
          initial: 0,
          reduce: (n: number) => n,
          onMessage: ({ data }) => heard.push(data),
        });
      },
      { wrapper },
    );
    await settle();
    renders.mockClear();
    socket.say('system', 1);
    socket.say('system', 2);
    expect(heard).toEqual([1, 2]);
    await settle();
    expect(renders).not.toHaveBeenCalled();
  });

  it('begins with what the snapshot source of its policy gave', async () => {
    const { result } = renderHook(
      () =>
        useTopic('system', {
          initial: [] as readonly unknown[],
          reduce: append,
          fromSnapshot: (state) => [state],
        }),
      { wrapper },
    );
    await settle(() => {
      socket.start('system', 'before');
      socket.say('system', 'after');
    });
    expect(result.current.data).toEqual(['before', 'after']);
  });

  it('loses none of a strict or a suspended start, and begins anew after it was hidden for a while', async () => {
    const seen: (readonly unknown[])[] = [];
    function List() {
      seen.push(useTopic('system', { initial: [] as readonly unknown[], reduce: append }).data);
      return null;
    }
    const page = (mode: 'visible' | 'hidden') => (
      <StrictMode>
        <FleetdeckProvider socket={socket}>
          <Activity mode={mode}>
            <List />
          </Activity>
        </FleetdeckProvider>
      </StrictMode>
    );
    const { rerender } = render(page('visible'));
    await settle(() => socket.say('system', 1));
    expect(seen.at(-1)).toEqual([1]);
    rerender(page('hidden'));
    await settle(() => socket.say('system', 2));
    rerender(page('visible'));
    await settle(() => socket.say('system', 3));
    // Going on after 1 would hide that 2 is missing.
    expect(seen.at(-1)).toEqual([3]);
  });
});

describe('useTopic, when something fails', () => {
  const boom = new Error('mine');
  const fail = (): never => {
    throw boom;
  };

  it.each([
    ['reduce', { initial: 0, reduce: fail }],
    ['onMessage', { initial: 0, reduce: (n: number) => n, onMessage: fail }],
    ['fromSnapshot', { initial: 0, reduce: (n: number) => n, fromSnapshot: fail }],
  ])('ends that hook alone when %s throws, and says so', async (_name, options) => {
    const { result } = renderHook(
      () => ({
        bad: useTopic('system', options),
        good: useTopic('system', { initial: [] as readonly unknown[], reduce: append }),
      }),
      { wrapper },
    );
    await settle(() => {
      socket.start('system', null);
      socket.say('system', 1);
    });
    await settle(() => socket.say('system', 2));
    expect(result.current.bad.error).toBe(boom);
    expect(result.current.bad).toMatchObject({ status: 'ended', data: 0, isStale: true });
    expect(result.current.good).toMatchObject({ status: 'live', data: [1, 2], error: null });
  });

  it('ends it when select throws, on the last data that it gave', async () => {
    const { result } = renderHook(
      () =>
        useTopic('orders.open', {
          select: (values) => {
            if (values.has('bad')) throw boom;
            return values.size;
          },
        }),
      { wrapper },
    );
    await settle(() => socket.say('orders.open', 1, { key: 'good' }));
    expect(result.current.data).toBe(1);
    await settle(() => socket.say('orders.open', 1, { key: 'bad' }));
    await settle();
    expect(result.current).toMatchObject({ status: 'ended', data: 1 });
    expect(result.current.error).toBe(boom);
    expect(socket.topics).toEqual([]);
  });

  it('makes an error of whatever was thrown', async () => {
    const { result } = renderHook(
      () =>
        useTopic('system', {
          initial: 0,
          reduce: () => {
            // Somebody else's code throws what it likes.
            throw 'text' as unknown as Error;
          },
        }),
      { wrapper },
    );
    await settle(() => socket.say('system', 1));
    expect(result.current.error?.message).toBe('text');
  });

  it('shows that the topic is refused, with the code, until it is live again', async () => {
    const { result } = renderHook(() => useTopic('system'), { wrapper });
    await settle(() =>
      socket.stand('system', 'refused', {
        ok: false,
        code: 4403,
        message: 'Not for you.',
        retryAfterMs: null,
      }),
    );
    expect(result.current).toMatchObject({ status: 'refused', isStale: true });
    expect(result.current.error).toBeInstanceOf(TopicRefusedError);
    expect(result.current.error).toMatchObject({ code: 4403, message: 'Not for you.', retryAfterMs: null });
    await settle(() => socket.stand('system', 'live'));
    expect(result.current).toMatchObject({ status: 'live', isStale: false, error: null });
  });
});

describe('useTopic, how fresh it is', () => {
  const beating = defineTopics({ beat: topic<number>({ mode: 'latest', expectedEveryMs: 1_000 }) });
  const pass = (ms: number): Promise<void> => act(() => jest.advanceTimersByTimeAsync(ms));

  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000, doNotFake: ['queueMicrotask'] });
  });

  it('is stale when a promised message is overdue, and fresh again with the next', async () => {
    const { result } = renderHook(() => useTopic('beat', { topics: beating }), { wrapper });
    await pass(4_900);
    expect(result.current).toMatchObject({ status: 'live', isStale: false, lastMessageAt: null });
    await pass(200);
    expect(result.current.isStale).toBe(true);
    socket.say('beat', 1);
    await pass(20);
    expect(result.current).toMatchObject({ isStale: false, lastMessageAt: 1_005_100 });
    for (let n = 0; n < 5; n += 1) {
      await pass(4_000);
      socket.say('beat', n);
      await pass(20);
      expect(result.current.isStale).toBe(false);
    }
    await pass(5_000);
    expect(result.current.isStale).toBe(true);
  });

  it('is not stale when a topic is quiet that promises nothing', async () => {
    const { result } = renderHook(() => useTopic('system'), { wrapper });
    await pass(600_000);
    expect(result.current.isStale).toBe(false);
  });

  it.each(['recovering', 'offline', 'denied'] as const)(
    'is stale while the connection is %s',
    async (state) => {
      const { result } = renderHook(() => useTopic('system'), { wrapper });
      await pass(20);
      expect(result.current.isStale).toBe(false);
      socket.become({ state });
      await pass(20);
      expect(result.current.isStale).toBe(true);
      socket.become({ state: 'polling' });
      await pass(20);
      expect(result.current.isStale).toBe(false);
    },
  );

  it('gives the time of the last message on the page clock, to the second', async () => {
    socket.become({ clockOffsetMs: 500 });
    const renders = jest.fn();
    const { result } = renderHook(
      () => {
        renders();
        const { lastMessageAt } = useTopic('system', { initial: 0, reduce: (n: number) => n });
        return lastMessageAt;
      },
      { wrapper },
    );
    await pass(20);
    renders.mockClear();
    for (let n = 0; n < 30; n += 1) {
      socket.say('system', n);
      await pass(100);
    }
    expect(result.current).toBeGreaterThanOrEqual(1_002_500);
    expect(renders.mock.calls.length).toBeLessThanOrEqual(4);
  });

  it('gives what nobody read before as it is when somebody does', async () => {
    const { result } = renderHook(() => useTopic('system', { initial: 0, reduce: (n: number) => n }), {
      wrapper,
    });
    await pass(20);
    socket.say('system', 1);
    await pass(5_000);
    socket.say('system', 1);
    await pass(20);
    expect(result.current.lastMessageAt).toBe(1_005_020);
  });
});
