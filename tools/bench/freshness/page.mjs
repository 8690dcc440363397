// A page that follows 1,000 series and shows a card and 50 rows of them; it notes when each number was painted.
import { createElement as h, memo } from 'react';
import { createRoot } from 'react-dom/client';
import { HttpClient, WebSocketManager } from '@fleetdeck/client';
import { SOCKET_PATH } from '@fleetdeck/dto';
import { FleetdeckProvider, MetricsCard, useMetrics } from '@fleetdeck/react';

const http = new HttpClient({ baseUrl: '/api/v1' });
const socket = new WebSocketManager(SOCKET_PATH, { http });
/** `[series, value, painted at]`, one after the other, in milliseconds since the epoch. */
const shown = (globalThis.benchShown = []);

/** Every so many series have a row: as many as fit a screen. */
const EACH = 20;

const Row = memo(({ name, value }) => h('tr', null, h('th', null, name), h('td', { id: name }, value)));

function Page() {
  const { series, state } = useMetrics(['bench_level'], { spanSeconds: 60, maxPoints: 60 });
  const [first] = series;
  return h(
    'main',
    { 'data-state': state, 'data-series': series.length },
    h(MetricsCard, { title: 'u0', value: first?.value, points: first?.points, asOf: first?.asOf }),
    h(
      'table',
      null,
      h(
        'tbody',
        null,
        series
          .filter(({ labels }) => Number(labels.unit.slice(1)) % EACH === 0)
          .map(({ labels, value }) => h(Row, { key: labels.unit, name: labels.unit, value })),
      ),
    ),
  );
}

new globalThis.MutationObserver((changes) => {
  const numbers = [];
  for (const { type, target } of changes) {
    const cell = target.parentElement;
    if (type === 'characterData' && cell?.tagName === 'TD') {
      numbers.push(Number(cell.id.slice(1)), Number(target.data));
    }
  }
  // A task after the next frame began: until then nobody has seen it.
  globalThis.requestAnimationFrame(() =>
    setTimeout(() => {
      const at = Date.now();
      for (let i = 0; i < numbers.length; i += 2) shown.push(numbers[i], numbers[i + 1], at);
    }),
  );
}).observe(document.body, { characterData: true, subtree: true });

const root = document.createElement('div');
document.body.append(root);
createRoot(root).render(h(FleetdeckProvider, { socket, http }, h(Page)));
