import { fold } from '../../format/fold.ts';
import type { ContextMessages } from '../../messages/context.ts';

/** A context that can be chosen. */
export interface ContextOption {
  /** What `onChange` tells; unique among the options. */
  id: string;
  label: string;
  /** A second line, as the customer that an agent belongs to. */
  description?: string;
  /** Further words by which the search finds it. */
  keywords?: readonly string[];
  /** Any status word: shown as a badge. */
  status?: string | null;
  /** It is gone: said so, and not to be chosen. @default false */
  unavailable?: boolean;
}

/** What another tab did. */
export interface ElsewhereNotice {
  id: string | null;
  /** Whether this tab went along. */
  followed: boolean;
  previous: string | null;
}

/** A heading of the list, or an option below it. */
export type ContextRow =
  | { readonly kind: 'heading'; readonly key: string; readonly text: string; readonly group: number }
  | {
      readonly kind: 'option';
      readonly key: string;
      readonly option: ContextOption;
      readonly index: number;
      readonly group: number;
    };

/** The most of the contexts used last that have their own place. */
export const MAX_RECENT_SHOWN = 5;

const folded = new WeakMap<ContextOption, { label: string; all: string }>();

function foldedOf(option: ContextOption): { label: string; all: string } {
  const known = folded.get(option);
  if (known) return known;
  const label = fold(option.label);
  const all = [label, ...[option.id, option.description ?? '', ...(option.keywords ?? [])].map(fold)].join(
    '\n',
  );
  const made = { label, all };
  folded.set(option, made);
  return made;
}

/**
 * The options that contain every word of the query in label, id, description or keywords. Those whose label begins
 * with the query come first; otherwise the order stays.
 */
export function searchOptions(options: readonly ContextOption[], query: string): readonly ContextOption[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return options;
  const whole = words.join(' ');
  const first: ContextOption[] = [];
  const rest: ContextOption[] = [];
  for (const option of options) {
    const { label, all } = foldedOf(option);
    if (words.every((word) => all.includes(word))) (label.startsWith(whole) ? first : rest).push(option);
  }
  return [...first, ...rest];
}

/**
 * The list as it is drawn. While nothing is searched for, favourites and recent contexts stand above all, and a
 * favourite is not repeated among the recent ones. Ids that are no options (any more) are left out, unless `known` is
 * given since the options are only some of all there are: then they are what that holds, or else their id.
 */
export function arrange(
  options: readonly ContextOption[],
  marked: {
    searching: boolean;
    favourites: readonly string[];
    recent: readonly string[];
    known?: readonly ContextOption[] | undefined;
  },
  messages: Pick<ContextMessages, 'favourites' | 'recent' | 'all'>,
): { rows: ContextRow[]; items: ContextOption[] } {
  const { searching, favourites, recent, known: others } = marked;
  const rows: ContextRow[] = [];
  const items: ContextOption[] = [];
  let group = 0;
  const add = (key: string, text: string | null, members: readonly ContextOption[]): void => {
    if (members.length === 0) return;
    if (text !== null) rows.push({ kind: 'heading', key, text, group });
    for (const option of members) {
      rows.push({ kind: 'option', key: `${key}:${option.id}`, option, index: items.length, group });
      items.push(option);
    }
    group += 1;
  };
  if (!searching && (favourites.length > 0 || recent.length > 0)) {
    const byId = new Map([...(others ?? []), ...options].map((option) => [option.id, option]));
    const known = (ids: readonly string[]): ContextOption[] =>
      ids.flatMap((id) => {
        const option = byId.get(id) ?? (others && { id, label: id });
        return option ? [option] : [];
      });
    add('favourite', messages.favourites, known(favourites));
    add(
      'recent',
      messages.recent,
      known(recent.filter((id) => !favourites.includes(id))).slice(0, MAX_RECENT_SHOWN),
    );
  }
  add('all', rows.length > 0 ? messages.all : null, options);
  return { rows, items };
}
