import { describe, expect, it } from '@jest/globals';
import { canonicalJson, keyOf } from './topic-key.ts';

const labelled = { mode: 'latest', key: 'labels' } as const;

describe('keyOf', () => {
  it('is undefined for a topic without a key', () => {
    expect(keyOf('operations.1', { mode: 'latest' }, { status: 'x' })).toBeUndefined();
  });

  it.each([
    ['a text', 'cpu', 'cpu'],
    ['a number', 7, '7'],
    ['a truth value', false, 'false'],
    ['an object', { b: '2', a: '1' }, '{"a":"1","b":"2"}'],
    ['a list', ['b', 'a'], '["b","a"]'],
  ])('is the text of %s', (_kind, value, key) => {
    expect(keyOf('metrics.cpu', labelled, { labels: value })).toBe(key);
  });

  it('is the same whatever the order in which labels were written', () => {
    const one = keyOf('metrics.cpu', labelled, { labels: { host: 'a', core: '1' } });
    const other = keyOf('metrics.cpu', labelled, { labels: { core: '1', host: 'a' } });
    expect(one).toBe(other);
  });

  it.each([[undefined], [null], ['text'], [{ labels: null }], [{ value: 1 }]])(
    'refuses the payload %p, naming the field',
    (data) => {
      expect(() => keyOf('metrics.cpu', labelled, data)).toThrow(/tells its values apart by "labels"/);
    },
  );
});

describe('canonicalJson', () => {
  it('orders keys at every depth and leaves lists alone', () => {
    expect(canonicalJson({ b: [{ y: 1, x: null }], a: 's' })).toBe('{"a":"s","b":[{"x":null,"y":1}]}');
  });
});
