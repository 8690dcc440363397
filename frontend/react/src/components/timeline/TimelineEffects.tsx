import { useEffect, useEffectEvent, useRef, useState, type ReactNode, type RefObject } from 'react';
import type { Environment } from '../../environment.ts';
import { numberFormat } from '../../format/intl.ts';
import { Tooltip } from '../tooltip/Tooltip.tsx';
import { wholeTime, type TimelineEntry } from './entries.ts';
import { timelineWords } from '../../messages/timeline.ts';
import { timelinePartWords } from '../../messages/timelineParts.ts';

export { LinkNote } from './LinkNote.tsx';
export { TimelineExport } from './TimelineExport.tsx';
export { TimelineFoot } from './TimelineFoot.tsx';

const NEWS_MS = 5_000;
const SETTLE_MS = 500;

/** Props of {@link TimelineEffects}. */
export interface TimelineEffectsProps {
  bodyRef: RefObject<HTMLElement | null>;
  idPrefix: string;
  environment: Environment;
  /** All entries that the filter lets through, the held ones too. */
  entries: readonly TimelineEntry[];
  /** How many of the newest are held back. */
  held: number;
  /** Which list that is: another one, as of another filter, is no news. */
  list: string;
  announceFresh: boolean;
  /** What is to be read on the screen beside the entries. */
  status: string;
  /** The linked entry is not in the list, which is said instead. */
  unlinked: boolean;
  /** `status` is said when this is another one and it is, too. */
  causes: string;
  /** Its articles are gone through by keys. */
  feed: boolean;
  /** The entry that a link leads to. */
  focusEntryId: string | null;
  /** Nothing is on its way that may hold it. */
  settled: boolean;
  /** The entry is there and is to be scrolled to; `null` when it was reached. */
  onLinked: (id: string | null) => void;
  /** Reads around an entry that is not there; `null` where nobody can. */
  onAround: ((id: string) => void) | null;
  /** Called when the end of the list comes near the view; `null` when nothing is to be done then. */
  onNearEnd: (() => void) | null;
}

/** What a `Timeline` does beside drawing, loaded once it is drawn: what it says, where the focus goes, what it reads on. */
export function TimelineEffects(props: TimelineEffectsProps): ReactNode {
  const { bodyRef, idPrefix } = props;
  useFreshNews(props);
  useStatusNews(props);
  useKeptFocus(bodyRef, `${idPrefix}-title`);
  useNearEnd(bodyRef, props.onNearEnd);
  useFeedKeys(bodyRef, idPrefix, props.feed);
  useLink(props);
  const [explained, dismiss] = useExplained(bodyRef);
  return explained === null ? null : (
    <Tooltip anchor={explained} onDismiss={dismiss}>
      {wholeTime(Date.parse(explained.dateTime), props.environment)}
    </Tooltip>
  );
}

