import { useEffect, useEffectEvent, useMemo, useRef, useState, type ReactNode, type RefObject } from 'react';
import { useCombobox } from 'downshift';
import type { Environment } from '../../environment.ts';
import { isolate } from '../../format/direction.ts';
import { formatAge, formatTime } from '../../format/formatTime.ts';
import { numberFormat } from '../../format/intl.ts';
import { Glyph } from '../glyph/Glyph.tsx';
import { lazyPart, useLazyPart } from '../lazyPart.ts';
import { usePopover } from '../popover/usePopover.ts';
import { arrange, type ContextOption } from './contextOptions.ts';
import { OptionList } from './OptionList.tsx';
import { readRemembered, remember } from './remembered.ts';
import { useStaleText, type Aging } from '../useStaleText.ts';
import { useOptions, type LoadOptions } from './useOptions.ts';
import { contextPanelWords } from '../../messages/contextPanel.ts';

const virtualPart = lazyPart(() => import('./VirtualOptionList.tsx').then((part) => part.VirtualOptionList));

/** More options than this are drawn only where they are in view. */
const VIRTUAL_FROM = 200;
/** The number of results is said once the typing rests. */
const COUNT_MS = 500;

/** Props of {@link ContextPanel}. */
export interface ContextPanelProps {
  id: string;
  /** What the list is of. */
  label: string;
  /** The button that it belongs to. */
  anchorRef: RefObject<HTMLElement | null>;
  onDismiss: (reason: 'escape' | 'outside') => void;
  value: string | null;
  /** Typed on the button that opened it. */
  initialQuery: string;
  options: readonly ContextOption[] | undefined;
  loadOptions: LoadOptions | undefined;
  /** Key of the labels that are kept for what `loadOptions` does not answer. */
  storageKey: string | null;
  /** What is known of what is chosen; `null`: it is gone. */
  selected: ContextOption | null | undefined;
  /** Of the options given; `loadOptions` has a state of its own. */
  state: 'ready' | 'loading' | 'error';
  errorMessage: string | undefined;
  onRetry: (() => void) | undefined;
  favourites: readonly string[];
  recent: readonly string[];
  environment: Environment;
  /** How old the statuses are. */
  aging: Aging;
  onChoose: (option: ContextOption) => void;
  /** Whether this tab keeps its own context. */
  pinned: boolean;
  /** Turns that, where it can be. */
  turnPin: (() => void) | undefined;
  footer: ReactNode;
}

