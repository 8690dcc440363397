/** Items on a page when the query names no number. */
export const DEFAULT_PAGE_SIZE = 50;
/** The most items on a page. */
export const MAX_PAGE_SIZE = 200;

/** One page of a list, read by key and not by number, so that inserts neither repeat nor skip an item. */
export interface Page<T> {
  items: T[];
  /** Give it back as `cursor` to read on; `null` on the last page. */
  nextCursor: string | null;
}

/** What a keyset query takes. */
export interface PageQuery {
  /** Items a page, 1 to 200. @default 50 */
  limit?: number;
  /** `nextCursor` of the page before. */
  cursor?: string;
}
