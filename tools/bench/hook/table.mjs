// The page that both hooks feed: a row for each key, and counters that the bench reads.
import { createElement as h, memo } from 'react';
import { createRoot } from 'react-dom/client';

// Made by the page before React is loaded, which looks for where to tell of commits at once.
const counters = globalThis.benchCounters;

/** Takes note of a message that reached the application. */
export function note({ seq }) {
  counters.messages += 1;
  if (seq !== counters.last + 1) counters.outOfOrder += 1;
  counters.last = seq;
}

const Row = memo(({ name, value }) => h('tr', null, h('td', null, name), h('td', null, value)));

/** @param values - the newest payload of each row */
export function Table({ values }) {
  return h(
    'table',
    null,
    h(
      'tbody',
      null,
      [...values].map(([name, { value }]) => h(Row, { key: name, name, value })),
    ),
  );
}

export function show(component) {
  const root = document.createElement('div');
  document.body.append(root);
  createRoot(root).render(h(component));
}
