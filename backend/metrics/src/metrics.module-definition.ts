import { ConfigurableModuleBuilder } from '@nestjs/common';
import { bindController } from '@fleetdeck/kernel';
import { ExpositionController } from './exposition.controller.ts';
import { MetricsController } from './metrics.controller.ts';
import { METRICS_OPTIONS, type MetricsModuleExtras, type MetricsOptions } from './metrics.options.ts';

const EXTRAS: MetricsModuleExtras = { http: {}, exposition: {}, isGlobal: true };

/** The builder's parts: `forRoot` and `forRootAsync` come from this class. */
export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<MetricsOptions>({
  optionsInjectionToken: METRICS_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras(EXTRAS, (definition, { http, exposition, isGlobal }) => ({
    ...definition,
    global: isGlobal ?? true,
    controllers: [
      ...bindController(MetricsController, 'api/v1/metrics', http),
      ...bindController(ExpositionController, 'metrics', http === false ? false : exposition),
    ],
  }))
  .build();
