import { createRef } from 'react';
import { act, cleanup, render, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createPageClock } from '../../clock.ts';
import { defaultEnvironment, EnvironmentContext } from '../../environment.ts';
import {
  cancelledUpgrade,
  completedUpgrade,
  failedUpgrade,
  rollingBack,
  stageAt,
  upgrade,
} from '../../testing/operations.ts';
import { pseudoMessages, unmarked } from '../../testing/pseudo.ts';
import { ProgressTracker, type ProgressTrackerProps } from './ProgressTracker.tsx';
import { progressText } from './progressText.ts';

const START = Date.parse('2026-01-15T14:07:12Z');
let now = START;
const announce = jest.fn();
const draw = (props: Partial<ProgressTrackerProps> = {}) => {
  const clock = createPageClock({ now: () => now });
  const environment = { ...defaultEnvironment, timeZone: 'UTC', clock, announcer: { announce } };
  const element = (over: Partial<ProgressTrackerProps>) => (
    <EnvironmentContext value={environment}>
      <ProgressTracker title="Upgrade" tracking={upgrade} {...props} {...over} />
    </EnvironmentContext>
  );
  const shown = render(element({}));
  return { ...shown, again: (over: Partial<ProgressTrackerProps>) => shown.rerender(element(over)) };
};
const bar = (): HTMLElement => screen.getByRole('progressbar');
const line = (): string | null => bar().getAttribute('aria-valuetext');
const tick = (ms: number): void => {
  now += ms;
  act(() => void jest.advanceTimersByTime(1000));
};
const at = (percent: number | null) => ({
  tracking: { ...upgrade, progressPercent: percent ?? 0, estimatedDurationSeconds: null },
});

