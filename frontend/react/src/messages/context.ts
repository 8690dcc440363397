import { wordsOf } from './words.ts';

/** Words of `ContextSelector`. */
export interface ContextMessages {
  /** What is chosen: "Context". */
  label: string;
  /** Stands before the choice: "Agent:". */
  before: (label: string) => string;
  /** Stands where no context is chosen. */
  none: string;
  /** A context that is chosen, but not among those there are. */
  missing: string;
  search: string;
  favourites: string;
  recent: string;
  all: string;
  /** How many the search found. */
  results: (count: string, one: boolean) => string;
  /** The search found none. */
  noMatch: (query: string) => string;
  /** There are none at all. */
  empty: string;
  loading: string;
  /** The statuses are old: of when, and how old. */
  stale: (time: string, age: string) => string;
  /** They may be old, and nobody knows of when they are. */
  mayDiffer: string;
  failed: string;
  retry: string;
  clear: (label: string) => string;
  cleared: string;
  undo: (label: string) => string;
  addFavourite: (label: string) => string;
  removeFavourite: (label: string) => string;
  /** Another tab switched, and this one went along. */
  followed: (label: string) => string;
  /** Another tab switched, and this one stayed. */
  elsewhere: (label: string) => string;
  keep: (label: string) => string;
  follow: (label: string) => string;
  dismiss: string;
  pinned: string;
  unpin: string;
  pin: string;
  /** A switch that waits for an answer, as whether to leave unsaved work. */
  switching: string;
}

/** Words of the list and the notice, which are loaded when they are first shown. */
export type ContextPanelWord =
  | 'search'
  | 'favourites'
  | 'recent'
  | 'all'
  | 'results'
  | 'noMatch'
  | 'empty'
  | 'loading'
  | 'stale'
  | 'mayDiffer'
  | 'followed'
  | 'elsewhere'
  | 'keep'
  | 'follow'
  | 'dismiss'
  | 'unpin'
  | 'pin';

/** Words of the button, of which there is one in every page. */
export type ContextButtonMessages = Omit<ContextMessages, ContextPanelWord>;

/** The default words of the button of `ContextSelector`. */
export const englishContext: ContextButtonMessages = {
  label: 'Context',
  before: (label) => `${label}:`,
  none: 'All',
  missing: 'not available',
  clear: (label) => `Clear ${label}`,
  cleared: 'Cleared. You can undo this.',
  undo: (label) => `Back to ${label}`,
  addFavourite: (label) => `Add ${label} to favourites`,
  removeFavourite: (label) => `Remove ${label} from favourites`,
  pinned: 'this tab only',
  switching: 'Switching',
  failed: 'The list could not be loaded.',
  retry: 'Try again',
};

/** The words of a map for the button, English where it has none. */
export const contextWords = ({
  context,
}: {
  context?: Readonly<Partial<ContextMessages>> | undefined;
}): ContextButtonMessages & Readonly<Partial<ContextMessages>> => wordsOf(englishContext, context);
