import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BROADCAST_CODES } from '@fleetdeck/dto';
import { FakeServer, Journal, refusalOf } from '../testing/index.ts';
import { contractTopics } from '../testing/manager.contract.ts';
import { WebSocketManager, type WebSocketManagerOptions } from './web-socket-manager.ts';

const expired = refusalOf('SESSION_EXPIRED', 'Sign in again.');

let server: FakeServer;
let manager: WebSocketManager<typeof contractTopics>;

function make(options: Partial<WebSocketManagerOptions<typeof contractTopics>> = {}): void {
  manager = new WebSocketManager(undefined, {
    topics: contractTopics,
    connect: server.connect,
    random: () => 0.5,
    ...options,
  });
}

const connects = () => server.wire.filter(({ type }) => type === 'connect').length;
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const snapshot = () => manager.getSnapshot();

function page(state: { hidden?: boolean; online?: boolean }): void {
  if (state.hidden !== undefined) {
    const { hidden } = state;
    jest.spyOn(document, 'visibilityState', 'get').mockReturnValue(hidden ? 'hidden' : 'visible');
    document.dispatchEvent(new Event('visibilitychange'));
  }
  if (state.online !== undefined) {
    jest.spyOn(navigator, 'onLine', 'get').mockReturnValue(state.online);
    window.dispatchEvent(new Event(state.online ? 'online' : 'offline'));
  }
}

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000, doNotFake: ['queueMicrotask'] });
  server = new FakeServer(contractTopics);
  make();
});
afterEach(() => {
  manager.close();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('before anybody listens', () => {
  it('makes no connection', async () => {
    await pass(60_000);
    page({ online: true });
    expect(connects()).toBe(0);
    expect(snapshot()).toMatchObject({ state: 'connecting', since: 1_000_000, clockOffsetMs: 0 });
  });

  it.each([
    ['a listener to the state', () => manager.subscribeState(() => undefined)],
    ['a listener to a topic', () => manager.subscribe('audit', { onMessage: () => undefined })],
    ['retryNow', () => manager.retryNow()],
  ])('connects with %s, once', async (_what, begin) => {
    begin();
    begin();
    await pass(0);
    expect(connects()).toBe(1);
    expect(snapshot().state).toBe('live');
  });

  it('makes none for a topic that is not declared, and says so', async () => {
    const journal = new Journal();
    manager.subscribe('nothing', journal);
    const left = new Journal();
    manager.subscribe('nothing', left)();
    await pass(0);
    expect(connects()).toBe(0);
    expect(journal.states).toMatchObject([{ status: 'refused', error: { code: 4404 } }]);
    expect(left.states).toEqual([]);
  });
});

describe('the snapshot', () => {
  it('is the same object until something changes', async () => {
    const seen: unknown[] = [];
    manager.subscribeState(() => seen.push(snapshot()));
    await pass(0);
    const live = snapshot();
    await pass(5_000);
    expect(snapshot()).toBe(live);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('says how far the clocks are apart', async () => {
    server = new FakeServer(contractTopics, () => Date.now() + 7_000);
    make();
    manager.subscribeState(() => undefined);
    await pass(0);
    expect(snapshot().clockOffsetMs).toBe(7_000);
  });

  it('says when the last message came, not more often than once a second', async () => {
    const journal = new Journal();
    manager.subscribe('audit', journal);
    await pass(0);
    let changes = 0;
    manager.subscribeState(() => (changes += 1));
    for (let n = 0; n < 20; n += 1) {
      server.publish('audit', n);
      await pass(100);
    }
    expect(journal.messages).toHaveLength(20);
    expect(changes).toBe(2);
    expect(snapshot().lastMessageAt).toBe(1_001_000);
  });

  it('reaches other listeners when one throws, and those no more that have left', async () => {
    const report = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const caught: unknown[] = [];
    const reportError = (error: unknown) => caught.push(error);
    Object.assign(globalThis, { reportError });
    const told: string[] = [];
    let leave = () => undefined as void;
    manager.subscribeState(() => {
      leave();
      throw new Error('mine');
    });
    leave = manager.subscribeState(() => told.push('gone'));
    manager.subscribeState(() => told.push('here'));
    await pass(0);
    expect(told).toContain('here');
    expect(told).not.toContain('gone');
    expect(caught).not.toEqual([]);
    report.mockRestore();
  });

  it('shows no state between: live with a reason, or a wait with none', async () => {
    const seen: (typeof manager extends { getSnapshot: () => infer S } ? S : never)[] = [];
    manager.subscribeState(() => seen.push(snapshot()));
    await pass(0);
    server.cut();
    await pass(10_000);
    for (const { state, reason, nextAttemptAt, clientId } of seen) {
      if (state === 'live') expect({ reason, nextAttemptAt }).toEqual({ reason: null, nextAttemptAt: null });
      else expect(clientId).toBeNull();
      if (nextAttemptAt !== null) expect(reason).not.toBeNull();
    }
    expect(seen.map(({ state }) => state)).toEqual(['live', 'recovering', 'recovering', 'live']);
  });
});

describe('trying again', () => {
  it('waits longer each time up to the longest, calls it offline after three, and never gives up', async () => {
    server.unreachable = true;
    const waits: number[] = [];
    const states: string[] = [];
    manager.subscribeState(() => {
      const { nextAttemptAt, state } = snapshot();
      if (nextAttemptAt === null) return;
      waits.push(nextAttemptAt - Date.now());
      states.push(state);
    });
    await pass(300_000);
    expect(waits.slice(0, 8)).toEqual([750, 1250, 2250, 4250, 8250, 10_250, 10_250, 10_250]);
    expect(states.slice(0, 4)).toEqual(['connecting', 'connecting', 'offline', 'offline']);
    expect(waits.length).toBeGreaterThan(20);
    expect(snapshot()).toMatchObject({ state: 'offline', code: null });
    server.unreachable = false;
    await pass(20_000);
    expect(snapshot()).toMatchObject({ state: 'live', reason: null, code: null });
  });

  it('spreads clients by chance between the shortest wait and the longest', async () => {
    const waits: number[] = [];
    for (const chance of [0, 0.999]) {
      server.unreachable = true;
      make({ random: () => chance });
      manager.subscribeState(() => undefined);
      await pass(0);
      waits.push((snapshot().nextAttemptAt ?? 0) - Date.now());
      manager.close();
    }
    expect(waits).toEqual([500, 1000]);
  });

  it('begins with a short wait again once a connection was good, not after one that fell at once', async () => {
    server.unreachable = true;
    manager.subscribeState(() => undefined);
    await pass(5_000);
    server.unreachable = false;
    await pass(20_000);
    const wait = async (): Promise<number> => {
      server.cut();
      await pass(0);
      return (snapshot().nextAttemptAt ?? 0) - Date.now();
    };
    expect(await wait()).toBe(750);
    await pass(800);
    expect(snapshot().state).toBe('live');
    expect(await wait()).toBe(1250);
  });

  it('waits as long as the service asked, but not for ever', async () => {
    manager.subscribeState(() => undefined);
    const wait = async (retryAfterMs: number): Promise<number> => {
      await pass(0);
      server.close(refusalOf('SHUTTING_DOWN', 'Back soon.', retryAfterMs));
      await pass(0);
      expect(snapshot()).toMatchObject({ code: 4001, reason: 'Back soon.' });
      return (snapshot().nextAttemptAt ?? 0) - Date.now();
    };
    expect(await wait(1_700)).toBe(1_950);
    await pass(1_949);
    expect(snapshot().state).toBe('recovering');
    await pass(1);
    expect(snapshot().state).toBe('live');
    expect(await wait(1e12)).toBe(300_000);
    manager.retryNow();
    await pass(0);
    expect(await wait(Number.NaN)).toBeLessThanOrEqual(20_000);
  });

  it.each([
    ['the network comes back', () => page({ online: true })],
    ['the page becomes visible', () => page({ hidden: false })],
    ['it is told to', () => manager.retryNow()],
  ])('tries at once when %s', async (_what, wake) => {
    server.unreachable = true;
    manager.subscribeState(() => undefined);
    await pass(30_000);
    server.unreachable = false;
    page({ hidden: true });
    await pass(0);
    expect(snapshot().state).toBe('offline');
    wake();
    await pass(0);
    expect(snapshot().state).toBe('live');
  });

  it('says offline as soon as the network goes, while it is not live', async () => {
    manager.subscribeState(() => undefined);
    await pass(0);
    page({ online: false });
    expect(snapshot().state).toBe('live');
    server.unreachable = true;
    server.cut();
    await pass(0);
    expect(snapshot().state).toBe('offline');
    page({ online: true });
    await pass(0);
    expect(snapshot().state).toBe('recovering');
    page({ online: false });
    expect(snapshot().state).toBe('offline');
  });

  it('gives up an attempt that takes too long', async () => {
    server.silent = true;
    manager.subscribeState(() => undefined);
    await pass(14_999);
    expect(snapshot().nextAttemptAt).toBeNull();
    await pass(1);
    expect(snapshot()).toMatchObject({ code: null, reason: 'Connecting took too long.' });
    expect(snapshot().nextAttemptAt).not.toBeNull();
  });

  it('is nothing while it is live or trying', async () => {
    manager.subscribeState(() => undefined);
    manager.retryNow();
    await pass(0);
    manager.retryNow();
    page({ hidden: false });
    await pass(0);
    expect(connects()).toBe(1);
  });
});

describe('signs of life', () => {
  async function live(): Promise<void> {
    manager.subscribe('audit', new Journal());
    await pass(0);
  }

  it('keep it live: a beat or a message', async () => {
    await live();
    for (let n = 0; n < 5; n += 1) {
      await pass(17_000);
      if (n % 2) server.beat();
      else server.publish('audit', n);
      await pass(0);
    }
    expect(connects()).toBe(1);
    expect(snapshot().state).toBe('live');
  });

  it('that stay out for interval and timeout end a connection that looks open', async () => {
    await live();
    await pass(17_999);
    expect(snapshot().state).toBe('live');
    await pass(1);
    expect(snapshot()).toMatchObject({
      state: 'recovering',
      code: null,
      reason: 'The service is silent.',
    });
    await pass(1_000);
    expect(snapshot().state).toBe('live');
  });

  it('may stay out longer while the page is hidden, and are looked for as soon as it is shown', async () => {
    await live();
    page({ hidden: true });
    await pass(18_000);
    expect(snapshot().state).toBe('live');
    await pass(30_000);
    server.beat();
    await pass(17_000);
    page({ hidden: false });
    expect(snapshot().state).toBe('live');
    await pass(1_000);
    expect(snapshot().state).toBe('recovering');
    await pass(5_000);
    page({ hidden: true });
    await pass(60_000);
    expect(snapshot().state).toBe('live');
    page({ hidden: false });
    expect(snapshot()).toMatchObject({
      state: 'recovering',
      code: null,
      reason: 'The service is silent.',
    });
  });

  it('include the answer to a subscription', async () => {
    await live();
    server.silent = true;
    manager.subscribe('secrets', new Journal());
    await pass(10_000);
    expect(snapshot()).toMatchObject({
      state: 'recovering',
      code: null,
      reason: expect.stringContaining('secrets'),
    });
  });
});

describe('denied', () => {
  it.each(['UNAUTHENTICATED', 'SESSION_EXPIRED', 'FORBIDDEN', 'ORIGIN_REFUSED', 'INTERNAL'] as const)(
    'stays so after %s without a time to come back, whatever the page does, until it is told to try again',
    async (code) => {
      server.refusal = refusalOf(code, 'No.');
      manager.subscribeState(() => undefined);
      await pass(0);
      page({ online: false });
      page({ online: true });
      page({ hidden: false });
      await pass(600_000);
      expect(connects()).toBe(1);
      expect(snapshot()).toMatchObject({
        state: 'denied',
        code: BROADCAST_CODES[code].number,
        reason: 'No.',
        nextAttemptAt: null,
        since: 1_000_000,
      });
      manager.retryNow();
      await pass(0);
      expect(snapshot().state).toBe('denied');
      expect(connects()).toBe(2);
      server.refusal = null;
      manager.retryNow();
      await pass(0);
      expect(snapshot()).toMatchObject({ state: 'live', code: null, reason: null });
    },
  );

  it('is not said for what passes, whatever its number means', async () => {
    server.refusal = { ok: false, code: 4999, message: 'Something of a later version.', retryAfterMs: 100 };
    manager.subscribeState(() => undefined);
    await pass(0);
    expect(snapshot()).toMatchObject({ state: 'connecting', code: 4999 });
    expect(snapshot().nextAttemptAt).not.toBeNull();
  });

  it('is said when a subscription shows that nobody is signed in any more', async () => {
    manager.subscribe('audit', new Journal());
    await pass(0);
    server.refusedTopics.set('secrets', expired);
    manager.subscribe('secrets', new Journal());
    await pass(0);
    expect(snapshot()).toMatchObject({ state: 'denied', code: 4402 });
  });
});

describe('with tokens', () => {
  it('asks for one before each attempt', async () => {
    let n = 0;
    make({ getToken: () => Promise.resolve(`token-${(n += 1)}`) });
    manager.subscribeState(() => undefined);
    await pass(0);
    server.cut();
    await pass(2_000);
    expect(server.wire).toEqual([
      { type: 'connect', token: 'token-1' },
      { type: 'connect', token: 'token-2' },
    ]);
  });

  it('asks once more when the service refuses it, and is denied when that is of no use', async () => {
    const getToken = jest.fn(() => Promise.resolve('old'));
    server.refusal = expired;
    make({ getToken });
    manager.subscribeState(() => undefined);
    await pass(0);
    expect(getToken).toHaveBeenCalledTimes(2);
    expect(snapshot()).toMatchObject({ state: 'denied', code: 4402 });
  });

  it('renews it when a live session ends', async () => {
    make({ getToken: () => Promise.resolve('fresh') });
    manager.subscribeState(() => undefined);
    await pass(60_000);
    server.close(expired);
    await pass(0);
    expect(snapshot().state).toBe('live');
  });

  it('tries later when none can be fetched, also when the function throws at once', async () => {
    make({
      getToken: () => {
        throw new Error('offline');
      },
    });
    manager.subscribeState(() => undefined);
    await pass(0);
    expect(snapshot()).toMatchObject({ state: 'connecting', code: null });
    expect(snapshot().nextAttemptAt).not.toBeNull();
  });

  it('is denied when the function says by a code that nobody is signed in', async () => {
    make({ getToken: () => Promise.reject(Object.assign(new Error('401'), { code: 'UNAUTHENTICATED' })) });
    manager.subscribeState(() => undefined);
    await pass(0);
    expect(snapshot()).toMatchObject({ state: 'denied', code: 4401 });
    expect(connects()).toBe(0);
  });

  it('does not wait for ever for one, and takes none that comes too late', async () => {
    let give: (token: string) => void = () => undefined;
    make({ getToken: () => new Promise((resolve) => (give = resolve)) });
    manager.subscribeState(() => undefined);
    await pass(15_000);
    expect(snapshot().reason).toBe('Connecting took too long.');
    give('late');
    await pass(0);
    expect(connects()).toBe(0);
  });
});

describe('a topic whose last listener left', () => {
  it('stays subscribed when another comes within a second, and for as long as that one listens', async () => {
    const journal = new Journal();
    const stop = manager.subscribe('audit', new Journal());
    await pass(0);
    stop();
    await pass(999);
    const stopSecond = manager.subscribe('audit', journal);
    await pass(10_000);
    server.publish('audit', 1);
    await pass(0);
    expect(journal.data).toEqual([1]);
    expect(server.wire.map(({ type }) => type)).toEqual(['connect', 'subscribe']);
    stopSecond();
    stopSecond();
    await pass(1_000);
    expect(server.wire.at(-1)).toEqual({ type: 'unsubscribe', topic: 'audit' });
  });
});

describe('close', () => {
  it('is for good: nothing is told, kept or tried any more', async () => {
    const journal = new Journal();
    const stop = manager.subscribe('audit', journal);
    manager.subscribe('queues', new Journal())();
    await pass(0);
    manager.close();
    manager.close();
    expect(snapshot()).toMatchObject({ state: 'offline', reason: null, nextAttemptAt: null, clientId: null });
    expect(server.clientIds).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
    const told = journal.states.length;
    stop();
    manager.retryNow();
    manager.subscribeState(() => undefined);
    manager.subscribe('audit', journal)();
    page({ online: true });
    server.publish('audit', 1);
    await pass(60_000);
    expect(connects()).toBe(1);
    expect(journal.states).toHaveLength(told);
    expect(journal.messages).toEqual([]);
    expect(manager.position('audit')).toBeUndefined();
  });

  it('stays so although the socket answers what was asked by failing as it is closed', async () => {
    make({
      connect: (target, events) => {
        const pending = new Set<() => void>();
        const socket = server.connect(target, events);
        return {
          ...socket,
          subscribe: (_request, answer) => void pending.add(() => answer(null)),
          close: () => {
            socket.close();
            for (const fail of pending) fail();
          },
        };
      },
    });
    manager.subscribe('audit', new Journal());
    await pass(0);
    manager.close();
    await pass(60_000);
    expect(connects()).toBe(1);
    expect(snapshot().state).toBe('offline');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('before anything began makes no connection afterwards', async () => {
    manager.close();
    manager.subscribeState(() => undefined);
    await pass(1_000);
    expect(connects()).toBe(0);
  });

  it('may be called by a listener as soon as it is live', async () => {
    manager.subscribe('audit', new Journal());
    manager.subscribeState(() => {
      if (snapshot().state === 'live') manager.close();
    });
    await pass(0);
    expect(snapshot().state).toBe('offline');
    expect(server.requestsFor('audit')).toEqual([]);
  });
});

describe('another node of the service', () => {
  it('gives a client of a killed node exactly what it missed, and what is published on either', async () => {
    const first = new FakeServer(contractTopics);
    let node = first;
    const manager = new WebSocketManager('/ws/platform', {
      topics: contractTopics,
      connect: (target, events) => node.connect(target, events),
      reconnectMinMs: 1,
      reconnectMaxMs: 2,
    });
    const journal = new Journal();
    manager.subscribe('audit', journal);
    await journal.live();
    first.publish('audit', 1);
    await journal.until(({ messages }) => messages.length === 1);
    node = first.anotherNode();
    first.cut();
    node.publish('audit', 2);
    await jest.advanceTimersByTimeAsync(10);
    await journal.live(2);
    first.publish('audit', 3);
    await journal.until(({ messages }) => messages.length === 3);
    expect(journal.data).toEqual([1, 2, 3]);
    expect(journal.resets).toEqual([]);
    manager.close();
  });
});
