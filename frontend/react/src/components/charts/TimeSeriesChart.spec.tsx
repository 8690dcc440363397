import { createRef } from 'react';
import { fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { walk } from '../../testing/series.ts';
import { pseudoMessages, unmarked } from '../../testing/pseudo.ts';
import { MAX_TABLE_ROWS } from './ChartTable.tsx';
import { MetricTrend } from './MetricTrend.tsx';
import { TimeSeriesChart, type TimeSeriesChartProps } from './TimeSeriesChart.tsx';

const NOW = Date.parse('2026-01-15T14:07:12Z');
const points = walk({ seed: 1, from: 100, to: 300, count: 60 });
const series = [
  { id: 'a', label: 'Alpha', points },
  { id: 'b', points: walk({ seed: 2, from: 50, to: 20, count: 60 }) },
];
const draw = (props: Partial<TimeSeriesChartProps> = {}) =>
  render(<TimeSeriesChart title="Latency" unit="ms" series={series} timeZone="UTC" now={NOW} {...props} />);
/** What stands at the axis of values, its lines joined. */
const valueTicks = (): string[] =>
  [...document.querySelectorAll('.recharts-yAxis-tick-labels text')].map(({ children }) =>
    [...children].map(({ textContent }) => textContent).join(' '),
  );
const curves = (): number => document.querySelectorAll('.recharts-line-curve').length;

beforeEach(() => {
  jest.spyOn(Element.prototype, 'getBoundingClientRect').mockImplementation(function (this: Element) {
    // The library measures its words in an element of its own.
    return this.id.startsWith('recharts') ? new DOMRect(0, 0, 40, 12) : new DOMRect(0, 0, 600, 220);
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('TimeSeriesChart', () => {
  it('draws a line for each series, told apart by colour and dash, with one tab stop and nothing that moves', () => {
    const { container } = draw();
    expect(curves()).toBe(2);
    const dashes = [...document.querySelectorAll('.recharts-line-curve')].map((curve) =>
      curve.getAttribute('stroke-dasharray'),
    );
    expect(new Set(dashes).size).toBe(2);
    expect([...container.querySelectorAll('[tabindex]:not([tabindex="-1"])')]).toEqual([
      screen.getByRole('slider', { name: 'Values of Latency' }),
    ]);
    expect(screen.queryByRole('application')).toBeNull();
  });

  it.each([
    ['2026-01-15T23:58:00Z', '2026-01-16T00:01:00Z', 'Jan 15, 23:58:00 to Jan 16, 00:01:00, UTC'],
    ['2025-12-31T23:58:00Z', '2026-01-02T00:01:00Z', 'Dec 31, 2025, 23:58:00 to Jan 2, 2026, 00:01:00, UTC'],
    ['2026-01-15T12:00:00Z', '2026-01-15T12:03:00Z', '12:00:00 to 12:03:00, UTC'],
  ])('gives the dates of a span only when it reaches over midnight: %s', (from, to, span) => {
    const ends = [from, to].map((start) => ({ start, value: 1 }));
    draw({ series: [{ id: 'a', points: ends }] });
    expect(screen.getByRole('figure')).toHaveTextContent(span);
  });

  it('draws a dot where a value stands alone between gaps, in the colour of its line', () => {
    const at = (minute: number, value: number | null) => ({ start: `2026-01-15T12:0${minute}:00Z`, value });
    draw({
      series: [
        { id: 'a', points: [at(0, 1), at(1, 2), at(2, 3)] },
        { id: 'b', points: [at(0, 4), at(1, null), at(2, 5)] },
      ],
    });
    const dots = [...document.querySelectorAll('.recharts-line-dot')];
    expect(dots.map((dot) => dot.getAttribute('fill'))).toEqual(['var(--fd-ch-2)', 'var(--fd-ch-2)']);
  });

  it('is a figure with its span, its zone and each line in words', () => {
    const ref = createRef<HTMLElement>();
    draw({ ref, className: 'mine' });
    const figure = screen.getByRole('figure', { name: 'Latency ms' });
    expect(figure).toBe(ref.current);
    expect(figure).toHaveClass('fd-chart', 'mine');
    expect(figure).toHaveTextContent('14:02:10 to 14:07:05, UTC');
    expect(within(figure).getAllByRole('listitem')[0]).toHaveTextContent(
      /Alpha: min .* ms, max .* ms, now 300 ms, rising/,
    );
  });

  it('leaves a gap where nothing was measured', () => {
    const gap = points.map((point, index) => (index > 20 && index < 30 ? { ...point, value: null } : point));
    draw({ series: [{ id: 'a', points: gap }] });
    const path = document.querySelector('.recharts-line-curve')?.getAttribute('d') ?? '';
    expect(path.match(/M/g)).toHaveLength(2);
  });

  it('draws thresholds and events, and hatches what nobody confirmed', () => {
    const { container } = draw({
      thresholds: [
        { value: 200, label: 'target', status: 'degraded' },
        { value: 10, label: 'floor' },
      ],
      markers: [
        { at: '2026-01-15T14:05:00Z', label: '2.5.0' },
        { at: 'never', label: 'lost' },
      ],
      asOf: NOW - 60_000,
      staleAfterMs: 1_000,
    });
    const levels = [...container.querySelectorAll('.recharts-reference-line-line')];
    expect(levels.map((level) => level.getAttribute('stroke'))).toEqual([
      'var(--fd-st-degraded)',
      'var(--fd-text-3)',
    ]);
    expect(container.querySelector('.recharts-wrapper')).toHaveTextContent('target');
    expect(container.querySelectorAll('.fd-chart-marker')).toHaveLength(1);
    expect(container.querySelector('.fd-chart-marker')).toHaveTextContent('2.5.0');
    const told = screen.getAllByRole('listitem').map(({ textContent }) => textContent);
    expect(told.slice(-3)).toEqual(['14:05:00: 2.5.0', 'target', 'floor']);
    expect(container.querySelector('.recharts-reference-area')).not.toBeNull();
    expect(screen.getByRole('figure')).toHaveAttribute('data-stale', 'true');
  });

  it('shows its values as a table, newest first, and says where one is missing', () => {
    draw({ series: [...series, { id: 'c', points: [{ start: NOW, value: null }] }] });
    fireEvent.click(screen.getByRole('button', { name: 'Show as table' }));
    const rows = screen.getAllByRole('row');
    expect(rows[0]).toHaveTextContent('TimeAlphabc');
    expect(rows[1]).toHaveTextContent('14:07:12no valueno valueno value');
    expect(rows[2]).toHaveTextContent('14:07:05300 ms20 msno value');
    fireEvent.click(screen.getByRole('button', { name: 'Hide table' }));
    expect(screen.queryByRole('table')).toBeNull();
  });

  it('draws five lines at most, has all in its table, and of very many rows the newest', () => {
    const many = Array.from({ length: 7 }, (_, index) => ({
      id: `s${index}`,
      points: walk({ seed: index, from: 1, to: 9, count: 600 }),
    }));
    draw({ series: many });
    expect(curves()).toBe(5);
    expect(screen.getByText('2 more series are only in the table.')).toBeInTheDocument();
    fireEvent.click(screen.getByRole('button', { name: 'Show as table' }));
    expect(screen.getAllByRole('row')).toHaveLength(MAX_TABLE_ROWS + 1);
    expect(screen.getByText('The newest 500 of 600 rows.')).toBeInTheDocument();
    expect(within(screen.getAllByRole('row')[0]!).getAllByRole('columnheader')).toHaveLength(8);
  });

  it('says that there is no data, to screen readers as well, and once', () => {
    draw({ series: [{ id: 'a', points: [] }] });
    const figure = screen.getByRole('figure');
    expect(screen.getByText('No data').closest('[aria-hidden]')).toBeNull();
    expect(figure.textContent?.match(/No data/g)).toHaveLength(1);
    expect(screen.queryByRole('button')).toBeNull();
    expect(figure).toHaveAttribute('data-state', 'empty');
    expect(figure).not.toHaveAttribute('aria-busy');
  });

  it('draws no lines of what it is told to be empty', () => {
    const { rerender } = draw();
    fireEvent.click(screen.getByRole('button', { name: 'Show as table' }));
    rerender(<TimeSeriesChart title="Latency" unit="ms" series={series} state="empty" />);
    expect(screen.getByRole('figure')).toHaveAttribute('data-state', 'empty');
    expect(curves()).toBe(0);
    expect(screen.queryByRole('table')).toBeNull();
  });

  it('is busy and says so before the first values, and shows the values it has while it reads others', () => {
    const { rerender } = draw({ series: [], state: 'loading' });
    const figure = screen.getByRole('figure', { name: 'Latency ms' });
    expect(figure).toHaveAttribute('data-state', 'loading');
    expect(figure).toHaveAttribute('aria-busy', 'true');
    expect(screen.getByText('Loading').closest('[aria-hidden]')).toBeNull();
    expect(screen.queryByText('No data')).toBeNull();
    rerender(<TimeSeriesChart title="Latency" unit="ms" series={series} state="loading" />);
    expect(figure).toHaveAttribute('data-state', 'ready');
    expect(figure).not.toHaveAttribute('aria-busy');
    expect(curves()).toBe(2);
  });

  it('says what went wrong, and draws no values where it has none', () => {
    const { rerender } = draw({ series: [], state: 'error' });
    const figure = screen.getByRole('figure');
    expect(figure).toHaveAttribute('data-state', 'error');
    expect(screen.getByText('The values could not be read.').closest('[aria-hidden]')).toBeNull();
    expect(screen.queryByRole('button')).toBeNull();
    rerender(<TimeSeriesChart title="Latency" series={[]} state="error" errorMessage="No database." />);
    expect(figure).toHaveTextContent(/^LatencyNo database\.$/);
  });

  it('keeps the values that it has when others could not be read, marked as the last known', () => {
    const { container } = draw({
      state: 'error',
      errorMessage: 'No database.',
      asOf: NOW,
      staleAfterMs: 1000,
    });
    expect(curves()).toBe(2);
    expect(screen.getByText('Last known value. No database.')).toBeInTheDocument();
    expect(container.querySelector('.recharts-reference-area')).not.toBeNull();
    expect(screen.getByRole('button', { name: 'Show as table' })).toBeInTheDocument();
    expect(screen.getByRole('figure')).not.toHaveAttribute('data-stale');
  });

  it.each([
    ['the values are there', series],
    ['it is known that there are none', []],
  ])('tries again by a button that keeps the focus; the chart takes it once %s', (_, found) => {
    const onRetry = jest.fn();
    const common = { title: 'Latency', unit: 'ms', onRetry, now: NOW };
    const { rerender } = render(<TimeSeriesChart {...common} series={[]} state="error" />);
    const button = screen.getByRole('button', { name: 'Try again' });
    button.focus();
    fireEvent.click(button);
    expect(onRetry).toHaveBeenCalledTimes(1);
    rerender(<TimeSeriesChart {...common} series={[]} state="loading" />);
    expect(button).toHaveFocus();
    expect(button).toHaveTextContent('Loading');
    expect(button).toHaveAttribute('aria-disabled', 'true');
    fireEvent.click(button);
    expect(onRetry).toHaveBeenCalledTimes(1);
    rerender(<TimeSeriesChart {...common} series={[]} state="error" />);
    expect(button).toHaveFocus();
    expect(button).toHaveTextContent('Try again');
    fireEvent.click(button);
    rerender(<TimeSeriesChart {...common} series={[]} state="loading" />);
    rerender(<TimeSeriesChart {...common} series={found} />);
    expect(screen.queryByRole('button', { name: /Try again|Loading/ })).toBeNull();
    expect(screen.getByRole('figure')).toHaveFocus();
    rerender(<TimeSeriesChart {...common} series={[]} state="loading" />);
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('leaves the focus where it is when values come that nobody asked for', () => {
    const common = { title: 'Latency', onRetry: () => undefined };
    const { rerender } = render(<TimeSeriesChart {...common} series={[]} state="error" />);
    rerender(<TimeSeriesChart {...common} series={series} />);
    expect(document.body).toHaveFocus();
  });

  it('writes a unit that changes with the size at each tick, and dates over days', () => {
    draw({ unit: 'By', series: [{ id: 'a', points: walk({ seed: 1, from: 4e8, to: 9e8 }) }] });
    expect(screen.getByRole('figure', { name: 'Latency' })).toBeInTheDocument();
    expect(valueTicks()).toEqual(['0 B', '256 MiB', '512 MiB', '768 MiB', '1 GiB']);
  });

  it('has round ticks of the bytes that it writes: of 1024, or of 1000 where they are written so', () => {
    const bytes = [{ id: 'a', points: walk({ seed: 1, from: 4e8, to: 9e8 }) }];
    const { unmount } = draw({ unit: 'By', format: 'decimalBytes', series: bytes });
    expect(valueTicks()).toEqual(['0 B', '250 MB', '500 MB', '750 MB', '1 GB']);
    unmount();
    draw({ unit: '', format: 'bytes', series: bytes });
    expect(valueTicks()).toEqual(['0 B', '256 MiB', '512 MiB', '768 MiB', '1 GiB']);
  });

  it('names the unit of a format in its title, where no unit is given', () => {
    const shares = [0.1, 0.9].map((value, index) => ({ start: NOW + index * 1000, value }));
    draw({ unit: undefined, format: 'percent', series: [{ id: 'a', points: shares }] });
    expect(screen.getByRole('figure', { name: 'Latency %' })).toBeInTheDocument();
    expect(valueTicks()).toEqual(['0', '25', '50', '75', '100']);
  });

  it.each(['ar', 'ckb'])('stands the other way round where people read from right to left: %s', (locale) => {
    draw({
      locale,
      series: [{ id: 'a', points: walk({ seed: 1, from: 1, to: 9, count: 300, stepMs: 3.6e6 }) }],
    });
    expect(
      Number(document.querySelector('.recharts-yAxis-tick-labels text')?.getAttribute('x')),
    ).toBeGreaterThan(500);
  });

  it('gives a level the colour of its status only once a value is past it', () => {
    const { container } = draw({
      thresholds: [
        { value: 5000, label: 'far', status: 'critical' },
        { value: 5000, label: 'low', status: 'critical', side: 'below' },
      ],
    });
    expect(
      [...container.querySelectorAll('.recharts-reference-line-line')].map((level) =>
        level.getAttribute('stroke'),
      ),
    ).toEqual(['var(--fd-text-3)', 'var(--fd-st-critical)']);
  });

  it('names its lines at their ends where there is room, and below them where there is not', () => {
    const { container, rerender } = draw();
    const names = [...container.querySelectorAll('.fd-chart-name')].map(({ textContent }) => textContent);
    expect(names).toEqual(['Alpha', 'b']);
    expect(container.querySelector('.fd-chart-legend')).toBeNull();
    jest.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 300, 220));
    rerender(<TimeSeriesChart key="narrow" title="Latency" unit="ms" series={series} now={NOW} />);
    expect(container.querySelector('.fd-chart-name')).toBeNull();
    expect(container.querySelector('.fd-chart-legend')).not.toBeNull();
  });

  it('draws all that are too many as one line when it is told how', () => {
    const many = Array.from({ length: 9 }, (_, index) => ({
      id: `s${index}`,
      points: [
        { start: NOW - 1000, value: 1 },
        { start: NOW, value: index },
      ],
    }));
    draw({ series: many, other: 'sum' });
    expect(curves()).toBe(5);
    expect(screen.queryByText(/only in the table/)).toBeNull();
    expect(screen.getAllByRole('listitem')[4]).toHaveTextContent('5 others: min 5 ms, max 30 ms, now 30 ms');
  });

  it('is hatched at its end when its source says that it is stale', () => {
    const { container } = draw({ stale: true });
    expect(screen.getByRole('figure')).toHaveAttribute('data-stale', 'true');
    expect(screen.getByText('Last known value.').closest('[aria-hidden]')).toBeNull();
    expect(container.querySelector('.recharts-reference-area')).not.toBeNull();
  });

  it('says in words when its values were last seen, once they are too old', () => {
    draw({ asOf: NOW - 60_000, staleAfterMs: 1000 });
    expect(screen.getByText('last seen 14:06:12 (1 min)')).toBeInTheDocument();
  });

  it.each([
    ['without data', {}],
    ['while it loads', { state: 'loading' }],
    ['after an error', { state: 'error', onRetry: () => undefined }],
    ['when it is outdated', { stale: true }],
  ] as const)('has no English of its own %s', (_, props) => {
    const { container } = draw({ messages: pseudoMessages, series: [], title: '1', unit: '', ...props });
    expect(unmarked(container.textContent ?? '').replaceAll(/[\s\d]/g, '')).toBe('');
  });
});

describe('MetricTrend', () => {
  it('is a chart of one metric', () => {
    render(<MetricTrend title="CPU" unit="%" points={points} now={NOW} />);
    expect(screen.getByRole('figure', { name: 'CPU %' })).toBeInTheDocument();
    expect(curves()).toBe(1);
  });
});
