import { createRef } from 'react';
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createPageClock } from '../../clock.ts';
import { defaultEnvironment, EnvironmentContext } from '../../environment.ts';
import { manyEvents, someEvents, STORY_NOW } from '../../testing/events.ts';
import { pseudoMessages, unmarked } from '../../testing/pseudo.ts';
import type { TimelineEntry } from './entries.ts';
import { noFilter, type TimelineFilter } from './filter.ts';
import { Timeline } from './Timeline.tsx';
import type { TimelineProps } from './TimelineProps.ts';
import type { TimelinePage } from './usePages.ts';

const announce = jest.fn();
let now = STORY_NOW;
const surround = (element: React.ReactNode) => (
  <EnvironmentContext
    value={{
      ...defaultEnvironment,
      timeZone: 'UTC',
      clock: createPageClock({ now: () => now }),
      announcer: { announce },
    }}
  >
    {element}
  </EnvironmentContext>
);
const draw = (props: Partial<TimelineProps> = {}) => {
  const element = (over: Partial<TimelineProps>) => (
    <Timeline title="Events" entries={someEvents} {...props} {...over} />
  );
  const shown = render(surround(element({})));
  return { ...shown, again: (over: Partial<TimelineProps>) => shown.rerender(surround(element(over))) };
};
/** Lets the parts that are loaded after the first drawing come. */
const loaded = (): Promise<void> =>
  act(async () => {
    await import('./TimelineEffects.tsx');
  });
const titles = (): (string | null)[] =>
  [...document.querySelectorAll('.fd-entry-title')].map((title) => title.textContent);
const days = (): (string | null)[] =>
  [...document.querySelectorAll('.fd-timeline-day')].map((day) => day.textContent);
const settle = (work: () => void): Promise<void> => act(() => Promise.resolve(work()));

