import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import type { Page } from '@fleetdeck/dto';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createPageClock } from '../../clock.ts';
import { defaultEnvironment, EnvironmentContext } from '../../environment.ts';
import { manyEvents, someEvents, STORY_NOW } from '../../testing/events.ts';
import type { TimelineEntry } from './entries.ts';
import { noFilter } from './filter.ts';
import { Timeline } from './Timeline.tsx';
import type { TimelineProps } from './TimelineProps.ts';

const announce = jest.fn();
const clock = createPageClock({ now: () => STORY_NOW });
const draw = (props: Partial<TimelineProps> = {}) => {
  const element = (over: Partial<TimelineProps>) => (
    <EnvironmentContext value={{ ...defaultEnvironment, timeZone: 'UTC', clock, announcer: { announce } }}>
      <Timeline title="Events" entries={someEvents} {...props} {...over} />
    </EnvironmentContext>
  );
  const shown = render(element({}));
  return { ...shown, again: (over: Partial<TimelineProps>) => shown.rerender(element(over)) };
};
/** Lets the parts that are loaded after the first drawing come. */
const loaded = (): Promise<void> =>
  act(async () => {
    await import('./TimelineEffects.tsx');
  });
const titles = (): (string | null)[] =>
  [...document.querySelectorAll('.fd-entry-title')].map((title) => title.textContent);
const settle = (work: () => void): Promise<void> => act(() => Promise.resolve(work()));
const headOf = (id: string): HTMLElement | undefined =>
  [...document.querySelectorAll<HTMLElement>('[data-entry]')].find(({ dataset }) => dataset.entry === id);

interface Asked {
  what: string | null;
  answer: (page: Page<TimelineEntry>) => void;
  fail: (reason: Error) => void;
}
const asking = () => {
  const asked: Asked[] = [];
  const ask = (what: string | null) =>
    new Promise<Page<TimelineEntry>>((answer, fail) => void asked.push({ what, answer, fail }));
  return {
    asked,
    fetchPage: (cursor: string | null) => ask(cursor),
    fetchAround: (id: string) => ask(`around ${id}`),
  };
};