/** The search and the list of a `ContextSelector`: a combobox whose list is always open. */
export function ContextPanel(props: ContextPanelProps) {
  const {
    label,
    value,
    initialQuery,
    environment,
    favourites,
    recent,
    footer,
    selected,
    storageKey,
    turnPin,
  } = props;
  const { messages, locale, announcer, clock } = environment;
  const words = contextPanelWords(messages);
  const staleText = useStaleText(props.aging, clock, (asOfMs, at) =>
    asOfMs === null
      ? words.mayDiffer
      : words.stale(
          isolate(formatTime(asOfMs, { ...environment, seconds: false, now: at }), locale),
          isolate(formatAge(at - asOfMs, locale), locale),
        ),
  );
  const [query, setQuery] = useState(initialQuery);
  // Keys that came before the focus did.
  const [typed, setTyped] = useState(initialQuery);
  if (typed !== initialQuery) {
    setTyped(initialQuery);
    setQuery(initialQuery);
  }
  const found = useOptions(query.trim(), props.options, props.loadOptions);
  const state = props.state === 'ready' ? found.state : props.state;
  const searching = query.trim() !== '';
  const asks = props.loadOptions !== undefined;
  const [remembered] = useState(() => (asks ? readRemembered(storageKey) : undefined));
  const known = useMemo(() => {
    const gone = remembered?.find(({ id }) => id === value) ?? { id: value ?? '', label: value ?? '' };
    const last = selected === null ? { ...gone, unavailable: true } : selected;
    return remembered && (last ? [...remembered, last] : remembered);
  }, [remembered, selected, value]);
  const { rows, items } = useMemo(
    () => arrange(found.options, { searching, favourites, recent, known }, words),
    [found.options, searching, favourites, recent, known, words],
  );
  const long = items.length > VIRTUAL_FROM;
  const { part: VirtualOptionList } = useLazyPart(virtualPart, long);
  const panelRef = useRef<HTMLDivElement>(null);
  usePopover(props.anchorRef, panelRef, props.onDismiss);
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const [input, setInput] = useState<HTMLInputElement | null>(null);

  const { getInputProps, getMenuProps, getItemProps, highlightedIndex } = useCombobox<ContextOption>({
    items,
    isOpen: true,
    selectedItem: null,
    inputValue: query,
    itemToString: (item) => item?.label ?? '',
    itemToKey: (item) => item?.id,
    isItemDisabled: (item) => item.unavailable === true,
    defaultHighlightedIndex: 0,
    initialHighlightedIndex: Math.max(
      0,
      items.findIndex(({ id }) => id === value),
    ),
    // The panel is closed by what holds it, and a focus that leaves chooses nothing.
    stateReducer: (before, { type, changes }) =>
      type === useCombobox.stateChangeTypes.InputBlur || type === useCombobox.stateChangeTypes.MenuMouseLeave
        ? before
        : changes,
    onSelectedItemChange: ({ selectedItem }) => {
      if (!selectedItem) return;
      if (asks) remember(storageKey, selectedItem);
      props.onChoose(selectedItem);
    },
    ...(long && VirtualOptionList && { scrollIntoView: () => undefined }),
  });

  useEffect(() => input?.focus(), [input]);

  const count = items.length;
  const failure = props.errorMessage ?? words.failed;
  const sayCount = useEffectEvent(() =>
    announcer.announce(
      count === 0
        ? words.noMatch(query.trim())
        : words.results(numberFormat(locale, {}).format(count), count === 1),
      'context-results',
    ),
  );
  useEffect(() => {
    if (state !== 'ready' || !searching) return undefined;
    const timer = setTimeout(() => sayCount(), COUNT_MS);
    return () => clearTimeout(timer);
  }, [state, searching, count, query]);
  const waiting = { ready: '', loading: words.loading, error: failure }[state];
  useEffect(() => announcer.announce(waiting, 'context-results'), [announcer, waiting]);

  const menu = getMenuProps({ 'aria-label': label, ref: setScroller });
  const list = {
    ...{ rows, count, value, environment, stale: staleText !== null },
    idPrefix: String(menu.id),
    highlighted: highlightedIndex,
    getItemProps: (item: { item: ContextOption; index: number }) => getItemProps(item),
  };

  return (
    <div
      ref={panelRef}
      id={props.id}
      popover="manual"
      role="dialog"
      aria-label={label}
      aria-describedby={staleText === null ? undefined : `${props.id}-stale`}
      className="fd-context-panel"
    >
      <div className="fd-context-search">
        <input
          {...getInputProps({
            ref: setInput,
            // Written at once: the state of a combobox comes a moment later, which moves the caret.
            onChange: (event) => setQuery(event.currentTarget.value),
            onKeyDown: (event) => {
              // Closing is left to what holds the panel.
              if (event.key === 'Escape') Object.assign(event.nativeEvent, { preventDownshiftDefault: true });
            },
          })}
          {...(count === 0 && { 'aria-activedescendant': undefined })}
          aria-label={words.search}
          aria-labelledby={undefined}
          placeholder={words.search}
          autoComplete="off"
          spellCheck={false}
        />
      </div>
      {staleText !== null && (
        <p className="fd-context-stale" id={`${props.id}-stale`}>
          {staleText}
        </p>
      )}
      <div
        {...menu}
        className="fd-context-list"
        // A browser makes a stop of what scrolls, but the list is read from the search.
        tabIndex={-1}
        aria-busy={state === 'loading' || undefined}
        data-state={state}
      >
        {long && VirtualOptionList ? (
          <VirtualOptionList {...list} scroller={scroller} />
        ) : (
          // All of them where the long list cannot be loaded, the first until it is.
          <OptionList
            {...list}
            rows={long && VirtualOptionList === undefined ? rows.slice(0, VIRTUAL_FROM) : rows}
          />
        )}
      </div>
      {state === 'loading' && (
        <p className="fd-context-note">
          <Glyph shape="progress" /> {words.loading}
        </p>
      )}
      {state === 'error' && (
        <p className="fd-context-note" data-tone="degraded">
          <Glyph shape="degraded" /> {failure}
          <button
            type="button"
            className="fd-button"
            onClick={() => {
              input?.focus();
              if (props.state === 'error') props.onRetry?.();
              else found.retry();
            }}
          >
            {words.retry}
          </button>
        </p>
      )}
      {state === 'ready' && count === 0 && (
        <p className="fd-context-note">{searching ? words.noMatch(query.trim()) : words.empty}</p>
      )}
      {(footer !== undefined || turnPin) && (
        <div className="fd-context-foot">
          {turnPin && (
            <button type="button" className="fd-button" onClick={turnPin}>
              {props.pinned ? words.unpin : words.pin}
            </button>
          )}
          {footer}
        </div>
      )}
    </div>
  );
}
