import {
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
  type ComponentProps,
  type ReactNode,
} from 'react';
import { resolveStatus } from '@fleetdeck/dto';
import { useEnvironment, type EnvironmentProps, type TimeInput } from '../../environment.ts';
import { classes } from '../classes.ts';
import { StatusBadge } from '../status-badge/StatusBadge.tsx';
import { Glyph } from '../glyph/Glyph.tsx';
import { lazyPart, useLazyPart } from '../lazyPart.ts';
import { useControlled } from '../useControlled.ts';
import { useStaleText } from '../useStaleText.ts';
import { ChevronIcon, CrossIcon, PinIcon, StarIcon } from './icons.tsx';
import type { ContextOption, ElsewhereNotice } from './contextOptions.ts';
import type { LoadOptions } from './useOptions.ts';
import { contextWords } from '../../messages/context.ts';

const panelPart = lazyPart(() => import('./ContextPanel.tsx').then((part) => part.ContextPanel));
const noticePart = lazyPart(() => import('./ContextNotice.tsx').then((part) => part.ContextNotice));

/** Props of {@link ContextSelector}. What is not named here goes to its `div`. */
export interface ContextSelectorProps
  extends Omit<ComponentProps<'div'>, 'children' | 'onChange' | 'defaultValue'>, EnvironmentProps {
  /** What is chosen, as "Agent". @default "Context" */
  label?: string;
  /** Id of the chosen context, `null` for none. Without it the component keeps it itself. */
  value?: string | null;
  /** The first choice, where the component keeps it itself. @default null */
  defaultValue?: string | null;
  /** Called with the id that was chosen, or `null` when it was cleared. */
  onChange?: (id: string | null) => void;
  /** All there are. Keep the same array between renders. */
  options?: readonly ContextOption[];
  /** Finds options while typing, instead of `options`. */
  loadOptions?: LoadOptions;
  /**
   * Where the browser keeps the labels of what was chosen by `loadOptions`, so that favourites and recent ones have them
   * on the next visit: 60 at most. `null`: nowhere, and they are shown by their ids. @default 'fleetdeck:contexts'
   */
  storageKey?: string | null;
  /** What is known of the chosen context where `options` do not hold it, as with `loadOptions`; `null`: it is gone. */
  selected?: ContextOption | null;
  /** Whether `options` are there. The choice stays usable in each state. @default 'ready' */
  state?: 'ready' | 'loading' | 'error';
  /** What went wrong and what to do. */
  errorMessage?: string;
  /** Tries to get `options` again. */
  onRetry?: () => void;
  /** When the statuses of the options were last confirmed. Goes with `staleAfterMs`. */
  asOf?: TimeInput | null;
  /** From this age on the statuses are not known any more, and the list is hatched and says of when it is. */
  staleAfterMs?: number | null;
  /** They may no longer be so whatever their age is, as `isStale` of `useTopic` says. @default false */
  stale?: boolean;
  /** Ids with a place of their own at the top. */
  favourites?: readonly string[];
  /** Adds to or takes from the favourites; with it the chosen context has a star. */
  onToggleFavourite?: (id: string) => void;
  /** Ids of the contexts used last, newest first; 5 are shown. */
  recent?: readonly string[];
  /** Whether the choice can be taken back to none. @default true */
  clearable?: boolean;
  /** Id of the context that clearing leads to, where that is a default: it has no cross. @default null */
  clearedValue?: string | null;
  /** Whether this tab keeps its own context. */
  pinned?: boolean;
  /** Lets a pinned tab follow the others again. */
  onUnpin?: () => void;
  /** Lets this tab keep what it has, whatever other tabs do. */
  onPin?: () => void;
  /** A switch waits for an answer. */
  switching?: boolean;
  /** What another tab did; shown as a notice. */
  elsewhere?: ElsewhereNotice | null;
  /** Goes back to what this tab had, for this tab alone. */
  onKeep?: (id: string | null) => void;
  /** Goes where the other tab went. */
  onFollow?: (id: string | null) => void;
  /** Puts the notice away. */
  onDismissElsewhere?: () => void;
  /** Whether the list is open. Without it the component keeps it itself. */
  open?: boolean;
  /** Whether it is open at first, where the component keeps it itself. @default false */
  defaultOpen?: boolean;
  /** Called when the list opens or closes. */
  onOpenChange?: (open: boolean) => void;
  /** Opens on Ctrl+K, ⌘K on a Mac, from everywhere on the page. @default false */
  shortcut?: boolean;
  /** A line at the foot of the list, as a link to all contexts. */
  footer?: ReactNode;
}