/** Says how many new entries came or wait, at most once in five seconds, and only when there are more than were said. */
function useFreshNews({ entries, held, list, announceFresh, environment }: TimelineEffectsProps): void {
  const newest = entries[0]?.id;
  const known = useRef({ at: -Infinity, held: 0, newest, list });
  const say = useEffectEvent((count: number) => {
    const { messages, announcer, locale } = environment;
    known.current = { at: performance.now(), held, newest, list };
    announcer.announce(
      timelineWords(messages).fresh(numberFormat(locale, {}).format(count), count === 1),
      'timeline-fresh',
    );
  });
  useEffect(() => {
    if (held === 0) known.current.held = 0;
    const { at, held: said, newest: before, list: listBefore } = known.current;
    const above = entries.findIndex(({ id }) => id === before);
    if (!announceFresh || list !== listBefore || above < 0)
      known.current = { ...known.current, newest, list };
    else if (held > 0 ? held > said : above > 0) {
      const timer = setTimeout(
        () => say(held > 0 ? held : above),
        Math.max(0, at + NEWS_MS - performance.now()),
      );
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [announceFresh, held, entries, newest, list]);
}

/**
 * Says what is to be read on the screen when it becomes something else, once that rests; not what was so at first.
 * It is written anew when one of `causes` changes, so that live entries do not have it said again and again.
 */
function useStatusNews({ status, unlinked, causes, environment }: TimelineEffectsProps): void {
  const { announcer, messages } = environment;
  const text = unlinked ? timelinePartWords(messages).linkMissing : status;
  const said = useRef(text);
  const say = useEffectEvent(() => {
    if (text !== '' && text !== said.current) announcer.announce(text, 'timeline-status');
    said.current = text;
  });
  useEffect(() => {
    const timer = setTimeout(() => say(), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [causes]);
}

/**
 * Where something goes that has the focus, as a button that was pressed, the focus goes to the list when it scrolls by
 * keys, else to the title, and not to the top of the page.
 */
function useKeptFocus(bodyRef: RefObject<HTMLElement | null>, titleId: string): void {
  const last = useRef<{ at: Element; next: HTMLElement | null } | null>(null);
  useEffect(() => {
    const onFocus = ({ target }: FocusEvent): void => {
      const body = bodyRef.current;
      const own = target instanceof Element && body?.parentElement?.contains(target);
      const title = document.getElementById(titleId);
      last.current = own
        ? { at: target, next: body?.contains(target) && body.tabIndex === 0 ? body : title }
        : null;
    };
    document.addEventListener('focusin', onFocus);
    return () => document.removeEventListener('focusin', onFocus);
  }, [bodyRef, titleId]);
  useEffect(() => {
    if (last.current?.at.isConnected === false && document.activeElement === document.body)
      last.current.next?.focus({ preventScroll: true });
  });
}

/** Calls back when the end of the list comes near the view. */
function useNearEnd(bodyRef: RefObject<HTMLElement | null>, onNearEnd: (() => void) | null): void {
  const enabled = onNearEnd !== null;
  const near = useEffectEvent(() => onNearEnd?.());
  useEffect(() => {
    const end = bodyRef.current?.lastElementChild;
    if (!enabled || !end || typeof IntersectionObserver === 'undefined') return undefined;
    const observer = new IntersectionObserver(
      (found) => {
        if (found.some(({ isIntersecting }) => isIntersecting)) near();
      },
      { rootMargin: '400px' },
    );
    observer.observe(end);
    return () => observer.disconnect();
  }, [enabled, bodyRef]);
}

/**
 * The keys of a feed: Page Down and Page Up go from article to article, Ctrl+End and Ctrl+Home to what stands after
 * and before the feed.
 */
function useFeedKeys(bodyRef: RefObject<HTMLElement | null>, idPrefix: string, feed: boolean): void {
  useEffect(() => {
    const body = bodyRef.current;
    if (!feed || body === null) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      const { key, ctrlKey, metaKey } = event;
      const go = (target: HTMLElement | null | undefined): void => {
        if (!target) return;
        event.preventDefault();
        target.focus();
      };
      if ((ctrlKey || metaKey) && key === 'End') go(document.getElementById(`${idPrefix}-foot`));
      else if ((ctrlKey || metaKey) && key === 'Home') go(document.getElementById(`${idPrefix}-title`));
      else if (key === 'PageDown' || key === 'PageUp') {
        const articles = [...body.querySelectorAll<HTMLElement>('article')];
        const at = articles.findIndex((article) => article.contains(document.activeElement));
        go(articles[at + (key === 'PageDown' ? 1 : -1)]);
      }
    };
    body.addEventListener('keydown', onKey);
    return () => body.removeEventListener('keydown', onKey);
  }, [feed, bodyRef, idPrefix]);
}

/** The time under the pointer, or of the entry that the keyboard is at, and a way to have it no more. */
function useExplained(bodyRef: RefObject<HTMLElement | null>): [HTMLTimeElement | null, () => void] {
  const [time, setTime] = useState<HTMLTimeElement | null>(null);
  useEffect(() => {
    const body = bodyRef.current;
    // The explanation stands in it too: the pointer may go onto that to read it.
    const section = body?.parentElement;
    const onPointer = ({ target }: Event): void => {
      if (target instanceof Element && target.closest('.fd-tooltip') === null)
        setTime(target.closest<HTMLTimeElement>('.fd-entry-time'));
    };
    const onFocus = ({ target }: Event): void => {
      const row =
        target instanceof Element && target.matches(':focus-visible') && target.closest('.fd-entry-row');
      setTime(row ? row.querySelector('time') : null);
    };
    const end = (): void => setTime(null);
    section?.addEventListener('pointerover', onPointer);
    section?.addEventListener('pointerleave', end);
    body?.addEventListener('focusin', onFocus);
    body?.addEventListener('focusout', end);
    return () => {
      section?.removeEventListener('pointerover', onPointer);
      section?.removeEventListener('pointerleave', end);
      body?.removeEventListener('focusin', onFocus);
      body?.removeEventListener('focusout', end);
    };
  }, [bodyRef]);
  return [time?.isConnected === true ? time : null, () => setTime(null)];
}

/**
 * Follows a link once: reads around its entry where that is on no page, has it scrolled to, opens it, and takes the
 * focus there. What the reader does after that counts more.
 */
function useLink(props: TimelineEffectsProps): void {
  const { bodyRef, focusEntryId: id, entries, settled } = props;
  const followed = useRef<string | null>(null);
  const asked = useRef<string | null>(null);
  const tell = useEffectEvent((linked: string | null) => props.onLinked(linked));
  const ask = useEffectEvent((entryId: string) => props.onAround?.(entryId));
  const there = id !== null && entries.some((entry) => entry.id === id);
  useEffect(() => {
    if (id === null || there || !settled || asked.current === id) return;
    asked.current = id;
    ask(id);
  }, [id, there, settled]);
  useEffect(() => {
    if (id === null) followed.current = asked.current = null;
    const body = bodyRef.current;
    if (!there || body === null || followed.current === id) return undefined;
    tell(id);
    // By comparison, since an id may hold whatever a selector would have to escape.
    const reach = (): boolean => {
      const heads = [...body.querySelectorAll<HTMLElement>('[data-entry]')];
      const head = heads.find(({ dataset }) => dataset.entry === id);
      if (head === undefined) return false;
      followed.current = id;
      head.focus();
      if (head.getAttribute('aria-expanded') === 'false') head.click();
      tell(null);
      return true;
    };
    if (reach()) return undefined;
    // In a long list it is drawn only after it was scrolled to.
    const observer = new MutationObserver(() => {
      if (reach()) observer.disconnect();
    });
    observer.observe(body, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [id, there, bodyRef]);
}
