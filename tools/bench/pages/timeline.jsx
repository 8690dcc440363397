// 10,000 entries, drawn by the kit and by the bare virtual list.
import { useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Timeline } from '@fleetdeck/react';
import '@fleetdeck/react/styles.css';

const NOW = Date.now();
const TYPES = ['deployment', 'health', 'queue', 'operation', 'security'];
const STATUSES = ['success', 'success', 'warning', 'failed', 'in_progress'];
const entries = Array.from({ length: 10_000 }, (_, index) => ({
  id: `e${index}`,
  at: NOW - index * 120_000,
  title: `agent-${index % 400} ${TYPES[index % 5]} event`,
  type: TYPES[index % 5],
  status: STATUSES[(index * 7) % 5],
}));
const none = { text: '', types: [], statuses: [], from: null, to: null };

let change = () => undefined;

function Kit() {
  const [props, setProps] = useState({ entries, filter: none });
  useEffect(() => {
    change = setProps;
  });
  return <Timeline title="Events" {...props} />;
}

/** The list of the documentation: measured rows, placed by a transform. */
function Bare() {
  const scroller = useRef(null);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 37,
    overscan: 8,
  });
  return (
    <div ref={scroller} style={{ blockSize: 640, overflow: 'auto' }}>
      <div style={{ blockSize: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ key, index, start }) => (
          <div
            key={key}
            data-index={index}
            ref={virtual.measureElement}
            style={{ position: 'absolute', insetInline: 0, transform: `translateY(${start}px)` }}
          >
            <b>{entries[index].title}</b> <time>{new Date(entries[index].at).toLocaleTimeString()}</time>
          </div>
        ))}
      </div>
    </div>
  );
}

let root;
const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
/** How long the page is blocked: by drawing it anew, its effects and its layout, or by the longest task of the next frame. */
const timed = async (work) => {
  let longest = 0;
  const tasks = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
  });
  const began = performance.now();
  flushSync(work);
  document.body.getBoundingClientRect();
  const blocked = performance.now() - began;
  tasks.observe({ type: 'longtask' });
  await frame();
  await frame();
  tasks.disconnect();
  return Math.max(blocked, longest);
};

window.bench = {
  mount: async (kind) => {
    const Page = kind === 'kit' ? Kit : Bare;
    const began = performance.now();
    root = createRoot(document.getElementById('root'));
    flushSync(() => root.render(<Page />));
    while (document.querySelector('[data-index]') === null) await frame();
    await frame();
    return performance.now() - began;
  },
  nodes: () => document.querySelectorAll('#root *').length,
  prepend: () =>
    timed(() =>
      change((known) => ({
        ...known,
        entries: [{ id: `new${known.entries.length}`, at: NOW + 1, title: 'new' }, ...known.entries],
      })),
    ),
  filter: () => timed(() => change((known) => ({ ...known, filter: { ...none, text: 'agent-77' } }))),
  unfilter: () => timed(() => change((known) => ({ ...known, filter: none }))),
  unmount: async () => {
    root.unmount();
    await frame();
  },
};
