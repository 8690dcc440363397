import { ConfigurableModuleBuilder } from '@nestjs/common';
import { bindController } from '@fleetdeck/kernel';
import { ALERTING_OPTIONS, type AlertingModuleExtras, type AlertingOptions } from './alerting.options.ts';
import { AlertingController } from './http/alerting.controller.ts';

const EXTRAS: AlertingModuleExtras = { http: {}, isGlobal: true };

/** The builder's parts: `forRoot` and `forRootAsync` come from this class. */
export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<AlertingOptions>({
  optionsInjectionToken: ALERTING_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras(EXTRAS, (definition, { http, isGlobal }) => ({
    ...definition,
    global: isGlobal ?? true,
    controllers: bindController(AlertingController, 'api/v1', http),
  }))
  .build();