const NO_IDS: readonly string[] = [];

/**
 * Chooses the agent or customer that the portal is filtered to: a button that shows it, and a list with search,
 * favourites and recent ones, which is loaded when it is first opened. Feed it by `useContextSelector`, or by
 * yourself.
 *
 * @example
 * const { selectorProps } = useContextSelector(store);
 * return <ContextSelector label="Agent" options={agents} {...selectorProps} />;
 */
export function ContextSelector(props: ContextSelectorProps) {
  const {
    label,
    value: given,
    defaultValue = null,
    onChange,
    options,
    loadOptions,
    storageKey = 'fleetdeck:contexts',
    selected,
    asOf,
    staleAfterMs,
    stale: givenStale,
    state = 'ready',
    errorMessage,
    onRetry,
    favourites = NO_IDS,
    onToggleFavourite,
    recent = NO_IDS,
    clearable = true,
    clearedValue = null,
    pinned = false,
    onUnpin,
    onPin,
    switching = false,
    elsewhere = null,
    onKeep,
    onFollow,
    onDismissElsewhere,
    shortcut = false,
    footer,
    open: givenOpen,
    defaultOpen = false,
    onOpenChange,
    locale,
    timeZone,
    hourCycle,
    messages: over,
    now,
    className,
    ...rest
  } = props;
  const environment = useEnvironment({ locale, timeZone, hourCycle, messages: over, now });
  const { messages, announcer, clock } = environment;
  const words = contextWords(messages);
  const name = label ?? words.label;

  const [value, setValue] = useControlled(given, defaultValue, onChange);
  const [isOpen, setOpen] = useControlled(givenOpen, defaultOpen, onOpenChange);
  // Until the list is there, what is typed on the button gathers for its search.
  const [typed, setTyped] = useState('');
  if (!isOpen && typed !== '') setTyped('');
  const { part: ContextPanel } = useLazyPart(panelPart, isOpen);
  const { part: ContextNotice } = useLazyPart(noticePart, elsewhere !== null);
  const [undo, setUndo] = useState<string | null>(null);
  // A pinned tab is not told which its default is: it is where clearing leads, unless a guard refuses.
  const [clearing, setClearing] = useState(false);
  const [bottom, setBottom] = useState<string | null>();
  if (clearing && !switching) {
    setClearing(false);
    if (pinned && value !== undo) setBottom(value);
  }
  const panelId = useId();
  const buttonRef = useRef<HTMLButtonElement>(null);

  // A chosen option is remembered, since the list that held it may be another one by now.
  const [chosen, setChosen] = useState<ContextOption | null>(null);
  const find = (id: string): ContextOption | undefined =>
    options?.find((option) => option.id === id) ??
    [selected, chosen].find((option): option is ContextOption => option?.id === id);
  const labelOf = (id: string | null): string => (id === null ? words.none : (find(id)?.label ?? id));
  const current = value === null ? null : find(value);
  const missing =
    current === undefined && state === 'ready' && (loadOptions === undefined || selected === null);
  const aging = { asOf, staleAfterMs, stale: givenStale, now };
  const stale = useStaleText(aging, clock, () => '') !== null;
  // What was healthy and may not be any more is worth a badge as well.
  const alarming =
    current?.status !== undefined && (stale || resolveStatus(current?.status).tone !== 'healthy');

  const open = (query = ''): void => {
    setTyped((before) => before + query);
    if (!isOpen) setOpen(true);
  };
  const close = (): void => {
    setOpen(false);
    buttonRef.current?.focus();
  };

  const turnPin = pinned ? onUnpin : onPin;
  const onShortcut = useEffectEvent((event: KeyboardEvent) => {
    // There Ctrl+K deletes to the end of a line.
    const mac = navigator.platform.startsWith('Mac');
    if (
      event.defaultPrevented ||
      event.key.toLowerCase() !== 'k' ||
      event.ctrlKey === mac ||
      event.metaKey !== mac ||
      event.altKey ||
      event.shiftKey
    )
      return;
    event.preventDefault();
    open();
  });
  useEffect(() => {
    if (!shortcut) return undefined;
    const listener = (event: KeyboardEvent): void => onShortcut(event);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, [shortcut]);

  const choose = (option: ContextOption): void => {
    setChosen(option);
    setUndo(null);
    close();
    if (option.id !== value) setValue(option.id);
  };
  const clear = (): void => {
    setUndo(value);
    setClearing(true);
    setValue(null);
    buttonRef.current?.focus();
  };
  // Not before it is: a guard may keep what is chosen.
  const atDefault = value === clearedValue || value === bottom;
  const cleared = undo !== null && atDefault;
  useEffect(() => {
    if (cleared) announcer.announce(words.cleared, 'context-cleared');
  }, [cleared, announcer, words.cleared]);
  const unlisted = isOpen && ContextPanel === null;
  useEffect(() => {
    if (unlisted) announcer.announce(words.failed, 'context-failed');
  }, [unlisted, announcer, words.failed]);

  return (
    <div
      {...rest}
      onKeyDown={(event) => {
        rest.onKeyDown?.(event);
        // Where the list could not be loaded; an open one takes the key itself.
        if (!isOpen || ContextPanel || event.key !== 'Escape' || event.defaultPrevented) return;
        event.preventDefault();
        close();
      }}
      className={classes('fd-context', className)}
      data-state={state}
      data-stale={stale || undefined}
      data-open={isOpen || undefined}
      data-pinned={pinned || undefined}
      data-switching={switching || undefined}
    >
      <div className="fd-context-bar">
        <button
          ref={buttonRef}
          type="button"
          className="fd-context-button"
          aria-haspopup="dialog"
          aria-expanded={isOpen}
          aria-controls={isOpen ? panelId : undefined}
          aria-keyshortcuts={shortcut ? 'Control+K Meta+K' : undefined}
          aria-busy={switching || undefined}
          onPointerEnter={() => void panelPart.load()}
          onFocus={() => void panelPart.load()}
          onClick={() => (isOpen ? close() : open())}
          onKeyDown={(event) => {
            const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') open();
            else if (plain && event.key.length === 1 && event.key !== ' ') open(event.key);
            else return;
            event.preventDefault();
          }}
        >
          <span className="fd-context-name">{words.before(name)}</span>{' '}
          <span className="fd-context-value">{labelOf(value)}</span>
          {missing && (
            <>
              {' '}
              <span className="fd-context-aside">{words.missing}</span>
            </>
          )}
          {switching && (
            <>
              {' '}
              <span className="fd-context-aside">{words.switching}</span>
            </>
          )}
          {alarming && (
            <StatusBadge status={current?.status} size="sm" {...aging} {...{ locale, messages: over }} />
          )}
          {pinned && ' '}
          {pinned && (
            <span className="fd-context-aside">
              <PinIcon />
              {words.pinned}
            </span>
          )}
          <ChevronIcon />
        </button>
        {value !== null && onToggleFavourite && (
          <button
            type="button"
            className="fd-icon-button"
            aria-pressed={favourites.includes(value)}
            aria-label={(favourites.includes(value) ? words.removeFavourite : words.addFavourite)(
              labelOf(value),
            )}
            onClick={() => onToggleFavourite(value)}
          >
            <StarIcon filled={favourites.includes(value)} />
          </button>
        )}
        {value !== null && !atDefault && clearable && (
          <button
            type="button"
            className="fd-icon-button"
            aria-label={words.clear(labelOf(value))}
            onClick={clear}
          >
            <CrossIcon />
          </button>
        )}
        {cleared && (
          <button
            type="button"
            className="fd-button"
            onClick={() => {
              setUndo(null);
              setValue(undo);
              buttonRef.current?.focus();
            }}
          >
            {words.undo(labelOf(undo))}
          </button>
        )}
      </div>
      {isOpen && ContextPanel && (
        <ContextPanel
          {...{
            value,
            options,
            loadOptions,
            storageKey,
            selected,
            state,
            errorMessage,
            onRetry,
            favourites,
            recent,
            environment,
            aging,
            pinned,
            footer,
          }}
          id={panelId}
          label={name}
          anchorRef={buttonRef}
          onDismiss={(reason) => (reason === 'escape' ? close() : setOpen(false))}
          initialQuery={typed}
          onChoose={choose}
          turnPin={turnPin && (() => (turnPin(), close()))}
        />
      )}
      {unlisted && (
        <div id={panelId} role="group" aria-label={name}>
          <p className="fd-context-note" data-tone="degraded">
            <Glyph shape="degraded" /> {words.failed}
            <button type="button" className="fd-button" onClick={() => void panelPart.load()}>
              {words.retry}
            </button>
          </p>
        </div>
      )}
      {elsewhere !== null && ContextNotice && (
        <ContextNotice
          notice={elsewhere}
          {...{ labelOf, environment, onKeep, onFollow, onDismiss: onDismissElsewhere }}
        />
      )}
    </div>
  );
}
