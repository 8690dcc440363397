import { useEffect, useState } from 'react';
import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, userEvent, waitFor, within } from 'storybook/test';
import {
  cancelledUpgrade,
  completedUpgrade,
  failedUpgrade,
  rollingBack,
  stageAt,
  upgrade,
} from '../../testing/operations.ts';
import { ProgressTracker } from './ProgressTracker.tsx';
import type { ProgressStage } from './progress.ts';

const AS_OF = '2026-01-15T14:07:11Z';

const meta = {
  title: 'Components/ProgressTracker',
  component: ProgressTracker,
  // Its page is written by hand.
  tags: ['!autodocs'],
  args: { title: 'Upgrade triage-12 to 2.5.0', tracking: upgrade, asOf: AS_OF },
  argTypes: { tracking: { control: false }, layout: { control: 'inline-radio' } },
} satisfies Meta<typeof ProgressTracker>;

export default meta;
type Story = StoryObj<typeof meta>;

const grid = {
  display: 'grid',
  gap: 16,
  gridTemplateColumns: 'repeat(auto-fill, minmax(min(300px, 100%), 1fr))',
  alignItems: 'start',
} as const;
const retry = ({ error }: ProgressStage) =>
  error?.retryable ? (
    <button type="button" className="fd-button">
      Retry
    </button>
  ) : null;
const log = ({ status }: ProgressStage) =>
  status === 'failed' ? <pre>probe 1: 503{'\n'}probe 2: 503</pre> : null;
const nested = {
  ...upgrade,
  estimatedDurationSeconds: null,
  stages: [
    stageAt('pull', 'completed', [0, 2]),
    stageAt('start', 'in_progress', [2], {
      steps: [
        stageAt('create container', 'completed', [2, 2.1]),
        stageAt('await healthy', 'in_progress', [2.1]),
        stageAt('attach queue', 'pending'),
      ],
    }),
  ],
  currentStage: 'start',
};

export const Playground: Story = {};

export const Default: Story = {};

/** Running, completed, failed, cancelled, rolling back, with steps, not begun, without a percentage, outdated, compact. */
export const AllStates: Story = {
  render: () => (
    <div style={grid}>
      <ProgressTracker title="Running" tracking={upgrade} asOf={AS_OF} />
      <ProgressTracker title="Completed" tracking={completedUpgrade} />
      <ProgressTracker
        title="Failed"
        tracking={failedUpgrade}
        renderAction={retry}
        renderDetails={log}
        action={
          <button type="button" className="fd-button">
            Start over
          </button>
        }
      />
      <ProgressTracker title="Cancelled" tracking={cancelledUpgrade} />
      <ProgressTracker title="Going back" tracking={rollingBack} asOf={AS_OF} />
      <ProgressTracker title="With steps" tracking={nested} />
      <ProgressTracker title="Longer than expected" tracking={{ ...upgrade, estimatedDurationSeconds: 0 }} />
      <ProgressTracker title="Nobody knows how far" tracking={nested} percent={null} />
      <ProgressTracker
        title="Outdated"
        tracking={upgrade}
        asOf="2026-01-15T14:01:12Z"
        staleAfterMs={15_000}
      />
      <ProgressTracker title="Compact" tracking={upgrade} asOf={AS_OF} layout="compact" />
      <ProgressTracker title="Compact, failed" tracking={failedUpgrade} layout="compact" />
      <ProgressTracker title="Not known yet" tracking={null} />
      <ProgressTracker title="Not readable" tracking={null} state="error" />
    </div>
  ),
};

/** Side by side where there is room, in several lines where there are many; folds into a column below 480 px. */
export const Horizontal: Story = { args: { layout: 'horizontal' } };

function Running() {
  const [percent, setPercent] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setPercent((known) => Math.min(100, known + 5)), 100);
    return () => clearInterval(timer);
  }, []);
  const status = percent >= 100 ? 'completed' : 'in_progress';
  return (
    <ProgressTracker
      title="Provision agent"
      tracking={{
        ...{ status, progressPercent: percent, estimatedDurationSeconds: null, currentStage: null },
        stages: [
          stageAt('storage', percent >= 50 ? 'completed' : 'in_progress', [0]),
          stageAt('container', percent >= 100 ? 'completed' : percent >= 50 ? 'in_progress' : 'pending', [1]),
        ],
      }}
    />
  );
}

/** Stages are announced as they begin, the percentage is not. */
export const Live: Story = {
  render: () => <Running />,
  play: async ({ canvasElement }) => {
    const bar = within(canvasElement).getByRole('progressbar');
    await waitFor(() => expect(bar).toHaveAttribute('aria-valuenow', '100'), { timeout: 6000 });
    await waitFor(
      () =>
        expect(document.querySelector('[data-fleetdeck-announcer]')).toHaveTextContent(
          'Provision agent: Completed',
        ),
      { timeout: 4000 },
    );
  },
};

