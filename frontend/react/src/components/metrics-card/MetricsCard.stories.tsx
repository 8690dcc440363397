import { useEffect, useState } from 'react';
import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, userEvent, waitFor, within } from 'storybook/test';
import { seeded, walk } from '../../testing/series.ts';
import { MetricsCard, type MetricsCardProps } from './MetricsCard.tsx';

const AS_OF = '2026-01-15T14:07:11Z';
const depth = walk({ seed: 3, from: 1500, to: 1284, roughness: 0.12 });
const latency = walk({ seed: 11, from: 610, to: 842, roughness: 0.14 });
const failed = walk({ seed: 7, from: 3, to: 37, roughness: 0.05 });
const spend = walk({ seed: 5, from: 20, to: 31, roughness: 0.1 });
const gappy = latency.map((point, index) =>
  (index > 20 && index < 29) || index === 40 || index === 42 ? { ...point, value: null } : point,
);

const meta = {
  title: 'Components/MetricsCard',
  component: MetricsCard,
  // Its page is written by hand.
  tags: ['!autodocs'],
  args: {
    title: 'Queue depth',
    value: 1284,
    unit: 'msg',
    baseline: 1245,
    baselineLabel: '1 h',
    status: 'healthy',
    points: depth,
    asOf: AS_OF,
    staleAfterMs: 15_000,
    footer: 'live · 1 s',
  },
  argTypes: { points: { control: false }, density: { control: 'inline-radio' } },
  decorators: [
    (Story, { parameters }) => (
      <div style={{ maxInlineSize: typeof parameters.width === 'number' ? parameters.width : 272 }}>
        {Story()}
      </div>
    ),
  ],
} satisfies Meta<typeof MetricsCard>;

export default meta;
type Story = StoryObj<typeof meta>;

const wide = { width: 1100 };

function Grid({ min = 232, children }: { min?: number; children: React.ReactNode }) {
  return (
    <div
      style={{
        display: 'grid',
        gap: 12,
        gridTemplateColumns: `repeat(auto-fill, minmax(min(${min}px, 100%), 1fr))`,
      }}
    >
      {children}
    </div>
  );
}

const specimen: readonly MetricsCardProps[] = [
  {
    title: 'Queue depth',
    value: 1284,
    unit: 'msg',
    baseline: 1245,
    status: 'healthy',
    points: depth,
    footer: 'live · 1 s',
  },
  {
    ...{
      title: 'p95 latency',
      value: 842,
      unit: 'ms',
      baseline: 597,
      goodDirection: 'down',
      status: 'degraded',
    },
    ...{ points: latency, footer: 'target 600 ms', reason: 'above its target of 600 ms' },
  },
  {
    ...{
      title: 'Failed runs',
      value: 37,
      unit: '/min',
      baseline: 3,
      goodDirection: 'down',
      status: 'critical',
    },
    ...{ points: failed, footer: 'since 14:02', since: '2026-01-15T14:02:00Z' },
  },
  {
    ...{ title: 'Token spend', value: null, unit: '$', status: 'unknown', points: spend },
    ...{ asOf: '2026-01-15T14:01:12Z', staleAfterMs: 60_000 },
  },
];

export const Playground: Story = {};

export const Default: Story = {};

/** Calm, degraded, critical, without data; then outdated, loading, failed and the ways to write a value. */
export const AllStates: Story = {
  parameters: wide,
  render: () => (
    <Grid>
      {specimen.map((card) => (
        <MetricsCard key={card.title} baselineLabel="1 h" asOf={AS_OF} {...card} />
      ))}
      <MetricsCard
        title="Outdated"
        value={842}
        unit="ms"
        baseline={597}
        baselineLabel="1 h"
        goodDirection="down"
        status="degraded"
        points={latency}
        asOf="2026-01-15T14:01:12Z"
        staleAfterMs={15_000}
      />
      <MetricsCard
        title="Outdated, no sparkline"
        value={12}
        asOf="2026-01-15T12:01:12Z"
        staleAfterMs={15_000}
      />
      <MetricsCard title="With gaps" value={842} unit="ms" points={gappy} />
      <MetricsCard title="Loading" value={undefined} state="loading" />
      <MetricsCard
        title="Failed, value kept"
        value={842}
        unit="ms"
        state="error"
        errorMessage="The database does not answer."
        points={latency}
        status="healthy"
      />
      <MetricsCard title="Failed, no value" value={null} state="error" />
      <MetricsCard title="In progress" value={62} unit="%" status="in_progress" statusLabel="Draining" />
      <MetricsCard
        title="Zero is a value"
        value={0}
        unit="msg"
        baseline={0}
        baselineLabel="1 h"
        status="healthy"
      />
      <MetricsCard title="Up from zero" value={3} baseline={0} baselineLabel="1 h" goodDirection="down" />
      <MetricsCard
        title="Better"
        value={31}
        unit="%"
        baseline={55}
        baselineLabel="1 h"
        goodDirection="down"
      />
      <MetricsCard title="Unchanged" value={31} unit="%" baseline={31} baselineLabel="1 h" />
      <MetricsCard title="Bytes" value={1_536_000_000} unit="By" />
      <MetricsCard title="Duration" value={7510} unit="s" format="duration" />
      <MetricsCard title="Share" value={0.0413} format="percent" />
      <MetricsCard title="Compact" value={12_845_000} format="compact" />
      <MetricsCard title="Own options" value={12.5} format={{ style: 'currency', currency: 'EUR' }} />
    </Grid>
  ),
};

