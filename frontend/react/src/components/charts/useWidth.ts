import { useLayoutEffect, useState, type RefCallback } from 'react';

type Listener = (width: number) => void;
const listeners = new WeakMap<Element, Listener>();
let observer: ResizeObserver | null | undefined;

/** One observer for all charts of a page: one for each costs a layout for each. */
function shared(): ResizeObserver | null {
  observer ??=
    typeof ResizeObserver === 'undefined'
      ? null
      : new ResizeObserver((entries) => {
          for (const { target, contentRect } of entries) listeners.get(target)?.(contentRect.width);
        });
  return observer;
}

/** The width of an element in whole px, 0 before it is known. Give the first answer to it as `ref`. */
export function useWidth(): [RefCallback<HTMLElement>, number] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (element === null) return undefined;
    const take: Listener = (measured) => setWidth(Math.floor(measured));
    listeners.set(element, take);
    shared()?.observe(element);
    take(element.getBoundingClientRect().width);
    return () => {
      listeners.delete(element);
      shared()?.unobserve(element);
    };
  }, [element]);
  return [setElement, width];
}
