import { Inject, Injectable } from '@nestjs/common';
import {
  ContributesHealth,
  type HealthCheckOutcome,
  type HealthContributor,
  type HealthContributorOptions,
} from '@fleetdeck/kernel';
import { MetricsAggregator } from './metrics.aggregator.ts';

const MAX_LAG_MS = 10_000;
const RECENTLY_MS = 60_000;
/** Maintenance comes each minute: a few runs may fail, as while a long read holds a table. */
const MAX_FAILING_MS = 300_000;

/** Says in health when points wait too long, are lost, a metric has too many series, or maintenance fails. */
@Injectable()
@ContributesHealth()
export class MetricsHealth implements HealthContributor {
  readonly healthName = 'metrics';
  readonly healthOptions: HealthContributorOptions = { criticality: 'optional' };

  constructor(@Inject(MetricsAggregator) private readonly aggregator: MetricsAggregator) {}

  checkHealth(): Promise<HealthCheckOutcome> {
    const stats = this.aggregator.stats();
    const dropped = Object.entries(stats.droppedPoints);
    const reasons: string[] = [];
    if (stats.flushLagMs > MAX_LAG_MS) {
      reasons.push(
        `${stats.bufferedPoints} points have been waiting for the database for ${Math.round(stats.flushLagMs / 1000)} s`,
      );
    }
    if (stats.sinceDropMs < RECENTLY_MS) {
      reasons.push(
        `points were dropped in the last minute (so far ${dropped.map(([why, count]) => `${why}: ${count}`).join(', ')})`,
      );
    }
    if (stats.sinceOverflowMs < RECENTLY_MS) {
      reasons.push('a metric has too many series, so points of further label sets go to its series "other"');
    }
    if (stats.diskCutShort) {
      reasons.push(
        'the tables reached maxDiskMegabytes, so the oldest points and roll-ups went before their time',
      );
    }
    const failing = stats.maintenanceFailing;
    if (failing !== null && failing.forMs > MAX_FAILING_MS) {
      const unanswered =
        failing.unanswered > 0
          ? `, of which the database has left ${failing.unanswered} without an answer`
          : '';
      reasons.push(
        `maintenance of the tables has been failing for ${Math.round(failing.forMs / 60_000)} min at ${failing.step}${unanswered}`,
      );
    }
    const details = {
      bufferedPoints: stats.bufferedPoints,
      flushLagSeconds: Math.round(stats.flushLagMs / 1000),
      writtenPoints: stats.writtenPoints,
      droppedPoints: dropped.reduce((sum, [, count]) => sum + count, 0),
      overflowedPoints: stats.overflowedPoints,
      diskMegabytes: Math.round(stats.diskBytes / 2 ** 20),
      damagedSketches: stats.damagedSketches,
    };
    if (reasons.length === 0) return Promise.resolve({ status: 'healthy', details });
    const reason = reasons.join('; ');
    return Promise.resolve({
      status: 'degraded',
      reason: `${reason[0]?.toUpperCase()}${reason.slice(1)}.`,
      details,
    });
  }
}
