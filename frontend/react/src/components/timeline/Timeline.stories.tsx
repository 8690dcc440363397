import { useEffect, useState } from 'react';
import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, fireEvent, userEvent, waitFor, within } from 'storybook/test';
import { manyEvents, someEvents, STORY_NOW } from '../../testing/events.ts';
import {
  english,
  englishLeft,
  german,
  japanese,
  type TimelineLanguage,
} from '../../testing/timelineLanguages.ts';
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

const drawStates = ({ words, statusWords, types, titles, errorMessage }: TimelineLanguage) => {
  const [filtered, since, outdated, loading, failed, nothing, noMatch] = titles as [
    ...[string, string, string, string, string, string, string],
  ];
  const typeLabel = (type: string): string => types[type] ?? type;
  const said = { messages: { timeline: words, statusWords }, typeLabel };
  return (
    <div style={stack}>
      <Timeline
        {...said}
        title={filtered}
        entries={someEvents}
        defaultFilter={{ ...noFilter, types: ['deployment', 'health'], from: '2026-01-15' }}
        expanded={['e1', 'e2']}
      />
      <Timeline
        {...said}
        title={since}
        entries={someEvents}
        filterable={false}
        lastSeenAt="2026-01-15T13:45:00Z"
      />
      <Timeline
        {...said}
        title={outdated}
        entries={someEvents.slice(0, 3)}
        filterable={false}
        asOf="2026-01-15T14:01:12Z"
        staleAfterMs={60_000}
      />
      <Timeline {...said} title={loading} state="loading" filterable={false} exportable={false} />
      <Timeline
        {...said}
        title={failed}
        entries={someEvents.slice(0, 2)}
        state="error"
        errorMessage={errorMessage}
        onRetry={() => undefined}
        filterable={false}
      />
      <Timeline {...said} title={nothing} filterable={false} exportable={false} />
      <Timeline
        {...said}
        title={noMatch}
        entries={someEvents}
        defaultFilter={{ ...noFilter, text: 'nothing like it' }}
      />
    </div>
  );
};

/** Filtered, opened, with what was seen before, outdated, loading, failed, empty, and without its tools. */
export const AllStates: Story = { render: () => drawStates(english) };

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

interface Change extends TimelineEntry {
  agent: string;
  versions?: readonly [before: string, after: string];
}

const changes: readonly Change[] = someEvents.slice(0, 6).map((entry, index) => ({
  ...entry,
  agent: entry.title.split(' ')[0] ?? '',
  ...(index % 2 === 1 && { versions: ['2.4.1', '2.5.0'] as const }),
}));

/** Lines and details of the caller's own: only what has versions opens, and only open entries are asked for theirs. */
export const OwnEntries: Story = {
  render: () => (
    <Timeline<Change>
      title="Changes"
      entries={changes}
      filterable={false}
      renderEntry={({ agent, title, actor }) => (
        <>
          <strong>{agent}</strong> {title.slice(agent.length + 1)} {actor ? `(${actor})` : ''}
        </>
      )}
      canOpen={({ versions }) => versions !== undefined}
      renderDetails={({ versions }) => (
        <p>
          <del>{versions?.[0]}</del> <ins>{versions?.[1]}</ins>
        </p>
      )}
    />
  ),
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await expect(canvas.getAllByRole('button', { expanded: false })).toHaveLength(3);
    await userEvent.click(
      canvas.getByRole('button', { name: 'In progress triage-12 upgrading 2.4.1 to 2.5.0 (ana)' }),
    );
    await expect(canvasElement.querySelector('ins')).toHaveTextContent('2.5.0');
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
    // Each says where it is in its day, and of how many, though most of them are not in the page.
    const day = canvasElement.querySelector('.fd-timeline-part')!;
    const items = [...day.querySelectorAll('li')];
    const place = (item: Element, name: string): number => Number(item.getAttribute(`aria-${name}`));
    const first = place(items[0]!, 'posinset');
    await expect(first).toBeGreaterThan(1000);
    await expect(items.map((item) => place(item, 'posinset'))).toEqual(items.map((_, at) => first + at));
    const count = /[\d,]+/.exec(day.querySelector('.fd-timeline-count')?.textContent ?? '')?.[0];
    const whole = Number(count?.replace(',', ''));
    await expect(new Set(items.map((item) => place(item, 'setsize')))).toEqual(new Set([whole]));
  },
};

