import { act, fireEvent, render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createPageClock } from '../../clock.ts';
import { defaultEnvironment, EnvironmentContext } from '../../environment.ts';
import { someEvents, STORY_NOW } from '../../testing/events.ts';
import { pseudoMessages, unmarked } from '../../testing/pseudo.ts';
import { noFilter, type TimelineFilter } from './filter.ts';
import { Timeline } from './Timeline.tsx';
import type { TimelineProps } from './TimelineProps.ts';

const announce = jest.fn();
const onFilterChange = jest.fn<(filter: TimelineFilter) => void>();
let now = STORY_NOW;
const draw = (props: Partial<TimelineProps> = {}) => {
  const clock = createPageClock({ now: () => now });
  const environment = { ...defaultEnvironment, timeZone: 'Europe/Berlin', clock, announcer: { announce } };
  return render(
    <EnvironmentContext value={environment}>
      <Timeline title="Events" entries={someEvents} onFilterChange={onFilterChange} {...props} />
    </EnvironmentContext>,
  );
};
const open = async (name = 'Any time'): Promise<HTMLElement> => {
  await userEvent.click(await screen.findByRole('button', { name }));
  return screen.findByRole('dialog', { name: 'Time' });
};
const write = (label: string, value: string): void =>
  void fireEvent.change(screen.getByLabelText(label), { target: { value } });
const apply = (): Promise<void> => userEvent.click(screen.getByRole('button', { name: 'Apply' }));
const titles = (): number => document.querySelectorAll('.fd-entry-title').length;

beforeEach(() => {
  now = STORY_NOW;
  onFilterChange.mockClear();
  announce.mockClear();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the range of time of a Timeline', () => {
  it('goes back from now by one press, and away by another; the focus goes back to its button', async () => {
    draw();
    await open();
    expect(screen.getAllByRole('button', { name: 'Any time' })[1]).toHaveFocus();
    await userEvent.click(screen.getByRole('button', { name: 'Last 15 minutes' }));
    expect(onFilterChange).toHaveBeenLastCalledWith({ ...noFilter, from: 'now-15m' });
    expect(titles()).toBe(2);
    expect(screen.getByRole('button', { name: 'Last 15 minutes', expanded: false })).toHaveFocus();
    await open('Last 15 minutes');
    await userEvent.click(screen.getByRole('button', { name: 'Any time' }));
    expect(onFilterChange).toHaveBeenLastCalledWith(noFilter);
    expect(titles()).toBe(9);
    await open();
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.getByRole('button', { name: 'Any time' })).toHaveFocus();
  });

  it('that goes back from now moves on with the clock', () => {
    jest.useFakeTimers();
    draw({ defaultFilter: { ...noFilter, from: 'now-15m' } });
    expect(titles()).toBe(2);
    now += 12 * 60_000;
    act(() => void jest.advanceTimersByTime(1000));
    expect(titles()).toBe(1);
  });

  it('takes days, and moments in the zone that it names', async () => {
    draw();
    expect(await open()).toHaveTextContent('Times in Europe/Berlin; without a time of day whole days.');
    write('From', '2026-01-15');
    write('From, time of day', '13:30');
    write('To', '2026-01-15');
    await apply();
    expect(onFilterChange).toHaveBeenLastCalledWith({
      ...noFilter,
      from: '2026-01-15T12:30:00.000Z',
      to: '2026-01-15',
    });
    expect(titles()).toBe(4);
    await open('Jan 15, 2026, 13:30 – Jan 15, 2026');
    expect(screen.getByLabelText('From, time of day')).toHaveValue('13:30');
    expect(screen.getByLabelText('To, time of day')).toHaveValue('');
  });

  it.each([
    ['To', { From: '2026-01-15', To: '2026-01-14' }, 'The end is before the beginning.'],
    ['From', { 'From, time of day': '13:30' }, 'A time of day needs its day.'],
  ])('says what is wrong at its field (%s), and keeps the filter', async (field, values, text) => {
    draw();
    await open();
    for (const [label, value] of Object.entries(values)) write(label, value);
    await apply();
    expect(screen.getByLabelText(field)).toHaveAccessibleDescription(text);
    expect(screen.getByLabelText(field)).toBeInvalid();
    expect(screen.getByLabelText(field)).toHaveFocus();
    expect(announce).toHaveBeenCalledWith(text, 'timeline-range');
    expect(onFilterChange).not.toHaveBeenCalled();
    write(field, '2026-01-16');
    expect(screen.queryByText(text)).toBeNull();
  });

  it('is told to who reads pages as moments', () => {
    const fetchPage = jest.fn<NonNullable<TimelineProps['fetchPage']>>(() => new Promise(() => undefined));
    const filter = { ...noFilter, from: 'now-1h', to: '2026-01-15' };
    draw({ fetchPage, serverFilter: true, filter });
    expect(fetchPage.mock.calls[0]?.[1].range).toEqual({
      from: STORY_NOW - 3_600_000,
      to: Date.parse('2026-01-15T23:00:00Z'),
    });
  });

  it('has no English of its own', async () => {
    draw({ messages: pseudoMessages, locale: 'ja', timeZone: 'UTC' });
    await userEvent.click(screen.getByRole('button', { name: pseudoMessages.timeline?.anyTime ?? '' }));
    const panel = await screen.findByRole('dialog');
    expect(unmarked(panel.textContent ?? '')).toBe('');
  });
});
