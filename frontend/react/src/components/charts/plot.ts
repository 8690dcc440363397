/** Where a chart draws its lines, in px of its box, and how moments and values are placed there. */
export interface Plot {
  left: number;
  right: number;
  top: number;
  bottom: number;
  x: (at: number) => number;
  y: (value: number) => number;
  /** The moment at a place, for pointers. */
  at: (x: number) => number;
}

/** What is kept free around the lines. */
export const AXIS_WIDTH = 64;
export const AXIS_HEIGHT = 30;
export const TOP = 12;
const EDGE = 24;

/** What a plot is made of. `end`: px for the labels at the end of the lines. */
export interface PlotOptions {
  width: number;
  height: number;
  from: number;
  to: number;
  bottom: number;
  top: number;
  end: number;
  rightToLeft: boolean;
}

/** The space beside the lines, where no axis stands. */
export const edgeOf = (end: number): number => Math.max(EDGE, end);

/** Places moments and values as the drawing does. */
export function plotOf({ width, height, from, to, bottom, top, end, rightToLeft }: PlotOptions): Plot {
  const left = rightToLeft ? edgeOf(end) : AXIS_WIDTH;
  const right = width - (rightToLeft ? AXIS_WIDTH : edgeOf(end));
  const floor = height - AXIS_HEIGHT;
  const span = to - from || 1;
  const share = (at: number): number => (rightToLeft ? (to - at) / span : (at - from) / span);
  return {
    left,
    right,
    top: TOP,
    bottom: floor,
    x: (at) => left + share(at) * (right - left),
    y: (value) => floor - ((value - bottom) / (top - bottom || 1)) * (floor - TOP),
    at: (x) => {
      const part = (x - left) / Math.max(1, right - left);
      return rightToLeft ? to - part * span : from + part * span;
    },
  };
}

const NARROW = 400;
const MOST_END = 120;
const CHARACTER = 7;

/** How much room the names at the ends of the lines take; 0 where a legend below serves better. */
export function endWidth(labels: readonly string[], width: number): number {
  if (labels.length < 2 || width < NARROW) return 0;
  return Math.min(MOST_END, 20 + CHARACTER * Math.max(...labels.map(({ length }) => length)));
}

const APART = 14;

/** Moves places that are too close apart, each as little as possible, inside `top` and `bottom`. Keeps their order. */
export function spread(places: readonly number[], top: number, bottom: number): number[] {
  const order = places.map((_, index) => index).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const spreadOut = [...places];
  let next = top;
  for (const index of order) {
    spreadOut[index] = Math.max(places[index] ?? 0, next);
    next = (spreadOut[index] ?? 0) + APART;
  }
  let last = bottom;
  for (const index of order.toReversed()) {
    spreadOut[index] = Math.min(spreadOut[index] ?? 0, last);
    last = (spreadOut[index] ?? 0) - APART;
  }
  return spreadOut;
}
