import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { BroadcastOptions } from './broadcast.options.ts';

/** What the module class extends, and the token of the options as they were given. */
export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<BroadcastOptions>({
    moduleName: 'FleetdeckBroadcast',
  })
    .setClassMethodName('forRoot')
    .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();
