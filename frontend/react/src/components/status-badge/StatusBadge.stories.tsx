import { useState } from 'react';
import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, userEvent, waitFor, within } from 'storybook/test';
import { LiveFleet, useAgents } from '../../testing/liveFleet.tsx';
import { StatusBadge } from './StatusBadge.tsx';

const meta = {
  title: 'Components/StatusBadge',
  component: StatusBadge,
  // Its page is written by hand.
  tags: ['!autodocs'],
  args: { status: 'healthy' },
  argTypes: {
    status: {
      control: 'select',
      options: [
        'healthy',
        'degraded',
        'critical',
        'unknown',
        'in_progress',
        'pending',
        'paused',
        'stopped',
        'purple',
      ],
    },
    size: { control: 'inline-radio', options: ['sm', 'md', 'lg'] },
  },
} satisfies Meta<typeof StatusBadge>;

export default meta;
type Story = StoryObj<typeof meta>;

const WORDS = ['healthy', 'degraded', 'critical', 'unknown', 'in_progress', 'pending'] as const;
const ALL_WORDS = [
  ...['healthy', 'success', 'online', 'active', 'degraded', 'warning', 'working', 'pending', 'in_progress'],
  ...['completed', 'critical', 'failed', 'offline', 'error', 'unknown', 'purple'],
  ...['paused', 'stopped', 'cancelled', 'skipped', 'rolled_back'],
];
const row = { display: 'flex', flexWrap: 'wrap', gap: '12px 16px', alignItems: 'center' } as const;
const stack = { display: 'grid', gap: 16, justifyItems: 'start' } as const;

export const Playground: Story = {};

export const Default: Story = { args: { status: 'healthy' } };

/** Every family, every word of the vocabulary, every size, with and without words. */
export const AllStates: Story = {
  render: () => (
    <div style={stack}>
      {(['sm', 'md', 'lg'] as const).map((size) => (
        <div key={size} style={row}>
          {WORDS.map((status) => (
            <StatusBadge key={status} status={status} size={size} />
          ))}
        </div>
      ))}
      {(['sm', 'md', 'lg'] as const).map((size) => (
        <div key={size} style={row}>
          {WORDS.map((status) => (
            <StatusBadge key={status} status={status} size={size} compact />
          ))}
        </div>
      ))}
      <div style={row}>
        {ALL_WORDS.map((status) => (
          <StatusBadge key={status} status={status} />
        ))}
      </div>
      <div style={row}>
        <StatusBadge status="in_progress" label="Upgrading" since="2026-01-15T14:03:00Z" />
        <StatusBadge
          status="critical"
          label="checkout"
          since="2026-01-15T14:02:00Z"
          reason="3 of 4 probes fail"
        />
        <StatusBadge status="healthy" asOf="2026-01-15T14:01:12Z" staleAfterMs={30_000} />
      </div>
    </div>
  ),
};

function LiveBadges() {
  const { agents, isStale } = useAgents();
  return (
    <ul style={{ ...stack, margin: 0, padding: 0, listStyle: 'none' }}>
      {agents.map(({ id, label, status, since, reason }) => (
        <li key={id} aria-label={label} style={row}>
          <span>{label}</span>
          <StatusBadge {...{ status, since, reason }} stale={isStale} announce={label} />
        </li>
      ))}
    </ul>
  );
}

/** Agents on a live topic: with the fourth message one is degraded, with the eighth it is critical, and that is said. */
export const Live: Story = {
  render: () => (
    <LiveFleet>
      <LiveBadges />
    </LiveFleet>
  ),
  play: async ({ canvasElement }) => {
    const agent = within(await within(canvasElement).findByRole('listitem', { name: 'Checkout 01' }));
    const { top } = agent.getByText('Checkout 01').getBoundingClientRect();
    for (const word of ['Degraded', 'Critical']) {
      await waitFor(() => expect(agent.getByText(word)).toBeVisible(), { timeout: 5000 });
      await waitFor(
        () =>
          expect(document.querySelector('[data-fleetdeck-announcer]')).toHaveTextContent(
            `${word}: Checkout 01`,
          ),
        { timeout: 5000 },
      );
    }
    await expect(agent.getByText('Checkout 01').getBoundingClientRect().top).toBe(top);
    await expect(canvasElement.querySelector('[role="status"], [aria-live]')).toBeNull();
  },
};

/** A status that nobody confirmed for too long is not known any more, whatever it was. */
export const Stale: Story = {
  args: { status: 'healthy', asOf: '2026-01-15T14:01:12Z', staleAfterMs: 30_000 },
};

/** No word at all. */
export const Empty: Story = { args: { status: null } };

/** Work under way is never an alarm. */
export const Loading: Story = { args: { status: 'in_progress', label: 'Upgrading' } };

export const Error: Story = {
  args: { status: 'error', since: '2026-01-15T14:02:00Z', reason: 'The broker refuses the connection' },
};

/** In a narrow place the word is cut, never the shape. */
export const Overflow: Story = {
  args: { status: 'critical', label: 'Waiting_for_a_very_long_dependency_name_that_does_not_break' },
  decorators: [(Story) => <div style={{ inlineSize: 160 }}>{Story()}</div>],
};

