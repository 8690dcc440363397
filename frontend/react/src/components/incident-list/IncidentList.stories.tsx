import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, userEvent, waitFor } from 'storybook/test';
import { LiveFleet, useCheckout } from '../../testing/liveFleet.tsx';
import { incident } from '../../testing/past.ts';
import { IncidentList } from './IncidentList.tsx';

const OPEN = incident({
  begin: '2026-01-15T14:01:00.000Z',
  end: null,
  durationMs: 372_000,
  worst: 'degraded',
  reason: 'It answers slowly: over 250 ms, and not yet again under 150 ms.',
});
const OLD = incident({
  begin: '2026-01-11T23:50:00.000Z',
  end: '2026-01-12T03:00:00.000Z',
  durationMs: 11_400_000,
});

const meta = {
  title: 'Components/IncidentList',
  component: IncidentList,
  // Its page is written by hand.
  tags: ['!autodocs'],
  args: { incidents: [OPEN, incident(), OLD], 'aria-label': 'Incidents of postgres' },
} satisfies Meta<typeof IncidentList>;

export default meta;
type Story = StoryObj<typeof meta>;

export const Playground: Story = {};

export const Default: Story = {};

/** One that lasts, one of today, one of another day; the last known ones; loading, failed, none. */
export const AllStates: Story = {
  render: (args) => (
    <div style={{ display: 'grid', gap: 16 }}>
      <IncidentList {...args} />
      <IncidentList {...args} stale aria-label="The last known ones" />
      <IncidentList incidents={null} aria-label="Loading" />
      <IncidentList incidents={null} error="The history could not be read." aria-label="Failed" />
      <IncidentList incidents={[]} aria-label="None" />
    </div>
  ),
};

function LiveIncidents() {
  const { agent, isStale } = useCheckout();
  return (
    <IncidentList incidents={agent.incidents} stale={isStale} aria-label={`Incidents of ${agent.label}`} />
  );
}

/** An agent on a live topic: an incident begins with the fourth message, gets worse with the eighth, and counts on. */
export const Live: Story = {
  render: () => (
    <LiveFleet>
      <LiveIncidents />
    </LiveFleet>
  ),
  play: async ({ canvas }) => {
    const reads = (words: RegExp) =>
      waitFor(() => expect(canvas.getByRole('listitem')).toHaveTextContent(words), { timeout: 5000 });
    await expect(canvas.getByText('No incidents')).toBeVisible();
    await reads(/^Degradedsince 14:07, .* so far/);
    await reads(/^Criticalsince 14:07, .* so far3 of 4 probes fail\.$/);
  },
};

export const Stale: Story = { args: { stale: true } };

export const Loading: Story = { args: { incidents: null } };

export const Error: Story = {
  args: { incidents: null, error: 'The history could not be read: it is busy.' },
};

export const Densities: Story = {
  render: (args) => (
    <div style={{ display: 'grid', gap: 16 }}>
      {(['compact', 'default', 'comfortable', 'wall'] as const).map((density) => (
        <div key={density} data-density={density}>
          <IncidentList {...args} aria-label={`Incidents, ${density}`} />
        </div>
      ))}
    </div>
  ),
};

export const Narrow320: Story = {
  ...AllStates,
  decorators: [(Story) => <div style={{ inlineSize: 272 }}>{Story()}</div>],
};

export const Empty: Story = { args: { incidents: [] } };

/** Without a reason, and with a long one. */
export const Overflow: Story = {
  args: {
    incidents: [
      incident({ reason: 'refused '.repeat(40).trim() }),
      incident({ begin: '2026-01-14T08:05:00.000Z', reason: null }),
    ],
  },
  decorators: [(Story) => <div style={{ inlineSize: 272 }}>{Story()}</div>],
};

export const Dark: Story = { ...AllStates, parameters: { fleetdeck: { theme: 'dark' } } };

export const RTL: Story = { ...AllStates, parameters: { fleetdeck: { direction: 'rtl' } } };

export const German: Story = { ...AllStates, parameters: { fleetdeck: { language: 'de' } } };

export const Japanese: Story = { ...AllStates, parameters: { fleetdeck: { language: 'ja' } } };

/** What nobody tells by its colour alone: under each kind of colour blindness. */
export const ColourVision: Story = { ...AllStates, parameters: { fleetdeck: { vision: 'all' } } };

/** It is text: there is nothing to operate. */
export const Keyboard: Story = {
  play: async ({ canvasElement }) => {
    await userEvent.tab();
    await expect(canvasElement.contains(document.activeElement)).toBe(false);
  },
};

export const ReaderText: Story = {
  play: async ({ canvas }) => {
    const [first, second] = canvas.getAllByRole('listitem');
    await expect(first).toHaveTextContent('Degradedsince 14:01, 6 min so far');
    await expect(second).toHaveTextContent('Critical08:05, for 12 minNo answer within 2000 ms.');
  },
};
