import {
  createElement,
  startTransition,
  useCallback,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type ComponentProps,
  type ReactNode,
} from 'react';
import { useClockValue } from '../../clock.ts';
import { toMs, useEnvironment, type EnvironmentProps, type TimeInput } from '../../environment.ts';
import { isolate } from '../../format/direction.ts';
import { formatAge, formatTime } from '../../format/formatTime.ts';
import { numberFormat } from '../../format/intl.ts';
import { classes } from '../classes.ts';
import { Glyph } from '../glyph/Glyph.tsx';
import { lazyPart, useLazyPart } from '../lazyPart.ts';
import { useControlled } from '../useControlled.ts';
import { useStaleText } from '../useStaleText.ts';
import { dayOf, groupsOn } from './days.ts';
import { EntryList, type EntryView } from './EntryList.tsx';
import type { SaveFile } from './exportEntries.ts';
import { mergeEntries, notNewer, type TimelineEntry } from './entries.ts';
import {
  applyFilter,
  encodeTimelineFilter,
  isFiltering,
  joinOptions,
  noFilter,
  type TimelineFilter,
  type TimelineOption,
} from './filter.ts';
import { groupEntries } from './rows.ts';
import { TimelineFilters } from './TimelineFilters.tsx';
import { hasMore } from './TimelineItem.tsx';
import { useFreshHold } from './useFreshHold.ts';
import { usePages, type FetchAround, type FetchPage } from './usePages.ts';
import { timelineWords } from '../../messages/timeline.ts';

const virtualPart = lazyPart(() => import('./VirtualEntryList.tsx').then((part) => part.VirtualEntryList));
const effectsPart = lazyPart(() => import('./TimelineEffects.tsx'));

/** More entries than this are drawn only where they are in view. */
const VIRTUAL_FROM = 200;
const NO_ENTRIES: readonly never[] = [];
const NO_IDS: readonly string[] = [];

/** Props of {@link Timeline}. What is not named here goes to its `section`. */
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

/**
 * What happened, newest first, under today, yesterday, the last 7 days and older. New entries wait while older ones
 * are read; long lists draw only what is in view.
 *
 * @example
 * <Timeline title="Last 24 h" entries={events} fetchPage={(cursor, { signal }) => http.get('/audit', { query: { cursor }, signal })} />
 */