beforeEach(() => {
  now = START;
  announce.mockClear();
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('ProgressTracker', () => {
  it('keeps notes, durations and times left together where people read from right to left', () => {
    draw({ locale: 'ar', asOf: '2026-01-15T14:00:00Z', staleAfterMs: 15_000 });
    const notes = screen
      .getAllByRole('listitem')
      .map((item) => item.querySelector('.fd-stage-notes')?.textContent ?? '');
    expect(notes[1]).toMatch(/^\u2068Completed\u2069 · \u2068took \u2068.*\u2069\u2069$/);
    expect(notes[2]).toMatch(/^\u2068In progress\u2069 · \u2068.*\u2069 · \u2068attempt .*\u2069$/);
    expect(screen.getByText(/^Not confirmed/).textContent).toMatch(/^Not confirmed for \u2068.*\u2069$/);
    cleanup();
    draw({ locale: 'ar' });
    expect(line()).toMatch(/\u2068about \u2068[^\u2069]*\u2069 left\u2069/);
    expect(screen.getByText(/running for/).textContent).toMatch(/running for \u2068[^\u2069]*\u2069\u2069$/);
  });

  it('draws every status of a stage in a shape of its own', () => {
    const statuses = [
      ...(['pending', 'in_progress', 'completed', 'failed', 'cancelled', 'skipped', 'rolled_back'] as const),
    ];
    draw({ tracking: { ...upgrade, stages: statuses.map((status) => stageAt(status, status)) } });
    const shapes = screen.getAllByRole('listitem').map((item) => item.querySelector('svg')!);
    expect(new Set(shapes.map(({ dataset }) => dataset.shape)).size).toBe(statuses.length);
    expect(new Set(shapes.map(({ innerHTML }) => innerHTML)).size).toBe(statuses.length);
  });

  it('says the whole state in one line, and each stage by shape, word and duration', () => {
    draw();
    expect(line()).toBe('Stage 3 of 5, Canary, 62%, about 4 min left, attempt 2 of 3');
    const items = screen.getAllByRole('listitem');
    expect(items.map((item) => item.querySelector('svg')?.getAttribute('data-shape'))).toEqual([
      ...['healthy', 'healthy', 'progress', 'pending', 'pending'],
    ]);
    expect(items[1]).toHaveTextContent('Completed · took 2 min 6 sec');
    expect(items[2]).toHaveTextContent('In progress · 40% · attempt 2 of 3 · running for 5 min');
    expect(items[2]).toHaveAttribute('aria-current', 'step');
    expect(items[3]).toHaveTextContent('Switch the trafficPending');
  });

  it('hands ref, class and attributes to its section, and its state as data', () => {
    const ref = createRef<HTMLElement>();
    draw({ ref, className: 'mine', layout: 'compact', headingLevel: 2 });
    expect(ref.current).toHaveClass('fd-progress', 'mine');
    expect(ref.current).toHaveAttribute('data-status', 'in_progress');
    expect(ref.current).toHaveAttribute('data-layout', 'compact');
    expect(screen.queryByRole('list')).toBeNull();
    expect(screen.getByRole('heading', { level: 2 })).toBeInTheDocument();
  });

  it.each([
    ['name', 'pull', 'Stage 2 of 5, Pull the image'],
    ['index', 0, 'Stage 1 of 5, Plan'],
  ])('takes the current stage by %s', (_by, currentStage, text) => {
    draw({ currentStage });
    expect(line()).toContain(text);
  });

  it.each([
    ['completed', completedUpgrade, 'completed', 'Completed, 3 min 36 sec in all'],
    ['failed', failedUpgrade, 'failed', 'Failed at Canary, 6 min in all'],
    ['cancelled', cancelledUpgrade, 'cancelled', 'Cancelled, 6 min in all'],
    [
      'rolling back',
      rollingBack,
      'in_progress',
      'Rolling back, Stage 3 of 5, Canary, 30%, estimating the time left, attempt 2 of 3',
    ],
    [
      'failed and undone',
      { ...failedUpgrade, stages: [...failedUpgrade.stages, stageAt('x', 'rolled_back', [1, 2])] },
      'failed',
      'Failed at Canary, rolled back, 6 min in all',
    ],
    [
      'failed nowhere in particular',
      { ...upgrade, status: 'failed' as const, stages: [] },
      'failed',
      'Failed',
    ],
    ['not begun', { ...upgrade, status: 'pending' as const }, 'pending', 'Not started'],
  ])('says how it stands when it is %s', (_name, tracking, status, text) => {
    const { container } = draw({ tracking });
    expect(container.firstElementChild).toHaveAttribute('data-status', status);
    expect(line()).toBe(text);
  });

  it('shows a completed operation at 100 %, whatever was reported last', () => {
    draw({ tracking: { ...completedUpgrade, progressPercent: 97 } });
    expect(bar()).toHaveAttribute('aria-valuenow', '100');
  });

  it('never goes back within an attempt, but does for a new one', () => {
    const { again } = draw(at(60));
    again(at(40));
    expect(bar()).toHaveAttribute('aria-valuenow', '60');
    again({ ...at(40), attemptKey: '2' });
    expect(bar()).toHaveAttribute('aria-valuenow', '40');
  });

  it('begins anew for another operation: its percentage, its details, and nothing to announce', () => {
    const renderDetails = ({ stage }: { stage: string }) => (stage === 'canary' ? 'the log' : null);
    const { again } = draw({
      tracking: { ...failedUpgrade, progressPercent: 80 },
      renderDetails,
      operationId: 'a',
    });
    expect(screen.getByText('the log')).toBeInTheDocument();
    again({ tracking: { ...upgrade, progressPercent: 30 }, renderDetails, operationId: 'b' });
    expect(screen.queryByText('the log')).toBeNull();
    again({ ...at(80), operationId: 'c' });
    again({ ...at(20), operationId: 'd' });
    expect(bar()).toHaveAttribute('aria-valuenow', '20');
    expect(announce).not.toHaveBeenCalled();
  });

  it('begins anew when what had ended goes on, as by a retry', () => {
    const { again } = draw(at(60));
    again({ tracking: { ...failedUpgrade, progressPercent: 62 } });
    expect(bar()).toHaveAttribute('aria-valuenow', '62');
    again(at(40));
    expect(bar()).toHaveAttribute('aria-valuenow', '40');
    again(at(30));
    expect(bar()).toHaveAttribute('aria-valuenow', '40');
  });

  it('says of a stage that it takes longer than usual', () => {
    const stages = [stageAt('pull', 'in_progress', [2.2], { usualSeconds: 360 })];
    draw({ tracking: { ...upgrade, stages } });
    expect(screen.getByRole('listitem')).toHaveTextContent(/running for 5 min$/);
    tick(61_000);
    expect(screen.getByRole('listitem')).toHaveTextContent('running for 6 min 1 sec, usually 6 min');
  });

  it('says the same line to whom it asks for a title or a message', () => {
    expect(progressText(upgrade)).toBe('Stage 3 of 5, Canary, 62%, attempt 2 of 3');
    expect(progressText(failedUpgrade)).toBe('Failed at Canary, 6 min in all');
    expect(progressText(upgrade, { currentStage: 1, percent: null, left: 'soon' })).toBe(
      'Stage 2 of 5, Pull the image, soon',
    );
    expect(progressText(upgrade, { locale: 'de', messages: pseudoMessages })).toBe(
      '⟦3 5⟧, Canary, 62\u00A0%, ⟦2 3⟧',
    );
    const { container } = draw({ asOf: START, staleAfterMs: 0, now: START + 1 });
    expect(container.querySelector('.fd-progress-line')).toHaveTextContent(progressText(upgrade));
  });

  it('keeps the details of a failed stage open when it is tried again', () => {
    const renderDetails = ({ stage }: { stage: string }) => (stage === 'canary' ? 'the log' : null);
    const { again } = draw({ tracking: failedUpgrade, renderDetails });
    again({ tracking: upgrade, renderDetails });
    expect(screen.getByText('the log')).toBeInTheDocument();
  });

  it('has a bar without a value when nobody can say how far it is', () => {
    draw({ percent: null });
    expect(bar()).not.toHaveAttribute('aria-valuenow');
    expect(bar()).toHaveAttribute('data-indeterminate', 'true');
  });

  it('computes the percentage from the stages where none is reported', () => {
    draw({ tracking: { ...upgrade, progressPercent: undefined as unknown as number } });
    expect(bar()).toHaveAttribute('aria-valuenow', '48');
  });

  it('counts a promised time down, and says when it takes longer', () => {
    draw({ tracking: { ...upgrade, estimatedDurationSeconds: 130 } });
    expect(line()).toContain('about 2 min left');
    tick(100_000);
    expect(line()).toContain('less than a minute left');
    tick(40_000);
    expect(line()).toContain('taking longer than expected');
    tick(4_000_000);
    expect(line()).not.toContain('-');
  });

  it('counts a promised time down whatever object says so, and anew for each new snapshot', () => {
    const promised = { ...upgrade, estimatedDurationSeconds: 130 };
    const { again } = draw({ tracking: promised });
    tick(100_000);
    again({ tracking: { ...promised } });
    expect(line()).toContain('less than a minute left');
    again({ tracking: { ...promised, version: 13 } });
    expect(line()).toContain('about 2 min left');
    tick(100_000);
    again({ tracking: { ...promised, version: 13, estimatedDurationSeconds: 131 } });
    expect(line()).toContain('about 2 min left');
    tick(100_000);
    again({ tracking: { ...promised, version: 13, estimatedDurationSeconds: 131 }, operationId: 'other' });
    expect(line()).toContain('about 2 min left');
  });

  it('says less than a minute only of less than a minute', () => {
    const { again } = draw({ tracking: { ...upgrade, estimatedDurationSeconds: 89 } });
    expect(line()).toContain('about 1 min left');
    again({ tracking: { ...upgrade, estimatedDurationSeconds: 59 } });
    expect(line()).toContain('less than a minute left');
  });

  it('says that it estimates until there is an honest estimate, then a range', () => {
    const { again } = draw(at(0));
    expect(line()).toContain('estimating the time left');
    for (const percent of [10, 19, 30, 39]) {
      tick(60_000);
      again(at(percent));
    }
    expect(line()).toMatch(/\d min to \d min left/);
  });

  it('opens details at first where they are named, and tells all that are open', async () => {
    jest.useRealTimers();
    const onExpandedChange = jest.fn();
    draw({
      ...{ tracking: failedUpgrade, onExpandedChange, defaultExpanded: ['plan'] },
      renderDetails: ({ stage }) => `log of ${stage}`,
    });
    expect(screen.getByText('log of plan')).toBeInTheDocument();
    expect(screen.getByText('log of canary')).toBeInTheDocument();
    expect(onExpandedChange).not.toHaveBeenCalled();
    await userEvent.click(screen.getByRole('button', { name: 'Details Plan' }));
    await userEvent.click(screen.getByRole('button', { name: 'Details Pull the image' }));
    expect(onExpandedChange.mock.calls).toEqual([[['canary']], [['canary', 'pull']]]);
    expect(screen.queryByText('log of plan')).toBeNull();
  });

  it('leaves to its owner which details are open, those of a failure too', async () => {
    jest.useRealTimers();
    const onExpandedChange = jest.fn();
    draw({
      ...{ tracking: failedUpgrade, onExpandedChange, expanded: ['plan'] },
      renderDetails: ({ stage }) => `log of ${stage}`,
    });
    await userEvent.click(screen.getByRole('button', { name: 'Details Canary' }));
    expect(onExpandedChange.mock.calls).toEqual([[['plan', 'canary']]]);
    expect(screen.getByText('log of plan')).toBeInTheDocument();
    expect(screen.queryByText('log of canary')).toBeNull();
  });

  it('opens the details of a failed stage once, shows its error and what can be done', async () => {
    jest.useRealTimers();
    draw({
      tracking: failedUpgrade,
      renderDetails: ({ stage }) => (stage === 'canary' || stage === 'plan' ? `log of ${stage}` : null),
      renderAction: ({ error }) => (error?.retryable ? <button type="button">Retry</button> : null),
      action: <button type="button">Start over</button>,
    });
    expect(screen.getByText('log of canary')).toBeInTheDocument();
    expect(screen.queryByText('log of plan')).toBeNull();
    expect(screen.getByText('HEALTH_TIMED_OUT')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Retry' })).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Start over' })).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Details Canary' }));
    expect(screen.queryByText('log of canary')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Details Plan' }));
    expect(screen.getByText('log of plan')).toBeInTheDocument();
  });

  it('opens the details of one step alone, though another stage has a step of its name', () => {
    const step = stageAt('check', 'failed', [1, 2], { error: { code: 'TIMED_OUT', message: 'Too late.' } });
    const onExpandedChange = jest.fn();
    draw({
      tracking: {
        ...upgrade,
        stages: [
          stageAt('first', 'completed', [0, 1], { steps: [stageAt('check', 'completed', [0, 1])] }),
          stageAt('second', 'in_progress', [1], { steps: [step] }),
        ],
      },
      renderDetails: (stage) => (stage.steps ? null : `log of ${stage.status}`),
      onExpandedChange,
    });
    const [first, second] = screen.getAllByRole('button', { name: 'Details check' });
    expect(first).toHaveAttribute('aria-expanded', 'false');
    expect(second).toHaveAttribute('aria-expanded', 'true');
    act(() => first?.click());
    expect(onExpandedChange).toHaveBeenLastCalledWith(['second/check', 'first/check']);
    expect(screen.getByText('log of completed')).toBeInTheDocument();
    act(() => second?.click());
    expect(onExpandedChange).toHaveBeenLastCalledWith(['first/check']);
  });

  it('draws the steps of a stage below it', () => {
    draw({
      tracking: {
        ...upgrade,
        stages: [stageAt('start', 'in_progress', [2], { steps: [stageAt('probe', 'completed', [2, 3])] })],
      },
    });
    const inner = within(screen.getAllByRole('listitem')[0]!).getByRole('listitem');
    expect(inner).toHaveTextContent('probeCompleted · took 1 min');
  });

  it('announces that a stage began and that all is over, not the percentage, and not what was so before', () => {
    const { again } = draw(at(10));
    again(at(20));
    expect(announce).not.toHaveBeenCalled();
    again({ tracking: { ...upgrade, currentStage: 'switch' } });
    expect(announce.mock.calls[0]?.[0]).toBe('Upgrade: Stage 4 of 5, Switch the traffic');
    again({ tracking: failedUpgrade, announceStages: false });
    expect(announce).toHaveBeenCalledTimes(1);
    again({ tracking: completedUpgrade });
    expect(announce.mock.calls[1]?.[0]).toBe('Upgrade: Completed');
  });

  it('stands still and says so when nobody confirmed it for too long', () => {
    const { container } = draw({ asOf: START, staleAfterMs: 15_000 });
    tick(16_000);
    expect(container.firstElementChild).toHaveAttribute('data-stale', 'true');
    expect(screen.getByText('Not confirmed for 16 sec')).toBeInTheDocument();
    expect(line()).toBe('Stage 3 of 5, Canary, 62%, attempt 2 of 3');
    expect(screen.getAllByRole('listitem')[2]).not.toHaveTextContent('running');
  });

  it('stands still at once when its source says that it is stale', () => {
    const { container } = draw({ stale: true });
    expect(container.firstElementChild).toHaveAttribute('data-stale', 'true');
    expect(screen.getByText('Not confirmed lately')).toBeInTheDocument();
    expect(screen.getAllByRole('listitem')[2]).not.toHaveTextContent('running');
  });

  it.each([
    [{ tracking: null }, 'Loading'],
    [{ tracking: null, state: 'error' as const }, 'The progress could not be read.'],
    [{ state: 'error' as const, errorMessage: 'No answer.' }, 'No answer.'],
    [{ tracking: { ...upgrade, stages: [] } }, 'No stages yet.'],
  ])('with %j says so', (props, text) => {
    draw(props);
    expect(screen.getByText(text)).toBeInTheDocument();
  });

  it('has no English of its own', () => {
    const { container } = draw({
      ...{ messages: pseudoMessages, title: '1', state: 'error', locale: 'ja', renderDetails: () => '2' },
      ...{
        asOf: 0,
        staleAfterMs: 1,
        tracking: { ...failedUpgrade, stages: [stageAt('3', 'failed', [1, 2])] },
      },
    });
    expect(unmarked(container.textContent ?? '').replaceAll(/[\s\d·,%]/g, '')).toBe('');
  });
});
