import { ConfigurableModuleBuilder } from '@nestjs/common';
import { bindController } from '@fleetdeck/kernel';
import type { BroadcastModuleExtras, BroadcastOptions } from './broadcast.options.ts';
import { TopicsController } from './http/topics.controller.ts';

const EXTRAS: BroadcastModuleExtras = { http: {}, isGlobal: true };

/** What the module class extends, and the token of the options as they were given. */
export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<BroadcastOptions>({
    moduleName: 'FleetdeckBroadcast',
  })
    .setClassMethodName('forRoot')
    .setExtras(EXTRAS, (definition, { http, isGlobal }) => ({
      ...definition,
      global: isGlobal ?? true,
      controllers: bindController(TopicsController, 'api/v1/topics', http),
    }))
    .build();