beforeAll(async () => {
  const { unmount } = draw();
  await loaded();
  unmount();
});
beforeEach(() => {
  announce.mockClear();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a link to an entry', () => {
  it.each(['it\'s "quoted"', 'line\nbreak', 'back\\slash', ']', 'e1'])(
    'finds the entry whose id is %j',
    (id) => {
      draw({
        focusEntryId: id,
        entries: [
          { id: 'x', at: 2, title: 'other' },
          { id, at: 1, title: 'this', description: 'd' },
        ],
      });
      expect(headOf(id)).toHaveFocus();
      expect(headOf(id)).toHaveAttribute('aria-expanded', 'true');
    },
  );

  it('focuses an entry that has nothing to open, and opens none', () => {
    const onExpandedChange = jest.fn();
    draw({ focusEntryId: 'e6', onExpandedChange });
    expect(headOf('e6')).toHaveFocus();
    expect(onExpandedChange).not.toHaveBeenCalled();
  });

  it('leaves one open that is, and takes the focus once', () => {
    const onExpandedChange = jest.fn();
    const props = { focusEntryId: 'e1', expanded: ['e1'], onExpandedChange };
    const { again } = draw(props);
    expect(headOf('e1')).toHaveFocus();
    expect(onExpandedChange).not.toHaveBeenCalled();
    act(() => screen.getByRole('searchbox').focus());
    again({ filter: { ...noFilter, text: 'nothing' } });
    again({ filter: noFilter });
    expect(screen.getByRole('searchbox')).toHaveFocus();
    again({ focusEntryId: null });
    again({ focusEntryId: 'e1' });
    expect(headOf('e1')).toHaveFocus();
  });

  it('waits for an entry that comes later, and says so meanwhile', () => {
    jest.useFakeTimers();
    const { again } = draw({ focusEntryId: 'late' });
    expect(screen.getByText('The linked entry is not in this list.')).toBeInTheDocument();
    again({ entries: [...someEvents, { id: 'late', at: 1, title: 'late' }] });
    expect(headOf('late')).toHaveFocus();
    expect(screen.queryByText('The linked entry is not in this list.')).toBeNull();
  });

  it('reads around an entry that is on no page yet, goes on to older ones, and back to the newest', async () => {
    const { asked, ...fetches } = asking();
    const all = manyEvents(40);
    const live = { id: 'live', at: STORY_NOW, title: 'live' };
    draw({ entries: [live], focusEntryId: 'n10', ...fetches });
    expect(screen.queryByText('The linked entry is not in this list.')).toBeNull();
    await settle(() => asked[0]?.answer({ items: all.slice(0, 10), nextCursor: 'c10' }));
    expect(asked[1]?.what).toBe('around n10');
    await settle(() => asked[1]?.answer({ items: all.slice(25, 35), nextCursor: 'c35' }));
    // Neither the newest page nor what is live stands above it: between them and it there is a gap.
    expect(titles()).toHaveLength(10);
    expect(headOf('n10')).toHaveFocus();
    expect(screen.getByText('Around the linked entry.')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Load older' }));
    expect(asked[2]?.what).toBe('c35');
    await settle(() => asked[2]?.answer({ items: all.slice(35), nextCursor: null }));
    expect(titles()).toHaveLength(15);
    await userEvent.click(screen.getByRole('button', { name: 'Back to the newest' }));
    expect(asked[3]?.what).toBeNull();
    await settle(() => asked[3]?.answer({ items: all.slice(0, 10), nextCursor: null }));
    expect(titles()[0]).toBe('live');
    expect(screen.getByText('The linked entry is not in this list.')).toBeInTheDocument();
    expect(asked).toHaveLength(4);
  });

  it('holds for its source: another one begins at the newest', async () => {
    const { asked, ...fetches } = asking();
    const all = manyEvents(40);
    const { again } = draw({ entries: [], source: 'a', focusEntryId: 'n10', ...fetches });
    await settle(() => asked[0]?.answer({ items: all.slice(0, 10), nextCursor: 'c10' }));
    await settle(() => asked[1]?.answer({ items: all.slice(25, 35), nextCursor: null }));
    expect(headOf('n10')).toHaveFocus();
    again({ source: 'b', focusEntryId: null });
    expect(asked[2]?.what).toBeNull();
    expect(screen.queryByText('Around the linked entry.')).toBeNull();
  });

  it('to an entry that is gone says so, offers another try and the newest', async () => {
    const { asked, ...fetches } = asking();
    draw({ entries: [], focusEntryId: 'gone', ...fetches });
    await settle(() => asked[0]?.answer({ items: [...manyEvents(5)], nextCursor: null }));
    await settle(() => asked[1]?.fail(new Error('404')));
    expect(screen.getByText('The linked entry is not in this list.')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(asked[2]?.what).toBe('around gone');
    await userEvent.click(screen.getByRole('button', { name: 'Back to the newest' }));
    expect(asked[3]?.what).toBeNull();
  });
});

describe('a reader of the list', () => {
  const fresh: TimelineEntry = { id: 'f', at: STORY_NOW, title: 'new', type: 'queue' };

  it('hears of new entries that are shown at once too, not of another filter', () => {
    jest.useFakeTimers();
    const { again } = draw();
    again({ entries: [fresh, ...someEvents] });
    act(() => void jest.advanceTimersByTime(0));
    expect(announce.mock.calls).toEqual([['1 new', 'timeline-fresh']]);
    again({ entries: [{ ...fresh, id: 'g' }, fresh, ...someEvents] });
    again({ entries: [{ ...fresh, id: 'h' }, { ...fresh, id: 'g' }, fresh, ...someEvents] });
    act(() => void jest.advanceTimersByTime(4_900));
    expect(announce).toHaveBeenCalledTimes(1);
    act(() => void jest.advanceTimersByTime(100));
    expect(announce.mock.calls[1]).toEqual(['2 new', 'timeline-fresh']);
    again({ entries: someEvents, filter: { ...noFilter, types: ['deployment'] } });
    act(() => void jest.advanceTimersByTime(10_000));
    expect(announce.mock.calls.filter(([, topic]) => topic === 'timeline-fresh')).toHaveLength(2);
  });

  it('is told to wait for no entry that the filter hides', () => {
    const { again } = draw({ expanded: ['e2'], filter: { ...noFilter, types: ['deployment'] } });
    again({ entries: [fresh, ...someEvents] });
    expect(screen.queryByRole('button', { name: /new$/ })).toBeNull();
    again({ entries: [fresh, ...someEvents], filter: noFilter });
    expect(titles()[0]).toBe('new');
  });

  it('still has what came later held when the newest entry that was there goes', () => {
    const { again } = draw({ expanded: ['e2'] });
    again({ entries: [fresh, ...someEvents.slice(1)] });
    expect(screen.getByRole('button', { name: '1 new' })).toBeInTheDocument();
    expect(titles()).toHaveLength(8);
  });

  it('hears what the filters leave once typing rests, and that older entries came or could not', async () => {
    jest.useFakeTimers();
    const { asked, fetchPage } = asking();
    draw({ entries: [], fetchPage });
    await settle(() => asked[0]?.answer({ items: [...someEvents], nextCursor: 'c' }));
    act(() => void jest.advanceTimersByTime(1_000));
    expect(announce).not.toHaveBeenCalled();
    fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'tok' } });
    act(() => void jest.advanceTimersByTime(400));
    fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'token' } });
    act(() => void jest.advanceTimersByTime(500));
    fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'token and more' } });
    act(() => void jest.advanceTimersByTime(500));
    fireEvent.change(screen.getByRole('searchbox'), { target: { value: '' } });
    fireEvent.click(screen.getByRole('button', { name: 'Load older' }));
    await settle(() => asked[1]?.answer({ items: [...manyEvents(3, 0)], nextCursor: 'd' }));
    act(() => void jest.advanceTimersByTime(500));
    fireEvent.click(screen.getByRole('button', { name: 'Load older' }));
    await settle(() => asked[2]?.fail(new Error('503')));
    act(() => void jest.advanceTimersByTime(500));
    expect(announce.mock.calls.map(([text]) => text)).toEqual([
      ...['1 of 9', 'No entry matches the filters.', '12 entries', 'Older entries could not be loaded.'],
    ]);
  });

  it('keeps the focus when the button that has it goes', async () => {
    const { asked, fetchPage } = asking();
    draw({ entries: [], fetchPage });
    await settle(() => asked[0]?.answer({ items: [...someEvents], nextCursor: 'c' }));
    await userEvent.click(screen.getByRole('button', { name: 'Load older' }));
    await settle(() => asked[1]?.answer({ items: [], nextCursor: null }));
    expect(screen.getByRole('heading', { name: 'Events' })).toHaveFocus();
    await userEvent.click(screen.getByRole('button', { name: 'Success 3' }));
    await userEvent.click(screen.getByRole('button', { name: 'Clear filters' }));
    expect(screen.getByRole('heading', { name: 'Events' })).toHaveFocus();
  });

  it('reads the whole time of an entry on focus and under the pointer, which may go onto it', async () => {
    const user = userEvent.setup();
    draw();
    const whole = 'Thursday, January 15, 2026 at 14:06:30 UTC';
    const time = headOf('e1')?.parentElement?.querySelector('time');
    await user.hover(time!);
    expect(screen.getByText(whole)).toHaveClass('fd-tooltip');
    await user.hover(screen.getByText(whole));
    expect(screen.getByText(whole)).toHaveClass('fd-tooltip');
    await user.hover(headOf('e2')!);
    expect(screen.queryByText(whole)).toBeNull();
    await user.hover(time!);
    await user.unhover(time!);
    expect(screen.queryByText(whole)).toBeNull();
    screen.getByRole('button', { name: 'Warning 1' }).focus();
    await userEvent.tab();
    expect(headOf('e1')).toHaveFocus();
    expect(screen.getByText(whole)).toHaveClass('fd-tooltip');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByText(whole)).toBeNull();
    await userEvent.keyboard('{Enter}');
    expect(screen.getByText(whole)).toHaveClass('fd-entry-at');
  });
});

