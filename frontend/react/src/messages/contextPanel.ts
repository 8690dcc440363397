import { contextWords, englishContext, type ContextMessages, type ContextPanelWord } from './context.ts';
import { wordsOf } from './words.ts';

/** The default words of the list and the notice of `ContextSelector`. */
export const englishContextPanel: Pick<ContextMessages, ContextPanelWord> = {
  search: 'Search',
  favourites: 'Favourites',
  recent: 'Recent',
  all: 'All',
  results: (count, one) => (one ? '1 result' : `${count} results`),
  noMatch: (query) => `Nothing matches "${query}".`,
  empty: 'There is nothing to choose from.',
  loading: 'Loading',
  stale: (time, age) => `As of ${time} (${age})`,
  mayDiffer: 'The statuses may no longer be so.',
  followed: (label) => `Another tab switched to ${label}.`,
  elsewhere: (label) => `Another tab switched to ${label}; this one stayed.`,
  keep: (label) => `Keep ${label} in this tab`,
  follow: (label) => `Switch to ${label}`,
  dismiss: 'Dismiss',
  unpin: 'Follow the other tabs',
  pin: 'Keep in this tab only',
};

const english: ContextMessages = { ...englishContextPanel, ...englishContext };

/** All words of a map for `ContextSelector`, English where it has none. */
export const contextPanelWords = (messages: Parameters<typeof contextWords>[0]): ContextMessages =>
  wordsOf(english, contextWords(messages));
