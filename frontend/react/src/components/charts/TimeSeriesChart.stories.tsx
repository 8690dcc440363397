import { useState } from 'react';
import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, userEvent, waitFor, within } from 'storybook/test';
import { walk } from '../../testing/series.ts';
import type { FleetState } from '../../testing/fleet.ts';
import { LiveFleet, STALE_MS, useFleet } from '../../testing/liveFleet.tsx';
import { MetricTrend } from './MetricTrend.tsx';
import { TimeSeriesChart } from './TimeSeriesChart.tsx';

const of = (id: string, seed: number, from: number, to: number) => ({
  id,
  points: walk({ seed, from, to, roughness: 0.12, count: 120 }),
});
const families = [
  ...[of('intake', 3, 820, 960), of('triage', 5, 700, 560), of('billing', 8, 640, 700)],
  ...[of('refund', 9, 420, 610), of('other', 11, 300, 340)],
];
const latency = walk({ seed: 11, from: 610, to: 842, roughness: 0.14, count: 120 });
const gappy = latency.map((point, index) => (index > 40 && index < 60 ? { ...point, value: null } : point));
const thresholds = [{ value: 600, label: 'target 600 ms', status: 'degraded' }];
const markers = [{ at: '2026-01-15T14:02:00Z', label: '2.5.0' }];

const meta = {
  title: 'Charts/TimeSeriesChart',
  component: TimeSeriesChart,
  // Its page is written by hand.
  tags: ['!autodocs'],
  args: { title: 'Throughput by agent family', unit: '1/s', series: families },
  argTypes: { series: { control: false }, thresholds: { control: false }, markers: { control: false } },
  decorators: [
    (Story) => (
      <div style={{ padding: 12, border: '1px solid var(--fd-border)', background: 'var(--fd-surface)' }}>
        {Story()}
      </div>
    ),
  ],
} satisfies Meta<typeof TimeSeriesChart>;

export default meta;
type Story = StoryObj<typeof meta>;

const drawn = async ({ canvasElement }: { canvasElement: HTMLElement }) => {
  await waitFor(() => expect(canvasElement.querySelector('.recharts-line-curve')).not.toBeNull());
};

export const Playground: Story = { play: drawn };

export const Default: Story = { play: drawn };

const failed = { state: 'error', errorMessage: 'The database does not answer.' } as const;

/** Five lines; a gap, a threshold and a deployment; outdated; not read, with and without values; bytes. */
export const AllStates: Story = {
  play: drawn,
  render: () => (
    <div
      style={{
        display: 'grid',
        gap: 24,
        gridTemplateColumns: 'repeat(auto-fit, minmax(min(360px, 100%), 1fr))',
      }}
    >
      <TimeSeriesChart title="Throughput by agent family" unit="1/s" series={families} />
      <MetricTrend title="With a gap" unit="ms" points={gappy} thresholds={thresholds} markers={markers} />
      <MetricTrend
        title="Outdated"
        unit="ms"
        points={latency}
        asOf="2026-01-15T14:05:00Z"
        staleAfterMs={15_000}
      />
      <MetricTrend title="Not read anew" unit="ms" points={latency} {...failed} onRetry={() => undefined} />
      <MetricTrend title="Not read" unit="ms" points={[]} {...failed} onRetry={() => undefined} />
      <MetricTrend title="Loading" unit="ms" points={[]} state="loading" />
      <MetricTrend title="Without data" unit="ms" points={[]} />
      <MetricTrend title="Memory" unit="By" points={walk({ seed: 4, from: 4e8, to: 9e8, count: 60 })} />
      <MetricTrend
        title="A day"
        unit="%"
        points={walk({ seed: 6, from: 20, to: 70, count: 288, stepMs: 300_000 })}
      />
    </div>
  ),
};

const allOf = (state: FleetState): FleetState => state;

function LiveChart() {
  const { data } = useFleet(allOf);
  return (
    <MetricTrend
      title="Queue depth"
      unit="msg"
      points={data.points}
      asOf={data.asOf}
      staleAfterMs={STALE_MS}
    />
  );
}

/** All queues of a fleet on a live topic: each message is a point, and the oldest one goes. */
export const Live: Story = {
  render: () => (
    <LiveFleet>
      <LiveChart />
    </LiveFleet>
  ),
  play: async ({ canvasElement }) => {
    await drawn({ canvasElement });
    const figure = within(canvasElement).getByRole('figure', { name: /^Queue depth/ });
    await waitFor(() => expect(figure).toHaveTextContent(/ to 14:07:1[5-9], UTC/), { timeout: 5000 });
    await expect(figure).not.toHaveAttribute('data-stale');
    await expect(canvasElement.querySelector('[role="status"], [aria-live]')).toBeNull();
  },
};

export const Stale: Story = { args: { asOf: '2026-01-15T14:05:00Z', staleAfterMs: 15_000 }, play: drawn };

export const Empty: Story = { args: { series: [] } };

export const Loading: Story = { args: { series: [], state: 'loading' } };

