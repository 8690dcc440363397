import { useState } from 'react';
import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, screen, userEvent, waitFor, within } from 'storybook/test';
import { fleet, manyContexts } from '../../testing/contexts.ts';
import { LiveFleet, useAgents } from '../../testing/liveFleet.tsx';
import { ContextSelector } from './ContextSelector.tsx';

const meta = {
  title: 'Components/ContextSelector',
  component: ContextSelector,
  // Its page is written by hand.
  tags: ['!autodocs'],
  args: { label: 'Agent', options: fleet, defaultValue: 'billing-03' },
  argTypes: { options: { control: false } },
} satisfies Meta<typeof ContextSelector>;

export default meta;
type Story = StoryObj<typeof meta>;

const stack = { display: 'grid', gap: 16 } as const;
const never = () => new Promise<never>(() => undefined);
/** Room for the open list, so that the page shows it whole. */
const tall = { minBlockSize: 460 } as const;

/** Statuses that nobody confirmed for 6 minutes. */
const old = { asOf: '2026-01-15T14:01:00Z', staleAfterMs: 60_000 } as const;

const openList = async (canvasElement: HTMLElement): Promise<HTMLElement> => {
  await userEvent.click(within(canvasElement).getAllByRole('button', { name: /^Agent/ })[0]!);
  return screen.findByRole('combobox');
};

function Favourites() {
  const [favourites, setFavourites] = useState(['triage-12']);
  return (
    <ContextSelector
      label="Agent"
      options={fleet}
      defaultValue="billing-03"
      recent={['refund-07', 'checkout-01', 'gone-99']}
      favourites={favourites}
      onToggleFavourite={(id) =>
        setFavourites((known) => (known.includes(id) ? known.filter((each) => each !== id) : [...known, id]))
      }
      shortcut
      footer={<a href="#all">All agents</a>}
    />
  );
}

export const Playground: Story = { decorators: [(Story) => <div style={tall}>{Story()}</div>] };

export const Default: Story = {};

/** Chosen, none, a context that is gone, an alarm, pinned, switching, stale, loading, another tab that switched. */
export const AllStates: Story = {
  render: () => (
    <div style={stack}>
      <ContextSelector label="Agent" options={fleet} defaultValue="billing-03" />
      <ContextSelector label="Agent" options={fleet} />
      <ContextSelector label="Agent" options={fleet} defaultValue="gone-99" />
      <ContextSelector label="Agent" options={fleet} defaultValue="checkout-01" />
      <Favourites />
      <ContextSelector label="Agent" options={fleet} defaultValue="intake-02" pinned />
      <ContextSelector label="Agent" options={fleet} defaultValue="triage-12" switching />
      <ContextSelector label="Agent" options={fleet} defaultValue="checkout-01" {...old} />
      <ContextSelector label="Agent" options={[]} state="loading" defaultValue="billing-03" />
      <ContextSelector
        label="Agent"
        options={fleet}
        value="checkout-01"
        elsewhere={{ id: 'checkout-01', followed: true, previous: 'billing-03' }}
        onKeep={() => undefined}
        onDismissElsewhere={() => undefined}
      />
      <ContextSelector
        label="Agent"
        options={fleet}
        value="billing-03"
        pinned
        elsewhere={{ id: 'checkout-01', followed: false, previous: 'billing-03' }}
        onFollow={() => undefined}
        onDismissElsewhere={() => undefined}
      />
    </div>
  ),
};

/** The open list, with favourites and recent ones above all. One that is gone is left out. */
export const Open: Story = {
  render: () => (
    <div style={tall}>
      <Favourites />
    </div>
  ),
  play: async ({ canvasElement }) => {
    await openList(canvasElement);
    const groups = await screen.findAllByRole('group');
    await expect(groups).toHaveLength(3);
    await expect(within(groups[1]!).getAllByRole('option')).toHaveLength(2);
  },
};

function LiveSelector() {
  const { agents, isStale } = useAgents();
  return <ContextSelector label="Agent" options={agents} stale={isStale} defaultValue="checkout-01" />;
}

/** Agents on a live topic: the chosen one turns degraded, then critical. An open list stays as it is read. */
export const Live: Story = {
  render: () => (
    <div style={tall}>
      <LiveFleet>
        <LiveSelector />
      </LiveFleet>
    </div>
  ),
  play: async ({ canvasElement }) => {
    const button = await within(canvasElement).findByRole('button', { name: /^Agent: Checkout 01/ });
    const search = await openList(canvasElement);
    await waitFor(() => expect(screen.getByRole('option', { selected: true })).toBeVisible());
    await userEvent.keyboard('{ArrowDown}');
    const at = search.getAttribute('aria-activedescendant');
    await waitFor(() => expect(button).toHaveAccessibleName('Agent: Checkout 01 Degraded'), {
      timeout: 5000,
    });
    await waitFor(() => expect(button).toHaveAccessibleName('Agent: Checkout 01 Critical'), {
      timeout: 5000,
    });
    await expect(screen.getByRole('option', { name: 'Checkout 01 Critical' })).toBeVisible();
    await expect(search).toHaveAttribute('aria-activedescendant', at);
    await expect(search).toHaveFocus();
  },
};

