/** The longest context id, in UTF-16 units as `String.length` counts them. */
export const MAX_CONTEXT_ID_LENGTH = 200;

/** Whether a value can be the id of a context: a text of 1 to 200 units without control characters. */
export function isContextId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= MAX_CONTEXT_ID_LENGTH &&
    !/\p{Cc}/u.test(value)
  );
}

/** What is stored of a context; `undefined` when nothing is, or nothing that can be understood. */
export function readRecord(text: string | null): { id: string | null } | undefined {
  const value = parse(text);
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  return value.id === null || isContextId(value.id) ? { id: value.id } : undefined;
}

/** A stored list of ids, each once, at most `most` of them; empty when it cannot be understood. */
export function readIds(text: string | null, most: number): readonly string[] {
  const value = parse(text);
  return Array.isArray(value) ? [...new Set(value.filter(isContextId))].slice(0, most) : [];
}

function parse(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
