import { wordsOf } from './words.ts';

/** Words of `Timeline`. */
export interface TimelineMessages {
  today: string;
  yesterday: string;
  lastWeek: string;
  older: string;
  /** How many entries a group has, for screen readers. */
  entries: (count: string, one: boolean) => string;
  search: string;
  type: string;
  status: string;
  from: string;
  to: string;
  /** No range of time. */
  anyTime: string;
  /** How many of all entries are shown: "12 of 340". */
  shown: (shown: string, all: string) => string;
  clear: string;
  /** Entries that came while the older ones are read: "4 new". */
  fresh: (count: string, one: boolean) => string;
  loadOlder: string;
  loading: string;
  allLoaded: string;
  /** No more entries are kept, though there are older ones. */
  tooMany: string;
  /** Switches between all entries and those in view. */
  whole: string;
  /** The entry that a link leads to is not shown. */
  linkMissing: string;
  /** The list begins where a link leads, not at the newest. */
  around: string;
  newest: string;
  empty: string;
  noMatch: string;
  failed: string;
  olderFailed: string;
  retry: string;
  stale: (time: string, age: string) => string;
  /** They are stale, and nobody knows of when they are. */
  mayBeNewer: string;
  /** Above what came before the last visit. */
  seenBefore: string;
  exportAs: string;
  csv: string;
  json: string;
  exporting: (percent: string) => string;
  cancel: string;
  /** A range that goes back from now: "Last 15 minutes". */
  rangeLast: (duration: string) => string;
  /** A range of which one end may be open, then `null`. */
  rangeOf: (from: string | null, to: string | null) => string;
  /** The zone in which it is read. */
  rangeZone: (zone: string) => string;
  /** The time of a day, which is left empty for the whole day. */
  rangeTime: (field: string) => string;
  rangeLabel: string;
  rangeApply: string;
  rangeBackward: string;
  rangeDayMissing: string;
  /** The filter, at the head of a file. */
  fileFilter: string;
  fileNoFilter: string;
  fileZone: string;
  fileEntries: string;
  /** How many entries a file has. `all` is `null` where it is not known; `loaded`: there are others, or may be. */
  fileCount: (count: string, all: string | null, loaded: boolean) => string;
  fileNotLoaded: string;
  fileNewer: string;
  fileOlder: string;
  fileTime: string;
  /** `all` is `null` where it is not known. `more`: there are others, or may be, that were not loaded. */
  exported: (count: string, all: string | null, more: boolean) => string;
  exportFailed: string;
}

/** Words of parts that are loaded when they are first used. */
export type TimelinePartWord =
  | 'from'
  | 'to'
  | 'linkMissing'
  | 'around'
  | 'newest'
  | 'loadOlder'
  | 'allLoaded'
  | 'tooMany'
  | 'exportAs'
  | 'csv'
  | 'json'
  | 'exportFailed'
  | 'exporting'
  | 'cancel'
  | 'exported'
  | (`${'file' | 'range'}${string}` & keyof TimelineMessages);
/** Words that a `Timeline` shows at once. */
export type TimelineListMessages = Omit<TimelineMessages, TimelinePartWord>;

/** The default words of `Timeline`, but for its parts. */
export const englishTimeline: TimelineListMessages = {
  today: 'Today',
  yesterday: 'Yesterday',
  lastWeek: 'Last 7 days',
  older: 'Older',
  entries: (count, one) => (one ? '1 entry' : `${count} entries`),
  search: 'Search',
  type: 'Type',
  status: 'Status',
  anyTime: 'Any time',
  shown: (shown, all) => `${shown} of ${all}`,
  clear: 'Clear filters',
  fresh: (count) => `${count} new`,
  loading: 'Loading',
  whole: 'Whole list',
  empty: 'Nothing has happened yet.',
  noMatch: 'No entry matches the filters.',
  failed: 'The entries could not be loaded.',
  olderFailed: 'Older entries could not be loaded.',
  retry: 'Try again',
  stale: (time, age) => `As of ${time} (${age})`,
  mayBeNewer: 'There may be newer entries.',
  seenBefore: 'Seen before',
};

/** The words of a map for this component, English where it has none; of its parts only what the map has. */
export const timelineWords = ({
  timeline,
}: {
  timeline?: Readonly<Partial<TimelineMessages>> | undefined;
}): TimelineListMessages & Readonly<Partial<TimelineMessages>> => wordsOf(englishTimeline, timeline);