/** What went wrong breaks where it is one long word, as an address. */
export const LongError: Story = {
  args: { state: 'error', entries: [], errorMessage: `https://audit.example.org/${'entries/'.repeat(20)}` },
  decorators: [(Story) => <div style={{ inlineSize: 272 }}>{Story()}</div>],
  play: async ({ canvasElement }) => {
    const list = canvasElement.querySelector('.fd-timeline')!;
    await expect(list.scrollWidth).toBeLessThanOrEqual(list.clientWidth);
    const [shape, text] = list.querySelector('.fd-timeline-note')!.children;
    await expect(shape!.getBoundingClientRect().bottom).toBeLessThan(text!.getBoundingClientRect().bottom);
    await expect(shape!.getBoundingClientRect().top).toBeGreaterThan(text!.getBoundingClientRect().top);
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

/** Whether the letters of each text stand in their order: of what has no right-to-left letters, on one line. */
const scrambled = (root: Element): string[] => {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: string[] = [];
  const placeOf = (node: Node, at: number): DOMRect => {
    const letter = document.createRange();
    letter.setStart(node, at);
    letter.setEnd(node, at + 1);
    return letter.getBoundingClientRect();
  };
  while (texts.nextNode()) {
    const { currentNode: node } = texts;
    const text = node.textContent ?? '';
    const begin = text.search(/\S/);
    if (begin < 0 || node.parentElement?.matches('.fd-hidden') || /[\u0590-\u08ff]/.test(text)) continue;
    const [first, last] = [placeOf(node, begin), placeOf(node, text.trimEnd().length - 1)];
    if (first.top === last.top && first.left > last.left) found.push(text);
  }
  return found;
};

/** Words, values and what the caller says keep their order, each by its own direction. */
export const RTL: Story = {
  ...AllStates,
  parameters: { fleetdeck: { direction: 'rtl' } },
  play: async ({ canvasElement }) => {
    await expect(scrambled(canvasElement)).toEqual([]);
    // What belongs to it stands beside a value of an entry.
    const [name, value] = [...canvasElement.querySelectorAll('dl > div > *')];
    const [of, is] = [name!.getBoundingClientRect(), document.createRange()];
    is.selectNodeContents(value!);
    await expect(of.left - is.getBoundingClientRect().right).toBeLessThan(24);
  },
};

/** Titles whose mark stands on a line of its own. */
const looseMarks = (root: Element): string[] =>
  [...root.querySelectorAll('button .fd-entry-title')].flatMap((title) => {
    const words = document.createRange();
    words.selectNodeContents(title);
    return title.getClientRects().length > words.getClientRects().length ? [title.textContent ?? ''] : [];
  });

/** What the component itself says: not what the entries do. */
const ownText = (root: Element): string => {
  const copy = root.cloneNode(true) as Element;
  copy.querySelectorAll('.fd-entry-title, .fd-entry-more :is(p, dt, dd)').forEach((data) => data.remove());
  const labels = [...copy.querySelectorAll('[aria-label]')].map((named) => named.getAttribute('aria-label'));
  return `${copy.textContent} ${labels.join(' ')}`;
};

const inLanguage = (language: TimelineLanguage, tag: string): Story => ({
  render: () => drawStates(language),
  parameters: { fleetdeck: { language: tag } },
  play: async ({ canvasElement }) => {
    await expect(englishLeft(ownText(canvasElement), language)).toEqual([]);
  },
});

/** All words are German, but for those of the entries. */
export const German: Story = inLanguage(german, 'de');

/** All words are Japanese, but for those of the entries. */
export const Japanese: Story = inLanguage(japanese, 'ja');

/** What nobody tells by its colour alone: under each kind of colour blindness. */
export const ColourVision: Story = { ...AllStates, parameters: { fleetdeck: { vision: 'all' } } };

/** The mark of an entry that opens stands behind the last word of its title, however that wraps. */
export const Narrow320: Story = {
  ...AllStates,
  decorators: [(Story) => <div style={{ inlineSize: 272 }}>{Story()}</div>],
  play: async ({ canvasElement }) => {
    await expect(looseMarks(canvasElement)).toEqual([]);
  },
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

const count = (entries: readonly TimelineEntry[], what: 'type' | 'status') =>
  ['health', 'queue', 'deployment', 'success', 'failed', 'warning'].flatMap((value) => {
    const found = entries.filter((entry) => entry[what] === value).length;
    return found > 0 ? [{ value, count: found }] : [];
  });

/** A service filters, and tells what it has beside each page: the counts are of all of it, not of what was loaded. */
export const Served: Story = {
  args: {
    entries: [],
    serverFilter: true,
    fetchPage: (cursor, { filter }) => {
      const every = manyEvents(400);
      const fits = (part: 'type' | 'status', entry: TimelineEntry) => {
        const chosen = part === 'type' ? filter.types : filter.statuses;
        return chosen.length === 0 || chosen.includes(entry[part] ?? '');
      };
      const from = Number(cursor ?? 0);
      const all = every.filter((entry) => fits('type', entry) && fits('status', entry));
      return Promise.resolve({
        items: all.slice(from, from + 20),
        nextCursor: from + 20 < all.length ? String(from + 20) : null,
        total: all.length,
        types: count(
          every.filter((entry) => fits('status', entry)),
          'type',
        ),
        statuses: count(
          every.filter((entry) => fits('type', entry)),
          'status',
        ),
      });
    },
  },
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    const health = await canvas.findByRole('button', { name: /^health \d\d$/ });
    const told = Number(/\d+/.exec(health.textContent ?? '')?.[0]);
    await userEvent.click(health);
    await waitFor(() =>
      expect(canvasElement.querySelector('.fd-timeline-shown')).toHaveTextContent(`20 of ${told}`),
    );
    await expect(canvas.getByRole('button', { name: /^queue \d\d$/ })).toBeVisible();
  },
};

/** A feed grows while it is read; Page Down goes from article to article, Ctrl+End leaves it. */
export const Infinite: Story = {
  args: { entries: [], fetchPage: pages, infinite: true, height: '300px' },
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await waitFor(() => expect(canvas.getAllByRole('article').length).toBeGreaterThanOrEqual(30));
    const [first, second] = canvas.getAllByRole('article');
    // The keys of a feed come with a part that is loaded after it.
    await waitFor(async () => {
      first!.focus();
      await userEvent.keyboard('{PageDown}');
      await expect(second).toHaveFocus();
    });
    await userEvent.keyboard('{Control>}{End}{/Control}');
    await expect(document.activeElement).toHaveClass('fd-timeline-foot');
    canvas.getByRole('feed').scrollTop = 100_000;
    await waitFor(() => expect(canvas.getAllByRole('article').length).toBeGreaterThanOrEqual(60));
  },
};

/** A link leads to an entry that is on none of the pages: those around it are shown, with a way back to the newest. */
export const Linked: Story = {
  args: {
    entries: [],
    fetchPage: pages,
    fetchAround: (entryId) => {
      const all = manyEvents(120);
      const from = Math.max(0, all.findIndex(({ id }) => id === entryId) - 5);
      return Promise.resolve({ items: all.slice(from, from + 15), nextCursor: String(from + 15) });
    },
    focusEntryId: 'n30',
  },
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await canvas.findByText('Around the linked entry.');
    await waitFor(() => expect(document.activeElement).toHaveAttribute('data-entry', 'n30'));
    await expect(canvas.getAllByRole('listitem')).toHaveLength(15);
    await userEvent.click(canvas.getByRole('button', { name: 'Back to the newest' }));
    await waitFor(() => expect(canvas.getAllByRole('listitem')).toHaveLength(30));
  },
};

