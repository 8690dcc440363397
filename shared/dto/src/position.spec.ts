import { describe, expect, it } from '@jest/globals';
import { comparePosition, isPosition, MAX_EPOCH_LENGTH } from './position.ts';

describe('isPosition', () => {
  it.each([
    { epoch: 'a', offset: 0 },
    { epoch: 'x'.repeat(MAX_EPOCH_LENGTH), offset: Number.MAX_SAFE_INTEGER },
  ])('accepts %p', (value) => {
    expect(isPosition(value)).toBe(true);
  });

  it.each([
    [null],
    [undefined],
    ['a:1'],
    [{}],
    [{ epoch: '', offset: 1 }],
    [{ epoch: 'x'.repeat(MAX_EPOCH_LENGTH + 1), offset: 1 }],
    [{ epoch: 7, offset: 1 }],
    [{ epoch: 'a', offset: '1' }],
    [{ epoch: 'a', offset: -1 }],
    [{ epoch: 'a', offset: 1.5 }],
    [{ epoch: 'a', offset: Number.NaN }],
    [{ epoch: 'a', offset: 2 ** 53 }],
  ])('refuses %p', (value) => {
    expect(isPosition(value)).toBe(false);
  });
});

describe('comparePosition', () => {
  const last = { epoch: 'a', offset: 5 };

  it.each([
    ['the following one', 6, 'next'],
    ['the same one', 5, 'duplicate'],
    ['an older one', 1, 'duplicate'],
    ['one that skips a message', 7, 'gap'],
  ])('sees in %s of the same epoch (%d): %s', (_words, offset, relation) => {
    expect(comparePosition(last, { epoch: 'a', offset })).toBe(relation);
  });

  it('sees a reset in another epoch, whatever its offset', () => {
    expect(comparePosition(last, { epoch: 'b', offset: 6 })).toBe('reset');
  });

  it('takes the first position that it sees', () => {
    expect(comparePosition(undefined, { epoch: 'b', offset: 900 })).toBe('next');
  });
});