export const Densities: Story = {
  render: () => (
    <div style={stack}>
      {(['compact', 'default', 'comfortable', 'wall'] as const).map((density) => (
        <div key={density} data-density={density} style={row}>
          {WORDS.map((status) => (
            <StatusBadge key={status} status={status} size="lg" />
          ))}
        </div>
      ))}
    </div>
  ),
};

export const Dark: Story = { ...AllStates, parameters: { fleetdeck: { theme: 'dark' } } };

export const RTL: Story = { ...AllStates, parameters: { fleetdeck: { direction: 'rtl' } } };

export const German: Story = { ...AllStates, parameters: { fleetdeck: { language: 'de' } } };

export const Japanese: Story = { ...AllStates, parameters: { fleetdeck: { language: 'ja' } } };

/** What nobody tells by its colour alone: under each kind of colour blindness. */
export const ColourVision: Story = { ...AllStates, parameters: { fleetdeck: { vision: 'all' } } };

export const Narrow320: Story = {
  ...AllStates,
  decorators: [(Story) => <div style={{ inlineSize: 272 }}>{Story()}</div>],
};

/** A compact badge is a tab stop: its tooltip opens on focus as on hover, and Escape closes it. */
export const Keyboard: Story = {
  args: { status: 'critical', compact: true, reason: '3 of 4 probes fail' },
  play: async ({ canvasElement }) => {
    const badge = within(canvasElement).getByRole('img', { name: 'Critical, 3 of 4 probes fail' });
    await userEvent.tab();
    await expect(badge).toHaveFocus();
    const tip = badge.querySelector('.fd-tooltip');
    await expect(tip).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await expect(badge.querySelector('.fd-tooltip')).toBeNull();
    await expect(badge).toHaveFocus();
  },
};

/** What a screen reader reads. */
export const ReaderText: Story = {
  args: {
    status: 'critical',
    label: 'checkout',
    since: '2026-01-15T14:02:00Z',
    reason: '3 of 4 probes fail',
  },
  play: async ({ canvasElement }) => {
    const badge = canvasElement.querySelector('.fd-badge');
    await expect(badge).toHaveTextContent('Critical: checkout, since 14:02, 3 of 4 probes fail');
    await expect(canvasElement.querySelector('[role="status"], [aria-live]')).toBeNull();
  },
};

/** How long it lasts, and how often it changed lately: what flaps is not as calm as its word. */
export const Duration: Story = {
  render: () => (
    <div style={stack}>
      <StatusBadge status="critical" since="2026-01-15T13:40:00Z" showDuration />
      <StatusBadge status="healthy" since="2026-01-15T14:05:00Z" showDuration changes={7} changesIn="1 h" />
      <StatusBadge status="degraded" changes={1} changesIn="1 h" />
      <StatusBadge status="healthy" stale asOf="2026-01-15T14:01:00Z" />
    </div>
  ),
};

function Fleet() {
  const [failed, setFailed] = useState(false);
  return (
    <div style={stack}>
      <button type="button" onClick={() => setFailed(!failed)}>
        {failed ? 'Recover' : 'Fail'}
      </button>
      <div style={row}>
        {Array.from({ length: 12 }, (_, index) => (
          <StatusBadge
            key={index}
            status={failed ? (index === 7 ? 'critical' : 'degraded') : 'healthy'}
            announce={`agent-${index + 1}`}
          />
        ))}
      </div>
    </div>
  );
}

const why = {
  since: '2026-01-15T14:02:00Z',
  reason: '3 of 4 probes fail, and the broker refuses the connection',
};

/** Begin and reason for everybody. In a narrow place they wrap, and are not cut. */
export const Details: Story = {
  render: () => (
    <div style={{ ...stack, maxInlineSize: 260 }}>
      {WORDS.map((status) => (
        <StatusBadge key={status} {...{ status, ...why }} showDetails />
      ))}
      <StatusBadge status="critical" {...why} showDetails showDuration />
    </div>
  ),
  play: async ({ canvasElement }) => {
    for (const text of canvasElement.querySelectorAll('.fd-badge-why')) {
      await expect(text).toHaveTextContent(', since 14:02, 3 of 4 probes fail');
      const { right } = text.getBoundingClientRect();
      await expect(right).toBeLessThanOrEqual(text.closest('.fd-badge')!.getBoundingClientRect().right);
    }
  },
};

/** Many that become worse at once are one sentence for screen readers, the worst first; recoveries are silent. */
export const Announced: Story = {
  render: () => <Fleet />,
  play: async ({ canvasElement }) => {
    await userEvent.click(within(canvasElement).getByRole('button', { name: 'Fail' }));
    await waitFor(
      () =>
        expect(document.querySelector('[data-fleetdeck-announcer]')).toHaveTextContent(
          'Critical: agent-8; Degraded: agent-1; Degraded: agent-2; and 9 more',
        ),
      { timeout: 5000 },
    );
  },
};
