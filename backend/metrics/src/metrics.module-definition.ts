import { ConfigurableModuleBuilder } from '@nestjs/common';
import { bindController } from '@fleetdeck/kernel';
import { MetricsController } from './metrics.controller.ts';
import { METRICS_OPTIONS, type MetricsModuleExtras, type MetricsOptions } from './metrics.options.ts';

const EXTRAS: MetricsModuleExtras = { http: {}, isGlobal: true };

/** The builder's parts: `forRoot` and `forRootAsync` come from this class. */
export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<MetricsOptions>({
  optionsInjectionToken: METRICS_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras(EXTRAS, (definition, { http, isGlobal }) => ({
    ...definition,
    global: isGlobal ?? true,
    controllers: bindController(MetricsController, 'api/v1/metrics', http),
  }))
  .build();