describe('a list that is drawn whole', () => {
  beforeEach(() => {
    Element.prototype.scrollTo = () => undefined;
    jest.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(400);
    jest.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(37);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  const items = (): number => document.querySelectorAll('.fd-entry').length;
  const mockHeights = (): void => {
    jest.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockImplementation(function (this: HTMLElement) {
      if (this.matches('.fd-timeline-day')) return 30;
      return 37 + (this.querySelector('.fd-timeline-day') ? 30 : 0);
    });
  };

  it('has every entry in blocks of at most 100, by its button and on paper, and times that stand still', async () => {
    const entries = manyEvents(450);
    draw({ entries, lastSeenAt: entries[7]?.at ?? null });
    await waitFor(() => expect(document.querySelector('[data-index]')).not.toBeNull(), { timeout: 10_000 });
    expect(items()).toBeLessThan(100);
    await userEvent.click(screen.getByRole('button', { name: 'Whole list', pressed: false }));
    await waitFor(() => expect(items()).toBe(450));
    const blocks = [...document.querySelectorAll('.fd-timeline-block')];
    expect(Math.max(...blocks.map((block) => block.children.length))).toBe(100);
    expect(document.querySelector('.fd-timeline-seen')?.closest('.fd-entry')).toHaveTextContent(
      String(entries[7]?.title),
    );
    expect(document.querySelector('.fd-entry-ago')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Whole list', pressed: true }));
    await waitFor(() => expect(items()).toBeLessThan(100));
    act(() => void window.dispatchEvent(new Event('beforeprint')));
    expect(items()).toBe(450);
    act(() => void window.dispatchEvent(new Event('afterprint')));
    expect(items()).toBeLessThan(100);
  });

  it.each([false, true])(
    'keeps the row that has the focus where it is scrolled away (feed: %s)',
    async (infinite) => {
      const entries = Array.from({ length: 400 }, (_, index) => ({
        id: `today-${index}`,
        at: STORY_NOW - index,
        title: `event ${index}`,
        description: 'more',
      }));
      mockHeights();
      const { container } = draw({ entries, infinite });
      await waitFor(() => expect(document.querySelector('[data-index]')).not.toBeNull(), { timeout: 10_000 });
      const body = container.querySelector<HTMLElement>('.fd-timeline-body')!;
      const scrollTo = (row: number): void => {
        body.scrollTop = row * 37;
        fireEvent.scroll(body);
      };
      act(() => headOf('today-3')?.focus());
      scrollTo(200);
      expect(headOf('today-200')).toBeInTheDocument();
      expect(headOf('today-3')).toHaveFocus();
      expect(items()).toBeLessThan(100);
      // What is left out between it and the others is room too.
      const rows = [...document.querySelectorAll<HTMLElement>('.fd-entry')];
      const gap = Number.parseFloat(rows[1]?.style.marginBlockStart ?? '');
      const room = Number.parseFloat((body.firstElementChild as HTMLElement).style.blockSize);
      const placeOf = (row: HTMLElement | undefined): number => Number(row?.dataset.index);
      expect(room + gap).toBe(37 * (placeOf(rows[1]) - 2));
      act(() => screen.getByRole('searchbox').focus());
      scrollTo(210);
      expect(headOf('today-3')).toBeUndefined();
    },
  );

  it('stays a feed of articles where it is one', async () => {
    draw({ entries: manyEvents(450), infinite: true });
    await waitFor(() => expect(document.querySelector('[data-index]')).not.toBeNull(), { timeout: 10_000 });
    await userEvent.click(screen.getByRole('button', { name: 'Whole list' }));
    await waitFor(() => expect(items()).toBe(450));
    const feed = document.querySelector('[role="feed"]')!;
    expect(feed.querySelectorAll('article')).toHaveLength(450);
    expect(feed.querySelector('ol, li, [role="group"]')).toBeNull();
    const headings = [...feed.querySelectorAll('.fd-timeline-day')];
    expect(headings.map((day) => day.closest('article')?.querySelector('.fd-timeline-day'))).toEqual(
      headings,
    );
    expect(feed.querySelectorAll('.fd-timeline-block')[0]?.children).toHaveLength(100);
  });

  it('keeps the height of rows of a feed that were passed, without the heading that goes along', async () => {
    mockHeights();
    const entries = Array.from({ length: 400 }, (_, index) => ({
      id: `today-${index}`,
      at: STORY_NOW - index,
      title: `event ${index}`,
    }));
    const { container } = draw({ entries, infinite: true });
    await waitFor(() => expect(document.querySelector('[data-index]')).not.toBeNull(), { timeout: 10_000 });
    const body = container.querySelector<HTMLElement>('.fd-timeline-body')!;
    for (const row of [50, 100, 150]) {
      body.scrollTop = row * 37;
      fireEvent.scroll(body);
    }
    const first = Number(document.querySelector('article')?.getAttribute('aria-posinset')) - 1;
    expect(first).toBeGreaterThan(100);
    expect((body.firstElementChild as HTMLElement).style.blockSize).toBe(`${first * 37}px`);
  });
});