beforeAll(async () => {
  const { unmount } = draw();
  await loaded();
  unmount();
});
beforeEach(() => {
  now = STORY_NOW;
  announce.mockClear();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('Timeline', () => {
  it('groups what happened by day, with a shape and a word for each status', () => {
    draw();
    expect(days()).toEqual([
      'Today 44 entries',
      'Yesterday 22 entries',
      'Last 7 days 22 entries',
      'Older 11 entry',
    ]);
    const first = screen.getByRole('button', { name: 'refund-07 failed its health check Critical · health' });
    expect(first.parentElement?.querySelector('svg')).toHaveAttribute('data-shape', 'critical');
    expect(first.parentElement?.querySelector('time')).toHaveAttribute(
      'datetime',
      '2026-01-15T14:06:30.000Z',
    );
    expect(first.parentElement).toHaveTextContent('42 sec. ago 14:06:30');
  });

  it('hands ref, class and attributes to its section', () => {
    const ref = createRef<HTMLElement>();
    draw({ ref, className: 'mine', id: 'log', headingLevel: 2 });
    expect(ref.current).toHaveClass('fd-timeline', 'mine');
    expect(ref.current).toHaveAttribute('id', 'log');
    expect(screen.getByRole('heading', { level: 2, name: 'Events' })).toBeInTheDocument();
    expect(screen.getAllByRole('heading', { level: 3 })).toHaveLength(4);
  });

  it('takes the focus nowhere when it was not asked to', () => {
    jest.useFakeTimers();
    draw({ infinite: true });
    screen.getByRole('searchbox').focus();
    act(() => void jest.advanceTimersByTime(1_000));
    expect(screen.getByRole('searchbox')).toHaveFocus();
  });

  it('groups anew at midnight', () => {
    jest.useFakeTimers();
    now = Date.parse('2026-01-15T23:59:59Z');
    draw();
    expect(days()[0]).toBe('Today 44 entries');
    now += 1000;
    act(() => void jest.advanceTimersByTime(1000));
    expect(days()[0]).toBe('Yesterday 44 entries');
  });

  it('opens an entry, closes it by Escape, and keeps it open when its entries come anew', async () => {
    const onExpandedChange = jest.fn();
    const { again } = draw({ onExpandedChange });
    const head = () => screen.getByRole('button', { name: /^refund-07/ });
    await userEvent.click(head());
    expect(head()).toHaveAttribute('aria-expanded', 'true');
    expect(screen.getByText(/3 of 4 probes fail/)).toBeInTheDocument();
    expect(screen.getByText('readiness')).toBeInTheDocument();
    again({ entries: someEvents.map((entry) => ({ ...entry })) });
    expect(head()).toHaveAttribute('aria-expanded', 'true');
    await userEvent.keyboard('{Escape}');
    expect(head()).toHaveAttribute('aria-expanded', 'false');
    expect(onExpandedChange.mock.calls).toEqual([[['e1']], [[]]]);
    // One with nothing to open is no button.
    expect(screen.queryByRole('button', { name: /^Token rotated/ })).toBeNull();
  });

  it('has entries open at first that can be closed, and leaves those of its owner to it', async () => {
    const { unmount } = draw({ defaultExpanded: ['e1', 'e2'] });
    const open = () => screen.getAllByRole('button', { expanded: true }).map((head) => head.dataset.entry);
    expect(open()).toEqual(['e1', 'e2']);
    await userEvent.click(screen.getByRole('button', { name: /^refund-07/ }));
    expect(open()).toEqual(['e2']);
    unmount();
    draw({ expanded: ['e2'], defaultExpanded: ['e1'] });
    await userEvent.click(screen.getByRole('button', { name: /^triage-12/ }));
    expect(open()).toEqual(['e2']);
  });

  it('shows details of the caller’s own', async () => {
    draw({ renderDetails: ({ id }) => (id === 'e3' ? <b>mine</b> : undefined) });
    await userEvent.click(screen.getByRole('button', { name: /^billing-03/ }));
    expect(screen.getByText('mine')).toBeInTheDocument();
    // One that it has nothing for shows what the entry holds.
    await userEvent.click(screen.getByRole('button', { name: /^refund-07/ }));
    expect(screen.getByText(/3 of 4 probes fail/)).toBeInTheDocument();
  });

  it('keeps an entry open when others are opened and closed', async () => {
    const onExpandedChange = jest.fn();
    draw({ onExpandedChange });
    const head = (name: RegExp): HTMLElement => screen.getByRole('button', { name });
    await userEvent.click(head(/^refund-07/));
    await userEvent.click(head(/^triage-12/));
    expect(onExpandedChange).toHaveBeenLastCalledWith(['e1', 'e2']);
    await userEvent.click(head(/^refund-07/));
    expect(onExpandedChange).toHaveBeenLastCalledWith(['e2']);
    expect(head(/^triage-12/)).toHaveAttribute('aria-expanded', 'true');
  });

  it('shows fields that JSON cannot write, too', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    const data = { size: 12n, loop, nothing: undefined };
    draw({ entries: [{ id: 'x', at: STORY_NOW, title: 'X', data }], expanded: ['x'] });
    expect([...document.querySelectorAll('dd')].map((each) => each.textContent)).toEqual([
      ...['12', '[object Object]', ''],
    ]);
  });

  it('finds entries by what their types and statuses are called here', async () => {
    const messages = { statusWords: { failed: 'Fehlgeschlagen' } };
    const entries = [
      { id: 'a', at: STORY_NOW, title: 'A', type: 'deployment', status: 'failed' },
      { id: 'b', at: STORY_NOW, title: 'B', type: 'health', status: 'success' },
    ];
    const typeLabel = (type: string): string => (type === 'health' ? 'Gesundheit' : type);
    const { again } = draw({ entries, messages, typeLabel });
    const search = (text: string): void =>
      void fireEvent.change(screen.getByRole('searchbox'), { target: { value: text } });
    search('gesund');
    expect(titles()).toEqual(['B']);
    search('deployment fehlge');
    expect(titles()).toEqual(['A']);
    search('zustand');
    expect(titles()).toEqual([]);
    again({ typeLabel: (type) => (type === 'health' ? 'Zustand' : type) });
    expect(titles()).toEqual(['B']);
    await Promise.resolve();
  });

  it('asks for details of open entries only, and for which entries can be opened where it is told', async () => {
    const renderDetails = jest.fn(({ id }: TimelineEntry) => <b>all of {id}</b>);
    const { again } = draw({ renderDetails });
    expect(screen.getByRole('button', { name: /^Token rotated/ })).toBeInTheDocument();
    expect(renderDetails).not.toHaveBeenCalled();
    await userEvent.click(screen.getByRole('button', { name: /^billing-03/ }));
    expect(new Set(renderDetails.mock.calls.map(([{ id }]) => id))).toEqual(new Set(['e3']));
    again({ renderDetails, canOpen: ({ type }: TimelineEntry) => type === 'deployment' });
    expect(screen.queryByRole('button', { name: /^Token rotated/ })).toBeNull();
    expect(screen.queryByRole('button', { name: /^refund-07/ })).toBeNull();
    expect(screen.getByText('all of e3')).toBeInTheDocument();
  });

  it('shows lines of the caller’s own, inside the button that opens them, after the word of the status', async () => {
    draw({
      renderEntry: ({ id, title, actor }) =>
        id === 'e1' || id === 'e6' ? (
          <>
            <code>{id}</code> {title} by {actor ?? 'nobody'}
          </>
        ) : undefined,
    });
    const own = screen.getByRole('button', {
      name: 'Critical e1 refund-07 failed its health check by nobody',
    });
    expect(own.closest('li')?.querySelector('[data-shape="critical"]')).not.toBeNull();
    expect(own.closest('li')?.querySelector('time')).toHaveTextContent('14:06:30');
    await userEvent.click(own);
    expect(own).toHaveAttribute('aria-expanded', 'true');
    expect(screen.getByText('e6').closest('.fd-entry-head')).toHaveTextContent('e6 Token rotated by jo');
    // Others stay as they are.
    expect(
      screen.getByRole('button', { name: /^triage-12 .* In progress · deployment · ana$/ }),
    ).toBeVisible();
  });

  it('gives the year of an entry that is not of this one', () => {
    draw();
    expect(screen.getByText('Portal installed').closest('li')).toHaveTextContent('Dec 16, 2025, 14:07:12');
    expect(screen.getByText('intake-02 provisioned').closest('li')).toHaveTextContent(/ago Jan 10, 14:07:12/);
  });

  it('filters by words, days, types and statuses, counts, and clears', async () => {
    const onFilterChange = jest.fn<(filter: TimelineFilter) => void>();
    draw({ onFilterChange });
    await userEvent.click(screen.getByRole('button', { name: 'deployment 2' }));
    expect(titles()).toEqual(['triage-12 upgrading 2.4.1 to 2.5.0', 'billing-03 deployed 1.9.2']);
    expect(screen.getByText('2 of 9')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Success 1' }));
    expect(titles()).toEqual(['billing-03 deployed 1.9.2']);
    await userEvent.click(screen.getByRole('button', { name: 'Success 1' }));
    await userEvent.click(screen.getByRole('button', { name: 'Any time' }));
    fireEvent.change(await screen.findByLabelText('From'), { target: { value: '2026-01-16' } });
    await userEvent.click(screen.getByRole('button', { name: 'Apply' }));
    expect(screen.getByText('No entry matches the filters.')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'From Jan 16, 2026' }));
    fireEvent.change(screen.getByLabelText('From'), { target: { value: '' } });
    fireEvent.change(screen.getByLabelText('To'), { target: { value: '2026-01-01' } });
    await userEvent.click(screen.getByRole('button', { name: 'Apply' }));
    await userEvent.click(screen.getByRole('button', { name: 'Clear filters' }));
    expect(titles()).toHaveLength(9);
    await userEvent.type(screen.getByRole('searchbox'), 'token');
    expect(titles()).toEqual(['Token rotated']);
    expect(onFilterChange.mock.calls.at(-1)?.[0]).toEqual({ ...noFilter, text: 'token' });
  });

  it('leaves a controlled filter to its owner', async () => {
    draw({ filter: { ...noFilter, types: ['queue'] } });
    await userEvent.click(screen.getByRole('button', { name: 'Clear filters' }));
    expect(titles()).toEqual(['Queue intake above 1,000']);
  });

  it.each([
    [{ entries: [] }, 'empty', 'Nothing has happened yet.'],
    [{ entries: [], state: 'loading' as const }, 'loading', 'Loading'],
    [{ entries: [], state: 'error' as const, errorMessage: 'No answer.' }, 'error', 'No answer.'],
    [{ state: 'error' as const }, 'error', 'The entries could not be loaded.'],
  ])('with %j it is %s and says so', (props, state, text) => {
    const { container } = draw(props);
    expect(container.firstElementChild).toHaveAttribute('data-state', state);
    expect(screen.getByText(text)).toBeInTheDocument();
    if (!('entries' in props)) expect(titles()).toHaveLength(9);
  });

  it('tells its owner to try again', async () => {
    const onRetry = jest.fn();
    draw({ state: 'error', onRetry });
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(onRetry).toHaveBeenCalledTimes(1);
  });

  it('says of when it is, once nobody confirmed it for too long', () => {
    jest.useFakeTimers();
    const { container } = draw({ asOf: STORY_NOW - 500, staleAfterMs: 1000 });
    expect(container.firstElementChild).not.toHaveAttribute('data-stale');
    now += 61_000;
    act(() => void jest.advanceTimersByTime(1000));
    expect(container.firstElementChild).toHaveAttribute('data-stale', 'true');
    expect(screen.getByText('As of 14:07:11 (1 min)')).toBeInTheDocument();
  });

  it('is hatched when its source says that it is stale, with the age where that is known', () => {
    const { container, again } = draw({ stale: true });
    expect(container.firstElementChild).toHaveAttribute('data-stale', 'true');
    expect(screen.getByText('There may be newer entries.')).toBeInTheDocument();
    again({ stale: true, asOf: STORY_NOW - 61_000 });
    expect(screen.getByText('As of 14:06:11 (1 min)')).toBeInTheDocument();
    again({ stale: false, asOf: STORY_NOW - 61_000 });
    expect(container.firstElementChild).not.toHaveAttribute('data-stale');
  });

  it('sets apart what was there at the last visit', () => {
    draw({ lastSeenAt: STORY_NOW - 10 * 60_000 });
    const mark = screen.getByText('Seen before');
    expect(mark.closest('li')).toHaveTextContent('billing-03 deployed');
  });

  it('opens and focuses the entry that a link names', async () => {
    draw({ focusEntryId: 'e2' });
    const head = screen.getByRole('button', { name: /^triage-12/ });
    await waitFor(() => expect(head).toHaveFocus());
    expect(head).toHaveAttribute('aria-expanded', 'true');
  });

  it('shows an entry whose time lies ahead as now, and one without a time without', () => {
    draw({
      entries: [
        { id: 'a', at: STORY_NOW + 60_000, title: 'ahead' },
        { id: 'b', at: 'never', title: 'timeless' },
      ],
    });
    expect(days()).toEqual(['Today 11 entry', 'Older 11 entry']);
    expect(screen.getByText('0 sec. ago')).toBeInTheDocument();
    expect(document.querySelectorAll('time')).toHaveLength(1);
  });

  it('draws only some of a long list, with the same headings and the place of each entry in its day', async () => {
    const height = jest.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(400);
    const rows = jest.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(37);
    Element.prototype.scrollTo = () => undefined;
    draw({ entries: manyEvents(2000), lastSeenAt: STORY_NOW - 60_000 });
    await waitFor(() => expect(document.querySelectorAll('[data-index]').length).toBeGreaterThan(5), {
      timeout: 10_000,
    });
    expect(document.querySelectorAll('li').length).toBeLessThan(60);
    expect(days()[0]).toMatch(/^Today/);
    const [today] = screen.getAllByRole('group', { name: /^Today/ });
    const places = within(today!)
      .getAllByRole('listitem')
      .map((item) => [item.getAttribute('aria-posinset'), item.getAttribute('aria-setsize')]);
    expect(places.slice(0, 2)).toEqual([
      ['1', today?.querySelector('.fd-timeline-count')?.textContent?.replace(',', '')],
      ['2', today?.querySelector('.fd-timeline-count')?.textContent?.replace(',', '')],
    ]);
    height.mockRestore();
    rows.mockRestore();
  });

  it('has no English of its own', () => {
    const messages = pseudoMessages;
    const entry = { id: 'x', at: STORY_NOW, title: '1', status: 'failed', description: '2' };
    const { container } = draw({
      ...{ messages, title: '3', entries: [entry], state: 'error', locale: 'ja', lastSeenAt: 5 },
      ...{ asOf: 0, staleAfterMs: 1, onRetry: () => undefined, defaultFilter: { ...noFilter, text: '1' } },
    });
    const left = unmarked(container.textContent ?? '').replaceAll(/[\s\d·:/]|秒前/g, '');
    expect(left).toBe('');
  });
});

