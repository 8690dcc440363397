import type { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defineTopics, topic, type ConnectionState } from '@fleetdeck/dto';
import { WebSocketManager, type WebSocketManagerOptions } from '../socket/web-socket-manager.ts';
import { Journal } from './journal.ts';
import type { TopicServer } from './topic-server.ts';

/** Topics of the contract. */
export const contractTopics = defineTopics({
  audit: topic<number>({ mode: 'log' }),
  secrets: topic<number>({ mode: 'log' }),
  queues: topic<{ name: string; depth: number }>({ mode: 'latest', key: 'name' }),
});

/** A server, and how a manager reaches it. */
export interface ContractSetting {
  server: TopicServer;
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
      manager = new WebSocketManager({
        topics: contractTopics,
        reconnectMinMs: 5,
        reconnectMaxMs: 20,
        lingerMs: 20,
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
      server().refusedTopics.set('secrets', { code: 'FORBIDDEN', message: 'Not for you.', retryable: false });
      listen('secrets', refused);
      listen('audit', journal);
      await refused.until(({ states }) => states.at(-1)?.status === 'refused');
      await journal.live();
      expect(refused.states.at(-1)?.error?.code).toBe('FORBIDDEN');
      expect(manager.getSnapshot().state).toBe('live');
    });

    it('asks again for a topic that was refused for the moment', async () => {
      const error = { code: 'RATE_LIMITED', message: 'Later.', retryable: true, retryAfterMs: 5 } as const;
      server().refusedTopics.set('audit', error);
      listen('audit', journal);
      await journal.until(({ states }) => states.at(-1)?.status === 'refused');
      server().refusedTopics.clear();
      await journal.live();
    });

    it('stops when it is denied, with the reason, and goes on when it is told to', async () => {
      server().refusal = { code: 'SESSION_EXPIRED', message: 'Sign in again.', retryable: false };
      listen('audit', journal);
      await state('denied');
      expect(manager.getSnapshot()).toMatchObject({
        code: 'SESSION_EXPIRED',
        reason: 'Sign in again.',
        nextAttemptAt: null,
      });
      server().refusal = null;
      manager.reconnect();
      await journal.live();
    });

    it('stops when its session ends while it is connected', async () => {
      listen('audit', journal);
      await journal.live();
      server().close({ code: 'SESSION_EXPIRED', message: 'Sign in again.', retryable: false });
      await state('denied');
      expect(journal.states.at(-1)?.status).toBe('waiting');
    });

    it('comes back when the service said it would, without a message lost', async () => {
      listen('audit', journal);
      await journal.live();
      server().close({ code: 'SHUTTING_DOWN', message: 'Back soon.', retryable: true, retryAfterMs: 5 });
      await state('recovering');
      expect(manager.getSnapshot().code).toBe('SHUTTING_DOWN');
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