/** Every entry is in the page, in blocks of 100 that are skipped where nobody looks: for find-in-page and paper. */
export const Whole: Story = {
  args: { entries: manyEvents(250), height: '300px' },
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await waitFor(() => expect(canvasElement.querySelector('li[data-index]')).not.toBeNull(), {
      timeout: 5000,
    });
    await userEvent.click(canvas.getByText('Whole list'));
    await waitFor(() => expect(canvasElement.querySelectorAll('.fd-entry')).toHaveLength(250), {
      timeout: 5000,
    });
    const blocks = [...canvasElement.querySelectorAll('.fd-timeline-block')];
    await expect(getComputedStyle(blocks[0]!).contentVisibility).toBe('auto');
    await expect(blocks.every((block) => block.children.length <= 100)).toBe(true);
    // And back, so that what looks at the page after this has few rows to look at.
    await userEvent.click(canvasElement.querySelector('.fd-timeline-top [aria-pressed="true"]')!);
    await waitFor(() => expect(canvasElement.querySelectorAll('.fd-entry').length).toBeLessThan(60));
  },
};

/** Where the keyboard is, as name or text. */
const reached = (): string => {
  const { activeElement: at } = document;
  return at instanceof HTMLInputElement
    ? `${at.labels?.[0]?.textContent} (${at.type})`
    : (at?.textContent ?? '').replaceAll(/\s+/g, ' ').trim();
};