/** The values that are there stay, marked as the last known. */
export const Error: Story = { args: { ...failed, onRetry: () => undefined }, play: drawn };

/** 20,000 points are thinned so that no peak is lost; of seven lines five are drawn, all are in the table. */
export const Overflow: Story = {
  args: {
    series: [
      {
        id: 'long',
        label: 'A_name_that_is_long'.repeat(8),
        points: walk({ seed: 2, from: 10, to: 90, count: 20_000 }),
      },
      ...families,
      of('seventh', 4, 3, 9),
    ],
  },
  play: drawn,
};

export const Densities: Story = {
  play: drawn,
  render: () => (
    <div style={{ display: 'grid', gap: 24 }}>
      {(['compact', 'default', 'comfortable', 'wall'] as const).map((density) => (
        <div key={density} data-density={density}>
          <MetricTrend
            title={`Latency, ${density}`}
            unit="ms"
            points={latency}
            {...failed}
            onRetry={() => undefined}
            height={120}
          />
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
  decorators: [(Story) => <div style={{ inlineSize: 246 }}>{Story()}</div>],
};

/** Two charts of a page read at one moment: by the pointer, and by the arrow keys in either of them. */
export const SharedCrosshair: Story = {
  render: () => (
    <div style={{ display: 'grid', gap: 24 }}>
      <TimeSeriesChart
        title="Throughput by agent family"
        unit="1/s"
        series={families}
        markers={markers}
        height={160}
      />
      <MetricTrend
        title="Latency"
        unit="ms"
        points={gappy}
        thresholds={thresholds}
        markers={markers}
        height={160}
      />
    </div>
  ),
  play: async ({ canvasElement }) => {
    await drawn({ canvasElement });
    await userEvent.tab();
    await userEvent.keyboard('{PageDown}{PageDown}{ArrowLeft}');
    const [first, second] = within(canvasElement).getAllByRole('slider');
    await expect(first).toHaveFocus();
    await expect(first).toHaveAttribute(
      'aria-valuetext',
      expect.stringMatching(/^14:05:20: intake .* \/s, /),
    );
    await expect(second).toHaveAttribute(
      'aria-valuetext',
      expect.stringMatching(/^14:05:20: Latency .* ms$/),
    );
    await expect(canvasElement.querySelectorAll('.fd-chart-tip')).toHaveLength(2);
  },
};

/** Of nine lines four are drawn, and the sum of the others. */
export const Others: Story = {
  args: {
    other: 'sum',
    series: [...families, of('audit', 21, 40, 60), of('mail', 22, 20, 35), of('export', 23, 5, 9)],
  },
  play: drawn,
};

/** The arrow keys read the chart; then come the button of its table, and the table, which scrolls. */
export const Keyboard: Story = {
  play: async ({ canvasElement }) => {
    await drawn({ canvasElement });
    await userEvent.tab();
    await expect(within(canvasElement).getByRole('slider')).toHaveFocus();
    await userEvent.tab();
    const button = within(canvasElement).getByRole('button', { name: 'Show as table' });
    await expect(button).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    await expect(within(canvasElement).getAllByRole('row')).toHaveLength(121);
    await userEvent.tab();
    await expect(document.activeElement).toHaveClass('fd-chart-table');
  },
};

function Failing() {
  const [state, setState] = useState<'error' | 'loading' | 'ready'>('error');
  return (
    <>
      <TimeSeriesChart
        title="Throughput by agent family"
        unit="1/s"
        series={state === 'ready' ? families : []}
        state={state}
        errorMessage="The database does not answer."
        onRetry={() => setState('loading')}
      />
      <button type="button" className="fd-button" onClick={() => setState('ready')}>
        Answer
      </button>
    </>
  );
}

/** The button keeps the focus while it is tried again; then the chart takes it. */
export const Retry: Story = {
  render: () => <Failing />,
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await userEvent.tab();
    await expect(canvas.getByRole('button', { name: 'Try again' })).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    await expect(canvas.getByRole('button', { name: 'Loading' })).toHaveFocus();
    await expect(canvas.getByRole('figure')).toHaveAttribute('aria-busy', 'true');
    // As an answer does, without taking the focus.
    canvas.getByRole('button', { name: 'Answer' }).click();
    await waitFor(() => expect(canvas.getByRole('figure')).toHaveFocus());
    await drawn({ canvasElement });
  },
};

/** What a screen reader reads: a figure, its span and zone, and each line in words. */
export const ReaderText: Story = {
  play: async ({ canvasElement }) => {
    await drawn({ canvasElement });
    const figure = within(canvasElement).getByRole('figure', { name: /^Throughput by agent family/ });
    await expect(figure).toHaveTextContent('13:57:10 to 14:07:05, UTC');
    await expect(within(figure).getAllByRole('listitem')[0]).toHaveTextContent(
      /intake: min .*, max .*, now 960 \/s/,
    );
    await expect(within(canvasElement).queryByRole('application')).toBeNull();
  },
};