describe('entries that come while others are read', () => {
  const fresh = (id: string): TimelineEntry => ({ id, at: STORY_NOW, title: `new ${id}` });

  it('are shown at once to who is not reading', () => {
    const { again } = draw();
    again({ entries: [fresh('f1'), ...someEvents] });
    expect(titles()[0]).toBe('new f1');
  });

  it('wait while an entry is open, are said, and are shown by the pill', async () => {
    jest.useFakeTimers();
    const { again } = draw({ expanded: ['e1'] });
    again({ entries: [fresh('f1'), fresh('f2'), ...someEvents] });
    expect(titles()[0]).toBe(someEvents[0]?.title);
    act(() => void jest.advanceTimersByTime(0));
    expect(announce).toHaveBeenLastCalledWith('2 new', 'timeline-fresh');
    again({ entries: [fresh('f1'), fresh('f2'), fresh('f3'), ...someEvents] });
    act(() => void jest.advanceTimersByTime(4_000));
    expect(announce).toHaveBeenCalledTimes(1);
    act(() => void jest.advanceTimersByTime(1_000));
    expect(announce).toHaveBeenLastCalledWith('3 new', 'timeline-fresh');
    fireEvent.click(screen.getByRole('button', { name: '3 new' }));
    expect(titles()).toHaveLength(12);
    expect(screen.queryByRole('button', { name: /new$/ })).toBeNull();
    await Promise.resolve();
  });

  it('wait while the list is scrolled or has the focus, and come by themselves back at the top', () => {
    const { again, container } = draw();
    const body = container.querySelector<HTMLElement>('.fd-timeline-body')!;
    body.scrollTop = 100;
    fireEvent.scroll(body);
    again({ entries: [fresh('f1'), ...someEvents] });
    expect(titles()).toHaveLength(9);
    body.scrollTop = 0;
    fireEvent.scroll(body);
    expect(titles()).toHaveLength(10);
    act(() => screen.getByRole('button', { name: /^refund-07/ }).focus());
    again({ entries: [fresh('f2'), fresh('f1'), ...someEvents] });
    expect(titles()).toHaveLength(10);
    act(() => screen.getByRole('searchbox').focus());
    expect(titles()).toHaveLength(11);
  });

  it('come at once where nothing is to be held, and silently where nothing is to be said', () => {
    jest.useFakeTimers();
    const { again } = draw({ holdFresh: false, announceFresh: false, expanded: ['e1'] });
    again({ entries: [fresh('f1'), ...someEvents] });
    expect(titles()).toHaveLength(10);
    again({ entries: someEvents, holdFresh: true });
    again({ entries: [fresh('f1'), ...someEvents], holdFresh: true });
    act(() => void jest.advanceTimersByTime(10_000));
    expect(announce).not.toHaveBeenCalled();
  });
});

