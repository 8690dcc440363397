import { useEffectEvent, useLayoutEffect, useRef, type ReactNode } from 'react';

/** Props of {@link Tooltip}. */
export interface TooltipProps {
  /** What it explains; it is placed below that, or above where there is no room. */
  anchor: HTMLElement;
  /** Called on Escape, and on scrolling unless the focus is on what it explains: when it should go. */
  onDismiss: () => void;
  children: ReactNode;
}

const GAP = 6;
const EDGE = 4;

/**
 * A line of text over the page, kept inside the window. It lies in the top layer, so no scrolling parent cuts it
 * off. Screen readers skip it: what it explains carries the same words as its name.
 */
export function Tooltip({ anchor, onDismiss, children }: TooltipProps) {
  const ref = useRef<HTMLSpanElement>(null);
  const dismiss = useEffectEvent(onDismiss);

  useLayoutEffect(() => {
    const tip = ref.current;
    if (tip === null) return;
    // Where the browser lacks popovers the tip is still shown, by its fixed position.
    if ('showPopover' in tip) tip.showPopover();
    const place = (): void => {
      const target = anchor.getBoundingClientRect();
      const own = tip.getBoundingClientRect();
      const left = target.left + target.width / 2 - own.width / 2;
      const below = target.bottom + GAP;
      const above = target.top - GAP - own.height;
      const fits = below + own.height <= window.innerHeight - EDGE || above < EDGE;
      tip.style.left = `${Math.max(EDGE, Math.min(left, window.innerWidth - own.width - EDGE))}px`;
      tip.style.top = `${fits ? below : above}px`;
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') dismiss();
    };
    const onScroll = (): void => {
      // The page scrolls to what gets the focus.
      if (anchor.closest(':focus')) place();
      else dismiss();
    };
    place();
    document.addEventListener('keydown', onKey);
    document.addEventListener('scroll', onScroll, true);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('scroll', onScroll, true);
    };
  }, [anchor]);

  return (
    <span ref={ref} popover="manual" className="fd-tooltip" aria-hidden="true">
      {children}
    </span>
  );
}
