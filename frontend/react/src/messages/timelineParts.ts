import { englishTimeline, timelineWords, type TimelineMessages, type TimelinePartWord } from './timeline.ts';
import { wordsOf } from './words.ts';

/** The default words of the parts of `Timeline` that are loaded when they are first used. */
export const englishTimelineParts: Pick<TimelineMessages, TimelinePartWord> = {
  from: 'From',
  to: 'To',
  linkMissing: 'The linked entry is not in this list.',
  around: 'Around the linked entry.',
  newest: 'Back to the newest',
  loadOlder: 'Load older',
  allLoaded: 'No older entries',
  tooMany: 'Narrow the filters to see older entries.',
  exportAs: 'Export',
  csv: 'CSV',
  json: 'JSON',
  exportFailed: 'The export failed. Try again.',
  exporting: (percent) => `Exporting, ${percent}`,
  cancel: 'Cancel',
  exported: (count, all, more) =>
    `Exported ${count}${all === null ? '' : ` of ${all}`} ${more ? 'loaded entries; there are others that were not loaded' : 'entries'}`,
  rangeLast: (duration) => `Last ${duration}`,
  rangeOf: (from, to) => (from === null ? `Until ${to}` : to === null ? `From ${from}` : `${from} – ${to}`),
  rangeZone: (zone) => `Times in ${zone}; without a time of day whole days.`,
  rangeTime: (field) => `${field}, time of day`,
  rangeLabel: 'Time',
  rangeApply: 'Apply',
  rangeBackward: 'The end is before the beginning.',
  rangeDayMissing: 'A time of day needs its day.',
  fileFilter: 'Filter',
  fileNoFilter: 'none',
  fileZone: 'Time zone',
  fileEntries: 'Entries',
  fileCount: (count, all, loaded) => `${count}${all === null ? '' : ` of ${all}`}${loaded ? ' loaded' : ''}`,
  fileNotLoaded: 'Not loaded',
  fileNewer: 'newer entries',
  fileOlder: 'older entries',
  fileTime: 'Exported at',
};

const english: TimelineMessages = { ...englishTimelineParts, ...englishTimeline };

/** All words of a map for `Timeline`, English where it has none. */
export const timelinePartWords = (messages: Parameters<typeof timelineWords>[0]): TimelineMessages =>
  wordsOf(english, timelineWords(messages));
