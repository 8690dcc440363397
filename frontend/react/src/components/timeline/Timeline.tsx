import { createElement, startTransition, useCallback, useId, useMemo, useRef, useState } from 'react';
import { useClockValue } from '../../clock.ts';
import { toMs, useEnvironment } from '../../environment.ts';
import { countText, isolate } from '../../format/direction.ts';
import { formatAge, formatTime } from '../../format/formatTime.ts';
import { classes } from '../classes.ts';
import { Glyph } from '../glyph/Glyph.tsx';
import { lazyPart, useLazyPart } from '../lazyPart.ts';
import { useControlled } from '../useControlled.ts';
import { useStaleText } from '../useStaleText.ts';
import { dayOf, groupsOn } from './days.ts';
import { EntryList, type EntryView } from './EntryList.tsx';
import type { TimelineEntry } from './entries.ts';
import { encodeTimelineFilter, isFiltering, noFilter } from './filter.ts';
import { groupEntries } from './rows.ts';
import { TimelineFilters } from './TimelineFilters.tsx';
import { hasMore } from './TimelineItem.tsx';
import type { TimelineProps } from './TimelineProps.ts';
import { useFoundEntries } from './useFoundEntries.ts';
import { useFreshHold } from './useFreshHold.ts';
import { useOpenEntries } from './useOpenEntries.ts';
import { timelineWords } from '../../messages/timeline.ts';

const virtualPart = lazyPart(() => import('./VirtualEntryList.tsx').then((part) => part.VirtualEntryList));
const effectsPart = lazyPart(() => import('./TimelineEffects.tsx'));

/** More entries than this are drawn only where they are in view. */
const VIRTUAL_FROM = 200;
const NO_ENTRIES: readonly never[] = [];

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
    entries = NO_ENTRIES,
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
    defaultExpanded,
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
  const [open, onToggle] = useOpenEntries({ expanded, defaultExpanded, onExpandedChange });
  const {
    all,
    shown: fitting,
    types,
    statuses,
    pages,
    typeName,
    around,
    readAround,
  } = useFoundEntries(
    { entries, source, fetchPage, fetchAround, serverFilter, typeOptions, typeLabel },
    filter,
    environment,
  );
  const settled = pages.state !== 'loading' && state !== 'loading';
  const [linked, setLinked] = useState<string | null>(null);
  const filterKey = encodeTimelineFilter(filter).toString();
  const listKey = `${source ?? ''} ${around ?? ''} ${filterKey}`;
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

  const number = (value: number): string => countText(value, environment.locale);
  const firstLoad = shown.length === 0 && (state === 'loading' || pages.state === 'loading');
  const failed = state === 'error' || (pages.state === 'error' && pages.entries.length === 0);
  const drawn = firstLoad ? 'loading' : failed ? 'error' : shown.length === 0 ? 'empty' : 'ready';
  const unlinked = focusEntryId !== null && settled && !fitting.some((entry) => entry.id === focusEntryId);
  const filtering = isFiltering(filter);
  const told = serverFilter ? pages.told : undefined;
  const totalTold = serverFilter ? (totalGiven ?? told?.total) : undefined;
  const total = serverFilter
    ? totalTold === undefined
      ? null
      : Math.max(totalTold, fitting.length)
    : all.length;
  const counted =
    total === null || total === shown.length
      ? words.entries(number(shown.length), shown.length === 1)
      : words.shown(number(shown.length), number(total));
  const empty = filtering && (serverFilter || all.length > 0) ? words.noMatch : words.empty;
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
    typeLabel: typeName,
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
              ...(around === null ? [] : (['newer'] as const)),
              ...(pages.state === 'done' ? [] : (['older'] as const)),
            ]}
            filter={filter}
            typeLabel={typeName}
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
          typeLabel={typeName}
          onChange={setFilter}
          shown={counted}
        />
      )}
      {staleText !== null && (
        <p className="fd-timeline-stale">
          <bdi>{staleText}</bdi>
        </p>
      )}
      {later && (unlinked || around !== null) && (
        <later.LinkNote
          missing={unlinked}
          environment={environment}
          onLeave={around === null ? null : () => readAround(null)}
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
          onAround={fetchPage && fetchAround ? readAround : null}
          // Its end is drawn only under entries.
          onNearEnd={infinite && shown.length > 0 && pages.state === 'idle' ? pages.loadOlder : null}
        />
      )}
    </section>
  );
}
