import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, userEvent, waitFor } from 'storybook/test';
import { LiveFleet, useAgents } from '../../testing/liveFleet.tsx';
import { StatusSummary } from './StatusSummary.tsx';

const many = (word: string, count: number): string[] => Array.from({ length: count }, () => word);
const FLEET = [...many('healthy', 41), ...many('degraded', 3), ...many('critical', 2)];
const MIXED = [...FLEET, ...many('in_progress', 4), ...many('stopped', 1)];

const meta = {
  title: 'Components/StatusSummary',
  component: StatusSummary,
  // Its page is written by hand.
  tags: ['!autodocs'],
  args: { statuses: FLEET },
} satisfies Meta<typeof StatusSummary>;

export default meta;
type Story = StoryObj<typeof meta>;

const stack = { display: 'grid', gap: 16, justifyItems: 'start' } as const;

export const Playground: Story = {};

export const Default: Story = {};

export const AllStates: Story = {
  render: () => (
    <div style={stack}>
      <StatusSummary statuses={MIXED} size="sm" />
      <StatusSummary statuses={MIXED} />
      <StatusSummary statuses={MIXED} size="lg" />
      <StatusSummary statuses={many('healthy', 46)} />
      <StatusSummary statuses={many('offline', 46)} />
      <StatusSummary statuses={many('pending', 3)} />
      <StatusSummary statuses={[null, 'purple']} />
      <StatusSummary statuses={[]} />
    </div>
  ),
};

function LiveSummary() {
  const { agents, isStale } = useAgents();
  return <StatusSummary statuses={agents.map(({ status }) => status)} stale={isStale} />;
}

/** A fleet on a live topic: with the fourth message an agent is degraded, with the eighth it is critical. */
export const Live: Story = {
  render: () => (
    <LiveFleet>
      <LiveSummary />
    </LiveFleet>
  ),
  play: async ({ canvasElement }) => {
    const seen = (text: string) => () => expect(canvasElement).toHaveTextContent(text);
    await waitFor(seen('1 degraded, 1 in progress, 4 healthy'), { timeout: 5000 });
    await waitFor(seen('2 degraded, 1 in progress, 3 healthy'), { timeout: 5000 });
    await waitFor(seen('1 critical, 1 degraded, 1 in progress, 3 healthy'), { timeout: 5000 });
    await expect(canvasElement.querySelector('.fd-summary')).toHaveAttribute('data-tone', 'critical');
    await expect(canvasElement.querySelector('[role="status"], [aria-live]')).toBeNull();
  },
};

/** Nobody confirmed the counts lately: hatched, without alarm, and told as last known. */
export const Stale: Story = { args: { asOf: '2026-01-15T14:01:12Z', staleAfterMs: 15_000 } };

export const Empty: Story = { args: { statuses: [] } };

/** Work under way is counted apart and sorted below the alarms. */
export const Loading: Story = { args: { statuses: [...many('in_progress', 12), ...many('healthy', 30)] } };

export const Error: Story = { args: { statuses: [...many('error', 7), ...many('healthy', 1)] } };

export const Overflow: Story = {
  args: { statuses: [...many('healthy', 10_000), ...many('critical', 1234), ...many('warning', 5678)] },
  decorators: [(Story) => <div style={{ inlineSize: 160 }}>{Story()}</div>],
};

export const Densities: Story = {
  render: () => (
    <div style={stack}>
      {(['compact', 'default', 'comfortable', 'wall'] as const).map((density) => (
        <div key={density} data-density={density}>
          <StatusSummary statuses={MIXED} size="lg" />
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

/** It is text: there is nothing to operate. */
export const Keyboard: Story = {
  play: async ({ canvasElement }) => {
    await userEvent.tab();
    await expect(canvasElement.contains(document.activeElement)).toBe(false);
  },
};

export const ReaderText: Story = {
  args: { statuses: MIXED },
  play: async ({ canvasElement }) => {
    await expect(canvasElement.querySelector('.fd-summary')).toHaveTextContent(
      '2 critical, 3 degraded, 1 unknown, 4 in progress, 41 healthy',
    );
  },
};
