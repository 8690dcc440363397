import { Readable } from 'node:stream';
import { Get, Headers, Inject, StreamableFile } from '@nestjs/common';
import { RequireRole } from '@fleetdeck/kernel';
import { EXPOSITION_TYPES, formatFor } from './expose/exposition.ts';
import { MetricsAggregator } from './metrics.aggregator.ts';

/** What scrapers read; bound to a path by the module. */
export class ExpositionController {
  constructor(@Inject(MetricsAggregator) private readonly aggregator: MetricsAggregator) {}

  @Get()
  @RequireRole('viewer')
  expose(@Headers('accept') accept?: string): StreamableFile {
    const format = formatFor(accept);
    return new StreamableFile(Readable.from(this.aggregator.exposition(format)), {
      type: EXPOSITION_TYPES[format],
    });
  }
}
