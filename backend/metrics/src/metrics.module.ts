import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { FleetdeckError, METRIC_QUERY, METRIC_SINK, type MetricDeclaration } from '@fleetdeck/kernel';
import { MetricsAggregator } from './metrics.aggregator.ts';
import { MetricsHealth } from './metrics.health.ts';
import { ConfigurableModuleClass } from './metrics.module-definition.ts';

/**
 * Records metrics into PostgreSQL and answers questions about them, on the application's own DataSource. Run
 * `migrateFleetdeck(dataSource, [metricsMigrations])` before the application starts.
 *
 * @example
 * MetricsModule.forRoot({ metrics: [{ name: 'cpu', kind: 'gauge', unit: '%' }], http: { prefix: 'api/metrics' } })
 */
@Module({
  providers: [
    MetricsAggregator,
    MetricsHealth,
    { provide: METRIC_SINK, useExisting: MetricsAggregator },
    { provide: METRIC_QUERY, useExisting: MetricsAggregator },
  ],
  exports: [MetricsAggregator, METRIC_SINK, METRIC_QUERY],
})
export class MetricsModule extends ConfigurableModuleClass {
  /**
   * Declares metrics of a feature, in the feature's own module.
   * @throws FleetdeckError at start: `INVALID_INPUT` when a declaration is not valid, `CONFLICT` when a metric was
   *   declared with another kind
   */
  static forFeature(metrics: readonly MetricDeclaration[]): DynamicModule {
    return { module: MetricsFeatureModule, providers: [{ provide: FEATURE_METRICS, useValue: metrics }] };
  }
}

const FEATURE_METRICS = Symbol('@fleetdeck/metrics/FEATURE');

@Module({})
class MetricsFeatureModule implements OnModuleInit {
  constructor(
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(FEATURE_METRICS) private readonly metrics: readonly MetricDeclaration[],
  ) {}

  onModuleInit(): void {
    this.aggregator().declare(this.metrics);
  }

  private aggregator(): MetricsAggregator {
    try {
      return this.moduleRef.get(MetricsAggregator, { strict: false });
    } catch (thrown) {
      throw new FleetdeckError(
        'INTERNAL',
        'MetricsModule.forFeature was imported without MetricsModule.forRoot: import that in the application once.',
        { cause: thrown },
      );
    }
  }
}
