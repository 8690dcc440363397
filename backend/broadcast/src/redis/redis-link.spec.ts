import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RedisClient } from './redis-client.ts';
import { loadRedis } from './redis-client.ts';
import { RedisLink } from './redis-link.ts';
import { resolveRedis } from './redis.options.ts';

class FakeClient extends EventEmitter implements RedisClient {
  readonly sent: string[][] = [];
  readonly listeners_ = new Map<string, (payload: string, channel: string) => void>();
  answer: (args: readonly string[]) => Promise<unknown> = () => Promise.resolve('run_id:abc');
  connectable = true;
  destroyed = false;

  connect(): Promise<unknown> {
    return this.connectable ? Promise.resolve() : Promise.reject(new Error('nobody there'));
  }
  ping(): Promise<unknown> {
    return this.answer(['PING']);
  }
  sendCommand(args: readonly string[]): Promise<unknown> {
    this.sent.push([...args]);
    return this.answer(args);
  }
  subscribe(channel: string, listener: (payload: string, channel: string) => void): Promise<unknown> {
    this.sent.push(['SUBSCRIBE', channel]);
    this.listeners_.set(channel, listener);
    return Promise.resolve();
  }
  unsubscribe(channel: string): Promise<unknown> {
    this.sent.push(['UNSUBSCRIBE', channel]);
    this.listeners_.delete(channel);
    return Promise.resolve();
  }
  destroy(): void {
    if (this.destroyed) throw new Error('not connected');
    this.destroyed = true;
  }
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('RedisLink', () => {
  let made: FakeClient[];
  let told: string[];
  let prepare: (client: FakeClient) => void;
  let link: RedisLink;

  beforeEach(() => {
    made = [];
    told = [];
    prepare = () => undefined;
    link = new RedisLink(
      resolveRedis({ url: 'redis://host', commandTimeoutMs: 20 }),
      { up: (same) => told.push(`up ${same}`), down: (why) => told.push(`down ${why}`) },
      () =>
        Promise.resolve(() => {
          const client = new FakeClient();
          prepare(client);
          made.push(client);
          return client;
        }),
      () => 0,
    );
  });
  afterEach(() => link.stop());

  const until = async (line: string) => {
    while (!told.includes(line)) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  it('says once that Redis is away however often it tries, and then that it is there', async () => {
    prepare = (client) => (client.connectable = made.length > 4);
    await link.start();
    expect([told, link.isUp]).toEqual([['down nobody there'], false]);
    await expect(link.command('GET', 'a')).rejects.toThrow('Redis is not connected');
    await until('up true');
    expect(told).toEqual(['down nobody there', 'up true']);
  });

  it('knows another server by its run, and takes one that hides it for another', async () => {
    let run = 'abc';
    prepare = (client) =>
      (client.answer = ([name]) =>
        name === 'INFO' && run === ''
          ? Promise.reject(new Error('NOPERM'))
          : Promise.resolve(`run_id:${run}`));
    await link.start();
    for (const next of ['abc', 'def', '']) {
      run = next;
      told.length = 0;
      made.at(-1)?.emit('end');
      while (!link.isUp) await new Promise((resolve) => setTimeout(resolve, 1));
      expect(told).toEqual(['down the connection ended', `up ${next === 'abc'}`]);
    }
  });

  it('is down while Redis takes no writes', async () => {
    prepare = (client) =>
      (client.answer = ([name]) =>
        name === 'SET' ? Promise.reject(new Error('READONLY replica')) : Promise.resolve(''));
    await link.start();
    expect(told).toEqual(['down READONLY replica']);
  });

  it('ends both connections when a command has no answer in time, or fails', async () => {
    await link.start();
    const [commands, subscriber] = made as [FakeClient, FakeClient];
    commands.answer = () => new Promise(() => undefined);
    await expect(link.command('GET', 'a')).rejects.toThrow('no answer within 20 ms');
    expect(told).toEqual(['up true', 'down no answer within 20 ms']);
    expect([commands.destroyed, subscriber.destroyed]).toEqual([true, true]);
  });

  it('finds by its own heartbeat that nobody answers', async () => {
    await link.start();
    (made[1] as FakeClient).answer = () => new Promise(() => undefined);
    await until('down no answer within 20 ms');
  });

  it('sends the text of a script only to a Redis that does not know it', async () => {
    await link.start();
    const commands = made[0] as FakeClient;
    commands.sent.length = 0;
    await link.script('return 1', ['k'], ['v']);
    commands.answer = ([name]) =>
      name === 'EVALSHA' ? Promise.reject(new Error('NOSCRIPT none')) : Promise.resolve('done');
    await expect(link.script('return 1', ['k'], ['v'])).resolves.toBe('done');
    expect(commands.sent.map(([name, , ...rest]) => [name, ...rest])).toEqual([
      ['EVALSHA', '1', 'k', 'v'],
      ['EVALSHA', '1', 'k', 'v'],
      ['EVAL', '1', 'k', 'v'],
    ]);
    commands.answer = () => Promise.reject(new Error('WRONGTYPE'));
    await expect(link.script('return 1', [], [])).rejects.toThrow('WRONGTYPE');
    expect(link.isUp).toBe(false);
  });

  it('has one listener a channel, the last, and none once it is left', async () => {
    await link.start();
    const subscriber = made[1] as FakeClient;
    const heard: string[] = [];
    await link.subscribe('c', (payload) => heard.push(`first ${payload}`));
    await link.subscribe('c', (payload) => heard.push(`second ${payload}`));
    const hear = subscriber.listeners_.get('c');
    hear?.('1', 'c');
    const leaving = link.unsubscribe('c');
    hear?.('2', 'c');
    await Promise.all([leaving, link.subscribe('c', (payload) => heard.push(`third ${payload}`))]);
    subscriber.listeners_.get('c')?.('3', 'c');
    await link.unsubscribe('never');
    await link.unsubscribe('c');
    expect(heard).toEqual(['second 1', 'third 3']);
    expect(subscriber.sent.map(([name]) => name)).toEqual([
      'SUBSCRIBE',
      'UNSUBSCRIBE',
      'SUBSCRIBE',
      'UNSUBSCRIBE',
    ]);
    link.fail('enough');
    hear?.('4', 'c');
    link.fail('twice');
    expect([heard.length, told]).toEqual([2, ['up true', 'down enough']]);
  });

  it('does not come back once it is stopped', async () => {
    await link.start();
    link.stop();
    await settle();
    expect([made.every(({ destroyed }) => destroyed), told]).toEqual([true, ['up true']]);
  });
});

describe('loadRedis', () => {
  it('names the package to install when it is not there', async () => {
    await expect(loadRedis(() => Promise.reject(new Error('not found')))).rejects.toThrow(
      'needs the package "redis": run npm install redis@5',
    );
  });
});