export function Timeline<E extends TimelineEntry = TimelineEntry>(props: TimelineProps<E>) {
  const {
    title,
    headingLevel = 3,
    entries: given = NO_ENTRIES,
    source,
    fetchPage,
    fetchAround,
    infinite = false,
    filter: filterGiven,
    defaultFilter = noFilter,
    onFilterChange,
    serverFilter = false,
    typeOptions = NO_ENTRIES,
    statusOptions = NO_ENTRIES,
    typeLabel,
    total: totalGiven,
    filterable = true,
    exportable = true,
    exportName = 'timeline',
    onExport,
    expanded,
    defaultExpanded = NO_IDS,
    onExpandedChange,
    renderEntry,
    renderDetails,
    canOpen = renderDetails ? () => true : hasMore,
    focusEntryId = null,
    holdFresh = true,
    announceFresh = true,
    lastSeenAt,
    state = 'ready',
    errorMessage,
    onRetry,
    asOf,
    staleAfterMs,
    stale,
    height,
    locale,
    timeZone,
    hourCycle,
    messages: over,
    now,
    className,
    ...rest
  } = props;
  const environment = useEnvironment({ locale, timeZone, hourCycle, messages: over, now });
  const { messages, clock } = environment;
  const words = timelineWords(messages);
  const id = useId();
  const bodyRef = useRef<HTMLDivElement>(null);
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const takeBody = useCallback((body: HTMLDivElement | null) => {
    bodyRef.current = body;
    setScroller(body);
  }, []);

  const [filter, setFilter] = useControlled(filterGiven, defaultFilter, onFilterChange);
  const [openIds, setOpenIds] = useControlled(expanded, defaultExpanded, onExpandedChange);
  const open = useMemo(() => new Set(openIds), [openIds]);
  const toggleRef = useRef((_entryId: string): void => undefined);
  const toggle = (entryId: string): void =>
    setOpenIds(open.has(entryId) ? openIds.filter((each) => each !== entryId) : [...openIds, entryId]);
  useLayoutEffect(() => {
    toggleRef.current = toggle;
  });
  const onToggle = useCallback((entryId: string) => toggleRef.current(entryId), []);

  const filterKey = encodeTimelineFilter(filter).toString();
  const [around, setAround] = useState<{ id: string; source: string | undefined; left?: boolean } | null>(
    null,
  );
  const begins = around === null || around.left || around.source !== source ? null : around.id;
  const pages = usePages(
    { source, fetchPage, fetchAround, around: begins, serverFilter, environment },
    filter,
  );
  const all = useMemo(
    () => mergeEntries(pages.entries, begins === null ? given : notNewer(given, pages.entries[0])),
    [pages.entries, given, begins],
  );
  const found = useMemo(
    () => (serverFilter && !pages.outdated ? new Set(pages.entries.map(({ id }) => id)) : null),
    [serverFilter, pages.outdated, pages.entries],
  );
  // A range that goes back from now, which is named by a word, moves on each minute.
  const minute = useClockValue(
    /^[a-z]/.test(filter.from ?? '') ? clock : null,
    (at) => at - (at % 60_000),
    0,
  );
  const {
    shown: fitting,
    types,
    statuses,
  } = useMemo(
    () => applyFilter(all, filter, environment.timeZone, minute, found),
    [all, filter, environment.timeZone, minute, found],
  );
  // A link to what was not read yet shows the entries around it, until the reader goes back to the newest.
  const settled = pages.state !== 'loading' && state !== 'loading';
  const [linked, setLinked] = useState<string | null>(null);
  const listKey = `${source ?? ''} ${begins ?? ''} ${filterKey}`;
  const {
    visible: shown,
    held,
    release,
  } = useFreshHold(fitting, bodyRef, { enabled: holdFresh, busy: open.size > 0, list: listKey });

  // Only the day matters, so a new one draws the list anew and a tick of the clock does not.
  const today = useClockValue<number | null>(clock, (at) => dayOf(at, environment.timeZone), null);
  const groups = useMemo(
    () => groupEntries(shown, today === null ? null : groupsOn(today, environment.timeZone)),
    [shown, today, environment.timeZone],
  );

  const staleText = useStaleText({ asOf, staleAfterMs, stale }, clock, (asOfMs, at) =>
    asOfMs === null
      ? words.mayBeNewer
      : words.stale(
          isolate(formatTime(asOfMs, { ...environment, now: at }), environment.locale),
          isolate(formatAge(at - asOfMs, environment.locale), environment.locale),
        ),
  );

  const long = shown.length > VIRTUAL_FROM;
  const { part: VirtualEntryList } = useLazyPart(virtualPart, long);
  // Neither a server nor the first render of its page has to do with it, and without it the list is still to be read.
  const { part: later } = useLazyPart(effectsPart, today !== null);

  const number = (value: number): string =>
    isolate(numberFormat(environment.locale, {}).format(value), environment.locale);
  const firstLoad = shown.length === 0 && (state === 'loading' || pages.state === 'loading');
  const failed = state === 'error' || (pages.state === 'error' && pages.entries.length === 0);
  const drawn = firstLoad ? 'loading' : failed ? 'error' : shown.length === 0 ? 'empty' : 'ready';
  const unlinked = focusEntryId !== null && settled && !fitting.some((entry) => entry.id === focusEntryId);
  const filtering = isFiltering(filter);
  const told = serverFilter ? pages.told : undefined;
  const totalTold = serverFilter ? (totalGiven ?? told?.total) : undefined;
  const named = joinOptions(typeOptions, told?.types ?? NO_ENTRIES);
  const labelOf = (type: string): string =>
    named.find(({ value }) => value === type)?.label ?? typeLabel?.(type) ?? type;
  const total = serverFilter
    ? totalTold === undefined
      ? null
      : Math.max(totalTold, fitting.length)
    : all.length;
  const counted =
    total === null || total === shown.length
      ? words.entries(number(shown.length), shown.length === 1)
      : words.shown(number(shown.length), number(total));
  const empty = filtering && all.length > 0 ? words.noMatch : words.empty;
  const status = {
    loading: '',
    error: errorMessage ?? words.failed,
    empty,
    ready: pages.outdated
      ? ''
      : pages.state === 'error'
        ? words.olderFailed
        : filtering || pages.count > 1
          ? counted
          : '',
  }[drawn];
  const [whole, setWhole] = useState(false);
  const view: EntryView<E> = {
    headingLevel: Math.min(6, headingLevel + 1) as 3,
    idPrefix: id,
    feed: infinite,
    typeLabel: labelOf,
    lastSeen: toMs(lastSeenAt),
    ...{ open, onToggle, renderEntry, renderDetails, canOpen, environment },
  };
  const list =
    long && VirtualEntryList ? (
      <VirtualEntryList {...{ groups, view, scroller, linked, whole }} />
    ) : (
      // All of them where the long list cannot be loaded, the newest until it is.
      <EntryList
        groups={long && VirtualEntryList === undefined ? groupEntries(shown.slice(0, 50), null) : groups}
        view={view}
      />
    );
  const scrolls = long || height !== undefined;

  return (
    <section
      aria-labelledby={`${id}-title`}
      {...rest}
      className={classes('fd-timeline', className)}
      data-state={drawn}
      data-stale={staleText !== null || undefined}
    >
      <div className="fd-timeline-top">
        {createElement(
          `h${headingLevel}`,
          { id: `${id}-title`, className: 'fd-timeline-title', tabIndex: -1 },
          title,
        )}
        {long && (
          <button
            type="button"
            className="fd-chip"
            aria-pressed={whole}
            onClick={() => startTransition(() => setWhole(!whole))}
          >
            {words.whole}
          </button>
        )}
        {later && exportable && (
          <later.TimelineExport
            entries={fitting}
            {...{ total }}
            told={totalTold !== undefined}
            notLoaded={[
              ...(begins === null ? [] : (['newer'] as const)),
              ...(pages.state === 'done' ? [] : (['older'] as const)),
            ]}
            filter={filter}
            typeLabel={labelOf}
            name={exportName}
            save={onExport}
            environment={environment}
          />
        )}
      </div>
      {filterable && (
        <TimelineFilters
          {...{ filter, source, serverFilter, environment }}
          types={{ given: typeOptions, told: told?.types, counted: types }}
          statuses={{ given: statusOptions, told: told?.statuses, counted: statuses }}
          typeLabel={labelOf}
          onChange={setFilter}
          shown={counted}
        />
      )}
      {staleText !== null && (
        <p className="fd-timeline-stale">
          <bdi>{staleText}</bdi>
        </p>
      )}
      {later && (unlinked || begins !== null) && (
        <later.LinkNote
          missing={unlinked}
          environment={environment}
          onLeave={begins === null ? null : () => setAround({ id: begins, source, left: true })}
        />
      )}
      {failed && (
        <p className="fd-timeline-note" data-tone="degraded">
          <Glyph shape="degraded" /> <bdi>{errorMessage ?? words.failed}</bdi>
          {(onRetry ?? fetchPage) && (
            <button
              type="button"
              className="fd-button"
              onClick={() => {
                onRetry?.();
                if (!onRetry || pages.state === 'error') pages.loadOlder();
              }}
            >
              {words.retry}
            </button>
          )}
        </p>
      )}
      {held > 0 && (
        <button
          type="button"
          className="fd-timeline-fresh"
          onClick={() => {
            release();
            bodyRef.current?.scrollTo?.({ top: 0 });
            bodyRef.current?.parentElement?.scrollIntoView?.({ block: 'nearest' });
          }}
        >
          {words.fresh(number(held), held === 1)}
        </button>
      )}
      <div
        ref={takeBody}
        className="fd-timeline-body"
        data-scrolls={scrolls || undefined}
        style={height === undefined ? undefined : { maxBlockSize: height }}
        aria-busy={pages.outdated || undefined}
        {...(infinite && {
          role: 'feed',
          'aria-labelledby': `${id}-title`,
          'aria-busy': pages.state === 'loading',
        })}
        {...(!infinite && scrolls && { role: 'group', 'aria-labelledby': `${id}-title`, tabIndex: 0 })}
      >
        {drawn === 'ready' || shown.length > 0 ? list : null}
        {infinite && shown.length > 0 && <div className="fd-timeline-end" aria-hidden="true" />}
      </div>
      {drawn === 'loading' && (
        <p className="fd-timeline-note">
          <Glyph shape="progress" /> <bdi>{words.loading}</bdi>
        </p>
      )}
      {drawn === 'empty' && (
        <p className="fd-timeline-note">
          <bdi>{empty}</bdi>
        </p>
      )}
      {later && fetchPage && !firstLoad && pages.entries.length > 0 && (
        <later.TimelineFoot id={`${id}-foot`} {...{ pages, environment }} />
      )}
      {later && (
        <later.TimelineEffects
          {...{ bodyRef, environment, held, announceFresh }}
          idPrefix={id}
          entries={fitting}
          list={listKey}
          {...{ status, unlinked }}
          causes={[filterKey, drawn, pages.state, pages.count, unlinked].join(' ')}
          feed={infinite}
          {...{ focusEntryId, settled }}
          onLinked={setLinked}
          onAround={fetchPage && fetchAround ? (entryId) => setAround({ id: entryId, source }) : null}
          // Its end is drawn only under entries.
          onNearEnd={infinite && shown.length > 0 && pages.state === 'idle' ? pages.loadOlder : null}
        />
      )}
    </section>
  );
}
