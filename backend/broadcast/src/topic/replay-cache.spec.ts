import { describe, expect, it, jest } from '@jest/globals';
import { HistoryLog } from './history-log.ts';
import { ReplayCache } from './replay-cache.ts';
import { OpenTopic } from './topic-store.ts';

const at = '2026-01-01T00:00:00.000Z';
const history = { count: 100, bytes: 1e9, ageMs: 1e9 };

function topicOf(messages: string[]) {
  const log = new HistoryLog('e1', history);
  const policy = { leastRole: 'viewer', history, snapshotForAll: false, windowMs: 0, slow: 'reset' } as const;
  const topic = new OpenTopic('t', { definition: { mode: 'log' }, policy }, log, 0);
  const add = (json: string): unknown => log.append({ at, json }, 0);
  messages.forEach(add);
  const since = (offset: number) => log.since({ epoch: 'e1', offset }, 0).messages;
  return { topic, add, since };
}

describe('ReplayCache', () => {
  it('shares what is sent from one position, until more is published', () => {
    const cache = new ReplayCache();
    const { topic, add, since } = topicOf(['1', '2', '3']);
    const first = cache.of(topic, 1, since(1));
    expect(cache.of(topic, 1, since(1))).toBe(first);
    expect(cache.of(topic, 2, since(2))).not.toBe(first);
    add('4');
    expect(cache.of(topic, 1, since(1)).frames.map((frame) => frame.offset)).toEqual([2, 3, 4]);
    expect(cache.of(topic, 4, []).frames).toEqual([]);
  });

  it('keeps no more than so many bytes', () => {
    const cache = new ReplayCache();
    const large = JSON.stringify('x'.repeat(20_000_000));
    const { topic, since } = topicOf([large, large, '3']);
    expect(cache.of(topic, 0, since(0))).not.toBe(cache.of(topic, 0, since(0)));
    const second = cache.of(topic, 1, since(1));
    expect(cache.of(topic, 1, since(1))).toBe(second);
    cache.clear();
    expect(cache.of(topic, 1, since(1))).not.toBe(second);
  });

  it('shares the values of a topic until one changes', () => {
    const cache = new ReplayCache();
    const { topic, add, since } = topicOf(['1']);
    const read = jest.fn(() => since(0));
    const values = cache.values(topic, read);
    expect(cache.values(topic, read)).toBe(values);
    expect(read).toHaveBeenCalledTimes(1);
    add('2');
    expect(cache.values(topic, read)).toHaveLength(2);
  });
});
