import { useEffect, useEffectEvent, useRef, type KeyboardEvent, type RefCallback } from 'react';
import type { Environment } from '../../environment.ts';
import { numberFormat } from '../../format/intl.ts';
import { timelineWords } from '../../messages/timeline.ts';

const NEWS_MS = 5_000;

/** Says how many new entries wait, at most once in five seconds, and only when there are more than were said. */
export function useFreshNews(enabled: boolean, held: number, environment: Environment): void {
  const said = useRef({ at: -Infinity, count: 0 });
  const say = useEffectEvent((count: number) => {
    const { messages, announcer, locale } = environment;
    said.current = { at: performance.now(), count };
    announcer.announce(
      timelineWords(messages).fresh(numberFormat(locale, {}).format(count), count === 1),
      'timeline-fresh',
    );
  });
  useEffect(() => {
    if (held === 0) said.current = { ...said.current, count: 0 };
    if (!enabled || held <= said.current.count) return undefined;
    const wait = Math.max(0, said.current.at + NEWS_MS - performance.now());
    const timer = setTimeout(() => say(held), wait);
    return () => clearTimeout(timer);
  }, [enabled, held]);
}

/** Calls back when the end of a list comes near the view. Give the answer as `ref` to what stands at the end. */
export function useNearEnd(enabled: boolean, onNear: () => void): RefCallback<HTMLElement> {
  const end = useRef<HTMLElement | null>(null);
  const near = useEffectEvent(onNear);
  useEffect(() => {
    if (!enabled || end.current === null || typeof IntersectionObserver === 'undefined') return undefined;
    const observer = new IntersectionObserver(
      (found) => {
        if (found.some(({ isIntersecting }) => isIntersecting)) near();
      },
      { rootMargin: '400px' },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [enabled]);
  return (element) => {
    end.current = element;
  };
}

/**
 * The keys of a feed: Page Down and Page Up go from article to article, Ctrl+End and Ctrl+Home to what stands after
 * and before the feed.
 */
export function useFeedKeys(idPrefix: string): (event: KeyboardEvent<HTMLElement>) => void {
  return (event) => {
    const { key, ctrlKey, metaKey, currentTarget } = event;
    const go = (target: HTMLElement | null | undefined): void => {
      if (!target) return;
      event.preventDefault();
      target.focus();
    };
    if ((ctrlKey || metaKey) && key === 'End') go(document.getElementById(`${idPrefix}-foot`));
    else if ((ctrlKey || metaKey) && key === 'Home') go(document.getElementById(`${idPrefix}-title`));
    else if (key === 'PageDown' || key === 'PageUp') {
      const articles = [...currentTarget.querySelectorAll<HTMLElement>('article')];
      const at = articles.findIndex((article) => article.contains(document.activeElement));
      go(articles[at + (key === 'PageDown' ? 1 : -1)]);
    }
  };
}
