import type { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defineTopics, topic, type ConnectionState } from '@fleetdeck/dto';
import { WebSocketManager, type WebSocketManagerOptions } from '../socket/web-socket-manager.ts';
import { Journal } from './journal.ts';
import { refusalOf, type TopicServer } from './topic-server.ts';

/** Topics of the contract. */
export const contractTopics = defineTopics({
  audit: topic<number>({ mode: 'log' }),
  secrets: topic<number>({ mode: 'log' }),
  queues: topic<{ name: string; depth: number }>({ mode: 'latest', key: 'name' }),
});

/** A server, and how a manager reaches it. */
export interface ContractSetting {
  server: TopicServer;
  /** Where it is; left out when `options` know how to connect. */
  url?: string;
  options: Partial<WebSocketManagerOptions<typeof contractTopics>>;
  stop(): Promise<void>;
}

/** What the contract needs of Jest, given so that this file can be loaded without it. */
export interface JestApi {
  afterEach: typeof afterEach;
  beforeEach: typeof beforeEach;
  describe: typeof describe;
  expect: typeof expect;
  it: typeof it;
}

/** What a `WebSocketManager` promises over any socket. */
export function describeWebSocketManager(
  name: string,
  start: () => Promise<ContractSetting>,
  { afterEach, beforeEach, describe, expect, it }: JestApi,
): void {
  describe(`WebSocketManager over ${name}`, () => {
    let setting: ContractSetting;
    let manager: WebSocketManager<typeof contractTopics>;
    let journal: Journal;
    let token: string;
    const server = () => setting.server;

    function listen(topic: 'audit' | 'secrets' | 'queues', own = new Journal()): () => void {
      return manager.subscribe(topic, own);
    }

    function state(wanted: ConnectionState): Promise<void> {
      return new Promise((resolve) => {
        const stop = manager.subscribeState(look);
        function look(): void {
          if (manager.getSnapshot().state !== wanted) return;
          stop();
          resolve();
        }
        look();
      });
    }

    beforeEach(async () => {
      setting = await start();
      journal = new Journal();
      token = 'first';
      manager = new WebSocketManager(setting.url, {
        topics: contractTopics,
        reconnectMinMs: 5,
        reconnectMaxMs: 20,
        lingerMs: 20,
        getToken: () => Promise.resolve(token),
        ...setting.options,
      });
    });
    afterEach(async () => {
      manager.close();
      await setting.stop();
    });

    it('connects when the first topic is subscribed, and says so', async () => {
      expect(manager.getSnapshot().state).toBe('connecting');
      listen('audit');
      await state('live');
      expect(manager.getSnapshot()).toMatchObject({
        clientId: 'client-1',
        reason: null,
        nextAttemptAt: null,
      });
    });

    it('delivers every message in order', async () => {
      listen('audit', journal);
      await journal.live();
      for (const n of [1, 2, 3]) server().publish('audit', n);
      await journal.live(3);
      expect(journal.data).toEqual([1, 2, 3]);
    });

    it('subscribes a topic once for all who listen, and keeps topics of others apart', async () => {
      const other = new Journal();
      const second = new Journal();
      listen('audit', journal);
      listen('audit', second);
      listen('secrets', other);
      await Promise.all([journal.live(), second.live(), other.live()]);
      server().publish('audit', 1);
      await Promise.all([journal.live(1), second.live(1)]);
      expect(server().requestsFor('audit')).toHaveLength(1);
      expect(other.messages).toEqual([]);
    });

    it('goes on exactly where it was after a lost connection', async () => {
      listen('audit', journal);
      await journal.live();
      server().publish('audit', 1);
      await journal.live(1);
      server().cut();
      await state('recovering');
      for (const n of [2, 3]) server().publish('audit', n);
      await journal.live(3);
      server().publish('audit', 4);
      await journal.live(4);
      expect(journal.data).toEqual([1, 2, 3, 4]);
      expect(journal.resets).toEqual([]);
      expect(manager.position('audit')?.offset).toBe(4);
    });

    it('says reset, and starts over, when the topic is another one now', async () => {
      server().publish('queues', { name: 'old', depth: 1 }, 'old');
      listen('queues', journal);
      await journal.live(1);
      server().restart('queues');
      server().publish('queues', { name: 'new', depth: 2 }, 'new');
      server().cut();
      await journal.until(({ messages }) => messages.at(-1)?.key === 'new');
      expect(journal.resets).toEqual(['epoch']);
      expect(journal.messages.filter(({ key }) => key === 'new')).toHaveLength(1);
      expect(journal.messages.at(-1)?.epoch).toBe(manager.position('queues')?.epoch);
    });

    it('says reset when what it missed is gone, and delivers no part', async () => {
      listen('audit', journal);
      await journal.live();
      server().publish('audit', 1);
      await journal.live(1);
      server().cut();
      await state('recovering');
      for (const n of [2, 3]) server().publish('audit', n);
      server().forget('audit', 2);
      await journal.until(({ resets }) => resets.length > 0);
      await journal.live();
      server().publish('audit', 4);
      await journal.live(2);
      expect(journal.resets).toEqual(['expired']);
      expect(journal.data).toEqual([1, 4]);
    });

    it('fills a hole by asking for that topic alone', async () => {
      listen('audit', journal);
      listen('secrets');
      await journal.live();
      server().publish('audit', 1);
      server().publishUnsent('audit', 2);
      server().publish('audit', 3);
      await journal.live(3);
      expect(journal.data).toEqual([1, 2, 3]);
      expect(server().requestsFor('audit')).toHaveLength(2);
      expect(server().requestsFor('secrets')).toHaveLength(1);
      expect(server().wire.filter(({ type }) => type === 'connect')).toHaveLength(1);
    });

    it('starts a topic from its snapshot, and over again when the service says reset', async () => {
      server().publish('audit', 1);
      server().snapshots.set('audit', { sum: 1 });
      listen('audit', journal);
      await journal.live();
      expect(journal.snapshots).toEqual([{ sum: 1 }]);
      server().publish('audit', 2);
      await journal.live(1);
      server().snapshots.set('audit', { sum: 3 });
      server().reset('audit', 'slow');
      server().publish('audit', 3);
      await journal.live(2);
      expect(journal.resets).toEqual(['slow']);
      expect(journal.snapshots).toEqual([{ sum: 1 }, { sum: 3 }]);
      expect(journal.data).toEqual([2, 3]);
      expect(server().requestsFor('audit')).toHaveLength(1);
    });

    it('says so when a topic is taken away while it is connected, and leaves others alone', async () => {
      const other = new Journal();
      listen('secrets', journal);
      listen('audit', other);
      await Promise.all([journal.live(), other.live()]);
      server().revoke('secrets', refusalOf('REVOKED', 'Your role has changed.'));
      await journal.until(({ states }) => states.at(-1)?.status === 'refused');
      expect(journal.states.at(-1)?.error).toMatchObject({ code: 4410, message: 'Your role has changed.' });
      server().publish('audit', 1);
      await other.live(1);
    });

    it('sends a fresh token on the open connection when the old one ends soon', async () => {
      listen('audit', journal);
      await journal.live();
      token = 'second';
      server().warn();
      await server().until((wire) => wire.some(({ type }) => type === 'auth'));
      server().publish('audit', 1);
      await journal.live(1);
      expect(server().wire.filter(({ type }) => type === 'connect' || type === 'auth')).toEqual([
        { type: 'connect', token: 'first' },
        { type: 'auth', token: 'second' },
      ]);
    });

    it('keeps what was subscribed while it is disconnected, and goes on where it was', async () => {
      const late = new Journal();
      listen('audit', journal);
      await journal.live();
      server().publish('audit', 1);
      await journal.live(1);
      manager.disconnect();
      expect(manager.getSnapshot()).toMatchObject({ state: 'offline', reason: null, nextAttemptAt: null });
      listen('queues', late);
      server().publish('audit', 2);
      server().publish('queues', { name: 'a', depth: 1 }, 'a');
      manager.connect();
      await Promise.all([journal.live(2), late.live(1)]);
      expect(journal.data).toEqual([1, 2]);
      expect(journal.resets).toEqual([]);
    });

    it('leaves a topic at once when it is told to', async () => {
      listen('audit', journal);
      await journal.live();
      manager.unsubscribe('audit');
      manager.unsubscribe('audit');
      await server().until((wire) => wire.some(({ type }) => type === 'unsubscribe'));
      listen('audit');
      await server().until((wire) => wire.filter(({ type }) => type === 'subscribe').length === 2);
      expect(server().requestsFor('audit')).toEqual([{ topic: 'audit' }, { topic: 'audit' }]);
    });

    it('drops what it has applied already', async () => {
      listen('audit', journal);
      await journal.live();
      const first = server().publish('audit', 1);
      server().deliver(first);
      server().publish('audit', 2);
      await journal.live(2);
      expect(journal.data).toEqual([1, 2]);
    });

    it('passes on what is sent to it alone, outside the order', async () => {
      listen('audit', journal);
      await journal.live();
      server().sendTo('client-1', 'audit', 99);
      server().publish('audit', 1);
      await journal.live(2);
      expect(journal.data).toEqual([99, 1]);
      expect(manager.position('audit')?.offset).toBe(1);
    });

    it('gives the current values of a latest topic to whoever comes, also when it is subscribed already', async () => {
      const late = new Journal();
      server().publish('queues', { name: 'a', depth: 1 }, 'a');
      server().publish('queues', { name: 'b', depth: 1 }, 'b');
      listen('queues', journal);
      await journal.live(2);
      server().publish('queues', { name: 'a', depth: 2 }, 'a');
      await journal.live(3);
      listen('queues', late);
      await late.live(2);
      expect(late.data).toEqual([
        { name: 'b', depth: 1 },
        { name: 'a', depth: 2 },
      ]);
      expect(server().requestsFor('queues')).toHaveLength(1);
    });

    it('takes a hole in a latest topic for nothing', async () => {
      listen('queues', journal);
      await journal.live();
      server().publishUnsent('queues', { name: 'a', depth: 1 });
      server().publish('queues', { name: 'a', depth: 2 }, 'a');
      await journal.live(1);
      expect(server().requestsFor('queues')).toHaveLength(1);
    });

    it('tells who listens that a topic is refused, and leaves others alone', async () => {
      const refused = new Journal();
      server().refusedTopics.set('secrets', refusalOf('FORBIDDEN', 'Not for you.'));
      listen('secrets', refused);
      listen('audit', journal);
      await refused.until(({ states }) => states.at(-1)?.status === 'refused');
      await journal.live();
      expect(refused.states.at(-1)?.error).toMatchObject({ code: 4403, message: 'Not for you.' });
      expect(manager.getSnapshot().state).toBe('live');
    });

    it('asks again for a topic that was refused for the moment', async () => {
      server().refusedTopics.set('audit', refusalOf('RATE_LIMITED', 'Later.', 5));
      listen('audit', journal);
      await journal.until(({ states }) => states.at(-1)?.status === 'refused');
      server().refusedTopics.clear();
      await journal.live();
    });

    it('stops when it is denied, with the reason, and goes on when it is told to', async () => {
      server().refusal = refusalOf('SESSION_EXPIRED', 'Sign in again.');
      listen('audit', journal);
      await state('denied');
      expect(manager.getSnapshot()).toMatchObject({
        code: 4402,
        reason: 'Sign in again.',
        nextAttemptAt: null,
      });
      server().refusal = null;
      manager.retryNow();
      await journal.live();
    });

    it('stops when its session ends while it is connected and a fresh token is refused too', async () => {
      listen('audit', journal);
      await journal.live();
      server().refusal = refusalOf('SESSION_EXPIRED', 'Sign in again.');
      server().close(refusalOf('SESSION_EXPIRED', 'Sign in again.'));
      await state('denied');
      expect(journal.states.at(-1)?.status).toBe('waiting');
      expect(server().wire.filter(({ type }) => type === 'connect')).toHaveLength(2);
    });

    it('comes back when the service said it would, without a message lost', async () => {
      listen('audit', journal);
      await journal.live();
      server().close(refusalOf('SHUTTING_DOWN', 'Back soon.', 5));
      await state('recovering');
      expect(manager.getSnapshot().code).toBe(4001);
      server().publish('audit', 1);
      await journal.live(1);
      expect(journal.data).toEqual([1]);
    });

    it('puts nothing on the wire when the last listener leaves and another comes soon', async () => {
      const stop = listen('audit', journal);
      await journal.live();
      const before = server().wire.length;
      stop();
      const second = new Journal();
      listen('audit', second);
      await second.live();
      server().publish('audit', 1);
      await second.live(1);
      expect(server().wire).toHaveLength(before);
      expect(journal.messages).toEqual([]);
    });

    it('unsubscribes a moment after the last listener left', async () => {
      const stop = listen('audit', journal);
      listen('secrets');
      await journal.live();
      stop();
      await server().until((wire) => wire.some(({ type }) => type === 'unsubscribe'));
      expect(manager.position('audit')).toBeUndefined();
      expect(manager.position('secrets')).toBeDefined();
    });
  });
}