describe('pages', () => {
  interface Asked {
    cursor: string | null;
    filter: TimelineFilter;
    signal: AbortSignal;
    answer: (page: TimelinePage<TimelineEntry>) => void;
    fail: (reason: Error) => void;
  }
  const asking = () => {
    const asked: Asked[] = [];
    const fetchPage: TimelineProps['fetchPage'] = (cursor, { filter, signal }) =>
      new Promise((answer, fail) => void asked.push({ cursor, filter, signal, answer, fail }));
    return { asked, fetchPage };
  };
  const all = [...manyEvents(30)];

  it('are read one after the other, the first by itself; an entry that comes twice is shown once', async () => {
    const { asked, fetchPage } = asking();
    const { container } = draw({ entries: [], fetchPage });
    expect(container.firstElementChild).toHaveAttribute('data-state', 'loading');
    await settle(() => asked[0]?.answer({ items: all.slice(0, 10), nextCursor: 'c1' }));
    expect(titles()).toHaveLength(10);
    await userEvent.click(screen.getByRole('button', { name: 'Load older' }));
    expect(asked[1]?.cursor).toBe('c1');
    await userEvent.click(screen.getByRole('button', { name: 'Loading' }));
    expect(asked).toHaveLength(2);
    await settle(() => asked[1]?.answer({ items: all.slice(8, 20), nextCursor: null }));
    expect(titles()).toHaveLength(20);
    expect(screen.getByText('No older entries')).toBeInTheDocument();
  });

  it('keep what is there when one fails, which can be tried again', async () => {
    const { asked, fetchPage } = asking();
    draw({ entries: [], fetchPage });
    await settle(() => asked[0]?.fail(new Error('503')));
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await settle(() => asked[1]?.answer({ items: all.slice(0, 10), nextCursor: 'c1' }));
    await userEvent.click(screen.getByRole('button', { name: 'Load older' }));
    await settle(() => asked[2]?.fail(new Error('503')));
    expect(screen.getByText('Older entries could not be loaded.')).toBeInTheDocument();
    expect(titles()).toHaveLength(10);
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(asked[3]?.cursor).toBe('c1');
  });

  it('end where a service leaves the next cursor out', async () => {
    const { asked, fetchPage } = asking();
    draw({ entries: [], fetchPage });
    await settle(() => asked[0]?.answer({ items: all.slice(0, 10) } as never));
    expect(screen.getByText('No older entries')).toBeInTheDocument();
  });

  it('that fail at once, before there is a promise, can be tried again', async () => {
    const fetchPage = jest.fn<NonNullable<TimelineProps['fetchPage']>>(() => {
      throw new Error('no base URL');
    });
    draw({ entries: [], fetchPage });
    await settle(() => undefined);
    expect(screen.getByText('The entries could not be loaded.')).toBeInTheDocument();
    fetchPage.mockResolvedValueOnce({ items: all.slice(0, 10), nextCursor: null });
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(titles()).toHaveLength(10);
  });

  it('begin anew for another filter where the service filters, and drop what was on its way', async () => {
    const { asked, fetchPage } = asking();
    const { unmount } = draw({ entries: [], fetchPage, serverFilter: true });
    await settle(() => asked[0]?.answer({ items: all.slice(0, 10), nextCursor: 'c1' }));
    await userEvent.click(screen.getByRole('button', { name: 'Load older' }));
    fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'agent' } });
    await waitFor(() => expect(asked[1]?.signal.aborted).toBe(true));
    expect(asked[2]).toMatchObject({ cursor: null, filter: { text: 'agent' } });
    await settle(() => asked[1]?.answer({ items: all, nextCursor: null }));
    expect(titles()).toHaveLength(10);
    await settle(() => asked[2]?.answer({ items: all.slice(0, 3), nextCursor: null }));
    expect(titles()).toHaveLength(3);
    unmount();
    expect(asked[2]?.signal.aborted).toBe(false);
  });

  it('that a service filtered leave every type and status to choose that was seen, and no count of all', async () => {
    const { asked, fetchPage } = asking();
    const page = (types: string[]) => ({
      items: types.map((type, index) => ({
        id: `${type}-${index}`,
        at: index,
        title: type,
        type,
        status: type,
      })),
      nextCursor: null,
    });
    const { again } = draw({ entries: [], fetchPage, serverFilter: true, source: 'a' });
    await settle(() => asked[0]?.answer(page(['deployment', 'health', 'health'])));
    await userEvent.click(screen.getByRole('button', { name: 'health 2' }));
    await settle(() => asked[1]?.answer(page(['health', 'health', 'health'])));
    expect(screen.getByRole('button', { name: 'health 3' })).toHaveAttribute('aria-pressed', 'true');
    // How many the service has of what it did not answer is not known.
    expect(screen.getByRole('button', { name: 'deployment' })).toBeInTheDocument();
    expect(document.querySelector('.fd-timeline-shown')).toHaveTextContent(/^3 entries Clear filters$/);
    again({ source: 'b' });
    await settle(() => asked[2]?.answer(page(['health'])));
    expect(screen.queryByRole('button', { name: 'deployment' })).toBeNull();
  });

  it('show what a service finds by words that stand in no field here, but not what came live beside it', async () => {
    const { asked, fetchPage } = asking();
    const { again } = draw({
      entries: [],
      fetchPage,
      serverFilter: true,
      defaultFilter: { ...noFilter, text: 'trace-7' },
    });
    await settle(() =>
      asked[0]?.answer({ items: [{ id: 'a', at: STORY_NOW, title: 'Deployed' }], nextCursor: null }),
    );
    again({ entries: [{ id: 'b', at: STORY_NOW, title: 'Restarted' }] });
    expect(titles()).toEqual(['Deployed']);
  });

  it('whose service tells what there is have its options, its counts and "of how many", in the export too', async () => {
    const { asked, fetchPage } = asking();
    const onExport = jest.fn();
    draw({
      ...{ entries: [], fetchPage, serverFilter: true, onExport },
      typeOptions: [{ value: 'security', label: 'Security' }, { value: 'audit' }],
    });
    const ofHealth = all.map((entry) => ({ ...entry, type: 'health' }));
    const types = (): (string | null)[] =>
      within(screen.getByRole('group', { name: 'Type' }))
        .getAllByRole('button')
        .map(({ textContent }) => textContent);
    const told = (health: number, queue: number) => ({
      types: [
        { value: 'health', label: 'Health', count: health },
        { value: 'queue', count: queue },
        { value: 'security', count: 0 },
      ],
      statuses: [
        { value: 'success', count: 90 },
        { value: 'failed', count: 30 },
      ],
    });
    await settle(() =>
      asked[0]?.answer({ items: all.slice(0, 10), nextCursor: 'c1', total: 120, ...told(70, 50) }),
    );
    expect(types()).toEqual(['Security 0', 'audit ', 'Health 70', 'queue 50']);
    await userEvent.click(screen.getByRole('button', { name: 'Health 70' }));
    await settle(() =>
      asked[1]?.answer({ items: ofHealth.slice(0, 10), nextCursor: 'c1', total: 70, ...told(70, 50) }),
    );
    expect(types()).toEqual(['Security 0', 'audit ', 'Health 70', 'queue 50']);
    expect(screen.getByRole('button', { name: 'Failed 30' })).toBeInTheDocument();
    expect(document.querySelector('.fd-timeline-shown')).toHaveTextContent(/^10 of 70 Clear filters$/);
    // What an older page does not tell again still counts.
    await userEvent.click(screen.getByRole('button', { name: 'Load older' }));
    await settle(() => asked[2]?.answer({ items: ofHealth.slice(10, 30), nextCursor: 'c2' }));
    expect(document.querySelector('.fd-timeline-shown')).toHaveTextContent(/^30 of 70/);
    await userEvent.click(await screen.findByRole('button', { name: 'CSV' }));
    await waitFor(() =>
      expect(announce).toHaveBeenCalledWith('Exported 30 of 70 entries', 'timeline-export'),
    );
  });

  it('are never said to be fewer of all than are shown, as when live ones came after the count', async () => {
    const { asked, fetchPage } = asking();
    draw({
      ...{ entries: [{ id: 'live', at: STORY_NOW, title: 'agent, live' }], fetchPage, serverFilter: true },
      defaultFilter: { ...noFilter, text: 'agent' },
    });
    await settle(() => asked[0]?.answer({ items: all.slice(0, 10), nextCursor: null, total: 10 }));
    expect(document.querySelector('.fd-timeline-shown')).toHaveTextContent(/^11 entries/);
  });

  it('that a service filtered and did not count are exported without "of how many"', async () => {
    const { asked, fetchPage } = asking();
    draw({ entries: [], fetchPage, serverFilter: true, onExport: () => undefined });
    await settle(() => asked[0]?.answer({ items: all.slice(0, 10), nextCursor: 'c1' }));
    await userEvent.click(await screen.findByRole('button', { name: 'CSV' }));
    await waitFor(() =>
      expect(announce).toHaveBeenCalledWith(
        'Exported 10 loaded entries; there are others that were not loaded',
        'timeline-export',
      ),
    );
  });

  it('of which a service finds none by the filter are said to match none: there may be others', async () => {
    const { asked, fetchPage } = asking();
    draw({ entries: [], fetchPage, serverFilter: true, filter: { ...noFilter, statuses: ['failed'] } });
    await settle(() => asked[0]?.answer({ items: [], nextCursor: null }));
    expect(screen.getByText('No entry matches the filters.')).toBeInTheDocument();
  });

  it('are asked of a service once typing rests, and the list stays until the answer, marked as busy', async () => {
    jest.useFakeTimers();
    const { asked, fetchPage } = asking();
    draw({ entries: [], fetchPage, serverFilter: true });
    await settle(() => asked[0]?.answer({ items: all.slice(0, 10), nextCursor: null }));
    const body = document.querySelector('.fd-timeline-body');
    const type = (value: string): void =>
      void fireEvent.change(screen.getByRole('searchbox'), { target: { value } });
    type('a');
    act(() => void jest.advanceTimersByTime(150));
    type('ag');
    act(() => void jest.advanceTimersByTime(199));
    expect(asked).toHaveLength(1);
    expect(body).toHaveAttribute('aria-busy', 'true');
    act(() => void jest.advanceTimersByTime(1));
    expect(asked.map(({ filter }) => filter.text)).toEqual(['', 'ag']);
    expect(titles()).toHaveLength(10);
    await settle(() => asked[1]?.answer({ items: all.slice(0, 3), nextCursor: null }));
    expect(titles()).toHaveLength(3);
    expect(body).not.toHaveAttribute('aria-busy');
    type('nothing like that');
    expect(screen.queryByText('No entry matches the filters.')).toBeNull();
    expect(screen.getByText('Loading', { selector: 'p > bdi' })).toBeInTheDocument();
    // No typing: asked at once, and only once.
    fireEvent.click(screen.getByRole('button', { name: 'Clear filters' }));
    act(() => void jest.advanceTimersByTime(1_000));
    expect(asked.slice(2).map(({ filter }) => filter.text)).toEqual(['']);
    expect(titles()).toHaveLength(3);
  });

  it('of another source begin anew at once, and nothing of the one before comes late', async () => {
    const { asked, fetchPage } = asking();
    const { again } = draw({ entries: [], fetchPage, source: 'billing-03' });
    await settle(() => asked[0]?.answer({ items: all.slice(0, 10), nextCursor: 'c1' }));
    await userEvent.click(screen.getByRole('button', { name: 'Load older' }));
    again({ fetchPage: (...args) => fetchPage(...args), source: 'billing-03' });
    expect(asked).toHaveLength(2);
    again({ source: 'refund-07' });
    expect(titles()).toHaveLength(0);
    expect(asked[1]?.signal.aborted).toBe(true);
    expect(asked[2]?.cursor).toBeNull();
    await settle(() => asked[1]?.answer({ items: all.slice(10, 20), nextCursor: null }));
    await settle(() => asked[2]?.answer({ items: all.slice(20, 24), nextCursor: null }));
    expect(titles()).toHaveLength(4);
  });

  it('whose first failed are read again by the retry of the owner too', async () => {
    const { asked, fetchPage } = asking();
    const onRetry = jest.fn();
    draw({ entries: [], fetchPage, onRetry });
    await settle(() => asked[0]?.fail(new Error('503')));
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(onRetry).toHaveBeenCalledTimes(1);
    expect(asked).toHaveLength(2);
  });

  it('of a feed are read on after a filter that nothing matched', async () => {
    const ends = new Set<Element>();
    const before = globalThis.IntersectionObserver;
    globalThis.IntersectionObserver = class {
      #own: Element[] = [];
      observe = (end: Element): void => {
        this.#own.push(end);
        ends.add(end);
      };
      disconnect = (): void => this.#own.forEach((end) => ends.delete(end));
    } as never;
    const { asked, fetchPage } = asking();
    draw({ entries: [], fetchPage, infinite: true });
    await settle(() => asked[0]?.answer({ items: all.slice(0, 10), nextCursor: 'c1' }));
    const search = screen.getByRole('searchbox');
    fireEvent.change(search, { target: { value: 'nothing like that' } });
    expect(titles()).toHaveLength(0);
    fireEvent.change(search, { target: { value: '' } });
    expect(ends.has(document.querySelector('.fd-timeline-end')!)).toBe(true);
    globalThis.IntersectionObserver = before;
  });

  it('of a feed are read when its end comes near; its keys go from article to article and out', async () => {
    const seen: { near?: () => void } = {};
    const before = globalThis.IntersectionObserver;
    globalThis.IntersectionObserver = class {
      constructor(callback: IntersectionObserverCallback) {
        seen.near = () => callback([{ isIntersecting: true } as IntersectionObserverEntry], this as never);
      }
      observe = () => undefined;
      disconnect = () => undefined;
    } as never;
    const { asked, fetchPage } = asking();
    draw({ entries: [], fetchPage, infinite: true });
    await settle(() => asked[0]?.answer({ items: all.slice(0, 10), nextCursor: 'c1' }));
    const articles = within(screen.getByRole('feed')).getAllByRole('article');
    expect(articles[2]).toHaveAttribute('aria-posinset', '3');
    expect(articles[2]).toHaveAttribute('aria-setsize', '-1');
    act(() => articles[0]?.focus());
    await userEvent.keyboard('{PageDown}');
    expect(articles[1]).toHaveFocus();
    await userEvent.keyboard('{PageUp}{PageUp}');
    expect(articles[0]).toHaveFocus();
    await userEvent.keyboard('{Control>}{End}{/Control}');
    expect(document.activeElement).toHaveClass('fd-timeline-foot');
    act(() => articles[0]?.focus());
    await userEvent.keyboard('{Control>}{Home}{/Control}');
    expect(document.activeElement).toHaveTextContent('Events');
    act(() => seen.near?.());
    expect(asked).toHaveLength(2);
    globalThis.IntersectionObserver = before;
  });
});

