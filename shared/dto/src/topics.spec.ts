import { describe, expect, it } from '@jest/globals';
import { defineTopics, fleetdeckTopics, isTopicName, matchTopic, MAX_TOPIC_LENGTH, topic } from './topics.ts';

describe('defineTopics', () => {
  it('gives back what was declared, Fleetdeck’s topics included', () => {
    const topics = defineTopics({
      ...fleetdeckTopics,
      'orders.*': topic<{ id: string }>({ mode: 'latest', key: 'id' }),
    });
    expect(Object.keys(topics)).toEqual([
      'system',
      'metrics.*',
      'health',
      'alerts',
      'operations.*',
      'orders.*',
    ]);
    expect(topics['orders.*']).toEqual({ mode: 'latest', key: 'id' });
  });

  it('takes the topics of Fleetdeck itself', () => {
    expect(defineTopics(fleetdeckTopics)).toBe(fleetdeckTopics);
  });

  it.each([
    '',
    'Orders',
    'orders.',
    '.orders',
    'orders..new',
    'orders.n*',
    'orders new',
    '1orders',
    'a.'.repeat(200),
  ])('refuses the pattern %p and says what a pattern looks like', (pattern) => {
    expect(() => defineTopics({ [pattern]: topic({ mode: 'log' }) })).toThrow(
      /is not a dotted name such as "orders"/,
    );
  });

  it('refuses a key on a log, naming the topic', () => {
    expect(() => defineTopics({ notes: topic<{ id: string }>({ mode: 'log', key: 'id' }) })).toThrow(
      'Topic "notes" keeps a log, so it takes no key',
    );
  });

  it.each([
    { mode: 'log', forgetAfterMs: 1000 },
    { mode: 'latest', forgetAfterMs: 0 },
    { mode: 'latest', forgetAfterMs: NaN },
  ] as const)('refuses to forget by $forgetAfterMs on a $mode, naming the topic', (definition) => {
    expect(() => defineTopics({ notes: topic(definition) })).toThrow('Topic "notes" has forgetAfterMs');
  });
});

describe('isTopicName', () => {
  it.each([
    'system',
    'metrics.cpu_seconds',
    'metrics.:job:rate',
    'operations.0f-1',
    'a'.repeat(MAX_TOPIC_LENGTH),
  ])('accepts %s', (name) => {
    expect(isTopicName(name)).toBe(true);
  });

  it.each([
    ['metrics.*'],
    [''],
    ['a..b'],
    ['a.'],
    ['A'],
    ['a b'],
    ['a'.repeat(MAX_TOPIC_LENGTH + 1)],
    [7],
    [null],
  ])('refuses %p', (name) => {
    expect(isTopicName(name)).toBe(false);
  });
});

describe('matchTopic', () => {
  const topics = defineTopics({
    'orders.*': topic({ mode: 'log' }),
    'orders.new': topic({ mode: 'log' }),
    'sites.*.doors': topic({ mode: 'log' }),
  });

  it.each([
    ['orders.17', 'orders.*'],
    ['orders.new', 'orders.new'],
    ['sites.a.doors', 'sites.*.doors'],
  ])('finds for %s the pattern %s', (name, pattern) => {
    expect(matchTopic(topics, name)).toBe(pattern);
  });

  it.each(['orders', 'orders.1.2', 'sites.a.windows', 'sites.a.b.doors', 'toString', 'orders.*', 'Orders.1'])(
    'finds none for %s',
    (name) => {
      expect(matchTopic(topics, name)).toBeNull();
    },
  );
});
