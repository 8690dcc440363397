import { createRef } from 'react';
import { act, fireEvent, render, screen, within } from '@testing-library/react';
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
const curves = (): number => document.querySelectorAll('.recharts-line-curve').length;

beforeEach(() => {
  jest.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue({
    ...{ width: 600, height: 220, left: 0, top: 0, right: 600, bottom: 220, x: 0, y: 0 },
    toJSON: () => ({}),
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('TimeSeriesChart', () => {
  it('draws a line for each series, told apart by colour and dash, with no tab stop and nothing that moves', () => {
    const { container } = draw();
    expect(curves()).toBe(2);
    const dashes = [...document.querySelectorAll('.recharts-line-curve')].map((curve) =>
      curve.getAttribute('stroke-dasharray'),
    );
    expect(new Set(dashes).size).toBe(2);
    expect(container.querySelectorAll('[tabindex]:not([tabindex="-1"])')).toHaveLength(0);
    expect(screen.queryByRole('application')).toBeNull();
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
    expect(container.querySelectorAll('.recharts-reference-line')).toHaveLength(3);
    expect(screen.getByText('target')).toBeInTheDocument();
    expect(screen.getByText('2.5.0')).toBeInTheDocument();
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

  it('says that there is no data', () => {
    draw({ series: [] });
    expect(screen.getByText('No data')).toBeInTheDocument();
    expect(screen.queryByRole('button')).toBeNull();
    expect(screen.getByRole('figure')).toHaveAttribute('data-state', 'empty');
  });

  it('writes a unit that changes with the size at each tick, and dates over days', () => {
    draw({ unit: 'By', series: [{ id: 'a', points: walk({ seed: 1, from: 4e8, to: 9e8 }) }] });
    expect(screen.getByRole('figure', { name: 'Latency' })).toBeInTheDocument();
    expect(document.querySelector('.recharts-wrapper')?.textContent).toContain('MiB');
  });

  it('stands the other way round where people read from right to left', () => {
    draw({
      locale: 'ar',
      series: [{ id: 'a', points: walk({ seed: 1, from: 1, to: 9, count: 300, stepMs: 3.6e6 }) }],
    });
    expect(document.querySelector('.recharts-yAxis')).not.toBeNull();
  });

  it('shows the values under the pointer', () => {
    const { container } = draw();
    const box = container.querySelector('.recharts-wrapper')!;
    act(() => void fireEvent.mouseMove(box, { clientX: 300, clientY: 100 }));
    const tip = container.querySelector('.fd-chart-tip');
    if (tip) expect(tip).toHaveTextContent('Alpha');
  });

  it('has no English of its own', () => {
    const { container } = draw({ messages: pseudoMessages, series: [], title: '1', unit: '' });
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
