import { describe, expect, it } from '@jest/globals';
import { readNews, readState, storedKey, StrangeDataError } from './redis-messages.ts';

const AT = '2026-01-01T00:00:00.000Z';

describe('readNews', () => {
  it('numbers messages from the first, with the keys that they have', () => {
    const news = readNews(`e1\n7\n2\nn.1\n${AT}\n"a\\nb"\n{"v":1}\nn.2\n${AT}\n\n2`);
    expect(news).toEqual({
      epoch: 'e1',
      messages: [
        { offset: 7, id: 'n.1', at: AT, key: 'a\nb', json: '{"v":1}', ageMs: 0 },
        { offset: 8, id: 'n.2', at: AT, json: '2', ageMs: 0 },
      ],
    });
  });

  it('takes news without messages: a new epoch', () => {
    expect(readNews('e2\n9\n0')).toEqual({ epoch: 'e2', messages: [] });
  });

  it.each([
    '',
    'e1',
    'e1\n0\n0',
    'e1\n-1\n0',
    'e"1\n1\n0',
    'e1\n1\n2\nn.1\n' + AT + '\n\n1',
    `e1\n1\n1\nn\n${AT}\n\n1`,
    'e1\n1\n1\nn.1\nyesterday\n\n1',
    `e1\n1\n1\nn.1\n${AT}\n\n{"a":`,
    `e1\n1\n1\nn.1\n${AT}\n5\n1`,
    `e1\n1\n1\nn.1\n${AT}\n"open\n1`,
    `e1\n9007199254740992\n1\nn.1\n${AT}\n\n1`,
  ])('takes %j for none of ours', (payload) => {
    expect(readNews(payload)).toBeNull();
  });
});

describe('readState', () => {
  const entry = (ms: number, n: number) => `${ms}\nn.${n}\n${AT}\n${n}`;

  it('numbers the messages of a log backwards from its offset, and says how old they are', () => {
    const answer = ['e1', '5', 'n.5', '0', '1000', '1', [entry(400, 4), entry(900, 5)]];
    expect(readState(answer, 'log')).toEqual({
      epoch: 'e1',
      offset: 5,
      last: 'n.5',
      dropped: 0,
      whole: true,
      messages: [
        { offset: 4, id: 'n.4', at: AT, json: '4', ageMs: 600 },
        { offset: 5, id: 'n.5', at: AT, json: '5', ageMs: 100 },
      ],
    });
  });

  it('gives values in the order of their offsets', () => {
    const values = ['"b"', `9\nn.9\n${AT}\n1`, '"a"', `3\nn.3\n${AT}\n2`];
    const { messages, whole } = readState(['e1', '9', 'n.9', '2', '1000', '0', values], 'latest');
    expect(messages.map(({ offset, key }) => [offset, key])).toEqual([
      [3, 'a'],
      [9, 'b'],
    ]);
    expect(whole).toBe(false);
  });

  it.each([
    [null],
    [['e 1', '1', '', '0', '1', '1', []]],
    [['e1', 'x', '', '0', '1', '1', []]],
    [['e1', '1', 5, '0', '1', '1', []]],
    [['e1', '1', '', '0', '1', '1', 'none']],
    [['e1', '1', '', '0', '1', '1', [5]]],
    [['e1', '1', '', '0', '1', '1', ['junk']]],
    [['e1', '1', '', '0', 'x', '1', [entry(1, 1)]]],
  ])('refuses %j', (answer) => {
    expect(() => readState(answer, 'log')).toThrow(StrangeDataError);
  });

  it('refuses values without a shape', () => {
    expect(() => readState(['e1', '1', '', '0', '1', '1', ['"a"', 'junk']], 'latest')).toThrow(
      StrangeDataError,
    );
    expect(() => readState(['e1', '1', '', '0', '1', '1', ['"a"']], 'latest')).toThrow(StrangeDataError);
  });
});

it('stores a key as one line, and none as an empty one', () => {
  expect([storedKey('a\nb'), storedKey(''), storedKey(undefined)]).toEqual(['"a\\nb"', '""', '']);
});
