import type { FleetdeckErrorCode } from './error-codes.ts';

/** The state of one stage. A cancelled operation's running stage is `failed` with error code `CANCELLED`. */
export type StageStatus = 'pending' | 'in_progress' | 'completed' | 'failed';

/** All stage states in the order in which a stage can go through them. */
export const STAGE_STATUSES = [
  'pending',
  'in_progress',
  'completed',
  'failed',
] as const satisfies readonly StageStatus[];

/** Why a stage failed. */
export interface StageError {
  /** A code of Fleetdeck's table, or one that the story's own steps declare. */
  code: FleetdeckErrorCode | (string & {});
  /** One sentence that says what happened and what to do. */
  message: string;
  /** Whether the same step can be tried again as it is. */
  retryable?: boolean;
}

/** A part of an operation that people see. */
export interface Stage {
  /** The stage's name, unique in its operation. */
  stage: string;
  status: StageStatus;
  /** ISO 8601 UTC with milliseconds; `null` before it starts. */
  startedAt: string | null;
  /** ISO 8601 UTC with milliseconds; `null` before it ends. */
  completedAt: string | null;
  /** Seconds from start to end; `null` before it ends. */
  durationSeconds: number | null;
  /** Set only when `status` is `failed`. */
  error: StageError | null;
}

/** Where an operation stands among its attempts: forward, undoing what it did, or at rest. */
export type OperationPhase = 'forward' | 'rollback' | 'done';

/** A snapshot of an operation: what `ProgressTracker` draws and topic `operations.<id>` carries. */
export interface StatusTracking {
  status: StageStatus;
  stages: Stage[];
  /** Name of the stage that runs now; `null` before the first and after the last. */
  currentStage: string | null;
  /** 0 to 100. */
  progressPercent: number;
  /** Seconds that remain by estimate; `null` when there is no honest estimate. */
  estimatedDurationSeconds: number | null;
  /** Increases with each change, so that a late or repeated snapshot can be dropped. */
  version?: number;
  phase?: OperationPhase;
}

/**
 * The newer of two snapshots of one operation: a reducer that is safe against repeated and late messages.
 * Without versions the incoming one wins.
 */
export function newerTracking(known: StatusTracking | undefined, incoming: StatusTracking): StatusTracking {
  if (known?.version === undefined || incoming.version === undefined) return incoming;
  return incoming.version > known.version ? incoming : known;
}
