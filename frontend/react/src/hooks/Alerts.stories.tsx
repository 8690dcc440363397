import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, waitFor, within } from 'storybook/test';
import type { AlertsAnswer } from '@fleetdeck/dto';
import { StatusBadge } from '../components/status-badge/StatusBadge.tsx';
import { alertOf, updateOf } from '../testing/alerts.ts';
import { FakeSocket } from '../testing/fakes.ts';
import { FleetdeckProvider } from './FleetdeckProvider.tsx';
import type { HttpReader } from './services.ts';
import { useAlerts, type UseAlertsOptions } from './useAlerts.ts';

const answer: AlertsAnswer = {
  asOf: '2026-01-15T14:02:00.000Z',
  position: { epoch: 'e1', offset: 0 },
  alerts: [
    alertOf('web-1'),
    alertOf('web-2', { state: 'pending', message: 'The event loop of web-2 is 260 ms late.' }),
    alertOf('postgres', {
      rule: 'PostgresDown',
      severity: 'critical',
      message: 'PostgreSQL is critical: no answer within 2 s.',
      acknowledgement: { by: 'ada', at: '2026-01-15T14:01:30.000Z', reason: null },
    }),
  ],
};

const http: HttpReader = { get: <T,>() => Promise.resolve(answer as T) };

/** What a page may make of `useAlerts`: it tells loading, failure and calm apart. */
function AlertList(options: UseAlertsOptions) {
  const { alerts, error } = useAlerts(options);
  if (error !== null) return <p role="alert">{error.message}</p>;
  if (alerts === null) return <p>Loading…</p>;
  if (alerts.length === 0) return <p>No alerts.</p>;
  return (
    <ul aria-label="Alerts">
      {alerts.map((alert) => (
        <li key={alert.key}>
          <StatusBadge status={alert.severity} /> {alert.message} ({alert.state}
          {alert.acknowledgement === null ? '' : `, taken by ${alert.acknowledgement.by}`})
        </li>
      ))}
    </ul>
  );
}

const meta: Meta<UseAlertsOptions> = {
  title: 'Hooks/useAlerts',
  component: AlertList,
  tags: ['autodocs'],
  argTypes: {
    severity: { control: 'inline-radio', options: [undefined, 'degraded', 'critical'] },
    state: { control: 'inline-radio', options: [undefined, 'pending', 'firing', 'recovering'] },
  },
  render: (options) => (
    <FleetdeckProvider socket={new FakeSocket()} http={http}>
      <AlertList {...options} />
    </FleetdeckProvider>
  ),
};
export default meta;
type Story = StoryObj<UseAlertsOptions>;

/** Every alert that is not inactive, the worst first. */
export const All: Story = {
  play: async ({ canvasElement }) => {
    const items = await within(canvasElement).findAllByRole('listitem');
    await expect(items).toHaveLength(3);
    await expect(items[0]).toHaveTextContent('taken by ada');
  },
};

/** Only what is critical. */
export const Critical: Story = {
  args: { severity: 'critical' },
  play: async ({ canvasElement }) => {
    await expect(await within(canvasElement).findAllByRole('listitem')).toHaveLength(1);
  },
};

/** The topic ends an alert while the page is open. */
export const Live: Story = {
  render: (options) => {
    const socket = new FakeSocket();
    return (
      <FleetdeckProvider socket={socket} http={http}>
        <AlertList {...options} />
        <button
          type="button"
          onClick={() => socket.say('alerts', updateOf(alertOf('web-1', { state: 'inactive', version: 4 })))}
        >
          End the alert of web-1
        </button>
      </FleetdeckProvider>
    );
  },
  play: async ({ canvasElement, userEvent }) => {
    const canvas = within(canvasElement);
    await canvas.findAllByRole('listitem');
    await userEvent.click(canvas.getByRole('button'));
    await waitFor(() => expect(canvas.getAllByRole('listitem')).toHaveLength(2));
  },
};

/** Somebody acknowledges an alert elsewhere: the page hears of it. */
export const Acknowledged: Story = {
  args: { state: 'firing', severity: 'degraded' },
  render: (options) => {
    const socket = new FakeSocket();
    const acknowledgement = { by: 'bob', at: '2026-01-15T14:03:00.000Z', reason: null };
    return (
      <FleetdeckProvider socket={socket} http={http}>
        <AlertList {...options} />
        <button
          type="button"
          onClick={() =>
            socket.say('alerts', updateOf(alertOf('web-1', { acknowledgement }), { kind: 'acknowledged' }))
          }
        >
          Let bob take the alert of web-1
        </button>
      </FleetdeckProvider>
    );
  },
  play: async ({ canvasElement, userEvent }) => {
    const canvas = within(canvasElement);
    await expect(await canvas.findByRole('listitem')).not.toHaveTextContent('taken by');
    await userEvent.click(canvas.getByRole('button'));
    await waitFor(() => expect(canvas.getByRole('listitem')).toHaveTextContent('taken by bob'));
  },
};

/** Nothing fires. */
export const Empty: Story = {
  render: (options) => (
    <FleetdeckProvider
      socket={new FakeSocket()}
      http={{ get: <T,>() => Promise.resolve({ ...answer, alerts: [] } as T) }}
    >
      <AlertList {...options} />
    </FleetdeckProvider>
  ),
  play: async ({ canvasElement }) => {
    await expect(await within(canvasElement).findByText('No alerts.')).toBeVisible();
  },
};

/** The service does not let the page read them. */
export const Refused: Story = {
  render: (options) => (
    <FleetdeckProvider
      socket={new FakeSocket()}
      http={{ get: () => Promise.reject(new Error('Your role may not read alerts.')) }}
    >
      <AlertList {...options} />
    </FleetdeckProvider>
  ),
  play: async ({ canvasElement }) => {
    await expect(await within(canvasElement).findByRole('alert')).toHaveTextContent('may not read alerts');
  },
};