export const Stale: Story = { args: { asOf: '2026-01-15T14:01:12Z', staleAfterMs: 15_000 } };

export const Empty: Story = {
  args: { tracking: { ...upgrade, status: 'pending', stages: [], currentStage: null, progressPercent: 0 } },
};

export const Loading: Story = { args: { tracking: null } };

/** A failed stage says what happened and what to do; its log is open, its action beside it. */
export const Error: Story = { args: { tracking: failedUpgrade, renderAction: retry, renderDetails: log } };

export const Overflow: Story = {
  args: {
    title: 'A_title_without_a_single_space_that_is_much_longer_than_its_place_'.repeat(3),
    tracking: {
      ...upgrade,
      stages: Array.from({ length: 40 }, (_, index) =>
        stageAt(`stage_number_${index}_with_a_name_that_does_not_break_anywhere_at_all_${index}`, 'pending'),
      ),
    },
    layout: 'horizontal',
  },
  decorators: [(Story) => <div style={{ maxInlineSize: 420 }}>{Story()}</div>],
};

/** More stages than fit side by side go on in the next line, each wide enough to be read. */
export const ManyStages: Story = {
  args: {
    layout: 'horizontal',
    tracking: {
      ...upgrade,
      stages: Array.from({ length: 20 }, (_, index) =>
        stageAt(`batch-${index + 1}`, index < 7 ? 'completed' : index === 7 ? 'in_progress' : 'pending', [0]),
      ),
      currentStage: 'batch-8',
    },
  },
  play: async ({ canvasElement }) => {
    const stages = within(canvasElement).getAllByRole('listitem');
    const lines = new Set(stages.map((stage) => stage.getBoundingClientRect().top));
    await expect(lines.size).toBeGreaterThan(1);
    await expect(lines.size).toBeLessThan(stages.length);
    for (const stage of stages) await expect(stage.getBoundingClientRect().width).toBeGreaterThanOrEqual(112);
  },
};

export const Densities: Story = {
  render: () => (
    <div style={grid}>
      {(['compact', 'default', 'comfortable', 'wall'] as const).map((density) => (
        <div key={density} data-density={density}>
          <ProgressTracker title={`Upgrade, ${density}`} tracking={upgrade} asOf={AS_OF} />
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

/** Tab reaches what can be done and the details of the failed stage, and nothing else; Enter closes and opens them. */
export const Keyboard: Story = {
  args: {
    ...Error.args,
    action: (
      <button type="button" className="fd-button">
        Start over
      </button>
    ),
  },
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    for (const name of ['Start over', 'Retry', 'Details Canary']) {
      await userEvent.tab();
      await expect(canvas.getByRole('button', { name })).toHaveFocus();
    }
    const details = canvas.getByRole('button', { name: 'Details Canary', expanded: true });
    await expect(canvas.getByText(/probe 1: 503/)).toBeVisible();
    await userEvent.keyboard('{Enter}');
    await expect(details).toHaveAttribute('aria-expanded', 'false');
    await expect(canvas.queryByText(/probe 1: 503/)).toBeNull();
    await userEvent.keyboard(' ');
    await expect(details).toHaveAttribute('aria-expanded', 'true');
    await userEvent.tab();
    await expect(canvasElement).not.toContainElement(document.activeElement as HTMLElement);
  },
};

/** What a screen reader reads: the bar with the whole state in words, an ordered list, the current step. */
export const ReaderText: Story = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    const bar = canvas.getByRole('progressbar', { name: 'Upgrade triage-12 to 2.5.0' });
    await expect(bar).toHaveAttribute(
      'aria-valuetext',
      'Stage 3 of 5, Canary, 62%, about 4 min left, attempt 2 of 3',
    );
    await expect(bar).toHaveAttribute('aria-valuenow', '62');
    await expect(canvas.getByRole('region', { name: 'Upgrade triage-12 to 2.5.0' })).toBeVisible();
    await expect(canvas.getByRole('heading', { name: 'Upgrade triage-12 to 2.5.0' })).toBeVisible();
    const items = within(canvas.getByRole('list')).getAllByRole('listitem');
    await expect(
      items.map((item) => item.querySelector('.fd-stage-notes')?.textContent?.split(' · ')[0]),
    ).toEqual([...['Completed', 'Completed', 'In progress', 'Pending', 'Pending']]);
    await expect(items[2]).toHaveAttribute('aria-current', 'step');
    await expect(items[2]).toHaveTextContent('In progress · 40% · attempt 2 of 3 · running for 5 min');
    await expect(canvasElement.querySelector('[role="status"], [aria-live]')).toBeNull();
  },
};
