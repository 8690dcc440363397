import { ContributesHealth, systemClock, type Clock, type HealthCheckOutcome } from '@fleetdeck/kernel';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import type { HealthHistoryKeeper } from './history-keeper.ts';
import { MAX_PENDING } from './history-writer.ts';

const RECENTLY_MS = 60_000;

/** Says in health when the history cannot be written, or has lost changes. */
@ContributesHealth()
export class HistoryHealth implements HealthCheckContributor {
  readonly healthName = 'health-history';
  // One write that fails is tried again at once, and is no outage.
  readonly healthOptions: HealthCheckOptions = { criticality: 'optional', failureThreshold: 2 };

  private lost = 0;
  private lostAt = -Infinity;

  constructor(
    private readonly keeper: Pick<HealthHistoryKeeper, 'state'>,
    private readonly clock: Clock = systemClock,
  ) {}

  checkHealth(): Promise<HealthCheckOutcome> {
    const { pending, lost, failing } = this.keeper.state;
    const now = this.clock.monotonicMs();
    if (lost > this.lost) this.lostAt = now;
    this.lost = lost;
    const details = { pendingChanges: pending, lostChanges: lost };
    const reason =
      now - this.lostAt < RECENTLY_MS
        ? `Changes were lost in the last minute: more than ${MAX_PENDING} waited for the database.`
        : failing
          ? 'The history cannot be written, so changes wait in memory.'
          : null;
    return Promise.resolve(
      reason === null ? { status: 'healthy', details } : { status: 'degraded', reason, details },
    );
  }
}