/** Tab goes through everything there is, in the order in which it is read; Enter opens an entry, Escape closes it. */
export const Keyboard: Story = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    const stops = [];
    do {
      await userEvent.tab();
      stops.push(reached());
    } while (!document.activeElement?.matches('[data-entry="e2"]') && stops.length < 40);
    await expect(stops).toEqual([
      ...['CSV', 'JSON', 'Search (search)', 'Any time'],
      ...['deployment 2', 'health 1', 'operation 4', 'queue 1', 'security 1'],
      ...['Critical 1', 'In progress 1', 'Stopped 1', 'Success 3', 'Warning 1'],
      'refund-07 failed its health check Critical · health',
      'triage-12 upgrading 2.4.1 to 2.5.0 In progress · deployment · ana',
    ]);
    await userEvent.tab({ shift: true });
    const entry = canvas.getByRole('button', { name: /^refund-07/ });
    await expect(entry).toHaveFocus();
    await waitFor(() =>
      expect(document.querySelector('.fd-tooltip')).toHaveTextContent(/^Thursday, January 15, 2026/),
    );
    await userEvent.keyboard('{Enter}');
    await expect(entry).toHaveAttribute('aria-expanded', 'true');
    await expect(canvas.getByText(/3 of 4 probes fail/)).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await expect(entry).toHaveAttribute('aria-expanded', 'false');
    await expect(entry).toHaveFocus();
    // A choice filters, and what it takes away leaves the focus in the list's own region.
    canvas.getByRole('button', { name: 'security 1' }).focus();
    await userEvent.keyboard(' ');
    await waitFor(() => expect(canvas.getAllByRole('listitem')).toHaveLength(1));
    canvas.getByRole('button', { name: 'Clear filters' }).focus();
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(canvas.getByRole('heading', { name: 'Events' })).toHaveFocus());
  },
};

const saidNow = (): string => document.querySelector('[data-fleetdeck-announcer]')?.textContent ?? '';

/** A range of time: back from now by one press, or days and moments in the zone that is named; what is wrong is told. */
export const Range: Story = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await userEvent.click(canvas.getByRole('button', { name: 'Any time' }));
    await canvas.findByRole('dialog', { name: 'Time' });
    await userEvent.click(canvas.getByRole('button', { name: 'Last 1 hour' }));
    await expect(canvas.getAllByRole('listitem')).toHaveLength(3);
    const chosen = canvas.getByRole('button', { name: 'Last 1 hour' });
    await waitFor(() => expect(chosen).toHaveFocus());
    await userEvent.click(chosen);
    const from = await canvas.findByLabelText('From');
    await expect(canvas.getByLabelText('From, time of day')).toHaveValue('13:07');
    await fireEvent.change(from, { target: { value: '2026-01-16' } });
    await fireEvent.change(canvas.getByLabelText('To'), { target: { value: '2026-01-15' } });
    await userEvent.click(canvas.getByRole('button', { name: 'Apply' }));
    await expect(canvas.getByLabelText('To')).toHaveAccessibleDescription('The end is before the beginning.');
  },
};

/** What a screen reader reads: a region, days as headings of lists, words beside every shape, and what the filters leave. */
export const ReaderText: Story = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await expect(canvas.getByRole('region', { name: 'Events' })).toBeVisible();
    await expect(canvas.getByRole('group', { name: 'Export' })).toBeVisible();
    await expect(canvas.getAllByRole('group', { name: 'Type' })).toHaveLength(1);
    const headings = canvas.getAllByRole('heading');
    await expect(headings[0]).toHaveAccessibleName('Events');
    const groups = ['Today 4 entries', 'Yesterday 2 entries', 'Last 7 days 2 entries', 'Older 1 entry'];
    for (const [index, name] of groups.entries()) {
      await expect(headings[index + 1]).toHaveAccessibleName(name);
      const list = within(canvas.getByRole('group', { name })).getByRole('list');
      await expect(within(list).getAllByRole('listitem')).toHaveLength(
        Number(/\d+(?= entr)/.exec(name)?.[0]),
      );
    }
    await expect(
      canvas.getByRole('button', {
        name: 'refund-07 failed its health check Critical · health',
        expanded: false,
      }),
    ).toBeVisible();
    await expect(canvas.getByRole('button', { name: 'health 1', pressed: false })).toBeVisible();
    await userEvent.type(canvas.getByRole('searchbox', { name: 'Search' }), 'refund');
    await waitFor(() => expect(saidNow()).toContain('1 of 9'), { timeout: 5000 });
    await userEvent.type(canvas.getByRole('searchbox', { name: 'Search' }), ' nothing');
    await waitFor(() => expect(saidNow()).toContain('No entry matches the filters.'), { timeout: 5000 });
    await expect(canvasElement.querySelector('[role="status"], [aria-live]')).toBeNull();
  },
};
