import { useEffect, useEffectEvent, useLayoutEffect, type RefObject } from 'react';

const GAP = 4;
const EDGE = 4;

/** Where a panel goes, in px of the window. */
export interface Placement {
  left: number;
  top: number;
  maxHeight: number;
}

/** Below the anchor where there is room, else above, else where there is more; inside the window in any case. */
export function place(
  anchor: { left: number; right: number; top: number; bottom: number },
  panel: { width: number; height: number },
  view: { width: number; height: number },
  rightToLeft: boolean,
): Placement {
  const wanted = rightToLeft ? anchor.right - panel.width : anchor.left;
  const left = Math.max(EDGE, Math.min(wanted, view.width - panel.width - EDGE));
  const below = view.height - anchor.bottom - GAP - EDGE;
  const above = anchor.top - GAP - EDGE;
  const under = below >= panel.height || below >= above;
  const maxHeight = Math.max(0, under ? below : above);
  const top = under ? anchor.bottom + GAP : anchor.top - GAP - Math.min(panel.height, maxHeight);
  return { left, top, maxHeight };
}

/**
 * Shows a panel in the top layer beside its anchor for as long as it is mounted, and keeps it there while the page
 * scrolls or changes its size.
 * Escape, a press outside and a focus that leaves both call `onDismiss`.
 */
export function usePopover(
  anchorRef: RefObject<HTMLElement | null>,
  panelRef: RefObject<HTMLElement | null>,
  onDismiss: (reason: 'escape' | 'outside') => void,
): void {
  useLayoutEffect(() => {
    const panel = panelRef.current;
    const anchor = anchorRef.current;
    if (panel === null || anchor === null) return undefined;
    // Where the browser lacks popovers the panel is still shown, by its fixed position.
    if ('showPopover' in panel) panel.showPopover();
    const settle = (): void => {
      panel.style.maxBlockSize = '';
      const rtl = getComputedStyle(anchor).direction === 'rtl';
      const view = { width: document.documentElement.clientWidth, height: window.innerHeight };
      const { left, top, maxHeight } = place(
        anchor.getBoundingClientRect(),
        panel.getBoundingClientRect(),
        view,
        rtl,
      );
      panel.style.left = `${left}px`;
      panel.style.top = `${top}px`;
      panel.style.maxBlockSize = `${maxHeight}px`;
    };
    settle();
    const sizes = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(settle);
    sizes?.observe(anchor);
    const onScroll = (event: Event): void => {
      if (!(event.target instanceof Node && panel.contains(event.target))) settle();
    };
    window.addEventListener('resize', settle);
    document.addEventListener('scroll', onScroll, { capture: true, passive: true });
    return () => {
      sizes?.disconnect();
      window.removeEventListener('resize', settle);
      document.removeEventListener('scroll', onScroll, { capture: true });
    };
  }, [anchorRef, panelRef]);

  const dismiss = useEffectEvent(onDismiss);
  useEffect(() => {
    const outside = (target: EventTarget | null): boolean =>
      target instanceof Node &&
      panelRef.current?.contains(target) === false &&
      anchorRef.current?.contains(target) === false;
    const onPress = (event: PointerEvent): void => {
      if (outside(event.target)) dismiss('outside');
    };
    const onFocus = (event: FocusEvent): void => {
      if (outside(event.target)) dismiss('outside');
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      dismiss('escape');
    };
    document.addEventListener('pointerdown', onPress);
    document.addEventListener('focusin', onFocus);
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('pointerdown', onPress);
      document.removeEventListener('focusin', onFocus);
      document.removeEventListener('keydown', onKey);
    };
  }, [anchorRef, panelRef]);
}