/** Nobody confirmed the statuses lately: they are not known any more, and the list says of when it is. */
export const Stale: Story = {
  args: { defaultValue: 'checkout-01', ...old },
  decorators: [(Story) => <div style={tall}>{Story()}</div>],
  play: async ({ canvasElement }) => {
    const button = within(canvasElement).getByRole('button', { name: /^Agent: Checkout 01/ });
    await expect(button).toHaveTextContent('Agent: Checkout 01Unknown, was Critical, 6 min. ago');
    await openList(canvasElement);
    await expect(screen.getByRole('dialog')).toHaveAccessibleDescription('As of 14:01 (6 min)');
    const option = screen.getByRole('option', { name: /^Billing 03/ });
    await expect(option).toHaveTextContent('Billing 03 Northwind Unknown, was Healthy');
    await expect(option.querySelector('[data-shape]')).toHaveAttribute('data-shape', 'unknown');
  },
};

/** Another tab moved on. This one says so instead of turning silently, and offers the way back. */
export const Elsewhere: Story = {
  args: {
    value: 'checkout-01',
    elsewhere: { id: 'checkout-01', followed: true, previous: 'billing-03' },
    onKeep: () => undefined,
    onDismissElsewhere: () => undefined,
  },
};

/** Nothing chosen. */
export const Empty: Story = { args: { defaultValue: null } };

/** While options are on their way the choice stays usable. */
export const Loading: Story = {
  args: { options: undefined, loadOptions: never, selected: fleet[0]! },
  decorators: [(Story) => <div style={tall}>{Story()}</div>],
  play: async ({ canvasElement }) => {
    await openList(canvasElement);
    await expect(await screen.findByText('Loading')).toBeVisible();
  },
};

export const Error: Story = {
  args: {
    options: undefined,
    loadOptions: () => Promise.reject(new globalThis.Error('503')),
    selected: fleet[0]!,
    errorMessage: 'The list of agents does not answer.',
  },
  decorators: [(Story) => <div style={tall}>{Story()}</div>],
  play: async ({ canvasElement }) => {
    await openList(canvasElement);
    await expect(await screen.findByRole('button', { name: 'Try again' })).toBeVisible();
  },
};

/** Long words are cut on the button and whole in the list; of 10,000 options only those in view are in the page. */
export const Overflow: Story = {
  args: {
    options: [
      {
        id: 'long',
        label: 'A_name_without_a_single_space_that_is_much_longer_than_the_button',
        description: 'and a description that is longer than the list is wide, which goes on in the next line',
        status: 'critical',
      },
      ...manyContexts(10_000),
    ],
    defaultValue: 'long',
  },
  decorators: [(Story) => <div style={tall}>{Story()}</div>],
  play: async ({ canvasElement }) => {
    await openList(canvasElement);
    await waitFor(() => expect(screen.getByText('Agent 00001')).toBeVisible());
    await waitFor(() => expect(screen.getAllByRole('option').length).toBeLessThan(60));
    const label = document.querySelector('.fd-context-option-label')!;
    await expect(label).toHaveTextContent(/^A_name.*_button$/);
    await expect(label.scrollWidth).toBeLessThanOrEqual(label.clientWidth);
    await expect(getComputedStyle(label).textOverflow).toBe('clip');
    await userEvent.keyboard('{End}');
    await waitFor(() => expect(screen.getByText('Agent 10000')).toBeVisible());
  },
};

export const Densities: Story = {
  render: () => (
    <div style={stack}>
      {(['compact', 'default', 'comfortable', 'wall'] as const).map((density) => (
        <div key={density} data-density={density}>
          <ContextSelector label="Agent" options={fleet} defaultValue="checkout-01" />
        </div>
      ))}
    </div>
  ),
};

export const Dark: Story = { ...Open, parameters: { fleetdeck: { theme: 'dark' } } };

export const RTL: Story = { ...Open, parameters: { fleetdeck: { direction: 'rtl' } } };

export const German: Story = { ...AllStates, parameters: { fleetdeck: { language: 'de' } } };

export const Japanese: Story = { ...AllStates, parameters: { fleetdeck: { language: 'ja' } } };

