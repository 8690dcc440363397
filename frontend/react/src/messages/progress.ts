import { wordsOf } from './words.ts';

/** Words of `ProgressTracker`. */
export interface ProgressMessages {
  /** Of a stage: beside its shape. */
  stage: Readonly<
    Record<
      'pending' | 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'skipped' | 'rolled_back',
      string
    >
  >;
  /** Of the whole: "Stage 3 of 5". */
  stageOf: (number: string, count: string) => string;
  completed: string;
  failed: (stage: string) => string;
  cancelled: string;
  notStarted: string;
  rollingBack: string;
  /** Of an operation that failed, and whose stages were undone. */
  rolledBack: string;
  /** How long it will take: "about 4 min left", or between two ages. */
  remaining: (low: string, high: string | null) => string;
  estimating: string;
  almostDone: string;
  longer: string;
  /** How long a stage ran, or runs. */
  took: (time: string) => string;
  running: (time: string) => string;
  /** How long a stage takes as a rule, of one that takes longer. */
  usually: (time: string) => string;
  attempt: (number: string, most: string | null) => string;
  total: (time: string) => string;
  /** How long nobody confirmed it; the age is empty where it is not known. */
  lastKnown: (age: string) => string;
  empty: string;
  loading: string;
  error: string;
  details: string;
}

/** The default words of `ProgressTracker`. */
export const englishProgress: ProgressMessages = {
  stage: {
    pending: 'Pending',
    in_progress: 'In progress',
    completed: 'Completed',
    failed: 'Failed',
    cancelled: 'Cancelled',
    skipped: 'Skipped',
    rolled_back: 'Rolled back',
  },
  stageOf: (number, count) => `Stage ${number} of ${count}`,
  completed: 'Completed',
  failed: (stage) => `Failed at ${stage}`,
  cancelled: 'Cancelled',
  notStarted: 'Not started',
  rollingBack: 'Rolling back',
  rolledBack: 'rolled back',
  remaining: (low, high) => (high === null ? `about ${low} left` : `${low} to ${high} left`),
  estimating: 'estimating the time left',
  almostDone: 'less than a minute left',
  longer: 'taking longer than expected',
  took: (time) => `took ${time}`,
  running: (time) => `running for ${time}`,
  usually: (time) => `usually ${time}`,
  attempt: (number, most) => (most === null ? `attempt ${number}` : `attempt ${number} of ${most}`),
  total: (time) => `${time} in all`,
  lastKnown: (age) => `Not confirmed ${age && 'for '}${age || 'lately'}`,
  empty: 'No stages yet.',
  loading: 'Loading',
  error: 'The progress could not be read.',
  details: 'Details',
};

/** The words of a map for this component, English where it has none. */
export const progressWords = ({
  progress,
}: {
  progress?: Readonly<Partial<ProgressMessages>> | undefined;
}): ProgressMessages => wordsOf(englishProgress, progress);
