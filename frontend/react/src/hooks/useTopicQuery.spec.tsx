import { StrictMode, type ReactNode } from 'react';
import { act, render, renderHook, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { focusManager, onlineManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { WebSocketManager } from '@fleetdeck/client';
import { FakeServer, refusalOf } from '@fleetdeck/client/testing';
import { defineTopics, topic, type Position, type TopicMessage } from '@fleetdeck/dto';
import { nextFrame } from '../testing/fakes.ts';
import { MAX_HELD_MESSAGES } from './topicJoin.ts';
import { TopicRefusedError } from './topicStore.ts';
import { useTopicQuery, type UseTopicQueryOptions } from './useTopicQuery.ts';

const topics = defineTopics({
  log: topic<number>({ mode: 'log' }),
  other: topic<number>({ mode: 'log' }),
  values: topic<number>({ mode: 'latest', key: 'name' }),
});
type Topics = typeof topics;

/** What was published, as the service would answer it. */
interface Answer {
  position: Position | null;
  numbers: readonly number[];
}

interface Asked {
  answer: (over?: Partial<Answer>) => void;
  fail: () => void;
  signal: () => AbortSignal;
}

let server: FakeServer;
let socket: WebSocketManager<Topics>;
let client: QueryClient;
let published: number[];
let asked: Asked[];

beforeEach(() => {
  server = new FakeServer(topics);
  socket = new WebSocketManager('/ws/platform', {
    topics,
    connect: server.connect,
    reconnectMinMs: 1,
    reconnectMaxMs: 2,
  });
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  published = [];
  asked = [];
});
afterEach(() => {
  socket.close();
  client.clear();
  onlineManager.setOnline(true);
  focusManager.setFocused(undefined);
});

const publish = (...numbers: number[]): TopicMessage[] =>
  numbers.map((number) => {
    published.push(number);
    return server.publish('log', number);
  });

/** Where the topic stands, as a service would capture it before it reads. */
const positionNow = (name = 'log'): Position => {
  const { epoch, offset } = server.read({ topic: name }) as { ok: true } & Position;
  return { epoch, offset };
};

const queryFn = (context: { signal: AbortSignal }) =>
  new Promise<Answer>((resolve, reject) => {
    // Captured when it is asked, answered when the test says so.
    const captured: Answer = { position: positionNow(), numbers: [...published] };
    asked.push({
      answer: (over) => resolve({ ...captured, ...over }),
      fail: () => reject(new Error('No.')),
      signal: () => context.signal,
    });
  });

const reduce = (data: Answer, { data: number }: TopicMessage<number>): Answer => ({
  ...data,
  numbers: [...data.numbers, number],
});

type Options = UseTopicQueryOptions<Answer, 'log', Topics>;
const options = (over: Partial<Options> = {}): Options => ({
  queryKey: ['numbers'],
  queryFn,
  topic: 'log',
  topics,
  socket,
  reduce,
  ...over,
});

const wrapper = ({ children }: { children: ReactNode }) => (
  <QueryClientProvider client={client}>{children}</QueryClientProvider>
);

function useNumbers(over: Partial<Options>) {
  const result = useTopicQuery<Answer, 'log', Topics>(options(over));
  // As a component does: it renders for what it reads.
  void [result.data, result.status, result.error];
  return result;
}

const show = (over: Partial<Options> = {}) => renderHook(() => useNumbers(over), { wrapper });

const cached = () => client.getQueryData<Answer>(['numbers'])?.numbers;
const live = () => server.until((wire) => wire.some(({ type }) => type === 'subscribe'));
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  await nextFrame();
  // Queries tell their observers in a task of their own.
  await new Promise((resolve) => setTimeout(resolve));
};
const quietly = (work: () => void | Promise<void>) =>
  act(async () => {
    await work();
    await settle();
  });
const request = (index: number): Asked => {
  const one = asked[index];
  if (!one) throw new Error(`there is no request ${index}`);
  return one;
};

/** Mounted, with an answer and a live topic. */
async function mounted(over: Partial<Options> = {}) {
  const hook = show(over);
  await quietly(live);
  await quietly(() => request(0).answer());
  expect(hook.result.current.topicStatus).toBe('live');
  return hook;
}

describe('useTopicQuery', () => {
  it('applies messages to the answer', async () => {
    publish(1, 2);
    const { result } = await mounted();
    expect(result.current.data?.numbers).toEqual([1, 2]);
    await quietly(() => void publish(3, 4));
    expect(result.current.data?.numbers).toEqual([1, 2, 3, 4]);
    expect(result.current.data?.position).toEqual(positionNow());
    expect(asked).toHaveLength(1);
  });

  it('applies what came while the answer was on its way', async () => {
    publish(1);
    const { result } = show();
    await quietly(live);
    await quietly(() => void publish(2, 3));
    expect(result.current.data).toBeUndefined();
    await quietly(() => request(0).answer());
    expect(result.current.data?.numbers).toEqual([1, 2, 3]);
  });

  it('does not repeat what the answer holds already', async () => {
    const { result } = show();
    await quietly(live);
    await quietly(() => void publish(1, 2));
    // The service read after the second message, and the third was on its way.
    const position = positionNow();
    await quietly(() => void publish(3));
    await quietly(() => request(0).answer({ position, numbers: [1, 2] }));
    expect(result.current.data?.numbers).toEqual([1, 2, 3]);
  });

  it('skips messages that an answer ahead of the stream has told', async () => {
    const { result } = show();
    await quietly(live);
    const held = [server.publishUnsent('log', 1), server.publishUnsent('log', 2)];
    await quietly(() => request(0).answer({ position: positionNow(), numbers: [1, 2] }));
    await quietly(() => held.forEach((message) => server.deliver(message)));
    await quietly(() => void publish(3));
    expect(result.current.data?.numbers).toEqual([1, 2, 3]);
  });

  it('asks again when the subscription began after the answer', async () => {
    const early = positionNow();
    const { result } = show();
    publish(1, 2);
    await quietly(live);
    await quietly(() => request(0).answer({ position: early, numbers: [] }));
    await waitFor(() => expect(asked).toHaveLength(2));
    await quietly(() => request(1).answer());
    expect(result.current.data?.numbers).toEqual([1, 2]);
  });

  it('asks again when data from before was on the page and messages were missed', async () => {
    client.setQueryData(['numbers'], { position: positionNow(), numbers: [] });
    publish(1);
    const { result } = show({ staleTime: Infinity });
    await quietly(live);
    expect(asked).toHaveLength(1);
    await quietly(() => request(0).answer());
    expect(result.current.data?.numbers).toEqual([1]);
  });

  it('asks for nothing when data from before lacks nothing', async () => {
    publish(1);
    client.setQueryData(['numbers'], { position: positionNow(), numbers: [1] });
    const { result } = show({ staleTime: Infinity });
    await quietly(live);
    await quietly(() => void publish(2));
    expect(asked).toHaveLength(0);
    expect(result.current.data?.numbers).toEqual([1, 2]);
  });

  it('discards an answer that is older than what is shown and can no longer be completed', async () => {
    const early = positionNow();
    const { result } = await mounted();
    await quietly(() => {
      for (let n = 0; n <= MAX_HELD_MESSAGES; n += 1) publish(n);
    });
    const before = result.current.data?.numbers;
    expect(before).toHaveLength(MAX_HELD_MESSAGES + 1);
    await quietly(() => void result.current.refetch());
    await quietly(() => request(1).answer({ position: early, numbers: [-1] }));
    expect(result.current.data?.numbers).toEqual(before);
    expect(asked).toHaveLength(2);
  });

  it('completes an answer of a copy that lags behind with what it holds', async () => {
    const { result } = await mounted();
    const early = positionNow();
    await quietly(() => void publish(1, 2));
    await quietly(() => void result.current.refetch());
    await quietly(() => request(1).answer({ position: early, numbers: [] }));
    expect(result.current.data?.numbers).toEqual([1, 2]);
  });

  it('says so when answers stay older than the topic', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'requestAnimationFrame', 'cancelAnimationFrame'] });
    try {
      const early = positionNow();
      publish(1);
      const { result } = show();
      await act(() => live());
      for (let n = 0; n < 3; n += 1) {
        await act(async () => {
          asked[n]?.answer({ position: early });
          await jest.advanceTimersByTimeAsync(2_000);
        });
      }
      expect(asked).toHaveLength(3);
      expect(result.current.error?.message).toContain('older than what the topic "log" has said');
    } finally {
      jest.useRealTimers();
    }
  });

  it('asks anew when the topic starts over, and applies nothing to what is void', async () => {
    publish(1);
    const { result } = await mounted();
    await quietly(() => server.reset('log', 'slow'));
    // A hole: what came before the reset is told by the answer alone.
    expect(asked).toHaveLength(2);
    await quietly(() => void publish(2));
    await quietly(() => request(1).answer());
    expect(result.current.data?.numbers).toEqual([1, 2]);
  });

  it('joins with the new log when it changed while the answer was on its way', async () => {
    publish(1);
    const { result } = show();
    await quietly(live);
    const old = positionNow();
    server.restart('log');
    published = [];
    await quietly(async () => {
      server.cut();
      await server.until((wire) => wire.filter(({ type }) => type === 'subscribe').length === 2);
    });
    await quietly(() => void publish(7));
    await quietly(() => request(0).answer({ position: old, numbers: [1] }));
    await waitFor(() => expect(asked).toHaveLength(2));
    await quietly(() => void publish(8));
    await quietly(() => request(1).answer());
    expect(result.current.data?.numbers).toEqual([7, 8]);
  });

  it('goes on after a drop from its position', async () => {
    const { result } = await mounted();
    server.cut();
    publish(1, 2);
    await quietly(() => server.until((wire) => wire.filter(({ type }) => type === 'subscribe').length === 2));
    await quietly(() => void publish(3));
    expect(result.current.data?.numbers).toEqual([1, 2, 3]);
    expect(asked).toHaveLength(1);
  });

  it('takes an answer without a position with what came since it was asked for', async () => {
    const { result } = show();
    await quietly(live);
    await quietly(() => void publish(1));
    await quietly(() => request(0).answer({ position: null, numbers: [] }));
    await quietly(() => void publish(2));
    expect(result.current.data?.numbers).toEqual([1, 2]);
  });

  it('writes the cache once a frame', async () => {
    const writes = jest.fn();
    await mounted();
    const stop = client.getQueryCache().subscribe(({ type }) => {
      if (type === 'updated') writes();
    });
    await act(async () => {
      publish(1, 2, 3);
      await settle();
    });
    stop();
    expect(cached()).toEqual([1, 2, 3]);
    expect(writes).toHaveBeenCalledTimes(1);
  });

  it('applies many messages without a frame, as in a hidden page', async () => {
    await mounted();
    const frame = jest.spyOn(globalThis, 'requestAnimationFrame').mockReturnValue(1);
    await act(async () => {
      for (let n = 0; n < 1_000; n += 1) publish(n);
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    });
    frame.mockRestore();
    expect(cached()).toHaveLength(1_000);
  });

  it('keeps the newest value of each key of a latest topic, whenever it was published', async () => {
    server.publish('values', 1, 'a');
    const { result } = renderHook(
      () =>
        useTopicQuery({
          queryKey: ['values'],
          queryFn: () =>
            Promise.resolve({ position: { epoch: positionNow('values').epoch, offset: 0 }, all: {} }),
          topic: 'values',
          topics,
          socket,
          reduce: (data: { position: Position; all: Record<string, number> }, { key = '', data: value }) => ({
            ...data,
            all: { ...data.all, [key]: value },
          }),
        }),
      { wrapper },
    );
    await quietly(live);
    await quietly(() => void server.publish('values', 2, 'b'));
    await quietly(() => void server.publish('values', 3, 'a'));
    expect(result.current.data?.all).toEqual({ a: 3, b: 2 });
  });

  it('applies what was sent to this client alone', async () => {
    const { result } = await mounted();
    await quietly(() => server.sendTo(server.clientIds[0] ?? '', 'log', 99));
    expect(result.current.data?.numbers).toEqual([99]);
    await quietly(() => void result.current.refetch());
    await quietly(() => request(1).answer());
    expect(result.current.data?.numbers).toEqual([]);
  });

  it('ends by an error of reduce, alone, and goes on as a plain query', async () => {
    const failing = await mounted({
      reduce: () => {
        throw new Error('Not like this.');
      },
    });
    const heard: number[] = [];
    socket.subscribe('log', ({ data }) => heard.push(data));
    await quietly(() => void publish(1));
    expect(failing.result.current.topicStatus).toBe('ended');
    expect(failing.result.current.topicError?.message).toBe('Not like this.');
    expect(heard).toEqual([1]);
    await quietly(() => void failing.result.current.refetch());
    await quietly(() => request(1).answer());
    expect(failing.result.current.data?.numbers).toEqual([1]);
    expect(failing.result.current.isSuccess).toBe(true);
  });

  it('ends by an error of reduce in what came meanwhile, and shows the answer', async () => {
    const { result } = show({
      reduce: () => {
        throw new Error('Not like this.');
      },
    });
    await quietly(live);
    await quietly(() => void publish(1));
    await quietly(() => request(0).answer());
    expect(result.current.topicStatus).toBe('ended');
    expect(result.current.data?.numbers).toEqual([]);
  });

  it('is a plain query where the topic is refused, and says so', async () => {
    server.refusedTopics.set('log', refusalOf('FORBIDDEN', 'Operators only.'));
    const { result } = show();
    await quietly(live);
    await quietly(() => request(0).answer({ numbers: [5] }));
    expect(result.current.data?.numbers).toEqual([5]);
    expect(result.current.topicStatus).toBe('refused');
    expect(result.current.topicError).toBeInstanceOf(TopicRefusedError);
  });

  it('is a plain query while no socket gets through, and joins when one does', async () => {
    server.unreachable = true;
    const { result } = show();
    await quietly(() => undefined);
    await quietly(() => request(0).answer());
    expect(result.current).toMatchObject({ status: 'success', topicStatus: 'waiting' });
    publish(1);
    server.unreachable = false;
    await quietly(live);
    await waitFor(() => expect(asked).toHaveLength(2));
    await quietly(() => request(1).answer());
    expect(result.current.data?.numbers).toEqual([1]);
  });

  it('waits while the network is away, and loses nothing that came meanwhile', async () => {
    onlineManager.setOnline(false);
    const { result } = show();
    await quietly(live);
    expect(result.current.fetchStatus).toBe('paused');
    await quietly(() => void publish(1));
    await quietly(() => onlineManager.setOnline(true));
    await quietly(() => void publish(2));
    await quietly(() => request(0).answer());
    expect(result.current.data?.numbers).toEqual([1, 2]);
  });

  it('subscribes once for all components of one key', async () => {
    const Both = () => {
      const first = useTopicQuery<Answer, 'log', Topics>(options());
      const second = useTopicQuery<Answer, 'log', Topics, number>({
        ...options(),
        select: ({ numbers }: Answer) => numbers.length,
      });
      return (
        <p>
          {first.data?.numbers.join()} {second.data}
        </p>
      );
    };
    const listen = jest.spyOn(socket, 'subscribe');
    const { container } = render(<Both />, { wrapper });
    await quietly(live);
    await quietly(() => request(0).answer());
    await quietly(() => void publish(4, 5));
    expect(container.textContent).toBe('4,5 2');
    expect(listen).toHaveBeenCalledTimes(1);
    expect(asked).toHaveLength(1);
  });

  it('refuses a second topic for one key', async () => {
    await mounted();
    const quiet = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(() => renderHook(() => useTopicQuery({ ...options(), topic: 'other' }), { wrapper })).toThrow(
      'goes on by the topic "log" already',
    );
    quiet.mockRestore();
  });

  it('changes its topic together with its key, or alone', async () => {
    const { result, rerender } = renderHook(
      ({ name }: { name: 'log' | 'other' }) =>
        useTopicQuery<Answer, 'log' | 'other', Topics>({ ...options(), topic: name }),
      { wrapper, initialProps: { name: 'log' as 'log' | 'other' } },
    );
    await quietly(live);
    await quietly(() => request(0).answer());
    rerender({ name: 'other' });
    await quietly(() =>
      server.until((wire) => wire.some((e) => e.type === 'subscribe' && e.request.topic === 'other')),
    );
    await waitFor(() => expect(asked).toHaveLength(2));
    await quietly(() => request(1).answer({ position: positionNow('other') }));
    await quietly(() => void server.publish('other', 8));
    expect(result.current.data?.numbers).toEqual([8]);
  });

  it('puts nothing extra on the wire in strict mode', async () => {
    const { result } = renderHook(() => useTopicQuery<Answer, 'log', Topics>(options()), {
      wrapper: ({ children }) => <StrictMode>{wrapper({ children })}</StrictMode>,
    });
    await quietly(live);
    await quietly(() => request(0).answer());
    await quietly(() => void publish(1));
    expect(result.current.data?.numbers).toEqual([1]);
    expect(asked).toHaveLength(1);
    expect(server.wire.map(({ type }) => type)).toEqual(['connect', 'subscribe']);
  });

  it('writes what came last when it is unmounted, and leaves the topic', async () => {
    const hook = await mounted();
    await act(async () => {
      publish(1);
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      hook.unmount();
    });
    expect(cached()).toEqual([1]);
    publish(2);
    await settle();
    expect(cached()).toEqual([1]);
  });

  it('asks anew when it comes back to data that missed something', async () => {
    const hook = await mounted({ staleTime: Infinity });
    hook.unmount();
    await settle();
    publish(1);
    await settle();
    const { result } = show({ staleTime: Infinity });
    await quietly(() => undefined);
    await waitFor(() => expect(asked).toHaveLength(2));
    await quietly(() => request(1).answer());
    expect(result.current.data?.numbers).toEqual([1]);
  });

  it('begins anew when the data was thrown away meanwhile', async () => {
    const hook = await mounted({ gcTime: 0 });
    hook.unmount();
    await act(() => new Promise((resolve) => setTimeout(resolve, 5)));
    expect(cached()).toBeUndefined();
    const { result } = show({ gcTime: 0 });
    await quietly(() => request(1).answer());
    await quietly(() => void publish(1));
    expect(result.current.data?.numbers).toEqual([1]);
  });

  it('refetches by its interval however many messages come', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'requestAnimationFrame', 'cancelAnimationFrame'] });
    try {
      show({ refetchInterval: 1_000 });
      await act(() => live());
      await act(async () => {
        request(0).answer();
        await jest.advanceTimersByTimeAsync(0);
      });
      for (let n = 0; n < 11; n += 1) {
        await act(async () => {
          publish(n);
          await jest.advanceTimersByTimeAsync(100);
          await nextFrame();
        });
      }
      expect(asked).toHaveLength(2);
      await act(async () => {
        request(1).answer();
        focusManager.setFocused(false);
        await jest.advanceTimersByTimeAsync(3_000);
      });
      expect(asked).toHaveLength(2);
    } finally {
      jest.useRealTimers();
    }
  });

  it('refetches when the page has the focus again, and joins', async () => {
    const { result } = await mounted();
    await quietly(() => {
      focusManager.setFocused(false);
      focusManager.setFocused(true);
    });
    expect(asked).toHaveLength(2);
    await quietly(() => void publish(1));
    await quietly(() => request(1).answer());
    expect(result.current.data?.numbers).toEqual([1]);
  });

  it('goes on after a read that was cancelled', async () => {
    const { result } = await mounted();
    await quietly(() => void result.current.refetch().catch(() => undefined));
    await quietly(() => void publish(1));
    await quietly(() => client.cancelQueries({ queryKey: ['numbers'] }));
    await quietly(() => void publish(2));
    expect(result.current.data?.numbers).toEqual([1, 2]);
  });

  it('follows no topic while it is disabled', async () => {
    const { result } = show({ enabled: false });
    await quietly(() => undefined);
    expect(server.wire).toEqual([]);
    expect(result.current).toMatchObject({ fetchStatus: 'idle', topicStatus: 'waiting', topicError: null });
  });

  it('renders only for the fields that are read', async () => {
    let renders = 0;
    renderHook(
      () => {
        renders += 1;
        return useTopicQuery<Answer, 'log', Topics>(options()).isPending;
      },
      { wrapper },
    );
    await quietly(live);
    await quietly(() => request(0).answer());
    const before = renders;
    await quietly(() => void publish(1, 2));
    expect(renders).toBe(before);
  });
});
