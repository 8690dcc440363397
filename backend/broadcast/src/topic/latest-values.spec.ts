import { describe, expect, it } from '@jest/globals';
import { LatestValues } from './latest-values.ts';

const at = '2026-01-01T00:00:00.000Z';

function valuesOf(keys: string[], maxKeys?: number): LatestValues {
  const values = new LatestValues('e1', maxKeys === undefined ? {} : { maxKeys });
  keys.forEach((key, i) => values.append({ at, key, json: String(i + 1) }));
  return values;
}

describe('LatestValues', () => {
  it('gives a client that starts the last value of each key', () => {
    const { messages, ...replay } = valuesOf(['a', 'b', 'a']).since(undefined);
    expect(replay).toEqual({ position: { epoch: 'e1', offset: 3 }, recovered: false });
    expect(messages.map(({ key, json }) => [key, json])).toEqual([
      ['b', '2'],
      ['a', '3'],
    ]);
  });

  it('gives a client that comes back only the keys that changed since', () => {
    const replay = valuesOf(['a', 'b', 'a', 'c']).since({ epoch: 'e1', offset: 2 });
    expect(replay.recovered).toBe(true);
    expect(replay.messages.map((message) => message.key)).toEqual(['a', 'c']);
  });

  it('keeps a single value for a topic without a key', () => {
    const values = new LatestValues('e1');
    values.append({ at, json: '1' });
    expect(values.append({ at, json: '2' })).toEqual({ offset: 2, at, json: '2' });
    expect(values.since(undefined).messages.map((message) => message.json)).toEqual(['2']);
  });

  it.each([
    ['another run', { epoch: 'e0', offset: 1 }, 'epoch'],
    ['a position that is ahead', { epoch: 'e1', offset: 9 }, 'ahead'],
  ])('starts %s over with every value', (_what, position, reset) => {
    const replay = valuesOf(['a', 'b']).since(position);
    expect(replay).toMatchObject({ recovered: false, reset });
    expect(replay.messages).toHaveLength(2);
  });

  it('drops the key that changed longest ago when there are too many', () => {
    const values = valuesOf(['a', 'b', 'a', 'c'], 2);
    expect(values.since(undefined).messages.map((message) => message.key)).toEqual(['a', 'c']);
  });

  it('starts a client over that missed a value which was dropped', () => {
    const values = valuesOf(['a', 'b', 'c'], 2);
    expect(values.since({ epoch: 'e1', offset: 0 })).toMatchObject({ recovered: false, reset: 'expired' });
    expect(values.since({ epoch: 'e1', offset: 1 })).toMatchObject({ recovered: true });
  });

  it('drops the keys that were silent for too long with the next message', () => {
    const values = new LatestValues('e1', { forgetAfterMs: 60_000 });
    values.append({ at: '2026-01-01T00:00:00.000Z', key: 'gone', json: '1' });
    values.append({ at: '2026-01-01T00:00:00.000Z', key: 'renewed', json: '2' });
    values.append({ at: '2026-01-01T00:00:50.000Z', key: 'renewed', json: '3' });
    values.append({ at: '2026-01-01T00:01:00.000Z', key: 'new', json: '4' });
    expect(values.since(undefined).messages.map(({ key }) => key)).toEqual(['gone', 'renewed', 'new']);
    values.append({ at: '2026-01-01T00:01:00.001Z', key: 'new', json: '5' });
    expect(values.since(undefined).messages.map(({ key }) => key)).toEqual(['renewed', 'new']);
    expect(values.since({ epoch: 'e1', offset: 0 })).toMatchObject({ reset: 'expired' });
    expect(values.since({ epoch: 'e1', offset: 1 })).toMatchObject({ recovered: true });
  });
});
