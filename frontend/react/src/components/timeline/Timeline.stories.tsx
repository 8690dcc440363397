import { useEffect, useState } from 'react';
import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, userEvent, waitFor, within } from 'storybook/test';
import { manyEvents, someEvents, STORY_NOW } from '../../testing/events.ts';
import { noFilter } from './filter.ts';
import { Timeline } from './Timeline.tsx';
import type { TimelineEntry } from './entries.ts';

const meta = {
  title: 'Components/Timeline',
  component: Timeline,
  // Its page is written by hand.
  tags: ['!autodocs'],
  args: { title: 'Events', entries: someEvents },
  argTypes: { entries: { control: false } },
} satisfies Meta<typeof Timeline>;

export default meta;
type Story = StoryObj<typeof meta>;

const stack = { display: 'grid', gap: 16 } as const;
const pages = (cursor: string | null) => {
  const from = Number(cursor ?? 0);
  const items = manyEvents(120).slice(from, from + 30);
  return Promise.resolve({ items: [...items], nextCursor: from + 30 < 120 ? String(from + 30) : null });
};

export const Playground: Story = {};

export const Default: Story = {};

/** Filtered, opened, with what was seen before, outdated, loading, failed, empty, and without its tools. */
export const AllStates: Story = {
  render: () => (
    <div style={stack}>
      <Timeline
        title="Filtered"
        entries={someEvents}
        defaultFilter={{ ...noFilter, types: ['deployment', 'health'], from: '2026-01-15' }}
        expanded={['e1', 'e2']}
      />
      <Timeline
        title="Since the last visit"
        entries={someEvents}
        filterable={false}
        lastSeenAt="2026-01-15T13:45:00Z"
      />
      <Timeline
        title="Outdated"
        entries={someEvents.slice(0, 3)}
        filterable={false}
        asOf="2026-01-15T14:01:12Z"
        staleAfterMs={60_000}
      />
      <Timeline title="Loading" state="loading" filterable={false} exportable={false} />
      <Timeline
        title="Failed, entries kept"
        entries={someEvents.slice(0, 2)}
        state="error"
        errorMessage="The audit log does not answer."
        onRetry={() => undefined}
        filterable={false}
      />
      <Timeline title="Empty" filterable={false} exportable={false} />
      <Timeline
        title="No match"
        entries={someEvents}
        defaultFilter={{ ...noFilter, text: 'nothing like it' }}
      />
    </div>
  ),
};

function LiveFeed() {
  const [entries, setEntries] = useState<readonly TimelineEntry[]>(() => manyEvents(60));
  useEffect(() => {
    let count = 0;
    const timer = setInterval(() => {
      count += 1;
      const entry = {
        id: `live${count}`,
        at: STORY_NOW,
        title: `Event ${count} came just now`,
        status: 'success',
      };
      setEntries((known) => [entry, ...known].slice(0, 500));
      if (count >= 5) clearInterval(timer);
    }, 300);
    return () => clearInterval(timer);
  }, []);
  return <Timeline title="Live" entries={entries} height="300px" />;
}

/** New entries wait while older ones are read: the list does not move, a pill says how many. */
export const Live: Story = {
  render: () => <LiveFeed />,
  play: async ({ canvasElement }) => {
    const body = canvasElement.querySelector('.fd-timeline-body')!;
    body.scrollTop = 400;
    const pill = await within(canvasElement).findByRole('button', { name: /new$/ }, { timeout: 5000 });
    const before = body.scrollTop;
    await waitFor(() => expect(pill).toHaveTextContent(/[3-5] new/), { timeout: 5000 });
    await expect(body.scrollTop).toBe(before);
    await userEvent.click(pill);
    await waitFor(() => expect(within(canvasElement).getByText('Event 1 came just now')).toBeVisible());
  },
};

/** Nobody confirmed the list lately: it is hatched and says of when it is. */
export const Stale: Story = { args: { asOf: '2026-01-15T14:01:12Z', staleAfterMs: 60_000 } };

export const Empty: Story = { args: { entries: [] } };

export const Loading: Story = { args: { entries: [], state: 'loading' } };

/** A failure keeps the entries that are there. */
export const Error: Story = {
  args: { state: 'error', errorMessage: 'The audit log does not answer.', onRetry: () => undefined },
};