function LiveCard(props: MetricsCardProps) {
  const [state, setState] = useState(() => ({ points: depth, value: props.value ?? 0, at: AS_OF }));
  useEffect(() => {
    const next = seeded(42);
    const timer = setInterval(() => {
      setState(({ points, value, at }) => {
        const moved = Math.max(0, Math.round(value + (next() - 0.5) * 120));
        const start = new Date(Date.parse(at) + 1000).toISOString();
        return { points: [...points.slice(1), { start, value: moved }], value: moved, at: start };
      });
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  return <MetricsCard {...props} value={state.value} points={state.points} asOf={state.at} now={state.at} />;
}

/** One new value a second, the same ones on every run. Nothing moves but the value and the line. */
export const Live: Story = {
  render: (args) => <LiveCard {...args} />,
  play: async ({ canvasElement }) => {
    const number = canvasElement.querySelector('.fd-metric-number');
    await waitFor(() => expect(number).not.toHaveTextContent('1,284'), { timeout: 5000 });
  },
};

/** The last value stays, dimmed and hatched, and the card says when it was seen. */
export const Stale: Story = { args: { asOf: '2026-01-15T14:01:12Z' } };

export const Empty: Story = {
  args: { value: null, baseline: undefined, points: [], status: 'healthy', footer: undefined },
};

export const Loading: Story = { args: { state: 'loading', value: undefined } };

export const Error: Story = {
  args: { state: 'error', errorMessage: 'The database does not answer. It is tried again in 4 s.' },
};

export const Overflow: Story = {
  args: {
    title: 'Messages_waiting_in_the_incoming_queue_of_the_refund_department_of_the_southern_region',
    value: 1e12,
    unit: 'messages per fortnight',
    status: 'critical',
    statusLabel: 'Far above every threshold that was ever set',
    footer: 'A footer that is much longer than the card is wide, and so has to break into several lines',
  },
};

/** What went wrong breaks where it is one long word, as an address. */
export const LongError: Story = {
  args: { state: 'error', errorMessage: `https://metrics.example.org/${'query/'.repeat(20)}` },
  play: async ({ canvasElement }) => {
    const card = canvasElement.querySelector('.fd-metric')!;
    await expect(card.scrollWidth).toBeLessThanOrEqual(card.clientWidth);
  },
};

export const Densities: Story = {
  parameters: wide,
  render: (args) => (
    <Grid min={260}>
      {(['compact', 'default', 'comfortable', 'wall'] as const).map((density) => (
        <MetricsCard key={density} {...args} title={density} density={density} />
      ))}
    </Grid>
  ),
};

export const Dark: Story = { ...AllStates, parameters: { ...wide, fleetdeck: { theme: 'dark' } } };

export const RTL: Story = { ...AllStates, parameters: { ...wide, fleetdeck: { direction: 'rtl' } } };

export const German: Story = { ...AllStates, parameters: { ...wide, fleetdeck: { language: 'de' } } };

export const Japanese: Story = { ...AllStates, parameters: { ...wide, fleetdeck: { language: 'ja' } } };

/** What nobody tells by its colour alone: under each kind of colour blindness. */
export const ColourVision: Story = { ...AllStates, parameters: { ...wide, fleetdeck: { vision: 'all' } } };

export const Narrow320: Story = { ...AllStates, parameters: { width: 272 } };

/** A card is no tab stop; what a caller puts into its foot is. */
export const Keyboard: Story = {
  args: { footer: <a href="#details">Details</a> },
  play: async ({ canvasElement }) => {
    await userEvent.tab();
    await expect(within(canvasElement).getByRole('link', { name: 'Details' })).toHaveFocus();
  },
};

/** The value and its trend are text, the line is told in figures, and nothing is announced. */
export const ReaderText: Story = {
  args: {
    title: 'p95 latency',
    value: 842,
    unit: 'ms',
    baseline: 597,
    goodDirection: 'down',
    status: 'degraded',
    points: latency,
    footer: undefined,
  },
  play: async ({ canvasElement }) => {
    const card = within(canvasElement).getByRole('group', { name: 'p95 latency' });
    await expect(within(card).getByRole('heading', { level: 3, name: 'p95 latency' })).toBeVisible();
    await expect(card).toHaveTextContent(/Degraded/);
    await expect(card).toHaveTextContent(/842 ms/);
    await expect(card).toHaveTextContent(/up \+41% worse vs 1 h/);
    await expect(card).toHaveTextContent(/min \d+ ms, max \d+ ms, now 842 ms, rising/);
    await expect(card.querySelector('[role="status"], [aria-live]')).toBeNull();
    await expect(card.querySelector('svg:not([aria-hidden="true"])')).toBeNull();
  },
};

/** Opening loads a trend with axes and its thresholds; the button is the card's only tab stop. */
export const Open: Story = {
  args: {
    ...{
      title: 'p95 latency',
      value: 842,
      unit: 'ms',
      baseline: 597,
      goodDirection: 'down',
      points: latency,
    },
    ...{ status: undefined, footer: undefined, openable: true },
    thresholds: [{ status: 'degraded', above: 600, recover: 500 }],
  },
  parameters: { width: 480 },
  play: async ({ canvasElement }) => {
    await userEvent.tab();
    const button = within(canvasElement).getByRole('button', { name: 'Trend of p95 latency' });
    await expect(button).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(canvasElement.querySelector('.recharts-line-curve')).not.toBeNull(), {
      timeout: 5000,
    });
  },
};
