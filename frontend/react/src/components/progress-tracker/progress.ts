import type { Stage, StageStatus, StatusTracking } from '@fleetdeck/dto';

/** The state of a stage as it is drawn: that of the DTO, and what people call it when it ended in another way. */
export type ShownStageStatus = StageStatus | 'cancelled' | 'skipped' | 'rolled_back';

/** A stage as `ProgressTracker` draws it: that of the DTO, and what more is known of it. */
export interface ProgressStage extends Omit<Stage, 'status'> {
  status: ShownStageStatus;
  /** What people read instead of the stage's name. */
  label?: string;
  /** One line about what it does now. */
  note?: string;
  /** How far this stage is, 0 to 100. */
  percent?: number | null;
  /** Which attempt this is, from 1. */
  attempt?: number | null;
  /** How many attempts there may be. */
  maxAttempts?: number | null;
  /** How much of the whole it is, beside the others. @default 1 */
  weight?: number;
  /** How long it takes as a rule: a stage that runs longer says so. */
  usualSeconds?: number | null;
  /** Steps inside it; drawn below it. */
  steps?: readonly ProgressStage[];
}

/** A tracking whose stages may know more than those of the DTO. */
export type ProgressTracking = Omit<StatusTracking, 'stages'> & { stages: readonly ProgressStage[] };

/** The state as it is drawn: a failure by cancellation is no failure to people. */
export function shownStatus(stage: Pick<ProgressStage, 'status' | 'error'>): ShownStageStatus {
  return stage.status === 'failed' && stage.error?.code === 'CANCELLED' ? 'cancelled' : stage.status;
}

/** Place of the current stage, by its name or its index; -1 when there is none. */
export function currentIndex(
  stages: readonly Pick<ProgressStage, 'stage' | 'status'>[],
  current: string | number | null | undefined,
): number {
  if (typeof current === 'number') return Number.isInteger(current) && current in stages ? current : -1;
  if (typeof current === 'string') return stages.findIndex(({ stage }) => stage === current);
  return stages.findIndex(({ status }) => status === 'in_progress');
}

const clamp = (percent: number): number => Math.min(100, Math.max(0, Number.isNaN(percent) ? 0 : percent));

/** How far the whole is by its stages, 0 to 100, each by its weight; for trackings that give no percentage. */
export function percentOf(stages: readonly ProgressStage[]): number {
  let done = 0;
  let all = 0;
  for (const { status, percent, weight = 1 } of stages) {
    const share = Number.isFinite(weight) ? Math.max(0, weight) : 0;
    all += share;
    if (status === 'completed' || status === 'skipped') done += share;
    else if (status === 'in_progress') done += (share * clamp(percent ?? 0)) / 100;
  }
  return all === 0 ? 0 : clamp((done / all) * 100);
}

/** What is remembered of an operation, so that its bar does not go back and its time left is no guess. */
export interface ProgressMemory {
  /** Which run this is about: an attempt, or the way back. */
  readonly run: string;
  readonly percent: number;
  /** When this run was first seen, ms. */
  readonly since: number;
  /** The newest progress that counted, and when it was seen, ms. */
  readonly at: number;
  /** Smoothed, in percent per ms; `null` before there is one. */
  readonly rate: number | null;
  /** Smoothed distance of single rates from it. */
  readonly spread: number;
}

const WEIGHT = 0.3;

/**
 * Takes a percentage in. Within one run it never falls, whatever is reported; a new run begins anew.
 */
export function remember(
  known: ProgressMemory | null,
  reported: { run: string; percent: number; at: number },
): ProgressMemory {
  const { run, at } = reported;
  const percent = clamp(reported.percent);
  if (known?.run !== run) return { run, percent, since: at, at, rate: null, spread: 0 };
  if (percent <= known.percent || at <= known.at)
    return percent > known.percent ? { ...known, percent } : known;
  const rate = (percent - known.percent) / (at - known.at);
  if (known.rate === null) return { ...known, percent, at, rate };
  const smooth = known.rate + WEIGHT * (rate - known.rate);
  const spread = known.spread + WEIGHT * (Math.abs(rate - known.rate) - known.spread);
  return { ...known, percent, at, rate: smooth, spread };
}

/** The time that is left, in seconds: never below 0. `high` is `null` where both are alike. */
export interface TimeLeft {
  low: number;
  high: number | null;
}

const LEAST_SEEN_MS = 5_000;
const LEAST_PERCENT = 5;
/** A guess that spans more than this factor helps nobody. */
const WIDEST = 4;

/** The time left by what was seen; `null` while that would be a guess: under 5 s, under 5 %, or too unsteady. */
export function estimateLeft(memory: ProgressMemory | null, now: number): TimeLeft | null {
  if (memory === null || memory.rate === null || memory.rate <= 0) return null;
  if (now - memory.since < LEAST_SEEN_MS || memory.percent < LEAST_PERCENT) return null;
  const { rate, spread, percent, at } = memory;
  const slow = rate - spread;
  if (slow <= 0 || rate + spread > WIDEST * slow) return null;
  const waited = Math.max(0, now - at);
  const seconds = (perMs: number): number => Math.max(0, ((100 - percent) / perMs - waited) / 1000);
  return { low: seconds(rate + spread), high: spread === 0 ? null : seconds(slow) };
}

/** Seconds as people say them of something that is about so long: 5 s steps below a minute, then whole minutes. */
export function coarseSeconds(seconds: number): number {
  const whole = Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
  return whole < 60 ? Math.ceil(whole / 5) * 5 : Math.round(whole / 60) * 60;
}
