import {
  createElement,
  useEffect,
  useId,
  useRef,
  useState,
  type ComponentProps,
  type ReactNode,
} from 'react';
import { useClockValue } from '../../clock.ts';
import { toMs, useEnvironment, type EnvironmentProps, type TimeInput } from '../../environment.ts';
import { isolate } from '../../format/direction.ts';
import { formatAge, formatDuration } from '../../format/formatTime.ts';
import { classes } from '../classes.ts';
import { Glyph } from '../glyph/Glyph.tsx';
import { useStaleText } from '../useStaleText.ts';
import {
  coarseSeconds,
  currentIndex,
  estimateLeft,
  percentOf,
  remember,
  shownStatus,
  type ProgressMemory,
  type ProgressStage,
  type ProgressTracking,
  type TimeLeft,
} from './progress.ts';
import { progressLine } from './progressText.ts';
import { StageItem } from './StageItem.tsx';
import { progressWords, type ProgressMessages } from '../../messages/progress.ts';

/** Props of {@link ProgressTracker}. What is not named here goes to its `section`. */
export interface ProgressTrackerProps
  extends Omit<ComponentProps<'section'>, 'title' | 'children'>, EnvironmentProps {
  /** What is being done. */
  title: string;
  /** Level of the title in the page's outline. @default 3 */
  headingLevel?: 2 | 3 | 4 | 5 | 6;
  /** The operation as it stands: what topic `operations.<id>` carries. `null` before it is known. */
  tracking: ProgressTracking | null;
  /** The stage that runs, by name or by index. @default what the tracking says, else the first in progress */
  currentStage?: string | number | null;
  /** How far it is, 0 to 100; `null` when nobody can say. @default what the tracking says */
  percent?: number | null;
  /** Which operation this is: another one begins anew, with its own bar, pace and opened details. @default '' */
  operationId?: string;
  /** Changes when the operation is tried anew: only then may the bar go back. */
  attemptKey?: string;
  /** `compact` has no list of stages; `horizontal` folds where there is no room. @default 'vertical' */
  layout?: 'vertical' | 'horizontal' | 'compact';
  /** Says to screen readers when a stage begins or all is over. @default true */
  announceStages?: boolean;
  /** Details of a stage, as its log. */
  renderDetails?: (stage: ProgressStage) => ReactNode;
  /** Names of the stages whose details are open, of a step as `stage/step`. Without it the component keeps that itself: a failure opens them once. */
  expanded?: readonly string[];
  /** Those that are open at first, where the component keeps that itself. @default [] */
  defaultExpanded?: readonly string[];
  /** Called with all that are open when somebody opens or closes one. */
  onExpandedChange?: (stages: readonly string[]) => void;
  /** What can be done about a stage, as a button to retry it. */
  renderAction?: (stage: ProgressStage) => ReactNode;
  /** What can be done about the whole, as a button to cancel it. */
  action?: ReactNode;
  /** When the tracking was last confirmed; its time left counts from here. */
  asOf?: TimeInput | null;
  /** From this age on it is hatched, and nothing on it goes on. */
  staleAfterMs?: number | null;
  /** It may no longer be so whatever its age is, as `isStale` of `useTopic` says. @default false */
  stale?: boolean;
  /** `error` keeps what is known. @default 'ready' */
  state?: 'ready' | 'loading' | 'error';
  /** What went wrong and what to do. */
  errorMessage?: string;
}

const NO_STAGES: readonly ProgressStage[] = [];
const NO_NAMES: readonly string[] = [];
const TONES = {
  pending: 'progress',
  in_progress: 'progress',
  completed: 'healthy',
  failed: 'critical',
} as const;

/** Paths of the stages and steps that failed. */
const failedIn = (stages: readonly ProgressStage[], before = ''): readonly string[] =>
  stages.flatMap((stage) => [
    ...(shownStatus(stage) === 'failed' ? [before + stage.stage] : []),
    ...failedIn(stage.steps ?? NO_STAGES, `${before}${stage.stage}/`),
  ]);

