/** What a text of PostgreSQL cannot hold: the NUL character, and half of a character that takes two. */
export const UNSTORABLE = /[\0\p{Surrogate}]/u;

const EACH = new RegExp(UNSTORABLE, 'gu');

/** A text without what PostgreSQL cannot hold: one such character would keep everything else from being stored. */
export function storable(text: string): string {
  return UNSTORABLE.test(text) ? text.replaceAll(EACH, '') : text;
}