describe('the export', () => {
  it('saves what the filter shows under a name with its time, and says how much it is', async () => {
    const onExport = jest.fn<(file: Blob, name: string) => void>();
    draw({ onExport, exportName: 'audit', defaultFilter: { ...noFilter, types: ['queue'] } });
    await userEvent.click(await screen.findByRole('button', { name: 'CSV' }));
    await waitFor(() => expect(onExport).toHaveBeenCalledTimes(1));
    const [file, name] = onExport.mock.calls[0]!;
    expect(name).toBe('audit-2026-01-15T140712Z.csv');
    expect(file.type).toContain('text/csv');
    expect(announce).toHaveBeenCalledWith('Exported 1 of 9 entries', 'timeline-export');
    await userEvent.click(await screen.findByRole('button', { name: 'JSON' }));
    await waitFor(() => expect(onExport).toHaveBeenCalledTimes(2));
  });

  it('holds the entries that wait too, and says that there are others that were not loaded', async () => {
    const onExport = jest.fn<(file: Blob, name: string) => void>();
    const fetchPage = () => Promise.resolve({ items: [...manyEvents(10)], nextCursor: 'c1' });
    const { again } = draw({ entries: [], fetchPage, onExport, expanded: ['n0'] });
    await settle(() => undefined);
    again({ entries: [{ id: 'f1', at: STORY_NOW + 1, title: 'new f1' }] });
    expect(screen.getByRole('button', { name: '1 new' })).toBeInTheDocument();
    await userEvent.click(await screen.findByRole('button', { name: 'JSON' }));
    await waitFor(() => expect(onExport).toHaveBeenCalledTimes(1));
    const reader = new FileReader();
    reader.readAsText(onExport.mock.calls[0]![0]);
    await waitFor(() => expect(reader.result).not.toBeNull());
    const json = JSON.parse(reader.result as string) as { entries: { title: string }[] };
    expect(json.entries).toHaveLength(11);
    expect(json.entries[0]?.title).toBe('new f1');
    expect(json).toMatchObject({ total: 11, notLoaded: ['older'] });
    expect(announce).toHaveBeenCalledWith(
      'Exported 11 of 11 loaded entries; there are others that were not loaded',
      'timeline-export',
    );
  });

  it('calls a type at its head as the page does, and by its id in its lines', async () => {
    const onExport = jest.fn<(file: Blob, name: string) => void>();
    const typeLabel = (type: string) => `type ${type.toUpperCase()}`;
    draw({ onExport, typeLabel, defaultFilter: { ...noFilter, types: ['queue'] } });
    expect(screen.getByRole('button', { name: 'type QUEUE 1' })).toBeInTheDocument();
    expect(screen.getByText('Queue intake above 1,000').closest('li')).toHaveTextContent(
      'Warning · type QUEUE',
    );
    await userEvent.click(await screen.findByRole('button', { name: 'CSV' }));
    await waitFor(() => expect(onExport).toHaveBeenCalledTimes(1));
    const reader = new FileReader();
    reader.readAsText(onExport.mock.calls[0]![0]);
    await waitFor(() => expect(reader.result).not.toBeNull());
    expect(reader.result).toContain('# Filter: Type type QUEUE\r\n');
    expect(reader.result).toContain(',queue,warning,');
  });

  it('is saved by the browser where nobody else takes it', async () => {
    const made = jest.fn(() => 'blob:x');
    Object.assign(URL, { createObjectURL: made, revokeObjectURL: () => undefined });
    const click = jest.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
    draw();
    await userEvent.click(await screen.findByRole('button', { name: 'JSON' }));
    await waitFor(() => expect(click).toHaveBeenCalledTimes(1));
    expect(made).toHaveBeenCalledTimes(1);
    click.mockRestore();
  });

  it('of a long list can be cancelled, and says when it failed', async () => {
    const onExport = jest.fn();
    const { again } = draw({ entries: manyEvents(150), onExport });
    fireEvent.click(await screen.findByRole('button', { name: 'CSV' }));
    fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(screen.getByRole('button', { name: 'CSV' })).toBeEnabled();
    expect(onExport).not.toHaveBeenCalled();
    again({
      onExport: () => {
        throw new Error('full');
      },
    });
    fireEvent.click(screen.getByRole('button', { name: 'CSV' }));
    expect(
      await screen.findByText('The export failed. Try again.', {}, { timeout: 20_000 }),
    ).toBeInTheDocument();
    expect(onExport).not.toHaveBeenCalled();
  });
});