/** The time left in words: whole minutes, and no promise that would change by the second. */
function leftText(left: TimeLeft, locale: string, words: ProgressMessages): string {
  const low = coarseSeconds(left.low);
  const high = left.high === null ? low : coarseSeconds(left.high);
  const most = left.high ?? left.low;
  if (most <= 0) return words.longer;
  if (most < 60) return words.almostDone;
  const text = (seconds: number): string =>
    isolate(formatDuration(Math.max(60, seconds) * 1000, locale), locale);
  return words.remaining(text(low), text(low) === text(high) ? null : text(high));
}

/**
 * The stages of an operation, how far it is, and how long it will take. The bar never goes back within an attempt,
 * and a time left is only shown where there is an honest one.
 *
 * @example
 * <ProgressTracker title="Upgrade triage-12" tracking={operation} renderAction={(stage) =>
 *   stage.error?.retryable && <button onClick={() => retry(stage.stage)}>Retry</button>} />
 */
export function ProgressTracker(props: ProgressTrackerProps) {
  const {
    title,
    headingLevel = 3,
    tracking,
    currentStage,
    percent: given,
    attemptKey = '',
    layout = 'vertical',
    announceStages = true,
    renderDetails,
    renderAction,
    action,
    operationId = '',
    expanded: givenExpanded,
    defaultExpanded = NO_NAMES,
    onExpandedChange,
    asOf,
    staleAfterMs,
    stale: givenStale,
    state = 'ready',
    errorMessage,
    locale,
    timeZone,
    hourCycle,
    messages: over,
    now,
    className,
    ...rest
  } = props;
  const environment = useEnvironment({ locale, timeZone, hourCycle, messages: over, now });
  const { messages, clock, announcer } = environment;
  const words = progressWords(messages);
  const id = useId();

  const stages = tracking?.stages ?? NO_STAGES;
  const status = tracking?.status ?? 'pending';
  const rollingBack = tracking?.phase === 'rollback';
  const reported = given === undefined ? (tracking?.progressPercent ?? percentOf(stages)) : given;
  const asOfMs = toMs(asOf);

  // Remembered while rendering, since what is drawn now depends on it.
  const [memory, setMemory] = useState<ProgressMemory | null>(null);
  // What was over and goes on is tried anew.
  const ended = status === 'failed' || status === 'completed';
  const [runs, setRuns] = useState({ ended, count: 0 });
  if (runs.ended !== ended) setRuns({ ended, count: runs.count + (ended ? 0 : 1) });
  const run = `${operationId} ${attemptKey} ${runs.count + Number(runs.ended && !ended)} ${rollingBack ? 'back' : 'forward'}`;
  const remembered =
    tracking === null || reported === null
      ? memory
      : remember(memory, { run, percent: reported, at: asOfMs ?? clock.getSnapshot() });
  if (remembered !== memory) setMemory(remembered);
  const percent = reported === null ? null : status === 'completed' ? 100 : (remembered?.percent ?? 0);

  const staleAge = useStaleText({ asOf, staleAfterMs, stale: givenStale }, clock, (confirmed, at) =>
    words.lastKnown(
      confirmed === null ? '' : isolate(formatAge(at - confirmed, environment.locale), environment.locale),
    ),
  );
  const stale = staleAge !== null;

  const promised = tracking?.estimatedDurationSeconds ?? null;
  // It counts from when it was made: by what it says, since a parent may hand on the same in a new object.
  const promiseKey = [run, promised, tracking?.version, reported, tracking?.currentStage].join(' ');
  const [promise, setPromise] = useState({ key: '', at: 0 });
  if (promise.key !== promiseKey) setPromise({ key: promiseKey, at: clock.getSnapshot() });
  const running = status === 'in_progress' && !stale && state === 'ready';
  const left = useClockValue(
    running ? clock : null,
    (at) => {
      const estimate =
        promised === null
          ? estimateLeft(remembered, at)
          : { low: Math.max(0, promised - Math.max(0, at - (asOfMs ?? promise.at)) / 1000), high: null };
      return estimate === null ? words.estimating : leftText(estimate, environment.locale, words);
    },
    '',
  );

  const current = currentIndex(stages, currentStage ?? tracking?.currentStage);
  const cancelled = stages.some((stage) => shownStatus(stage) === 'cancelled');
  const { outcome, whole: line } =
    tracking === null
      ? { outcome: '', whole: '' }
      : progressLine(tracking, { locale: environment.locale, messages, currentStage, percent, left });

  const said = useRef<{ of: string; outcome: string } | null>(null);
  useEffect(() => {
    if (tracking === null) return;
    // Only what was seen to change is news: not what was so when the page was opened.
    if (announceStages && said.current?.of === operationId && said.current.outcome !== outcome)
      announcer.announce(`${title}: ${outcome}`, `progress ${id}`);
    said.current = { of: operationId, outcome };
  }, [announceStages, announcer, id, operationId, outcome, title, tracking]);

  const shown = tracking === null && state === 'ready' ? 'loading' : state;
  const tone = cancelled ? 'unknown' : TONES[status];

  // A failure opens its details once; after that they are the reader's, also when it is tried again.
  const failed = failedIn(stages);
  const [own, setOwn] = useState({ of: operationId, open: defaultExpanded, failed: NO_NAMES });
  const known = own.of === operationId ? own : { of: operationId, open: NO_NAMES, failed: NO_NAMES };
  const news = failed.filter((name) => !known.failed.includes(name));
  if (known !== own || news.length > 0)
    setOwn({ ...known, open: [...known.open, ...news], failed: [...known.failed, ...news] });
  const expanded = givenExpanded ?? known.open;
  const onToggle = (name: string): void => {
    const open = expanded.includes(name) ? expanded.filter((each) => each !== name) : [...expanded, name];
    setOwn({ ...known, open });
    onExpandedChange?.(open);
  };
  const view = { environment, stale, expanded, onToggle, renderDetails, renderAction };

  return (
    <section
      aria-labelledby={`${id}-title`}
      aria-busy={shown === 'loading' || undefined}
      {...rest}
      className={classes('fd-progress', className)}
      data-state={shown}
      data-status={tracking === null ? undefined : cancelled ? 'cancelled' : status}
      data-tone={tracking === null ? undefined : stale ? 'unknown' : tone}
      data-layout={layout}
      data-stale={stale || undefined}
    >
      <div className="fd-progress-top">
        {createElement(`h${headingLevel}`, { id: `${id}-title`, className: 'fd-progress-title' }, title)}
        {action}
      </div>
      {shown === 'loading' && (
        <p className="fd-progress-line">
          <Glyph shape="progress" /> {words.loading}
        </p>
      )}
      {shown === 'error' && (
        <p className="fd-progress-line" data-tone="degraded">
          <Glyph shape="degraded" /> {errorMessage ?? words.error}
        </p>
      )}
      {tracking !== null && (
        <>
          <p className="fd-progress-line">{line}</p>
          <div
            className="fd-progress-bar"
            role="progressbar"
            aria-labelledby={`${id}-title`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={percent === null ? undefined : Math.floor(percent)}
            aria-valuetext={line}
            data-indeterminate={percent === null || undefined}
          >
            <span style={percent === null ? undefined : { inlineSize: `${percent}%` }} />
          </div>
          {stale && <p className="fd-progress-stale">{staleAge}</p>}
          {stages.length === 0 ? (
            <p className="fd-progress-line">{words.empty}</p>
          ) : (
            layout !== 'compact' && (
              <ol className="fd-progress-stages">
                {stages.map((stage, index) => (
                  <StageItem
                    key={`${operationId} ${stage.stage}`}
                    stage={stage}
                    path={stage.stage}
                    current={index === current && status === 'in_progress'}
                    view={view}
                  />
                ))}
              </ol>
            )
          )}
        </>
      )}
    </section>
  );
}
