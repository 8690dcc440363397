import { describe, expect, it } from '@jest/globals';
import { defineTopics, topic } from '@fleetdeck/dto';
import { TopicStore } from './topic-store.ts';

const history = { count: 10, bytes: 1000, ageMs: 1000 };
const policy = {
  leastRole: 'viewer',
  history,
  snapshotForAll: false,
  windowMs: 0,
  slow: 'disconnect',
} as const;

function storeOf(subscribed: string[] = [], maxTopics?: number): TopicStore {
  let epochs = 0;
  return new TopicStore({
    topics: defineTopics({
      audit: topic<unknown>({ mode: 'log' }),
      'm.*': topic<unknown>({ mode: 'latest' }),
    }),
    policies: { audit: policy, 'm.*': policy },
    newEpoch: () => `e${(epochs += 1)}`,
    hasSubscribers: (name) => subscribed.includes(name),
    ...(maxTopics === undefined ? {} : { maxTopics }),
  });
}

describe('TopicStore', () => {
  it('keeps one log for each concrete topic', () => {
    const store = storeOf();
    expect(store.open('m.cpu', 0)).toBe(store.open('m.cpu', 5));
    expect(store.open('m.cpu', 5)?.log.position.epoch).toBe('e1');
    expect(store.open('m.memory', 5)?.log.position.epoch).toBe('e2');
    expect(store.size).toBe(2);
  });

  it('knows what was declared without keeping anything', () => {
    const store = storeOf();
    expect(store.declared('audit')?.definition.mode).toBe('log');
    expect(store.declared('other')).toBeNull();
    expect(store.size).toBe(0);
  });

  it('refuses a name that nobody declared', () => {
    expect(() => storeOf().open('other', 0)).toThrow(/No declared topic has the name "other"/);
  });

  it('forgets a topic that had neither subscriber nor publisher for its age', () => {
    const store = storeOf(['m.watched']);
    store.open('m.idle', 0);
    store.open('m.watched', 0);
    store.sweep(1000);
    expect(store.size).toBe(2);
    store.sweep(1001);
    expect(store.size).toBe(1);
    expect(store.open('m.idle', 1001)?.log.position.epoch).toBe('e3');
  });

  it('starts the age anew when it is touched', () => {
    const store = storeOf();
    store.open('m.cpu', 0);
    store.touch(['m.cpu', 'm.never'], 900);
    store.sweep(1500);
    expect(store.size).toBe(1);
  });

  it('makes room by forgetting the topic that was used longest ago and has no subscriber', () => {
    const store = storeOf(['m.a'], 3);
    store.open('m.a', 0);
    store.open('m.c', 20);
    store.open('m.b', 10);
    store.open('m.d', 30);
    expect(store.size).toBe(3);
    expect(store.open('m.c', 40)?.log.position.epoch).toBe('e2');
  });

  it('opens no more topics when all of them have subscribers', () => {
    const store = storeOf(['m.a'], 1);
    store.open('m.a', 0);
    expect(store.open('m.b', 1)).toBeNull();
  });
});
