import { quantileOf } from '@fleetdeck/dto';
import type { MetricEntry } from '../registry/series.ts';
import { isRate } from './bucket-statement.ts';
import { invalidField, type AskedQuery } from './parse-query.ts';

/** @throws FleetdeckError `INVALID_INPUT` when a question does not fit what its metric is, or the labels that it has */
export function checkAgainst(metric: MetricEntry, asked: AskedQuery): void {
  const { kind, name } = metric.descriptor;
  const rate = asked.aggregations.find(isRate);
  if (rate !== undefined && kind === 'gauge') {
    throw invalidField(
      'aggregation',
      `${rate} asks for an increase, and "${name}" is a gauge, which goes up and down; ask for avg or last`,
    );
  }
  const percentile = asked.aggregations.find((aggregation) => quantileOf(aggregation) !== null);
  if (percentile !== undefined && kind === 'counter') {
    throw invalidField(
      'aggregation',
      `${percentile} of the totals of counter "${name}" means nothing; ask for ratePerSecond, or record a distribution`,
    );
  }
  const allowed = metric.allowedLabels;
  if (!allowed) return;
  const declared = [...allowed].join(', ') || 'none';
  for (const [field, names] of [
    ['labels', Object.keys(asked.labels)],
    ['groupBy', asked.groupBy],
  ] as const) {
    const unknown = names.find((label) => !allowed.has(label) && label !== 'other');
    if (unknown !== undefined) {
      throw invalidField(
        field,
        `names "${unknown}", which "${name}" does not have; its labels are: ${declared}`,
      );
    }
  }
}
