import type { ProgressStage, ProgressTracking } from '../components/progress-tracker/progress.ts';

/** A stage of a made-up operation. Times are minutes after 14:00 of the day on which the stories stand still. */
export function stageAt(
  stage: string,
  status: ProgressStage['status'],
  [from, to]: readonly [number?, number?] = [],
  more: Partial<ProgressStage> = {},
): ProgressStage {
  const time = (minute: number | undefined): string | null =>
    minute === undefined ? null : new Date(Date.UTC(2026, 0, 15, 14) + minute * 60_000).toISOString();
  return {
    ...{ stage, status, startedAt: time(from), completedAt: time(to), error: null },
    durationSeconds: from === undefined || to === undefined ? null : Math.round((to - from) * 60),
    ...more,
  };
}

/** An upgrade in its third of five stages. */
export const upgrade: ProgressTracking = {
  status: 'in_progress',
  stages: [
    stageAt('plan', 'completed', [0, 0.1], { label: 'Plan' }),
    stageAt('pull', 'completed', [0.1, 2.2], { label: 'Pull the image' }),
    stageAt('canary', 'in_progress', [2.2], {
      ...{ label: 'Canary', percent: 40, attempt: 2, maxAttempts: 3, note: '2 of 5 replicas answer' },
    }),
    stageAt('switch', 'pending', [], { label: 'Switch the traffic' }),
    stageAt('retire', 'pending', [], { label: 'Retire the old version' }),
  ],
  currentStage: 'canary',
  progressPercent: 62,
  estimatedDurationSeconds: 240,
  version: 12,
  phase: 'forward',
};

/** The same, ended in each way. */
export const completedUpgrade: ProgressTracking = {
  ...upgrade,
  status: 'completed',
  progressPercent: 100,
  currentStage: null,
  estimatedDurationSeconds: null,
  phase: 'done',
  stages: [
    stageAt('plan', 'completed', [0, 0.1], { label: 'Plan' }),
    stageAt('pull', 'skipped', [], { label: 'Pull the image', note: 'already there' }),
    stageAt('canary', 'completed', [0.1, 3.5], { label: 'Canary' }),
    stageAt('switch', 'completed', [3.5, 3.6], { label: 'Switch the traffic' }),
  ],
};

/** Failed while its canary ran. */
export const failedUpgrade: ProgressTracking = {
  ...upgrade,
  status: 'failed',
  estimatedDurationSeconds: null,
  phase: 'done',
  stages: upgrade.stages.map((stage) =>
    stage.stage === 'canary'
      ? stageAt('canary', 'failed', [2.2, 6], {
          label: 'Canary',
          error: {
            code: 'HEALTH_TIMED_OUT',
            message: 'The new version did not become healthy in 3 min. Look at its log, then try again.',
            retryable: true,
          },
        })
      : stage,
  ),
};

/** Cancelled by somebody. */
export const cancelledUpgrade: ProgressTracking = {
  ...failedUpgrade,
  stages: failedUpgrade.stages.map((stage) =>
    stage.stage === 'canary'
      ? { ...stage, error: { code: 'CANCELLED', message: 'Cancelled by ana.' } }
      : stage,
  ),
};

/** On its way back. */
export const rollingBack: ProgressTracking = {
  ...upgrade,
  phase: 'rollback',
  progressPercent: 30,
  estimatedDurationSeconds: null,
  currentStage: 'canary',
  stages: upgrade.stages.map((stage) =>
    stage.stage === 'pull' ? { ...stage, status: 'rolled_back' as const } : stage,
  ),
};
