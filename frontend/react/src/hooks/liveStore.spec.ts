import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeHttp, FakeSocket, nextFrame } from '../testing/fakes.ts';
import { createLiveStore, MAX_HELD, MAX_RETRIES, type LiveModel } from './liveStore.ts';

let socket: FakeSocket;
let http: FakeHttp;

beforeEach(() => {
  socket = new FakeSocket();
  http = new FakeHttp();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a live store', () => {
  interface Count {
    total: number;
  }
  /** Counts messages from the number that an answer gives. */
  const counter = (): LiveModel<number, Count> => {
    let state: Count | null = null;
    return {
      begin: (total) => {
        state = { total };
      },
      apply: () => {
        state = { total: (state?.total ?? 0) + 1 };
        return true;
      },
      read: () => state,
    };
  };
  const tick = async (): Promise<void> => {
    for (let index = 0; index < 5; index += 1) await Promise.resolve();
  };

  it('has one read at a time, and one more for all that were asked for meanwhile', async () => {
    const store = createLiveStore({
      load: (signal) => http.get<number>('/x', { signal }),
      topics: ['t'],
      socket,
      model: counter,
    });
    store.refetch();
    expect(http.asked).toHaveLength(0);
    const leave = store.subscribe(() => undefined);
    store.refetch();
    store.refetch();
    expect(http.asked).toHaveLength(1);
    http.last.answer(1);
    await tick();
    expect(http.asked).toHaveLength(2);
    http.last.answer(2);
    await tick();
    expect(http.asked).toHaveLength(2);
    leave();
    await tick();
  });

  it('puts the state together once a frame, however many messages come', async () => {
    const model = counter();
    const read = jest.spyOn(model, 'read');
    const store = createLiveStore({
      load: (signal) => http.get<number>('/x', { signal }),
      topics: ['t'],
      socket,
      model: () => model,
    });
    const leave = store.subscribe(() => undefined);
    http.last.answer(0);
    await tick();
    read.mockClear();
    for (let index = 0; index < 1000; index += 1) socket.say('t', null);
    await nextFrame();
    expect(store.getSnapshot().data).toEqual({ total: 1000 });
    expect(read).toHaveBeenCalledTimes(1);
    leave();
    await tick();
  });

  it('reads again rather than hold messages without bound', async () => {
    const store = createLiveStore({
      load: (signal) => http.get<number>('/x', { signal }),
      topics: ['t'],
      socket,
      model: counter,
    });
    const leave = store.subscribe(() => undefined);
    for (let index = 0; index <= MAX_HELD; index += 1) socket.say('t', null);
    http.last.answer(0);
    await tick();
    expect(store.getSnapshot().data?.total).toBe(MAX_HELD);
    expect(http.asked).toHaveLength(2);
    leave();
    await tick();
  });

  it('tries again ever later with jitter, gives up after a while and begins anew when told to', async () => {
    jest.useFakeTimers();
    const waits: number[] = [];
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const store = createLiveStore({
      load: (signal) => http.get<number>('/x', { signal }),
      topics: [],
      socket: null,
      model: counter,
      random: () => 0.5,
    });
    const leave = store.subscribe(() => undefined);
    for (let index = 0; index <= MAX_RETRIES; index += 1) {
      timers.mockClear();
      http.last.fail('no');
      await tick();
      const wait = timers.mock.calls[0]?.[1];
      if (wait !== undefined) waits.push(wait);
      jest.advanceTimersByTime(30_000);
      await tick();
    }
    expect(waits).toEqual([750, 1500, 3000, 6000, 12_000, 22_500, 22_500, 22_500]);
    expect(http.asked).toHaveLength(MAX_RETRIES + 1);
    expect(store.getSnapshot()).toMatchObject({ state: 'error', data: null, error: { message: 'no' } });
    store.refetch();
    http.last.answer(3);
    await tick();
    expect(store.getSnapshot()).toEqual({ state: 'live', data: { total: 3 }, error: null });
    leave();
    await tick();
  });

  it('tries again when the code that keeps its state cannot be loaded', async () => {
    jest.useFakeTimers();
    const loads = jest.fn(() => Promise.resolve(counter()));
    loads.mockRejectedValueOnce(new Error('The chunk is gone.'));
    const store = createLiveStore({
      load: (signal) => http.get<number>('/x', { signal }),
      topics: ['t'],
      socket,
      model: loads,
    });
    const leave = store.subscribe(() => undefined);
    socket.say('t', null);
    http.last.answer(1);
    await tick();
    expect(store.getSnapshot()).toMatchObject({ state: 'error', data: null });
    jest.advanceTimersByTime(1000);
    socket.say('t', null);
    http.last.answer(2);
    await tick();
    expect(store.getSnapshot()).toEqual({ state: 'live', data: { total: 3 }, error: null });
    store.refetch();
    http.last.answer(5);
    await tick();
    expect(loads).toHaveBeenCalledTimes(2);
    leave();
    await tick();
  });

  it('takes no notice of an answer, or a failure, that comes after it was left', async () => {
    const store = createLiveStore({
      load: (signal) => http.get<number>('/x', { signal }),
      topics: [],
      socket,
      model: counter,
    });
    const leave = store.subscribe(() => undefined);
    leave();
    await tick();
    http.last.answer(1);
    await tick();
    expect(store.getSnapshot().data).toBeNull();
    const again = store.subscribe(() => undefined);
    again();
    await tick();
    http.last.fail(new Error('late'));
    await tick();
    expect(store.getSnapshot().error).toBeNull();
  });
});
