import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, userEvent, waitFor, within } from 'storybook/test';
import { useWebSocket } from '../../hooks/useWebSocket.ts';
import { LiveFleet } from '../../testing/liveFleet.tsx';
import { ConnectionStatus } from './ConnectionStatus.tsx';

const LOST = '2026-01-15T14:02:11Z';

const meta = {
  title: 'Components/ConnectionStatus',
  component: ConnectionStatus,
  // Its page is written by hand.
  tags: ['!autodocs'],
  args: { state: 'live', since: '2026-01-15T13:00:00Z', lastMessageAt: '2026-01-15T14:07:11Z' },
} satisfies Meta<typeof ConnectionStatus>;

export default meta;
type Story = StoryObj<typeof meta>;

const stack = { display: 'grid', gap: 12, justifyItems: 'start' } as const;

export const Playground: Story = {};

export const Default: Story = {};

export const AllStates: Story = {
  render: () => (
    <div style={stack}>
      <ConnectionStatus state="connecting" />
      <ConnectionStatus state="live" />
      <ConnectionStatus state="recovering" lastMessageAt={LOST} nextAttemptAt="2026-01-15T14:07:16Z" />
      <ConnectionStatus state="recovering" />
      <ConnectionStatus state="polling" lastMessageAt={LOST} />
      <ConnectionStatus state="polling" />
      <ConnectionStatus state="offline" since={LOST} nextAttemptAt="2026-01-15T14:07:32Z" />
      <ConnectionStatus state="offline" since="2026-01-14T22:10:00Z" />
      <ConnectionStatus state="offline" />
      <ConnectionStatus state="denied" reason="The session has expired" />
    </div>
  ),
};

function LiveConnection() {
  const { state, since, nextAttemptAt, lastMessageAt, reason } = useWebSocket();
  return <ConnectionStatus {...{ state, since, nextAttemptAt, lastMessageAt, reason }} />;
}

/** A connection to a made-up service: it is lost, tried again and brought back. */
export const Live: Story = {
  render: () => (
    <LiveFleet>
      {({ lose, mend }) => (
        <div style={stack}>
          <LiveConnection />
          <button type="button" className="fd-button" onClick={lose}>
            Lose the connection
          </button>
          <button type="button" className="fd-button" onClick={mend}>
            Bring it back
          </button>
        </div>
      )}
    </LiveFleet>
  ),
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    const stands = (state: string) =>
      waitFor(() =>
        expect(canvasElement.querySelector('.fd-connection')).toHaveAttribute('data-state', state),
      );
    await stands('live');
    await userEvent.click(canvas.getByRole('button', { name: 'Lose the connection' }));
    await stands('recovering');
    await userEvent.click(canvas.getByRole('button', { name: 'Bring it back' }));
    await stands('live');
    await expect(canvasElement.querySelector('[role="status"], [aria-live]')).toBeNull();
    await userEvent.click(canvas.getByRole('button', { name: 'Lose the connection' }));
    await stands('recovering');
  },
};

/** The page says how old its data is. */
export const Stale: Story = { args: { state: 'recovering', lastMessageAt: LOST } };

/** Nothing is known yet. */
export const Empty: Story = { args: { state: 'connecting', since: null, lastMessageAt: null } };

export const Loading: Story = { args: { state: 'connecting' } };

export const Error: Story = {
  args: {
    state: 'offline',
    since: LOST,
    nextAttemptAt: '2026-01-15T14:07:32Z',
    reason: 'The service does not answer',
  },
};

export const Overflow: Story = {
  args: { state: 'recovering', lastMessageAt: '2025-12-31T23:59:59Z', nextAttemptAt: '2026-01-15T14:07:32Z' },
  decorators: [(Story) => <div style={{ inlineSize: 140 }}>{Story()}</div>],
};

export const Densities: Story = {
  render: () => (
    <div style={stack}>
      {(['compact', 'default', 'comfortable', 'wall'] as const).map((density) => (
        <div key={density} data-density={density}>
          <ConnectionStatus state="offline" since={LOST} />
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
  args: { state: 'recovering', lastMessageAt: LOST, nextAttemptAt: '2026-01-15T14:07:16Z' },
  play: async ({ canvasElement }) => {
    const status = canvasElement.querySelector('.fd-connection');
    await expect(status).toHaveTextContent('Reconnecting, data from 14:02:11, next try in 4 sec');
    await expect(canvasElement.querySelector('[role="status"], [aria-live]')).toBeNull();
  },
};
