import { FleetdeckError } from './fleetdeck-error.ts';

/** The sort key of a page's last item, column by column. */
export type CursorKey = readonly (string | number | boolean | null)[];

const MAX_CURSOR_LENGTH = 1024;

/**
 * Turns a sort key into an opaque cursor that is safe in a URL.
 * @throws RangeError when the key is too long for {@link decodeCursor} to take it back
 */
export function encodeCursor(key: CursorKey): string {
  const cursor = Buffer.from(JSON.stringify(key), 'utf8').toString('base64url');
  if (cursor.length > MAX_CURSOR_LENGTH) {
    throw new RangeError(
      `The sort key makes a cursor of ${cursor.length} characters, the most is ${MAX_CURSOR_LENGTH}; sort by shorter columns.`,
    );
  }
  return cursor;
}

/**
 * Reads a cursor back.
 * @param length how many columns the key has
 * @throws FleetdeckError `INVALID_CURSOR` when it is not one that {@link encodeCursor} made for such a key
 */
export function decodeCursor(cursor: string, length: number): CursorKey {
  if (cursor.length <= MAX_CURSOR_LENGTH && /^[\w-]+$/.test(cursor)) {
    try {
      const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
      if (Array.isArray(key) && key.length === length && key.every(isPlain)) return key as CursorKey;
    } catch {
      // falls through to the one answer for every malformed cursor
    }
  }
  throw new FleetdeckError(
    'INVALID_CURSOR',
    'cursor is not one that this list gave out; start again without it.',
    {
      fields: [{ field: 'cursor', message: 'must be the nextCursor of the page before' }],
    },
  );
}

// A cursor goes into a query, and PostgreSQL takes no NUL in a text.
function isPlain(part: unknown): boolean {
  if (typeof part === 'string') return !part.includes('\0');
  return part === null || typeof part === 'number' || typeof part === 'boolean';
}
