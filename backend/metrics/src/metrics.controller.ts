import { Body, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import {
  checkMetricPoints,
  MAX_REJECTED_POINTS,
  type MetricDescriptor,
  type MetricLabels,
  type MetricPointsAccepted,
  type MetricQueryAnswer,
  type MetricRecentAnswer,
} from '@fleetdeck/dto';
import { MetricQueryDto, MetricRecentQueryDto } from '@fleetdeck/dto/validation';
import { FleetdeckError, RequireRole } from '@fleetdeck/kernel';
import { MetricsAggregator } from './metrics.aggregator.ts';
import { invalidField } from './query/parse-query.ts';

/** The module's routes; bound to a prefix by the module. */
export class MetricsController {
  constructor(@Inject(MetricsAggregator) private readonly aggregator: MetricsAggregator) {}

  /** Takes the points that are right and answers once they are durable. Sent twice, they are there twice. */
  @Post('points')
  @HttpCode(202)
  @RequireRole('operator')
  async addPoints(@Body() body: unknown): Promise<MetricPointsAccepted> {
    // A hand-written loop: class-validator would block the event loop on a full batch.
    const checked = checkMetricPoints(body);
    if ('fields' in checked) {
      const [first] = checked.fields;
      throw new FleetdeckError(
        'INVALID_INPUT',
        first ? `${first.field} ${first.message}.` : 'Not valid.',
        checked,
      );
    }
    const taken = await this.aggregator.addPoints(checked.points, checked.places);
    if (checked.rejectedCount === 0) return taken;
    const rejected = [...checked.rejected, ...taken.rejected].sort((a, b) => a.index - b.index);
    return {
      accepted: taken.accepted,
      rejected: rejected.slice(0, MAX_REJECTED_POINTS),
      rejectedCount: checked.rejectedCount + taken.rejectedCount,
    };
  }

  @Get('query')
  @RequireRole('viewer')
  async query(@Query() query: MetricQueryDto): Promise<MetricQueryAnswer> {
    const { labels, ...rest } = query;
    return {
      results: await this.aggregator.getMetrics({ ...rest, ...(labels ? { labels: toLabels(labels) } : {}) }),
    };
  }

  @Get('names')
  @RequireRole('viewer')
  async names(): Promise<{ metrics: MetricDescriptor[] }> {
    return { metrics: await this.aggregator.names() };
  }

  @Get('recent')
  @RequireRole('viewer')
  recent(@Query() { metricName, ...rest }: MetricRecentQueryDto): Promise<MetricRecentAnswer> {
    return this.aggregator.recent({ metricNames: metricName, ...rest });
  }
}

function toLabels(pairs: readonly string[]): MetricLabels {
  const labels = new Map<string, string>();
  for (const pair of pairs) {
    const colon = pair.indexOf(':');
    const name = pair.slice(0, colon);
    const value = pair.slice(colon + 1);
    if ((labels.get(name) ?? value) !== value) {
      throw invalidField('labels', `names "${name}" with two values, which no series has`);
    }
    labels.set(name, value);
  }
  return Object.fromEntries(labels);
}
