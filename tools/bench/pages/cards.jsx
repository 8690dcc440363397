// 50 cards with 60 points each, drawn by the kit, by hand, and by the chart library's own parts.
import { memo, useMemo, useSyncExternalStore } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { Area, AreaChart, ResponsiveContainer, Tooltip } from 'recharts';
import { MetricsCard } from '@fleetdeck/react';
import '@fleetdeck/react/styles.css';

const CARDS = 50;
const POINTS = 60;
const start = Date.now() - POINTS * 1000;

/** One series for each card; every batch gives each a new point. */
function makeSeries(index) {
  let tick = POINTS;
  const value = (at) =>
    500 + Math.round(400 * Math.sin((at + index) / 7) + ((at * 7919 + index * 104_729) % 97));
  const point = (at) => ({ start: new Date(start + at * 1000).toISOString(), value: value(at) });
  let points = Array.from({ length: POINTS }, (_, at) => point(at));
  const listeners = new Set();
  return {
    title: `Metric ${index}`,
    read: () => points,
    subscribe: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    step: () => {
      points = [...points.slice(1), point(tick)];
      tick += 1;
      for (const listener of listeners) listener();
    },
  };
}

const number = new Intl.NumberFormat('en');
const useSeries = (series) => useSyncExternalStore(series.subscribe, series.read);

function KitCard({ series }) {
  const points = useSeries(series);
  return (
    <MetricsCard
      title={series.title}
      value={points.at(-1).value}
      unit="ms"
      status="healthy"
      points={points}
      asOf={points.at(-1).start}
      staleAfterMs={60_000}
    />
  );
}

/** A card written by hand that shows and says the same: status, number, line with its end and in words, and its age. */
const HandCard = memo(function HandCard({ series }) {
  const points = useSeries(series);
  const { line, last, words } = useMemo(() => {
    const values = points.map((point) => point.value);
    const min = Math.min(...values);
    const max = Math.max(...values);
    const y = (value) => 36 - ((value - min) / (max - min || 1)) * 32;
    const path = values
      .map((value, at) => `${at === 0 ? 'M' : 'L'}${4 + (at * 232) / 59} ${y(value)}`)
      .join('');
    const now = values.at(-1);
    return {
      line: path,
      last: `M236 ${y(now)}h0`,
      words: `min ${number.format(min)} ms, max ${number.format(max)} ms, now ${number.format(now)} ms`,
    };
  }, [points]);
  return (
    <section className="fd-metric" role="group" aria-label={series.title}>
      <div className="fd-metric-head">
        <h3 className="fd-metric-title">{series.title}</h3>
        <span className="fd-badge" data-tone="healthy">
          <svg className="fd-glyph" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" />
          </svg>
          <span className="fd-badge-text">Healthy</span>
        </span>
      </div>
      <p className="fd-metric-value">
        <span className="fd-metric-number">{number.format(points.at(-1).value)}</span>
        <span className="fd-metric-unit"> ms</span>
      </p>
      <div className="fd-metric-spark">
        <svg className="fd-spark" viewBox="0 0 240 40" preserveAspectRatio="none" aria-hidden="true">
          <path className="fd-spark-line" d={line} vectorEffect="non-scaling-stroke" />
          <path className="fd-spark-last" d={last} vectorEffect="non-scaling-stroke" />
        </svg>
        <p className="fd-hidden">{words}</p>
      </div>
      <p className="fd-metric-foot">live · {number.format(ageOf(points))} s</p>
    </section>
  );
});

function ageOf(points) {
  return Math.max(0, Math.floor((Date.now() - Date.parse(points.at(-1).start)) / 1000));
}

/** A card with a small area chart of the library, as it is documented. */
function ChartCard({ series }) {
  const points = useSeries(series);
  return (
    <section className="fd-metric">
      <h3>{series.title}</h3>
      <p>{points.at(-1).value} ms</p>
      <ResponsiveContainer width="100%" height={40}>
        <AreaChart data={points}>
          <Tooltip />
          <Area dataKey="value" isAnimationActive={false} dot={false} />
        </AreaChart>
      </ResponsiveContainer>
    </section>
  );
}

const KINDS = { kit: KitCard, hand: HandCard, chart: ChartCard };
let root;
let all = [];
const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

window.bench = {
  longTasks: 0,
  mount: async (kind) => {
    all = Array.from({ length: CARDS }, (_, index) => makeSeries(index));
    const Card = KINDS[kind];
    root = createRoot(document.getElementById('root'));
    flushSync(() =>
      root.render(
        <div style={{ display: 'grid', gap: 12, gridTemplateColumns: 'repeat(5, 1fr)' }}>
          {all.map((series) => (
            <Card key={series.title} series={series} />
          ))}
        </div>,
      ),
    );
    await frame();
  },
  batch: async () => {
    flushSync(() => all.forEach((series) => series.step()));
    await frame();
  },
  tabStops: () => document.querySelectorAll('#root [tabindex="0"], #root button, #root a[href]').length,
  unmount: async () => {
    root.unmount();
    await frame();
  },
};
new PerformanceObserver((list) => {
  window.bench.longTasks += list.getEntries().length;
}).observe({ entryTypes: ['longtask'] });
