import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, userEvent, waitFor } from 'storybook/test';
import { LiveFleet, useCheckout } from '../../testing/liveFleet.tsx';
import { BUCKET_MS, bucketsOf, DAY, DAY_UPTIME, PAST_AS_OF, PAST_FROM } from '../../testing/past.ts';
import { HealthStrip } from './HealthStrip.tsx';

const meta = {
  title: 'Components/HealthStrip',
  component: HealthStrip,
  // Its page is written by hand.
  tags: ['!autodocs'],
  args: {
    subject: 'postgres',
    buckets: bucketsOf(DAY),
    from: PAST_FROM,
    bucketMs: BUCKET_MS,
    asOf: PAST_AS_OF,
    uptime: DAY_UPTIME,
    showUptime: true,
  },
} satisfies Meta<typeof HealthStrip>;

export default meta;
type Story = StoryObj<typeof meta>;

const stack = { display: 'grid', gap: 16 } as const;

export const Playground: Story = {};

export const Default: Story = {};

export const AllStates: Story = {
  render: (args) => (
    <div style={stack}>
      <HealthStrip {...args} />
      <HealthStrip {...args} subject="redis" buckets={bucketsOf('h'.repeat(48))} uptime={null} />
      <HealthStrip {...args} subject="broker" buckets={bucketsOf('c'.repeat(48))} uptime={null} />
      <HealthStrip {...args} subject="cache" buckets={bucketsOf('d'.repeat(48))} uptime={null} />
      <HealthStrip {...args} subject="search" buckets={bucketsOf('u'.repeat(48))} uptime={null} />
      <HealthStrip {...args} subject="queue" stale />
      <HealthStrip {...args} subject="new" buckets={null} />
      <HealthStrip {...args} subject="none" buckets={[]} />
      <HealthStrip {...args} subject="lost" buckets={null} error="The history could not be read." />
    </div>
  ),
};

function LiveStrip() {
  const { agent, isStale } = useCheckout();
  return (
    <HealthStrip
      subject={agent.label}
      buckets={agent.buckets}
      from={PAST_FROM}
      bucketMs={BUCKET_MS}
      asOf={agent.at}
      stale={isStale}
    />
  );
}

/** An agent on a live topic: the newest piece is degraded with the fourth message, critical with the eighth. */
export const Live: Story = {
  render: () => (
    <LiveFleet>
      <LiveStrip />
    </LiveFleet>
  ),
  play: async ({ canvasElement }) => {
    const newest = (status: string) =>
      waitFor(
        () =>
          expect(canvasElement.querySelector('.fd-strip-bar:last-child')).toHaveAttribute(
            'data-status',
            status,
          ),
        { timeout: 5000 },
      );
    await newest('healthy');
    await newest('degraded');
    await newest('critical');
    await expect(canvasElement.querySelector('[role="slider"]')).toHaveAttribute(
      'aria-valuetext',
      expect.stringMatching(/: Critical. 3 of 4 probes fail.$/),
    );
  },
};

/** The past is known up to a moment; since then it is not. */
export const Stale: Story = { args: { stale: true } };

export const Loading: Story = { args: { buckets: null } };

export const Empty: Story = { args: { buckets: [] } };

export const Error: Story = {
  args: { buckets: null, error: 'The history could not be read: the service is busy.' },
};

/** As many pieces as one request gives. */
export const Overflow: Story = {
  args: { buckets: bucketsOf(DAY.repeat(6)), bucketMs: BUCKET_MS / 6 },
  decorators: [(Story) => <div style={{ inlineSize: 640 }}>{Story()}</div>],
};

export const Densities: Story = {
  render: (args) => (
    <div style={stack}>
      {(['compact', 'default', 'comfortable', 'wall'] as const).map((density) => (
        <div key={density} data-density={density}>
          <HealthStrip {...args} />
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

export const ReducedMotion: Story = { parameters: { fleetdeck: { motion: 'reduced' } } };

export const Narrow320: Story = {
  ...AllStates,
  decorators: [(Story) => <div style={{ inlineSize: 272 }}>{Story()}</div>],
};

/** One stop; the arrows go from piece to piece, Home and End to the first and the last. */
export const Keyboard: Story = {
  play: async ({ canvas }) => {
    await userEvent.tab();
    const strip = canvas.getByRole('slider');
    await expect(strip).toHaveFocus();
    await expect(strip).toHaveAttribute('aria-valuetext', '14:00 to 14:07: Healthy');
    await userEvent.keyboard('{Home}{ArrowRight}{ArrowRight}{ArrowLeft}');
    await expect(strip).toHaveAttribute('aria-valuenow', '2');
    await userEvent.keyboard('{PageUp}{End}{ArrowLeft}');
    await expect(strip).toHaveAttribute('aria-valuenow', '47');
    await expect(document.querySelector('.fd-tooltip')).toHaveTextContent('13:30 to 14:00: Healthy');
    await userEvent.keyboard('{Escape}');
    await expect(document.querySelector('.fd-tooltip')).toBeNull();
  },
};

export const ReaderText: Story = {
  play: async ({ canvas }) => {
    const strip = canvas.getByRole('slider', {
      name: 'postgres, last 1 day, 97.89% up, 5 hr not known',
    });
    strip.focus();
    await userEvent.keyboard('{Home}');
    for (let step = 0; step < 35; step += 1) await userEvent.keyboard('{ArrowRight}');
    await expect(strip.getAttribute('aria-valuetext')).toMatch(
      /: Critical for 12 min\. No answer within 2000 ms\.$/,
    );
  },
};
