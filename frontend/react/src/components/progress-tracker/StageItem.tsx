import { useId, useState, type ReactNode } from 'react';
import { useClockValue } from '../../clock.ts';
import { toMs, type Environment } from '../../environment.ts';
import { formatDuration } from '../../format/formatTime.ts';
import { numberFormat } from '../../format/intl.ts';
import { Glyph, type GlyphShape } from '../glyph/Glyph.tsx';
import { shownStatus, type ProgressStage, type ShownStageStatus } from './progress.ts';
import { progressWords } from '../../messages/progress.ts';

const SHAPES: Readonly<Record<ShownStageStatus, GlyphShape>> = {
  pending: 'pending',
  in_progress: 'progress',
  completed: 'healthy',
  failed: 'critical',
  cancelled: 'unknown',
  skipped: 'unknown',
  rolled_back: 'unknown',
};

/** How a stage is drawn, whichever it is. */
export interface StageView {
  environment: Environment;
  /** Nobody confirmed it lately, so nothing goes on that is shown. */
  stale: boolean;
  renderDetails: ((stage: ProgressStage) => ReactNode) | undefined;
  renderAction: ((stage: ProgressStage) => ReactNode) | undefined;
}

/** Props of {@link StageItem}. */
export interface StageItemProps {
  stage: ProgressStage;
  current: boolean;
  view: StageView;
}

/** How long a stage took, or runs by now; empty when that is not known. */
function useDuration(stage: ProgressStage, { environment, stale }: StageView): string {
  const { messages, locale, clock } = environment;
  const started = toMs(stage.startedAt);
  const ended = toMs(stage.completedAt);
  const running = stage.status === 'in_progress' && started !== null && !stale;
  const runs = useClockValue(
    running ? clock : null,
    (now) => (started === null ? '' : progressWords(messages).running(formatDuration(now - started, locale))),
    '',
  );
  if (running) return runs;
  const seconds =
    stage.durationSeconds ?? (started !== null && ended !== null ? (ended - started) / 1000 : null);
  return seconds === null || stage.status === 'in_progress'
    ? ''
    : progressWords(messages).took(formatDuration(seconds * 1000, locale));
}

/** One stage: shape, name, state in words, how long, what went wrong, and the caller's details and action. */
export function StageItem({ stage, current, view }: StageItemProps) {
  const { environment, renderDetails, renderAction } = view;
  const { messages, locale } = environment;
  const words = progressWords(messages);
  const id = useId();
  const status = shownStatus(stage);
  const duration = useDuration(stage, view);
  const number = (value: number): string => numberFormat(locale, {}).format(value);
  const { attempt, maxAttempts, percent } = stage;
  const notes = [
    words.stage[status],
    status === 'in_progress' && typeof percent === 'number'
      ? numberFormat(locale, { style: 'percent' }).format(Math.min(100, Math.max(0, percent)) / 100)
      : null,
    typeof attempt === 'number' && attempt > 1
      ? words.attempt(number(attempt), typeof maxAttempts === 'number' ? number(maxAttempts) : null)
      : null,
    duration,
  ].filter(Boolean);
  const details = renderDetails?.(stage);
  // A failure opens its details once; after that they are the reader's.
  const [opened, setOpened] = useState<boolean | null>(null);
  const open = opened ?? status === 'failed';
  const name = stage.label ?? stage.stage;
  const action = renderAction?.(stage);

  return (
    <li
      className="fd-stage"
      data-status={status}
      data-current={current || undefined}
      aria-current={current ? 'step' : undefined}
    >
      <span className="fd-stage-mark">
        <Glyph shape={SHAPES[status]} />
      </span>
      <div className="fd-stage-body">
        <p className="fd-stage-name" id={`${id}-name`}>
          {name}
        </p>
        <p className="fd-stage-notes">{notes.join(' · ')}</p>
        {stage.note !== undefined && <p className="fd-stage-note">{stage.note}</p>}
        {status === 'failed' && stage.error !== null && (
          <p className="fd-stage-error">
            {stage.error.message} <code>{stage.error.code}</code>
          </p>
        )}
        {action !== undefined && action !== null && <div className="fd-stage-action">{action}</div>}
        {details !== undefined && details !== null && (
          <>
            <button
              type="button"
              className="fd-stage-more"
              id={`${id}-more`}
              aria-expanded={open}
              aria-controls={open ? `${id}-details` : undefined}
              aria-labelledby={`${id}-more ${id}-name`}
              onClick={() => setOpened(!open)}
            >
              {words.details}
            </button>
            {open && (
              <div className="fd-stage-details" id={`${id}-details`}>
                {details}
              </div>
            )}
          </>
        )}
        {stage.steps !== undefined && stage.steps.length > 0 && (
          <ol className="fd-stage-steps">
            {stage.steps.map((step) => (
              <StageItem key={step.stage} stage={step} current={false} view={view} />
            ))}
          </ol>
        )}
      </div>
    </li>
  );
}