/** Long words break; of 10,000 entries only those in view are in the page. */
export const Overflow: Story = {
  args: {
    entries: [
      {
        id: 'long',
        at: STORY_NOW,
        title: 'A_title_without_a_single_space_that_is_very_much_longer_than_the_timeline_is_wide_'.repeat(3),
        status: 'critical',
        type: 'a type that is rather long as well',
      },
      ...manyEvents(10_000),
    ],
  },
  play: async ({ canvasElement }) => {
    // Until the list that draws only some is loaded, the first entries stand in for it.
    await waitFor(() => expect(canvasElement.querySelectorAll('li[data-index]').length).toBeGreaterThan(5), {
      timeout: 5000,
    });
    await waitFor(() => expect(canvasElement.querySelectorAll('*').length).toBeLessThan(3000));
    const body = canvasElement.querySelector('.fd-timeline-body')!;
    body.scrollTop = 150_000;
    await waitFor(() => expect(within(canvasElement).getAllByRole('listitem').length).toBeGreaterThan(5));
    await waitFor(() =>
      expect(within(canvasElement).getByRole('heading', { name: /^Last 7 days/ })).toBeVisible(),
    );
  },
};

export const Densities: Story = {
  render: () => (
    <div style={stack}>
      {(['compact', 'default', 'comfortable', 'wall'] as const).map((density) => (
        <div key={density} data-density={density}>
          <Timeline title={`Events, ${density}`} entries={someEvents.slice(0, 3)} filterable={false} />
        </div>
      ))}
    </div>
  ),
};

export const Dark: Story = { ...AllStates, parameters: { fleetdeck: { theme: 'dark' } } };

export const RTL: Story = { ...AllStates, parameters: { fleetdeck: { direction: 'rtl' } } };

export const Narrow320: Story = {
  ...AllStates,
  decorators: [(Story) => <div style={{ inlineSize: 272 }}>{Story()}</div>],
};

/** Pages: older entries come by a button. */
export const Pages: Story = {
  args: { entries: [], fetchPage: pages },
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await waitFor(() => expect(canvas.getAllByRole('listitem')).toHaveLength(30));
    await userEvent.click(canvas.getByRole('button', { name: 'Load older' }));
    await waitFor(() => expect(canvas.getAllByRole('listitem')).toHaveLength(60));
  },
};

/** A feed grows while it is read; Page Down goes from article to article, Ctrl+End leaves it. */
export const Infinite: Story = {
  args: { entries: [], fetchPage: pages, infinite: true, height: '300px' },
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await waitFor(() => expect(canvas.getAllByRole('article').length).toBeGreaterThanOrEqual(30));
    const [first, second] = canvas.getAllByRole('article');
    first!.focus();
    await userEvent.keyboard('{PageDown}');
    await expect(second).toHaveFocus();
    await userEvent.keyboard('{Control>}{End}{/Control}');
    await expect(document.activeElement).toHaveClass('fd-timeline-foot');
    canvas.getByRole('feed').scrollTop = 100_000;
    await waitFor(() => expect(canvas.getAllByRole('article').length).toBeGreaterThanOrEqual(60));
  },
};

/** Tab reaches search, days, choices and entries; Enter opens one, Escape closes it. */
export const Keyboard: Story = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    const entry = canvas.getByRole('button', { name: /^refund-07/ });
    canvas.getByRole('searchbox', { name: 'Search' }).focus();
    await userEvent.keyboard('refund');
    await waitFor(() => expect(canvas.getAllByRole('listitem')).toHaveLength(1));
    await expect(canvas.getByText('1 of 9')).toBeVisible();
    entry.focus();
    await userEvent.keyboard('{Enter}');
    await expect(entry).toHaveAttribute('aria-expanded', 'true');
    await expect(canvas.getByText(/3 of 4 probes fail/)).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await expect(entry).toHaveAttribute('aria-expanded', 'false');
    await expect(entry).toHaveFocus();
  },
};

/** What a screen reader reads: a region, days as headings of lists, words beside every shape. */
export const ReaderText: Story = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await expect(canvas.getByRole('region', { name: 'Events' })).toBeVisible();
    const headings = canvas.getAllByRole('heading').map((heading) => heading.textContent);
    await expect(headings[0]).toBe('Events');
    await expect(canvas.getByRole('heading', { name: 'Today 4 entries' })).toBeVisible();
    const today = canvas.getByRole('group', { name: 'Today 4 entries' });
    await expect(within(today).getAllByRole('listitem')).toHaveLength(4);
    await expect(
      canvas.getByRole('button', { name: 'refund-07 failed its health check Critical · health' }),
    ).toBeVisible();
    await expect(canvasElement.querySelector('[role="status"], [aria-live]')).toBeNull();
  },
};