/** What nobody tells by its colour alone: under each kind of colour blindness. */
export const ColourVision: Story = { ...AllStates, parameters: { fleetdeck: { vision: 'all' } } };

export const Narrow320: Story = {
  ...AllStates,
  decorators: [(Story) => <div style={{ inlineSize: 272 }}>{Story()}</div>],
};

/** Every stop of the button's bar and of the open list in its order, the last one first on the way back. */
export const KeyboardStops: Story = {
  render: () => (
    <div style={tall}>
      <Favourites />
    </div>
  ),
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    const bar = ['Agent: Billing 03', 'Add Billing 03 to favourites', 'Clear Billing 03'];
    for (const name of bar) {
      await userEvent.tab();
      await expect(canvas.getByRole('button', { name })).toHaveFocus();
    }
    await userEvent.keyboard('{Control>}k{/Control}');
    const search = await screen.findByRole('combobox', { name: 'Search' });
    await waitFor(() => expect(search).toHaveFocus());
    await userEvent.keyboard('{ArrowDown}');
    // It begins at what is chosen.
    const options = screen.getAllByRole('option');
    const next = options.find((_option, at) => options[at - 1]?.getAttribute('aria-selected') === 'true');
    await expect(next).toHaveTextContent('Checkout 01');
    await expect(search).toHaveAttribute('aria-activedescendant', next?.id);
    await userEvent.tab();
    await expect(screen.getByRole('link', { name: 'All agents' })).toHaveFocus();
    await userEvent.tab({ shift: true });
    await expect(search).toHaveFocus();
    await userEvent.keyboard('{Escape}');
    await expect(canvas.getByRole('button', { name: bar[0]! })).toHaveFocus();
    await expect(screen.queryByRole('combobox')).toBeNull();
  },
};

/** Tab, type, arrows and Enter choose; Escape closes and gives the focus back; what was cleared can be undone. */
export const Keyboard: Story = {
  decorators: [(Story) => <div style={tall}>{Story()}</div>],
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await userEvent.tab();
    const button = canvas.getByRole('button', { name: 'Agent: Billing 03' });
    await expect(button).toHaveFocus();
    await userEvent.keyboard('r');
    const search = await screen.findByRole('combobox');
    await waitFor(() => expect(search).toHaveFocus());
    await userEvent.keyboard('e');
    await waitFor(() => expect(screen.getAllByRole('option')[0]).toHaveTextContent('Refund 07'));
    await userEvent.keyboard('{ArrowDown}{Enter}');
    await waitFor(() => expect(button).toHaveFocus());
    await expect(button).toHaveTextContent('Résumé 04');

    await userEvent.keyboard('{Enter}');
    await screen.findByRole('combobox');
    await userEvent.keyboard('{Escape}');
    await expect(screen.queryByRole('combobox')).toBeNull();
    await expect(button).toHaveFocus();

    await userEvent.tab();
    await userEvent.keyboard('{Enter}');
    await expect(button).toHaveTextContent('All');
    await userEvent.tab();
    await expect(canvas.getByRole('button', { name: 'Back to Résumé 04' })).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    await expect(button).toHaveTextContent('Résumé 04');
  },
};

/** What a screen reader reads: names, places in the list, and how many were found. */
export const ReaderText: Story = {
  decorators: [(Story) => <div style={tall}>{Story()}</div>],
  play: async ({ canvasElement }) => {
    const button = within(canvasElement).getByRole('button', { name: 'Agent: Billing 03', expanded: false });
    await expect(button).toHaveAttribute('aria-haspopup', 'dialog');
    const search = await openList(canvasElement);
    await expect(button).toHaveAttribute('aria-expanded', 'true');
    await expect(screen.getByRole('dialog', { name: 'Agent' })).toBeVisible();
    await expect(screen.getByRole('listbox', { name: 'Agent' })).toBeVisible();
    await expect(screen.getByRole('option', { selected: true })).toHaveAccessibleName(
      'Billing 03 Northwind Healthy',
    );
    await expect(search).toHaveAccessibleName('Search');
    await userEvent.type(search, 'contoso');
    await waitFor(() => expect(screen.getAllByRole('option')).toHaveLength(2));
    const option = screen.getByRole('option', { name: 'Intake 02 Contoso Degraded' });
    await expect(option).toHaveAttribute('aria-posinset', '1');
    await expect(option).toHaveAttribute('aria-setsize', '2');
    await waitFor(
      () => expect(document.querySelector('[data-fleetdeck-announcer]')).toHaveTextContent('2 results'),
      {
        timeout: 3000,
      },
    );
    await expect(canvasElement.querySelector('[role="status"], [aria-live]')).toBeNull();
  },
};
