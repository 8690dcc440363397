import { fireEvent, render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createCrosshair, nearest } from './crosshair.ts';
import { endWidth, plotOf, spread } from './plot.ts';
import { TimeSeriesChart, type TimeSeriesChartProps } from './TimeSeriesChart.tsx';

const START = Date.parse('2026-01-15T14:00:00Z');
const every = (seconds: number, values: readonly (number | null)[]) =>
  values.map((value, index) => ({ start: START + index * seconds * 1000, value }));

/** Two charts of a page: one of every 10 s, one of every 5 s. */
function page(props: Partial<TimeSeriesChartProps> = {}) {
  const both = { timeZone: 'UTC', now: START, ...props };
  return render(
    <>
      <TimeSeriesChart
        title="Latency"
        unit="ms"
        series={[
          { id: 'p50', points: every(10, [1, 2, 3, 4]) },
          { id: 'p95', points: every(10, [10, 20, null, 40]) },
        ]}
        {...both}
      />
      <TimeSeriesChart
        title="Load"
        unit="%"
        series={[{ id: 'load', points: every(5, [5, 6, 7, 8, 9, 10, 11]) }]}
        {...both}
      />
    </>,
  );
}
const read = (title: string): string | null =>
  screen.getByRole('slider', { name: `Values of ${title}` }).getAttribute('aria-valuetext');
const tips = (): (string | null)[] =>
  [...document.querySelectorAll('.fd-chart-tip')].map(({ textContent }) => textContent);

// The test's document knows no place of a pointer event.
const pointAt = (slider: Element, clientX: number): void =>
  void fireEvent(slider, new MouseEvent('pointermove', { clientX, bubbles: true }));

beforeEach(() => {
  jest.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 600, 220));
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('the crosshair of charts', () => {
  it('reads all charts of a page at the moment that the arrow keys go to in one', async () => {
    const user = userEvent.setup();
    page();
    expect(tips()).toEqual([]);
    await user.tab();
    expect(screen.getByRole('slider', { name: 'Values of Latency' })).toHaveFocus();
    await user.keyboard('{ArrowLeft}');
    expect(read('Latency')).toBe('14:00:20: p50 3 ms, p95 no value');
    expect(read('Load')).toBe('14:00:20: load 9 %');
    expect(tips()).toEqual(['14:00:20p50 3 msp95 no value', '14:00:20load 9 %']);
    await user.keyboard('{Home}');
    expect(read('Latency')).toBe('14:00:00: p50 1 ms, p95 10 ms');
    await user.keyboard('{ArrowLeft}{ArrowRight}');
    expect(read('Load')).toBe('14:00:10: load 7 %');
    await user.keyboard('{PageDown}{End}');
    expect(read('Latency')).toBe('14:00:30: p50 4 ms, p95 40 ms');
    expect(screen.getByRole('slider', { name: 'Values of Latency' })).toHaveAttribute('aria-valuenow', '4');
  });

  it('is gone on Escape and on leaving, and lets other keys be', async () => {
    const user = userEvent.setup();
    page();
    await user.tab();
    expect(tips()).toHaveLength(2);
    await user.keyboard('{Escape}');
    expect(tips()).toHaveLength(0);
    await user.keyboard('{Control>}{ArrowLeft}{/Control}x');
    expect(tips()).toHaveLength(0);
    await user.keyboard('{ArrowLeft}');
    expect(tips()).toHaveLength(2);
    await user.tab();
    expect(tips()).toHaveLength(0);
  });

  it('follows the pointer to the nearest moment, and ends where it leaves', () => {
    page();
    const slider = screen.getByRole('slider', { name: 'Values of Load' });
    const { right } = plotOf({
      width: 600,
      height: 220,
      from: 0,
      to: 1,
      bottom: 0,
      top: 1,
      end: 0,
      rightToLeft: false,
    });
    pointAt(slider, 64 + (right - 64) * 0.52);
    expect(read('Load')).toBe('14:00:15: load 8 %');
    expect(tips()[0]).toMatch(/^14:00:10/);
    pointAt(slider, 9999);
    expect(read('Load')).toBe('14:00:30: load 11 %');
    fireEvent.pointerLeave(slider);
    expect(tips()).toHaveLength(0);
  });

  it('can be kept to one chart, and left out with its tab stop', async () => {
    const user = userEvent.setup();
    const { unmount } = page({ crosshair: 'own' });
    await user.tab();
    expect(tips()).toHaveLength(1);
    unmount();
    page({ crosshair: 'none' });
    expect(screen.queryByRole('slider')).toBeNull();
  });

  it('does not stay behind when the chart that moved it goes', async () => {
    const user = userEvent.setup();
    const chart = (title: string) => (
      <TimeSeriesChart key={title} title={title} series={[{ id: 'a', points: every(1, [1, 2]) }]} />
    );
    const { rerender } = render(<>{[chart('A'), chart('B')]}</>);
    await user.tab();
    expect(tips()).toHaveLength(2);
    rerender(<>{[chart('B')]}</>);
    expect(tips()).toHaveLength(0);
  });

  it('goes the way that people read: with the arrows, and with the axis', async () => {
    const user = userEvent.setup();
    page({ locale: 'ar' });
    await user.tab();
    await user.keyboard('{ArrowRight}');
    expect(screen.getAllByRole('slider')[0]).toHaveAttribute('aria-valuenow', '3');
    pointAt(screen.getAllByRole('slider')[0]!, 0);
    expect(screen.getAllByRole('slider')[0]).toHaveAttribute('aria-valuenow', '4');
  });
});

describe('nearest', () => {
  it.each([
    [[], 5, -1],
    [[5], null, -1],
    [[5], 5, 0],
    [[5], 6, -1],
    [[0, 10, 20], 4, 0],
    [[0, 10, 20], 5, 0],
    [[0, 10, 20], 6, 1],
    [[0, 10, 20], 30, 2],
    [[0, 10, 20], 31, -1],
    [[0, 10, 20], -10, 0],
    [[0, 10, 20], -11, -1],
  ])('of %j to %s is at %d', (times, at, index) => {
    expect(nearest(times, at)).toBe(index);
  });
});

describe('createCrosshair', () => {
  it('tells of changes only, until nobody listens', () => {
    const crosshair = createCrosshair();
    const listener = jest.fn();
    const leave = crosshair.subscribe(listener);
    crosshair.set(5);
    crosshair.set(5);
    expect(listener).toHaveBeenCalledTimes(1);
    leave();
    crosshair.set(null);
    expect(listener).toHaveBeenCalledTimes(1);
    expect(crosshair.get()).toBeNull();
  });
});

describe('the names at the ends of lines', () => {
  it('keep apart, in order and inside', () => {
    expect(spread([50, 51, 10, 52], 0, 100)).toEqual([50, 64, 10, 78]);
    expect(spread([100, 99], 0, 100)).toEqual([100, 86]);
    expect(spread([], 0, 100)).toEqual([]);
  });

  it('take room by their length, and none on a narrow chart or for a single line', () => {
    expect(endWidth(['ab', 'abcd'], 600)).toBe(48);
    expect(endWidth(['a'.repeat(99), 'b'], 600)).toBe(120);
    expect(endWidth(['a', 'b'], 399)).toBe(0);
    expect(endWidth(['a'], 600)).toBe(0);
  });
});
