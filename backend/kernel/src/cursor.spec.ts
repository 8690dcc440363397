import { describe, expect, it } from '@jest/globals';
import { decodeCursor, encodeCursor, type CursorKey } from './cursor.ts';
import type { FleetdeckError } from './fleetdeck-error.ts';

const raw = (text: string): string => Buffer.from(text, 'utf8').toString('base64url');

describe('a cursor', () => {
  it.each<[CursorKey]>([
    [['2026-01-31T08:00:00.000Z', 17]],
    [[null, true, false, 0.5, '']],
    [['ü "quoted" \\ ✓ 😀', -1]],
  ])('gives back the key %j that it was made from, and is safe in a URL', (key) => {
    const cursor = encodeCursor(key);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(decodeCursor(cursor, key.length)).toEqual(key);
  });

  it('is never made longer than it may come back', () => {
    const fits = encodeCursor(['x'.repeat(764)]);
    expect(fits).toHaveLength(1024);
    expect(decodeCursor(fits, 1)).toEqual(['x'.repeat(764)]);
    expect(() => encodeCursor(['x'.repeat(765)])).toThrow(RangeError);
    expect(() => encodeCursor(['x'.repeat(765)])).toThrow('The sort key makes a cursor of 1026 characters');
  });

  it.each([
    ['nothing', ''],
    ['other characters', 'a+b/c='],
    ['no JSON', raw('not json')],
    ['no list', raw('{"length":2}')],
    ['too few columns', raw('[1]')],
    ['too many columns', raw('[1,2,3]')],
    ['a nested key', raw('[1,{"a":1}]')],
    ['a NUL', raw('[1,"a\\u0000b"]')],
    ['too much', raw(JSON.stringify([1, 'x'.repeat(2000)]))],
  ])('with %s in it is refused, and the answer says what to do', (_words, cursor) => {
    let thrown: unknown;
    try {
      decodeCursor(cursor, 2);
    } catch (error) {
      thrown = error;
    }
    const { code, message, fields } = thrown as FleetdeckError;
    expect(code).toBe('INVALID_CURSOR');
    expect(message).toContain('start again without it');
    expect(fields).toEqual([{ field: 'cursor', message: 'must be the nextCursor of the page before' }]);
  });
});
