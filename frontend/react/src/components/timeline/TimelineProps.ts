import type { ComponentProps, ReactNode } from 'react';
import type { EnvironmentProps, TimeInput } from '../../environment.ts';
import type { TimelineEntry } from './entries.ts';
import type { SaveFile } from './exportEntries.ts';
import type { TimelineFilter, TimelineOption } from './filter.ts';
import type { FetchAround, FetchPage } from './usePages.ts';

/** Props of `Timeline`. What is not named here goes to its `section`. */
export interface TimelineProps<E extends TimelineEntry = TimelineEntry>
  extends Omit<ComponentProps<'section'>, 'title' | 'children'>, EnvironmentProps {
  /** What the events are of. */
  title: string;
  /** Level of the title in the page's outline; days are one below. @default 3 */
  headingLevel?: 2 | 3 | 4 | 5;
  /** Entries in any order; live ones too. Those of an id that is already there replace it. */
  entries?: readonly E[];
  /**
   * Names what `fetchPage` reads, as the id of the chosen context: another one drops the pages and reads anew. A new
   * function alone does not, so that it may be written inline.
   */
  source?: string;
  /** Reads older entries, page by page. */
  fetchPage?: FetchPage<E>;
  /** Reads the page that holds an entry, for `focusEntryId` when it is on none that was read. */
  fetchAround?: FetchAround<E>;
  /** Reads older pages by itself while scrolling; the list becomes a feed. @default false */
  infinite?: boolean;
  /** What is shown; without it the component keeps the filter itself. */
  filter?: TimelineFilter;
  /** The first filter, where the component keeps it itself. */
  defaultFilter?: TimelineFilter;
  onFilterChange?: (filter: TimelineFilter) => void;
  /**
   * Whether `fetchPage` filters: then pages are read anew for each filter, 200 ms after the last key of its text, and
   * the list stays until the answer. Its pages may tell `total`, `types` and `statuses`; else types and statuses that
   * were seen stay to be chosen, and nothing is said "of" how many. @default false
   */
  serverFilter?: boolean;
  /** What a type is called: in filters, beside entries, and at the head of an export. @default as `typeOptions` say, else as it comes */
  typeLabel?: (type: string) => string;
  /** Types to choose from, in this order, whether there are entries of them or not; others follow. */
  typeOptions?: readonly TimelineOption[];
  /** Statuses to choose from, likewise. */
  statusOptions?: readonly TimelineOption[];
  /** With `serverFilter`: how many entries the filter lets through on the service. @default what the pages tell */
  total?: number;
  /** Shows search, days, types and statuses. @default true */
  filterable?: boolean;
  /** Shows the export of what is filtered. @default true */
  exportable?: boolean;
  /** Begin of the name of exported files. @default 'timeline' */
  exportName?: string;
  /** Takes an exported file. @default the browser saves it */
  onExport?: SaveFile;
  /** Ids of open entries; without it the component keeps them itself. */
  expanded?: readonly string[];
  /** Those that are open at first, where the component keeps them itself. @default none */
  defaultExpanded?: readonly string[];
  onExpandedChange?: (ids: readonly string[]) => void;
  /**
   * Line of an entry instead of its title and notes; `undefined` for these. Screen readers hear the word of its
   * status before it. Where the entry can be opened it stands inside a button: text and pictures, and nothing to press.
   */
  renderEntry?: (entry: E) => ReactNode;
  /** Content of an open entry instead of its description and fields; `undefined` for these. Asked for open ones only. */
  renderDetails?: (entry: E) => ReactNode;
  /** Which entries can be opened. @default with `renderDetails` all, else those with a description or fields */
  canOpen?: (entry: E) => boolean;
  /**
   * Opened, brought into view and focused, as for a link to an entry. One that was not read yet is read by
   * `fetchAround`, and the entries around it are shown.
   */
  focusEntryId?: string | null;
  /** Holds new entries back while older ones are read. @default true */
  holdFresh?: boolean;
  /** Says to screen readers how many new ones came, at most every 5 s. @default true */
  announceFresh?: boolean;
  /** Time of the last visit: what came before is set apart. */
  lastSeenAt?: TimeInput | null;
  /** `loading` before the first entries, `error` when they could not be read: what is there stays. @default 'ready' */
  state?: 'ready' | 'loading' | 'error';
  /** What went wrong and what to do. */
  errorMessage?: string;
  /** Tries again after an error. */
  onRetry?: () => void;
  /** When the entries were last confirmed to be all. Goes with `staleAfterMs`. */
  asOf?: TimeInput | null;
  /** From this age on the list is hatched and says of when it is. */
  staleAfterMs?: number | null;
  /** There may be others whatever its age is, as `isStale` of `useTopic` says. @default false */
  stale?: boolean;
  /** Height of the list, as any CSS length; it scrolls in itself. A list of more than 200 entries does in any case. */
  height?: string;
}
