import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisServer } from '../testing/own/redis-server.ts';
import type { OutgoingMessage } from './outbox.ts';
import { RedisLink } from './redis-link.ts';
import { resolveRedis } from './redis.options.ts';
import { SharedLog, type SharedTopic } from './shared-log.ts';

const AT = '2026-01-01T00:00:00.000Z';
const LATER = '2026-01-01T00:00:01.000Z';
const nowhere = { epoch: 'none', offset: 0, id: '' };

function outgoing(sequence: number, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { sequence, at: AT, json: String(sequence), onlyIfNewer: false, ...more };
}

describe('the log of a topic in Redis', () => {
  const history = { count: 5, bytes: 1000, ageMs: 60_000 };
  const log: SharedTopic = { name: 'log', mode: 'log', history, maxKeys: 1 };
  const latest: SharedTopic = { name: 'latest', mode: 'latest', history, maxKeys: 3 };
  let redis: RedisServer;
  let link: RedisLink;
  let mine: SharedLog;
  let other: SharedLog;
  let epochs: number;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    epochs = 0;
    const options = resolveRedis({ url: `${redis.url}/0` });
    link = new RedisLink(options, { up: () => undefined, down: () => undefined });
    await link.start();
    const newEpoch = () => `e${(epochs += 1)}`;
    mine = new SharedLog(link, options, 'mine', newEpoch);
    other = new SharedLog(link, options, 'other', newEpoch);
  });
  afterEach(() => link.stop());

  const append = (from: SharedLog, topic: SharedTopic, ...messages: OutgoingMessage[]) =>
    from.append(topic, { epoch: '', messages });
  const read = (topic: SharedTopic, from = nowhere, strict = false) => mine.read(topic, from, strict);
  const texts = async (topic: SharedTopic) => (await read(topic)).messages.map(({ json }) => json);

  it('appends what is sent again once, by writer', async () => {
    await append(mine, log, outgoing(1), outgoing(2));
    await append(mine, log, outgoing(2), outgoing(3));
    await append(other, log, outgoing(1, { json: '"other"' }));
    expect(await texts(log)).toEqual(['1', '2', '3', '"other"']);
    expect(await read(log)).toMatchObject({ offset: 4, last: 'other.1', whole: true });
  });

  it('drops the values that were silent for too long with the next message', async () => {
    const forgetful: SharedTopic = { ...latest, forgetAfterMs: 1000 };
    await append(mine, forgetful, outgoing(1, { key: 'gone' }), outgoing(2, { key: 'kept', at: LATER }));
    expect(await texts(forgetful)).toEqual(['1', '2']);
    const after = '2026-01-01T00:00:01.001Z';
    await append(mine, forgetful, outgoing(3, { key: 'new', at: after }));
    const state = await read(forgetful, { epoch: (await read(forgetful)).epoch, offset: 0, id: '' });
    expect(state).toMatchObject({ offset: 3, dropped: 1, whole: true });
    expect(state.messages.map(({ json }) => json)).toEqual(['2', '3']);
  });

  it('keeps as many messages, bytes and milliseconds as the policy says', async () => {
    await append(mine, log, ...[1, 2, 3, 4, 5, 6, 7].map((n) => outgoing(n)));
    expect(await texts(log)).toEqual(['3', '4', '5', '6', '7']);
    const big = JSON.stringify('x'.repeat(497));
    await append(mine, log, outgoing(8, { json: big }), outgoing(9, { json: big }));
    expect(await texts(log)).toEqual(['6', '7', big, big]);
    const brief = { ...log, history: { ...history, ageMs: 1 } };
    await new Promise((resolve) => setTimeout(resolve, 5));
    await append(mine, brief, outgoing(10));
    expect(await texts(log)).toEqual(['10']);
    expect((await read(log)).offset).toBe(10);
  });

  it('gives exactly what came after a place, and everything when that is not there any more', async () => {
    await append(mine, log, ...[1, 2, 3, 4, 5, 6, 7].map((n) => outgoing(n)));
    const { epoch } = await read(log);
    const after = (offset: number) => read(log, { epoch, offset, id: `mine.${offset}` });
    expect((await after(5)).messages.map(({ offset }) => offset)).toEqual([6, 7]);
    expect(await after(7)).toMatchObject({ whole: false, messages: [] });
    expect((await after(2)).messages.length).toBe(5);
    expect(await after(1)).toMatchObject({ epoch, whole: true });
  });

  it('begins an epoch when asked, once for each time it was asked', async () => {
    await append(mine, log, outgoing(1));
    for (let i = 0; i < 2; i += 1) await mine.append(log, { epoch: 'new', messages: [outgoing(2)] });
    const state = await read(log);
    expect(state).toMatchObject({ epoch: 'new', offset: 2 });
    expect(state.messages.map(({ offset, json }) => [offset, json])).toEqual([[2, '2']]);
  });

  it.each([
    ['lies ahead', { offset: 9, id: 'mine.9' }, false],
    ['holds another message', { offset: 2, id: 'other.2' }, false],
    ['is the last but another', { offset: 3, id: 'other.3' }, false],
    ['cannot be checked though it must', { offset: 0, id: '' }, true],
  ])('begins an epoch for everyone when a place %s', async (_why, place, mustCheck) => {
    await append(mine, log, ...[1, 2, 3, 4, 5, 6, 7].slice(0, mustCheck ? 7 : 3).map((n) => outgoing(n)));
    const { epoch } = await read(log);
    const from = mustCheck ? { offset: 1, id: 'mine.1' } : place;
    const state = await read(log, { epoch, ...from }, mustCheck);
    expect(state.epoch).not.toBe(epoch);
    expect(state.messages).toEqual([]);
    expect((await read(log, { epoch: state.epoch, offset: state.offset, id: state.last })).epoch).toBe(
      state.epoch,
    );
  });

  it('keeps the last value of each key, and of too many keys those changed last', async () => {
    const value = (sequence: number, key: string) => outgoing(sequence, { key });
    await append(mine, latest, value(1, 'a'), value(2, 'b'), value(3, 'a'));
    const { epoch, messages } = await read(latest);
    expect(messages.map(({ offset, key }) => [offset, key])).toEqual([
      [2, 'b'],
      [3, 'a'],
    ]);
    const changed = await read(latest, { epoch, offset: 2, id: 'mine.2' });
    expect([changed.whole, changed.messages.map(({ key }) => key)]).toEqual([false, ['a']]);
    await append(mine, latest, value(4, 'c'), value(5, 'd'));
    const state = await read(latest, { epoch, offset: 1, id: 'mine.1' });
    expect(state).toMatchObject({ whole: true, dropped: 2 });
    expect(state.messages.map(({ key }) => key)).toEqual(['a', 'c', 'd']);
  });

  it('lets no value that was published apart take the place of a later one', async () => {
    await append(mine, latest, outgoing(1, { key: 'a', at: LATER }), outgoing(2, { key: 'b', at: AT }));
    await append(
      other,
      latest,
      outgoing(1, { key: 'a', json: '"old"', onlyIfNewer: true }),
      outgoing(2, { key: 'b', json: '"new"', at: LATER, onlyIfNewer: true }),
    );
    expect(await texts(latest)).toEqual(['1', '"new"']);
  });

  it('is found by its database and prefix, and no other way', async () => {
    await append(mine, log, outgoing(1));
    expect(((await redis.command('KEYS', '*')) as string[]).sort()).toEqual([
      'fleetdeck:0:{log}:data',
      'fleetdeck:0:{log}:meta',
      'fleetdeck:probe',
    ]);
    const two = new SharedLog(link, { prefix: 'p:', url: 'redis://h/3' }, 'n', () => 'e');
    expect(two.channel('a')).toBe('p:3:news:a');
  });
});
