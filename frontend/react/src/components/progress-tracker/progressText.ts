import { toMs } from '../../environment.ts';
import { countText, isolate } from '../../format/direction.ts';
import { formatDuration } from '../../format/formatTime.ts';
import { numberFormat } from '../../format/intl.ts';
import { progressWords, type ProgressMessages } from '../../messages/progress.ts';
import {
  currentIndex,
  percentOf,
  shownStatus,
  type ProgressStage,
  type ProgressTracking,
} from './progress.ts';

/** What {@link progressText} takes beside the tracking. */
export interface ProgressTextOptions {
  /** BCP 47 tag. @default 'en' */
  locale?: string;
  /** Words to use instead of the English ones. */
  messages?: { progress?: Readonly<Partial<ProgressMessages>> };
  /** The stage that runs, by name or by index. @default what the tracking says, else the first in progress */
  currentStage?: string | number | null;
  /** How far it is, 0 to 100; `null` when nobody can say. @default what the tracking says, else by its stages */
  percent?: number | null;
  /** The time left, in words. */
  left?: string;
}

/** The state of an operation in parts of one line. */
export interface ProgressLine {
  /** How it stands, without numbers that change all the time: what is worth an announcement. */
  outcome: string;
  /** All of it. */
  whole: string;
}

/** What a stage is called. */
export const labelOf = ({ label, stage }: ProgressStage): string => label ?? stage;

/** Which attempt at a stage this is, in words; empty for the first. */
export function attemptText(
  { attempt, maxAttempts }: ProgressStage,
  locale: string,
  words: ProgressMessages,
): string {
  return typeof attempt === 'number' && attempt > 1
    ? words.attempt(
        countText(attempt, locale),
        typeof maxAttempts === 'number' ? countText(maxAttempts, locale) : null,
      )
    : '';
}

/** A percentage in words, rounded down: nothing is said to be done before it is. */
export const percentText = (percent: number, locale: string): string =>
  numberFormat(locale, { style: 'percent' }).format(Math.floor(Math.min(100, Math.max(0, percent))) / 100);

/** How an operation stands, as {@link progressText} and `ProgressTracker` say it. */
export function progressLine(tracking: ProgressTracking, options: ProgressTextOptions): ProgressLine {
  const { locale = 'en', messages = {}, currentStage, percent, left = '' } = options;
  const words = progressWords(messages);
  const { stages, status } = tracking;
  const join = (parts: readonly string[]): string =>
    parts
      .filter(Boolean)
      .map((part) => isolate(part, locale))
      .join(', ');
  const index = currentIndex(stages, currentStage ?? tracking.currentStage);
  const current = stages[index];
  const failed = stages.find((stage) => stage.status === 'failed');
  const back = stages.some((stage) => stage.status === 'rolled_back') ? words.rolledBack : '';
  const attempt = current ? attemptText(current, locale, words) : '';

  if (status === 'in_progress') {
    const going = [
      tracking.phase === 'rollback' ? words.rollingBack : '',
      current ? words.stageOf(countText(index + 1, locale), countText(stages.length, locale)) : '',
      current ? labelOf(current) : '',
    ];
    const far = percent === undefined ? (tracking.progressPercent ?? percentOf(stages)) : percent;
    return {
      outcome: join([...going, attempt]),
      whole: join([...going, far === null ? '' : percentText(far, locale), left, attempt]),
    };
  }
  const outcome = {
    pending: words.notStarted,
    completed: words.completed,
    failed:
      failed === undefined
        ? words.stage.failed
        : shownStatus(failed) === 'cancelled'
          ? words.cancelled
          : words.failed(isolate(labelOf(failed), locale)),
  }[status];
  const began = Math.min(...stages.flatMap((stage) => toMs(stage.startedAt) ?? []));
  const ended = Math.max(...stages.flatMap((stage) => toMs(stage.completedAt) ?? []));
  const took =
    status !== 'pending' && ended >= began && Number.isFinite(ended - began)
      ? words.total(isolate(formatDuration(ended - began, locale), locale))
      : '';
  return { outcome: join([outcome, back]), whole: join([outcome, back, took]) };
}

/**
 * The whole state of an operation in one line, for the title of a page, a tooltip, a message.
 *
 * @example document.title = progressText(operation); // "Stage 3 of 5, Canary, 62%, attempt 2 of 3"
 */
export const progressText = (tracking: ProgressTracking, options: ProgressTextOptions = {}): string =>
  progressLine(tracking, options).whole;
