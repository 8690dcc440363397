import { useId, type ReactNode } from 'react';
import { useClockValue } from '../../clock.ts';
import { toMs, type Environment } from '../../environment.ts';
import { isolate } from '../../format/direction.ts';
import { formatDuration } from '../../format/formatTime.ts';
import { Glyph, shapeOf } from '../glyph/Glyph.tsx';
import { attemptText, labelOf, percentText } from './progressText.ts';
import { shownStatus, type ProgressStage } from './progress.ts';
import { progressWords } from '../../messages/progress.ts';

/** How a stage is drawn, whichever it is. */
export interface StageView {
  environment: Environment;
  /** Nobody confirmed it lately, so nothing goes on that is shown. */
  stale: boolean;
  /** Paths of the stages whose details are open. */
  expanded: readonly string[];
  onToggle: (path: string) => void;
  renderDetails: ((stage: ProgressStage) => ReactNode) | undefined;
  renderAction: ((stage: ProgressStage) => ReactNode) | undefined;
}

/** Props of {@link StageItem}. */
export interface StageItemProps {
  stage: ProgressStage;
  /** Its name; that of a step follows that of its stage. */
  path: string;
  current: boolean;
  view: StageView;
}

/** How long a stage took, or runs by now; empty when that is not known. */
function useDuration(stage: ProgressStage, { environment, stale }: StageView): string {
  const { messages, locale, clock } = environment;
  const started = toMs(stage.startedAt);
  const ended = toMs(stage.completedAt);
  const time = (ms: number): string => isolate(formatDuration(ms, locale), locale);
  const running = stage.status === 'in_progress' && started !== null && !stale;
  const runs = useClockValue(
    running ? clock : null,
    (now) => {
      if (started === null) return '';
      const words = progressWords(messages);
      const ran = words.running(time(now - started));
      const usual = stage.usualSeconds ?? Infinity;
      return now - started > usual * 1000 ? `${ran}, ${words.usually(time(usual * 1000))}` : ran;
    },
    '',
  );
  if (running) return runs;
  const seconds =
    stage.durationSeconds ?? (started !== null && ended !== null ? (ended - started) / 1000 : null);
  return seconds === null || stage.status === 'in_progress'
    ? ''
    : progressWords(messages).took(time(seconds * 1000));
}

/** One stage: shape, name, state in words, how long, what went wrong, and the caller's details and action. */
export function StageItem({ stage, path, current, view }: StageItemProps) {
  const { environment, renderDetails, renderAction } = view;
  const { messages, locale } = environment;
  const words = progressWords(messages);
  const id = useId();
  const status = shownStatus(stage);
  const duration = useDuration(stage, view);
  const { percent } = stage;
  const notes = [
    words.stage[status],
    status === 'in_progress' && typeof percent === 'number' ? percentText(percent, locale) : '',
    attemptText(stage, locale, words),
    duration,
  ]
    .filter(Boolean)
    .map((note) => isolate(note, locale));
  const details = renderDetails?.(stage);
  const open = view.expanded.includes(path);
  const name = labelOf(stage);
  const action = renderAction?.(stage);

  return (
    <li
      className="fd-stage"
      data-status={status}
      data-current={current || undefined}
      aria-current={current ? 'step' : undefined}
    >
      <span className="fd-stage-mark">
        <Glyph shape={shapeOf(status)} />
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
              onClick={() => view.onToggle(path)}
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
              <StageItem
                key={step.stage}
                stage={step}
                path={`${path}/${step.stage}`}
                current={false}
                view={view}
              />
            ))}
          </ol>
        )}
      </div>
    </li>
  );
}
