import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BROADCAST_CODES, broadcastCodeName } from '@fleetdeck/dto';
import { FakeServer, Journal, refusalOf } from '../testing/index.ts';
import { contractTopics } from '../testing/manager.contract.ts';
import { WebSocketManager, type WebSocketManagerOptions } from './web-socket-manager.ts';

let server: FakeServer;
let manager: WebSocketManager<typeof contractTopics>;
let journal: Journal;

function make(options: Partial<WebSocketManagerOptions<typeof contractTopics>> = {}): void {
  manager = new WebSocketManager(undefined, {
    topics: contractTopics,
    connect: server.connect,
    http: server.http,
    random: () => 0.5,
    ...options,
  });
}

const connects = () => server.wire.filter(({ type }) => type === 'connect').length;
const snapshot = () => manager.getSnapshot();

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

function page(hidden: boolean): void {
  jest.spyOn(document, 'visibilityState', 'get').mockReturnValue(hidden ? 'hidden' : 'visible');
  document.dispatchEvent(new Event('visibilitychange'));
}

// Code that is loaded when it is needed arrives by no fake clock; once here, it is there at once.
beforeAll(() => import('./poller.ts'));
beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000, doNotFake: ['queueMicrotask'] });
  server = new FakeServer(contractTopics);
  server.heartbeatIntervalMs = 3_600_000;
  journal = new Journal();
  make();
});
afterEach(() => {
  manager.close();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('where no socket gets through', () => {
  beforeEach(() => {
    server.unreachable = true;
  });

  it('topics come by HTTP, to the same listeners, once and in order', async () => {
    server.publish('audit', 1);
    manager.subscribe('audit', journal);
    await pass(4_000);
    expect(snapshot().state).toBe('polling');
    for (const n of [2, 3]) server.publish('audit', n);
    await pass(10_000);
    for (const n of [4, 5]) server.publish('audit', n);
    await pass(10_000);
    expect(journal.data).toEqual([2, 3, 4, 5]);
    expect(journal.resets).toEqual([]);
    expect(journal.states.at(-1)?.status).toBe('live');
    expect(snapshot().lastMessageAt).not.toBeNull();
  });

  it.each([
    [0, 30],
    [0.5, 15],
    [0.999, 10],
  ])('asks as often as it was told, a little apart by chance: %d', async (chance, times) => {
    make({ pollMs: 2_000, random: () => chance });
    manager.subscribe('audit', journal);
    await pass(10_000);
    const before = server.polls;
    await pass(30_000);
    expect(server.polls - before).toBe(times);
  });

  it('goes on trying, and goes over to a socket where it was as soon as one gets through', async () => {
    manager.subscribe('audit', journal);
    manager.subscribe('queues', new Journal());
    await pass(10_000);
    server.publish('audit', 1);
    await pass(10_000);
    expect(snapshot().nextAttemptAt).not.toBeNull();
    server.unreachable = false;
    server.publish('audit', 2);
    await pass(20_000);
    expect(snapshot().state).toBe('live');
    const { polls } = server;
    server.publish('audit', 3);
    await pass(20_000);
    expect(journal.data).toEqual([1, 2, 3]);
    expect(journal.resets).toEqual([]);
    expect(server.polls).toBe(polls);
  });

  it('says offline when HTTP does not get through either, and polling when it does again', async () => {
    server.offline = true;
    manager.subscribe('audit', journal);
    await pass(20_000);
    expect(snapshot().state).toBe('offline');
    server.offline = false;
    await pass(60_000);
    expect(snapshot().state).toBe('polling');
    server.offline = true;
    await pass(10_000);
    expect(snapshot().state).toBe('offline');
  });

  it.each([
    [500, 'polling'],
    [503, 'offline'],
  ])('takes a single failure with status %s for a service that is: %s', async (status, state) => {
    let failing = false;
    const busy = Object.assign(new Error('busy'), { status });
    make({ http: { get: (...asked) => (failing ? Promise.reject(busy) : server.http.get(...asked)) } });
    manager.subscribe('audit', journal);
    await pass(10_000);
    expect(snapshot().state).toBe('polling');
    failing = true;
    await pass(6_000);
    expect(snapshot().state).toBe(state);
    failing = false;
    server.publish('audit', 1);
    await pass(20_000);
    expect(snapshot().state).toBe('polling');
    expect(journal.data).toEqual([1]);
  });

  it('says reset as a socket would', async () => {
    manager.subscribe('audit', journal);
    await pass(10_000);
    server.restart('audit');
    server.publish('audit', 1);
    await pass(10_000);
    expect(journal.resets).toEqual(['epoch']);
  });

  it('says that a topic is refused, and is denied when nobody is signed in', async () => {
    server.refusedTopics.set('secrets', refusalOf('FORBIDDEN', 'Not for you.'));
    manager.subscribe('secrets', journal);
    manager.subscribe('audit', new Journal());
    await pass(10_000);
    expect(journal.states.at(-1)).toMatchObject({ status: 'refused', error: { code: 4403 } });
    expect(snapshot().state).toBe('polling');
    server.refusedTopics.set('audit', refusalOf('SESSION_EXPIRED', 'Sign in again.'));
    await pass(10_000);
    expect(snapshot()).toMatchObject({ state: 'denied', code: 4402, reason: 'Sign in again.' });
    const { polls } = server;
    await pass(60_000);
    expect(server.polls).toBe(polls);
  });

  it('waits as long as the service asked before it tries again', async () => {
    const get = jest.fn(() => Promise.reject(Object.assign(new Error('busy'), { retryAfterSeconds: 30 })));
    make({ http: { get } });
    manager.subscribe('audit', journal);
    await pass(10_000);
    expect(get).toHaveBeenCalledTimes(1);
    await pass(30_000);
    expect(get).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['disconnect', () => manager.disconnect()],
    ['unsubscribe', () => manager.unsubscribe('audit')],
    ['close', () => manager.close()],
  ])('asks no more after %s, also when an answer is on its way', async (_name, end) => {
    let answer: (value: unknown) => void = () => undefined;
    let signal: AbortSignal | undefined;
    const get = jest.fn((_path: string, options: { signal?: AbortSignal } = {}) => {
      signal = options.signal;
      return new Promise<never>((resolve) => (answer = resolve as typeof answer));
    });
    make({ http: { get } });
    manager.subscribe('audit', journal);
    await pass(10_000);
    expect(get).toHaveBeenCalledTimes(1);
    end();
    expect(signal?.aborted).toBe(true);
    answer({ ok: true, topic: 'audit', epoch: 'a', offset: 0, recovered: false, messages: [] });
    await pass(60_000);
    expect(get).toHaveBeenCalledTimes(1);
    expect(journal.states.map(({ status }) => status)).not.toContain('live');
  });

  it('is offline without an HTTP client', async () => {
    manager = new WebSocketManager(undefined, { topics: contractTopics, connect: server.connect });
    manager.subscribe('audit', journal);
    await pass(30_000);
    expect(snapshot().state).toBe('offline');
    expect(server.polls).toBe(0);
  });
});

it('asks nothing by HTTP when the service itself says why it takes no socket', async () => {
  server.refusal = refusalOf('OVERLOADED', 'Too many.', 100);
  manager.subscribe('audit', journal);
  await pass(60_000);
  expect(connects()).toBeGreaterThan(3);
  expect(server.polls).toBe(0);
  expect(snapshot()).toMatchObject({ state: 'offline', code: 4004 });
});

describe('a page that is hidden', () => {
  it('leaves its topics after a minute, and catches up when it is shown', async () => {
    manager.subscribe('audit', journal);
    await pass(500);
    page(true);
    server.publish('audit', 1);
    await pass(59_000);
    expect(journal.data).toEqual([1]);
    await pass(1_000);
    expect(journal.states.at(-1)?.status).toBe('paused');
    const late = new Journal();
    manager.subscribe('secrets', late);
    server.publish('audit', 2);
    server.publish('audit', 3);
    await pass(1_000);
    expect(journal.data).toEqual([1]);
    expect(server.requestsFor('secrets')).toEqual([]);
    window.dispatchEvent(new Event('online'));
    await pass(500);
    expect(journal.data).toEqual([1]);
    server.beat();
    page(false);
    await pass(500);
    expect(journal.data).toEqual([1, 2, 3]);
    expect(journal.resets).toEqual([]);
    expect(late.states.at(-1)?.status).toBe('live');
    expect(connects()).toBe(1);
  });

  it('keeps them when it is shown again before', async () => {
    manager.subscribe('audit', journal);
    await pass(500);
    page(true);
    await pass(50_000);
    page(false);
    await pass(50_000);
    expect(server.requestsFor('audit')).toHaveLength(1);
  });

  it('keeps a topic that somebody wants to hear of there, and all of them when it is told so', async () => {
    manager.subscribe('audit', { ...journal, whileHidden: true });
    manager.subscribe('secrets', new Journal());
    await pass(500);
    page(true);
    await pass(65_000);
    expect(server.wire.filter(({ type }) => type === 'unsubscribe')).toEqual([
      { type: 'unsubscribe', topic: 'secrets' },
    ]);
    manager.close();
    page(false);
    make({ hiddenHoldMs: Infinity });
    manager.subscribe('audit', journal);
    page(true);
    const { length } = server.wire;
    await pass(600_000);
    expect(server.wire.slice(length).filter(({ type }) => type === 'unsubscribe')).toEqual([]);
  });

  it('asks for them when it is told to disconnect and connect there', async () => {
    manager.subscribe('audit', journal);
    await pass(500);
    page(true);
    await pass(61_000);
    manager.disconnect();
    manager.connect();
    await pass(500);
    expect(journal.states.at(-1)?.status).toBe('live');
    await pass(61_000);
    expect(journal.states.at(-1)?.status).toBe('paused');
  });

  it('counts from the beginning when it begins hidden', async () => {
    page(true);
    manager.subscribe('audit', journal);
    await pass(61_000);
    expect(journal.states.at(-1)?.status).toBe('paused');
  });
});

describe('on', () => {
  it('tells of state, messages, resets and topics, and makes no connection by itself', async () => {
    const told: unknown[] = [];
    const fail = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    Reflect.deleteProperty(globalThis, 'reportError');
    const stops = [
      manager.on('state', ({ state }) => told.push(state)),
      manager.on('message', () => {
        throw new Error('mine');
      }),
      manager.on('message', ({ data }) => told.push(data)),
      manager.on('reset', ({ topic, reason }) => told.push(`${topic} ${reason}`)),
      manager.on('topic', ({ topic, status }) => told.push(`${topic} ${status}`)),
    ];
    await pass(1_000);
    expect(told).toEqual([]);
    manager.subscribe('audit', () => undefined);
    await pass(0);
    server.publish('audit', 1);
    server.reset('audit', 'slow');
    await pass(0);
    expect(told).toEqual(['live', 'audit live', 'live', 1, 'audit slow']);
    expect(fail).toHaveBeenCalledTimes(1);
    for (const stop of stops) stop();
    server.publish('audit', 2);
    await pass(0);
    expect(told).toHaveLength(5);
  });
});

describe('a token that ends soon', () => {
  const expired = refusalOf('SESSION_EXPIRED', 'Sign in again.');
  const auths = () => server.wire.filter(({ type }) => type === 'auth').length;

  it('is asked for once more when the service refuses the fresh one, and then denied', async () => {
    const getToken = jest.fn(() => Promise.resolve('old'));
    make({ getToken });
    manager.subscribe('audit', journal);
    await pass(60_000);
    server.authRefusal = server.refusal = expired;
    server.warn();
    await pass(500);
    expect(getToken).toHaveBeenCalledTimes(3);
    expect(snapshot()).toMatchObject({ state: 'denied', code: 4402 });
    await pass(60_000);
    expect(getToken).toHaveBeenCalledTimes(3);
  });

  it('opens another connection when it is somebody else’s, without a message lost', async () => {
    make({ getToken: () => Promise.resolve('other') });
    manager.subscribe('audit', journal);
    await pass(60_000);
    server.authRefusal = refusalOf('FORBIDDEN', 'The token is for another caller; connect again with it.');
    server.warn();
    await pass(0);
    server.publish('audit', 1);
    await pass(500);
    expect(snapshot().state).toBe('live');
    expect(connects()).toBe(2);
    expect(journal.data).toEqual([1]);
  });

  it('is sent later when the service asks to, and once for several warnings', async () => {
    make({ getToken: () => Promise.resolve('new') });
    manager.subscribe('audit', journal);
    await pass(500);
    server.authRefusal = refusalOf('RATE_LIMITED', 'Later.', 2_000);
    server.warn();
    server.warn();
    await pass(1_500);
    expect(auths()).toBe(1);
    server.authRefusal = null;
    await pass(2_000);
    expect(auths()).toBe(2);
    expect(connects()).toBe(1);
    expect(snapshot().state).toBe('live');
  });

  it('changes nothing where there is none to be had: a cookie, no answer, an error', async () => {
    for (const getToken of [undefined, () => Promise.resolve(null), () => Promise.reject(new Error('no'))]) {
      make(getToken ? { getToken: getToken } : {});
      let first = true;
      if (getToken) {
        make({
          getToken: () => {
            if (!first) return getToken();
            first = false;
            return Promise.resolve('first');
          },
        });
      }
      manager.subscribe('audit', new Journal());
      await pass(0);
      server.warn();
      await pass(1_000);
      expect(snapshot().state).toBe('live');
      manager.close();
    }
    expect(auths()).toBe(0);
  });
});

it('knows the numbers of the codes that it acts on', () => {
  expect(BROADCAST_CODES.UNAUTHENTICATED.number).toBe(4401);
  expect(BROADCAST_CODES.SESSION_EXPIRED.number).toBe(4402);
  expect([4400, 4403, 4404, 4405].map(broadcastCodeName)).toEqual([
    'INVALID_INPUT',
    'FORBIDDEN',
    'UNKNOWN_TOPIC',
    'ORIGIN_REFUSED',
  ]);
});
