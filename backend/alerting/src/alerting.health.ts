import { Inject, Injectable } from '@nestjs/common';
import {
  ContributesHealth,
  type HealthCheckOutcome,
  type HealthContributor,
  type HealthContributorOptions,
} from '@fleetdeck/kernel';
import { Alerting } from './alerting.service.ts';

/** Evaluations that may be missed before it is said. */
const MAX_MISSED = 3;
/** For how long it is said that a notice was given up, in milliseconds. */
const GIVEN_UP_SAID_MS = 600_000;

/** Says in health when rules are evaluated late, the store is away, or notices do not arrive. */
@Injectable()
@ContributesHealth()
export class AlertingHealth implements HealthContributor {
  readonly healthName = 'alerting';
  readonly healthOptions: HealthContributorOptions = { criticality: 'optional' };

  constructor(@Inject(Alerting) private readonly alerting: Alerting) {}

  async checkHealth(): Promise<HealthCheckOutcome> {
    const { evaluator, sinceEvaluationMs, sinceGivenUpMs, intervalMs } = this.alerting.stats();
    if (!evaluator) return this.checkOthers();
    const reasons: string[] = [];
    if (sinceEvaluationMs > MAX_MISSED * intervalMs) {
      reasons.push(`rules have not been evaluated for ${Math.round(sinceEvaluationMs / 1000)} s`);
    }
    if (evaluator.storeAwaySince !== null) reasons.push('the store is away, alerts go on from memory');
    for (const { sink, lastError } of evaluator.failingSinks) {
      reasons.push(`notices to sink "${sink}" do not arrive: ${lastError.replace(/\.$/, '')}`);
    }
    if (sinceGivenUpMs !== null && sinceGivenUpMs < GIVEN_UP_SAID_MS) reasons.push('notices were given up');
    if (evaluator.seriesLeftOut > 0) reasons.push('rules have too many series, further ones are not watched');
    const [problem, ...others] = evaluator.ruleProblems;
    if (problem !== undefined) {
      const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
      reasons.push(`${problem[0]?.toLowerCase()}${problem.slice(1).replace(/\.$/, '')}${more}`);
    }
    const details = {
      evaluator: 'here',
      waitingNotices: evaluator.waitingNotices,
      abandonedNotices: evaluator.abandonedNotices,
      droppedRecords: evaluator.droppedRecords,
      seriesLeftOut: evaluator.seriesLeftOut,
      rulesWithoutReading: evaluator.ruleProblems.length,
    };
    if (reasons.length === 0) return { status: 'healthy', details };
    const reason = reasons.join('; ');
    return {
      status: 'degraded',
      reason: `${reason[0]?.toUpperCase()}${reason.slice(1)}.`,
      details,
    };
  }

  private async checkOthers(): Promise<HealthCheckOutcome> {
    const { intervalMs, takeoverMs } = this.alerting.stats();
    try {
      const sinceMs = await this.alerting.sinceEvaluationAnywhereMs();
      const details = { evaluator: 'on another replica', sinceEvaluationMs: Math.round(sinceMs) };
      if (sinceMs <= MAX_MISSED * intervalMs + takeoverMs) return { status: 'healthy', details };
      const reason = `No replica has evaluated the rules for ${Math.round(sinceMs / 1000)} s.`;
      return { status: 'degraded', reason, details: { ...details, evaluator: 'nowhere' } };
    } catch {
      const reason = 'The store is away, so it is not known whether any replica evaluates the rules.';
      return { status: 'degraded', reason, details: { evaluator: 'unknown' } };
    }
  }
}
