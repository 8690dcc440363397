import type { Clock } from '@fleetdeck/kernel';

/** Why a recorded point was not kept. */
export type LossReason =
  /** The buffer was full, so the oldest went. */
  | 'full'
  /** NaN or an infinity. */
  | 'notFinite'
  /** An increment that is negative, or of a metric that is no counter. */
  | 'notCounted'
  /** A name that nobody declared. */
  | 'undeclared'
  /** Labels that the metric does not declare, or that are none. */
  | 'labels'
  /** Later than points are taken. */
  | 'late'
  /** More than five minutes in the future. */
  | 'future'
  /** The database refused it for what it is, several times. */
  | 'refused'
  /** Recorded after the module was closed, or not written before it had to close. */
  | 'closed';

const WORDS: Record<LossReason, string> = {
  full: 'the buffer is full, so the oldest went',
  notFinite: 'the value is not a finite number',
  notCounted: 'only counters are incremented, by 0 or more',
  undeclared: 'nobody declared the metric',
  labels: 'the labels are not those of the metric',
  late: 'it is older than points are taken',
  future: 'it lies more than 5 minutes in the future',
  refused: 'the database refused it',
  closed: 'the service is stopping',
};

const LOG_EVERY_MS = 60_000;

/** Counts points that were not kept, and says so in the log, each reason at most once a minute. */
export class Losses {
  private readonly counts = new Map<LossReason, number>();
  private readonly logged = new Map<LossReason, number>();
  private lastAt = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly warn: (line: string) => void,
  ) {}

  /** @param example what one of them was, as the metric's name */
  add(reason: LossReason, count: number, example: string): void {
    const now = this.clock.monotonicMs();
    const total = (this.counts.get(reason) ?? 0) + count;
    this.counts.set(reason, total);
    this.lastAt = now;
    if (now - (this.logged.get(reason) ?? -Infinity) < LOG_EVERY_MS) return;
    this.logged.set(reason, now);
    this.warn(`A point of ${example} was dropped: ${WORDS[reason]}. So far ${total} for this reason.`);
  }

  /** How many were lost for each reason; reasons that never happened are left out. */
  get totals(): Partial<Record<LossReason, number>> {
    return Object.fromEntries(this.counts);
  }

  /** How many were lost altogether. */
  get total(): number {
    let total = 0;
    for (const count of this.counts.values()) total += count;
    return total;
  }

  /** How long ago the last one was lost, in milliseconds; infinite when none was. */
  get sinceLastMs(): number {
    return this.clock.monotonicMs() - this.lastAt;
  }
}
